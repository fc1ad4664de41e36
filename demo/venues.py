"""The venues that visits go to, and their rooms."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from demo.draw import Draw, element, moment, table, text
from documents.venue import Venue, VenueStatus

VENUES = table("venues")
KEYS = {row["name"][1]: key for key, row in VENUES.items()}
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")


def _room_id(draw: Draw, key: str, name: str) -> str:
    return element(draw.random("room", key, name))


def sited(draw: Draw, place: Mapping[str, Any]) -> dict[str, Any]:
    """A place with the venue and room that it names, where they are known ones."""
    key = KEYS.get(place["venue"])
    if key is None:
        return dict(place)
    rooms = {name for name, *_ in VENUES[key].get("rooms", ())}
    known = place.get("room") in rooms
    return {
        **place,
        "site": draw.id(Venue, key),
        "site_room": _room_id(draw, key, place["room"]) if known else None,
    }


def _rooms(draw: Draw, key: str) -> list[dict[str, Any]]:
    return [
        {
            "id": _room_id(draw, key, name),
            "name": name,
            "capacity": capacity,
            "floor": floor,
            "step_free": step_free,
            "equipment": equipment,
        }
        for name, capacity, floor, step_free, *equipment in VENUES[key].get("rooms", ())
    ]


def venues(draw: Draw, today: date) -> list[Venue]:
    """Every venue as a record."""
    made = []
    for key, row in VENUES.items():
        facts = {
            "name": text(row["name"]),
            "address": {"lines": row["lines"], "city": "Bakı", "country": "AZ"} if "lines" in row else None,
            "city": "Bakı",
            "position": row.get("position"),
            "opening_hours": [{"day": day, "start": "09:00", "end": "18:00"} for day in DAYS],
            "rooms": _rooms(draw, key),
            "capacity": row.get("capacity"),
            "step_free": row.get("step_free"),
            "travel_times": [
                {"to": draw.id(Venue, to), "minutes": minutes} for to, minutes in row.get("travel", {}).items()
            ],
        }
        facts |= {name: text(row[name]) for name in ("accessibility", "description") if name in row}
        published = moment(today + timedelta(days=row["published"]), "09:00") if "published" in row else None
        made.append(
            draw.record(
                Venue,
                key,
                facts,
                status=VenueStatus.CLOSED if row.get("closed") else VenueStatus.OPEN,
                published_from=published,
                created_at=moment(today - timedelta(days=420), "10:00"),
            )
        )
    return made
