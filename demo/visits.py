"""The visits: guests who come and our people who go, in every state."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from demo.draw import BAKU, Draw, moment, table, text, weekday
from demo.partners import PHRASES
from demo.people import guest_keys
from documents.delegation import Delegation, DelegationStatus
from documents.partner import Partner
from documents.person import Person
from documents.unit import Unit

VISITS = table("visits")
OVER = {"COMPLETED", "CLOSED", "RETURNED", "REPORTED"}
UNDER_WAY = {"IN_PROGRESS", "TRAVELLING"}
# Whom a visit is issued to, when it is.
CONCERNED = {"GUEST", "CO_ORGANISER", "ESCORT"}


@dataclass(frozen=True, slots=True)
class Visit:
    """A row of visits.toml, with its days worked out."""

    key: str
    row: dict[str, Any]
    today: date

    @property
    def start(self) -> date:
        """The first day."""
        if "from_today" in self.row:
            return self.today + timedelta(days=self.row["from_today"])
        return weekday(self.today, self.row["week"], self.row["day"])

    @property
    def end(self) -> date:
        """The last day."""
        return self.start + timedelta(days=self.row["days"] - 1)

    @property
    def incoming(self) -> bool:
        """Whether guests come."""
        return "direction" not in self.row

    @property
    def zone(self) -> str:
        """The zone of the place visited."""
        return str(self.row.get("zone", BAKU))

    def partners(self, *roles: str) -> list[str]:
        """The keys of its partners in these roles; of all without any."""
        found = ((name, *(role or ["GUEST"])) for name, *role in self.row["partners"])
        return [name for name, role in found if not roles or role in roles]

    def guests(self) -> list[tuple[str, str]]:
        """Who comes, the highest first: (key of the person, key of the partner)."""
        guests = [(key, name) for name in self.partners("GUEST") for key in guest_keys(name)[: self.row["members"]]]
        return guests + [(guest_keys(name)[0], name) for name in self.partners("CO_ORGANISER")]

    def before(self, days: int, clock: str) -> datetime:
        """So many days before the start, and in any case before today."""
        return moment(min(self.start - timedelta(days=days), self.today - timedelta(days=1)), clock)

    @property
    def issued_at(self) -> datetime | None:
        """When it was issued, if it was."""
        return self.before(self.row["issued"], "15:30") if "issued" in self.row else None


def visits(today: date) -> dict[str, Visit]:
    """Every visit by its key."""
    return {key: Visit(key, row, today) for key, row in VISITS.items()}


def _members(draw: Draw, visit: Visit, people: dict[str, Person]) -> list[dict[str, Any]]:
    if not visit.incoming:
        travellers = draw.ids(Person, visit.row["travellers"])
        return [{"person": who, "precedence": place + 1, "head": place == 0} for place, who in enumerate(travellers)]
    random = draw.random("members", visit.key)
    made: list[dict[str, Any]] = []
    for place, (key, partner) in enumerate(visit.guests()):
        person = people[draw.id(Person, key)]
        flight = f"KA {100 + random.randrange(800)}"
        arrival = {"carrier": "Khazri Air", "number": flight, "airport": "GYD", "zone": BAKU}
        made.append(
            {
                "person": person.id,
                "partner": draw.id(Partner, partner),
                "precedence": place + 1,
                "head": place == 0,
                "arrival": arrival
                | {"at": moment(visit.start, f"{11 + place % 4}:40"), "delay_minutes": 25 if place == 2 else None},
                "departure": arrival | {"number": f"{flight}B", "at": moment(visit.end, f"{19 + place % 3}:15")},
                "badge_name": " ".join((*person.titles, person.given_name, person.family_name)),
            }
        )
    if len(made) > 3:
        first = people[made[0]["person"]].languages[0].language
        mode = random.choice(("CONSECUTIVE", "SIMULTANEOUS", "WHISPERED"))
        made[3]["interpreter"] = {"source": first, "target": "en", "mode": mode}
    if "spouse" in visit.row:
        spouse = {"person": draw.id(Person, f"spouse-{visit.row['spouse']}"), "spouse_of": made[0]["person"]}
        made.append(spouse | {"partner": made[0]["partner"], "precedence": 90})
    return made


def _money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "AZN"}


def _costs(draw: Draw, visit: Visit) -> dict[str, Any]:
    """Gifts and budget."""
    random = draw.random("costs", visit.key)
    lines = PHRASES["budget"] if visit.incoming else PHRASES["trip"]
    payers = draw.ids(Partner, visit.partners("PAYER"))
    budget = [{"line": line, "amount": _money(amount * visit.row["days"] // 2)} for line, amount in lines]
    if payers:
        budget[0]["payer"] = payers[0]
    if not visit.incoming:
        return {"budget": budget, "per_diem": _money(120)}
    ours, theirs = draw.id(Person, visit.row["hosts"][0]), draw.id(Person, visit.guests()[0][0])
    given, received = random.choice(PHRASES["given"]), random.choice(PHRASES["received"])
    gifts = [{"item": given[0], "direction": "GIVEN", "giver": ours, "receiver": theirs, "value": _money(given[1])}]
    if visit.row["status"] in OVER:
        back = {"item": received[0], "direction": "RECEIVED", "giver": theirs, "receiver": ours}
        gifts.append(back | {"value": _money(received[1])})
    return {"budget": budget, "gifts": gifts}


def _afterwards(draw: Draw, visit: Visit) -> list[dict[str, Any]]:
    """What is to be done, the first of it done by now."""
    officer = draw.id(Person, f"officer-{visit.row['officers'][0]}")
    due = [visit.end + timedelta(days=10 + 20 * number) for number in range(len(PHRASES["follow"]))]
    return [
        {
            "what": text(what),
            "who": officer,
            "due_on": day,
            "done_on": day - timedelta(days=2) if day < visit.today and number < 2 else None,
        }
        for number, (what, day) in enumerate(zip(PHRASES["follow"], due, strict=True))
    ]


def _clearances(visit: Visit) -> list[dict[str, Any]]:
    due = visit.start - timedelta(days=7)
    return [
        {
            "type": kind,
            "authority": authority,
            "due_on": due,
            "granted_on": due - timedelta(days=3) if due < visit.today else None,
            "reference": f"{kind[0]}-{due:%j}" if due < visit.today else None,
        }
        for kind, authority in PHRASES["clearances"]
    ]


def _facts(draw: Draw, visit: Visit, people: dict[str, Person], index: int) -> dict[str, Any]:
    row = visit.row
    period = {"start": visit.start, "end": visit.end}
    texts = {"title": row["title"], "purpose": row["purpose"], "summary": row.get("summary")}
    texts |= {"briefing": row.get("briefing"), "press_plan": row.get("press")}
    facts = {
        "direction": row.get("direction", "INCOMING"),
        "level": row["level"],
        "restricted": row.get("restricted", False),
        "slug": row.get("slug"),
        "partners": [
            {"partner": draw.id(Partner, name), "role": role[0] if role else "GUEST"} for name, *role in row["partners"]
        ],
        "host_units": draw.ids(Unit, row["units"]),
        "officers": draw.ids(Person, [f"officer-{number}" for number in row["officers"]]),
        "hosts": draw.ids(Person, row.get("hosts", [])),
        "dates": period,
        "actual_dates": period if row["status"] in OVER else None,
        "members": _members(draw, visit, people),
        "counterparts": [
            {"person": person, "precedence": place + 1}
            for place, person in enumerate(draw.ids(Person, row.get("counterparts", [])))
        ],
        "order_number": row.get("order"),
        "clearances": _clearances(visit) if row["level"] in {"STATE", "MINISTRY", "RECTOR"} and visit.incoming else [],
        "outcomes": [{"text": text(outcome)} for outcome in row.get("outcomes", [])],
        "actions": _afterwards(draw, visit) if row["status"] in OVER else [],
        "tags": [row["level"].lower(), *(["press"] if "press" in row else [])],
    }
    if row["status"] in UNDER_WAY:
        facts["actual_dates"] = {"start": visit.start}
    if row.get("money"):
        facts |= _costs(draw, visit)
    if index % 2 == 0:
        note = {"text": PHRASES["notes"][index // 2 % len(PHRASES["notes"])], "at": visit.before(12, "17:10")}
        facts["notes"] = [note | {"by": facts["officers"][0]}]
    return facts | {name: text(words) for name, words in texts.items() if words}


def delegations(draw: Draw, today: date, people: dict[str, Person]) -> list[Delegation]:
    """Every visit as a record."""
    made = []
    for index, visit in enumerate(visits(today).values()):
        row = visit.row
        status = DelegationStatus(row["status"])
        service: dict[str, Any] = {
            "status": status,
            "reason": row.get("reason"),
            "created_at": visit.before(75, "09:45"),
            "created_by": draw.id(Person, f"officer-{row['officers'][0]}"),
        }
        if visit.incoming and status in Delegation.lifecycle.members:
            service["confirmed_at"] = visit.before(20, "14:00")
        if "issued" in row:
            service["issued_at"] = visit.issued_at
            service["issued_to"] = draw.ids(Partner, visit.partners(*CONCERNED))
        if "published" in row:
            service["published_from"] = moment(today + timedelta(days=row["published"]), "09:00")
        if row.get("archived"):
            service["archived_at"] = moment(today - timedelta(days=30), "18:00")
        if "code" in row:
            service["code"] = f"DLG-{row['code']}"
        made.append(draw.record(Delegation, visit.key, _facts(draw, visit, people, index), **service))
    return made
