"""The itineraries of the visits: what is planned, what was issued of it, and what was changed in between."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from demo.draw import Draw, element, moment, table, text
from demo.people import PARTNERS
from demo.venues import sited
from demo.visits import CONCERNED, Visit, visits
from documents.delegation import Delegation
from documents.itinerary import Itinerary, ItineraryStatus, Override, named
from documents.itinerary_issue import ItineraryIssue, ItineraryIssueStatus
from documents.partner import Partner
from documents.person import Person
from documents.resource import Resource

PLANS = table("itineraries")
STAGE = table("scenes")
DRIVERS = ("driver-1", "driver-2")
MOTTOES = ("Birinci gün", "Day one", "День первый"), ("İkinci gün", "Day two", "День второй")
Change = dict[str, Any]


def _item_id(draw: Draw, visit: str, day: int, scene: str) -> str:
    return element(draw.random("item", visit, day, scene))


def _hosts(draw: Draw, visit: Visit, place: tuple[int, int], scene: str, change: Change) -> list[dict[str, Any]]:
    """Who hosts an item: those named for it, else the visit's hosts in turn; the officers host their own briefing."""
    usual = visit.row.get("hosts") or visit.row.get("travellers", [])
    keys = change.get("hosts", [usual[place[1] % len(usual)]])
    if scene == "briefing":
        keys = [f"officer-{visit.row['officers'][0]}"]
    asked = PLANS[visit.key]["status"] == "DRAFT"
    answers = change.get("answers", ["ASKED" if asked and place[1] % 2 else "ACCEPTED"] * len(keys))
    substitute = change.get("substitute")
    return [
        {
            "id": element(draw.random("host", visit.key, place[0], scene, key)),
            "person": draw.id(Person, key),
            "answer": answer,
            "substitute": draw.id(Person, substitute) if substitute else None,
        }
        for key, answer in zip(keys, answers, strict=True)
    ]


def _attendees(draw: Draw, visit: Visit, day: int, group: str) -> list[dict[str, Any]]:
    """Those who take part where not everybody does: people of one partner, or spouses."""
    if group == "spouses":
        name = visit.row.get("spouse")
        chosen = [(f"spouse-{name}", name)] if name else visit.guests()[:1]
    else:
        partner = visit.partners("GUEST")[("first", "second").index(group)]
        chosen = [guest for guest in visit.guests() if guest[1] == partner]
    random = draw.random("attendees", visit.key, day, group)
    found: list[dict[str, Any]] = [
        {
            "id": element(random),
            "person": draw.id(Person, key),
            "partner": draw.id(Partner, name),
            "seat": f"{seat + 1}",
        }
        for seat, (key, name) in enumerate(chosen)
    ]
    officer = draw.id(Person, f"officer-{visit.row['officers'][0]}")
    return [*found, {"id": element(random), "person": officer, "seat": "by the door"}]


def _course(visit: Visit, start: datetime, end: datetime, change: Change) -> dict[str, Any]:
    """What became of an item: what lies before today is done, what was to happen today may be running."""
    begins = start.date()
    if change.get("dropped"):
        return {"status": "DROPPED"}
    if change.get("delayed") and begins == visit.today:
        return {"status": "DELAYED"}
    if begins < visit.today:
        late = timedelta(minutes=start.day % 3 * 5)
        return {"status": "DONE", "actual_start": start + late, "actual_end": end + late}
    if begins == visit.today and start.hour == 6:
        return {"status": "RUNNING", "actual_start": start}
    return {}


def _item(draw: Draw, visit: Visit, place: tuple[int, int], line: str, change: Change) -> dict[str, Any]:
    """One item; ``place`` is its day and its place in that day, ``line`` its time and scene."""
    clock, name = line.split()
    scene = STAGE["scenes"][name]
    start = moment(visit.start + timedelta(days=place[0]), change.get("at", clock), visit.zone)
    end = start + timedelta(minutes=change.get("minutes", scene["minutes"]))
    plan = PLANS[visit.key]
    item = {
        "id": _item_id(draw, visit.key, place[0], name),
        "kind": scene["kind"],
        "title": text(scene["title"]),
        "start": start,
        "end": end,
        "zone": visit.zone,
        "place": sited(draw, STAGE["places"][change.get("place", scene["place"])]),
        "hosts": _hosts(draw, visit, place, name, change) if scene.get("host", True) else [],
        "attendees": _attendees(draw, visit, place[0], scene["with"]) if "with" in scene else [],
        "dress": scene.get("dress"),
        "flags": ["AZ", *(PARTNERS[name]["country"] for name in visit.partners("GUEST"))] if scene.get("flags") else [],
        "photographer": scene.get("photographer", False),
        "audience": scene.get("audience", "PARTNER"),
    }
    if "menu" in scene:
        item["menu"] = text(scene["menu"])
    if "talking" in scene:
        item["talking_points"] = text(scene["talking"])
    if scene["kind"] in {"MEETING", "TOUR", "LECTURE"} and "interpreter" in plan and name != "briefing":
        item["interpreter"] = draw.id(Person, plan["interpreter"])
    if scene.get("guide"):
        item["escort"] = draw.id(Person, "guide")
    if scene.get("transfer"):
        number = visit.row["officers"][0] % 2
        driver = DRIVERS[number]
        item["resources"] = draw.ids(Resource, [f"minibus-{number + 1}", driver])
        destination = {"airport": "Hotel Küləklər", "departure": "Airport"}.get(name)
        item["transfer"] = {"vehicle": "Minibus", "driver": draw.id(Person, driver), "destination": destination}
    return item | _course(visit, start, end, change)


def _days(draw: Draw, visit: Visit, changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The days of a visit after some changes; later changes of an item add to earlier ones."""
    merged: dict[tuple[int, str], Change] = {}
    for change in changes:
        key = (change["day"], change["scene"])
        merged[key] = merged.get(key, {}) | change
    made = []
    for day, pattern in enumerate(PLANS[visit.key]["days"]):
        lines = [(line, merged.get((day, line.split()[1]), {})) for line in STAGE["patterns"][pattern]]
        items = [
            _item(draw, visit, (day, place), line, change)
            for place, (line, change) in enumerate(lines)
            if not change.get("absent")
        ]
        made.append(
            {
                "id": element(draw.random("day", visit.key, day)),
                "date": visit.start + timedelta(days=day),
                "title": text(MOTTOES[day]) if day < len(MOTTOES) else None,
                "items": sorted(items, key=lambda item: item["start"]),
            }
        )
    return made


def _overrides(draw: Draw, visit: Visit) -> list[Override]:
    found = PLANS[visit.key].get("override")
    if not found:
        return []
    return [
        Override(
            id=element(draw.random("override", visit.key)),
            item=_item_id(draw, visit.key, found["day"], found["scene"]),
            resource=draw.id(Person, found["resource"]),
            reason=found["reason"],
            by=draw.id(Person, f"officer-{visit.row['officers'][0]}"),
            at=visit.before(3, "18:20"),
        )
    ]


def _itinerary(draw: Draw, visit: Visit) -> Itinerary:
    plan = PLANS[visit.key]
    issues = plan.get("issues", 0)
    archived = visit.row.get("archived")
    return draw.record(
        Itinerary,
        visit.key,
        {
            "delegation": draw.id(Delegation, visit.key),
            "title": text(visit.row["title"]),
            "days": _days(draw, visit, [*plan.get("set", []), *plan.get("later", [])]),
        },
        status=ItineraryStatus(plan["status"]),
        overrides=_overrides(draw, visit),
        issues=issues,
        issued_at=visit.issued_at if issues else None,
        archived_at=moment(visit.today - timedelta(days=30), "18:05") if archived else None,
        created_at=visit.before(30, "10:00"),
        created_by=draw.id(Person, f"officer-{visit.row['officers'][0]}"),
    )


def _issues(draw: Draw, visit: Visit, names: Mapping[str, str]) -> list[ItineraryIssue]:
    """Every issue of a visit's itinerary; the ones before the last differ from it."""
    plan = PLANS[visit.key]
    last = plan.get("issues", 0)
    made = []
    for number in range(1, last + 1):
        issued_at = visit.before(visit.row["issued"] + 4 * (last - number), "15:30")
        if number < last:
            issued_at -= timedelta(days=2)
        changes = plan.get("set", []) if number == last else [*plan.get("set", []), *plan.get("earlier", [])]
        facts = {
            "itinerary": draw.id(Itinerary, visit.key),
            "delegation": draw.id(Delegation, visit.key),
            "number": number,
            "title": text(visit.row["title"]),
            "days": [_as_issued(day) for day in _days(draw, visit, changes)],
            "previous": draw.id(ItineraryIssue, f"{visit.key}-{number - 1}") if number > 1 else None,
        }
        issue = draw.record(
            ItineraryIssue,
            f"{visit.key}-{number}",
            facts,
            status=ItineraryIssueStatus.ISSUED if number == last else ItineraryIssueStatus.SUPERSEDED,
            issued_at=issued_at,
            issued_to=draw.ids(Partner, visit.partners(*CONCERNED)),
            created_at=issued_at,
            created_by=draw.id(Person, f"officer-{visit.row['officers'][0]}"),
        )
        issue.days = named(issue.days, names)
        made.append(issue)
    return made


def _as_issued(day: dict[str, Any]) -> dict[str, Any]:
    """A day without what happened only after it was issued."""
    happened = ("status", "actual_start", "actual_end")
    return day | {"items": [{k: v for k, v in item.items() if k not in happened} for item in day["items"]]}


def _template(draw: Draw, today: date) -> Itinerary:
    """An itinerary that belongs to no visit: a pattern to copy from."""
    title = ("Bir günlük səfər nümunəsi", "Pattern of a one-day visit", "Образец однодневного визита")
    start = moment(today + timedelta(days=30), "10:00")
    item = {"kind": "MEETING", "title": text(("Görüş", "Meeting", "Встреча")), "start": start}
    days = [{"date": start.date(), "items": [item | {"end": start + timedelta(hours=1), "audience": "OFFICE"}]}]
    facts = {"title": text(title), "days": days, "tags": ["pattern"]}
    return draw.record(Itinerary, "pattern", facts, created_at=moment(today - timedelta(days=400), "10:00"))


def itineraries(draw: Draw, today: date, persons: Mapping[str, Person]) -> list[Itinerary | ItineraryIssue]:
    """Every itinerary with its issues, and one that stands alone."""
    made: list[Itinerary | ItineraryIssue] = []
    known = visits(today)
    names = {key: person.full_name for key, person in persons.items()}
    for key in PLANS:
        made += [_itinerary(draw, known[key]), *_issues(draw, known[key], names)]
    return [*made, _template(draw, today)]
