"""Days that are planned: who is at work on them, which are holidays, and what firm plans take of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from documents.itinerary import LONGEST_ITEM
from documents.store import translated
from resolvers.bookings import BOOKINGS
from resolvers.context import Context
from resolvers.slots import Free, union, without

# Those who say nothing of their hours are at work then, from Monday to Friday.
USUAL_HOURS = (time(9), time(18))
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(slots=True)
class Agenda:
    """The days that are looked at, as minutes since the first midnight in UTC."""

    context: Context
    first: date
    last: date
    taken: dict[str, Free] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        country, years = self.context.settings.university_country, range(self.first.year, self.last.year + 1)
        self.closed = frozenset(holidays.country_holidays(country, years=years))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.context.settings.zone)

    @property
    def origin(self) -> datetime:
        return datetime.combine(self.first, time(), UTC) - timedelta(days=1)

    def minute(self, moment: datetime) -> int:
        """Whole minutes from the origin to an instant."""
        return int((moment - self.origin).total_seconds() // 60)

    def moment(self, minute: int) -> datetime:
        """The instant so many minutes after the origin."""
        return self.origin + timedelta(minutes=minute)

    def local(self, day: date, clock: time) -> int:
        """A time of day, in the university's zone."""
        return self.minute(datetime.combine(day, clock, self.zone).astimezone(UTC))

    def days(self) -> list[date]:
        """Every day, the first and the last included."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def hours(self, listed: Iterable[Mapping[str, Any]], away: Iterable[Mapping[str, Any]] = ()) -> Free:
        """When somebody is at work, or a venue open: by what is listed of them, but on holidays and days of absence."""
        by_day: dict[str, list[tuple[time, time]]] = {}
        for entry in listed:
            hours = (time.fromisoformat(entry["start"]), time.fromisoformat(entry["end"]))
            by_day.setdefault(entry["day"], []).append(hours)
        usual = by_day or {day: [USUAL_HOURS] for day in WEEKDAYS[:5]}
        absent = [(entry["period"]["start"], entry["period"]["end"]) for entry in away if entry.get("period")]
        found = []
        for day in self.days():
            told = str(day)
            if day in self.closed or any(start <= told <= (end or told) for start, end in absent):
                continue
            found += [
                (self.local(day, start), self.local(day, end)) for start, end in usual.get(WEEKDAYS[day.weekday()], ())
            ]
        return union(found)

    async def load(self, keys: Iterable[str]) -> None:
        """Find out when these are taken by plans that are firm."""
        begin, end = self.moment(0), self.moment(0) + timedelta(days=(self.last - self.first).days + 3)
        query = {
            "resource": {"$in": sorted(set(keys))},
            "start": {"$gt": begin - LONGEST_ITEM, "$lt": end},
            "end": {"$gt": begin},
            "firm": True,
        }
        with translated():
            found = await self.context.store.collection(BOOKINGS).find(query).to_list()
        for entry in found:
            self.taken.setdefault(entry["resource"], []).append(
                (self.minute(entry["start"]), ceil((entry["end"] - self.origin).total_seconds() / 60))
            )

    def free(self, hours: Free, *keys: str) -> Free:
        """What is left of some hours when those who are meant are taken."""
        return without(hours, (part for key in keys for part in self.taken.get(key, ())))
