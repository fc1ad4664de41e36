"""A restricted visit, lived through to its end, of which nobody learns who has no part in it."""

from datetime import timedelta
from typing import Any

import pytest

from auth.caller import Caller
from schema.view import View
from tests.conftest import Http
from tests.factories.records import made
from tests.stories.everything import everything
from tests.stories.intake import CREATE_LINK, FILLED, Page, link_facts
from tests.stories.office import CONFIRM_DAYS, REQUEST_VISIT, Office, item, text

SEARCHES = """
query Search($words: String!) {
  delegations(search: $words) { totalCount }
  persons(search: $words) { totalCount }
  delegationStats(search: $words) { total }
}"""

BY_KEY = """
query ByKey($id: ID!, $code: String!, $slug: String!, $then: DateTime!) {
  delegation(id: $id) { id }
  past: delegation(id: $id, asOf: $then) { id }
  node(id: $id) { id }
  nodes(ids: [$id]) { id }
  delegationByCode(code: $code) { id }
  delegationBySlug(slug: $slug) { id }
  access(id: $id, field: "title") { readable }
}"""

PUBLISH = "mutation P($id: ID!) { publishDelegation(id: $id) { delegation { id } problems { code message } } }"
STEPS = ("assess", "accept", "plan", "confirm")


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give limits under which one query may ask for everything."""
    return {"max_cost": 1_000_000}


def strangers(office: Office) -> dict[str, Caller]:
    """Everyone who has no part in the visit."""
    names = (
        "member", "colleague", "coordinator", "neighbour", "finance", "auditor", "leadership",
        "ankara", "tbilisi", "anonymous",
    )  # fmt: skip
    return {name: getattr(office, name) for name in names}


async def ordinary(office: Office) -> str:
    """The life of the office beside it: one visit that all may notice, of the people who come in secret as well."""
    ids = office.ids
    guests = [await office.guest(f"Guest{n}", "Demir", ids["ankara"], by=office.head) for n in range(6)]
    for n, day in enumerate(("2025-03-03", "2026-06-01")):
        visit = await office.visit(
            f"An open visit {n}",
            *STEPS,
            dates={"start": day, "end": day},
            hostUnits=[ids["physics"]],
            officers=[ids["colleague"]],
            partners=[{"partner": ids["ankara"]}],
            members=[{"person": guest, "partner": ids["ankara"]} for guest in guests],
            clearances=[{"type": "GATE", "dueOn": "2026-05-20"}],
        )
        await office.done(office.officer, PUBLISH, id=visit)
    await office.step(office.officer, "begin", visit)
    return guests[0]


async def test_a_restricted_visit_is_noticed_by_nobody_else(office: Office, http: Http, view: View, page: Page) -> None:
    """Whatever others ask, before, during and after it: every byte is as if it had never been."""
    ids, head, officer = office.ids, office.head, office.officer

    # Given: an office at work, with a hall, a car and a day in town that are there for all visits.
    guest = await ordinary(office)
    hall = await made(office.ask, "Venue", officer, name=text("Philharmonic Hall"), rooms=[{"name": "Foyer"}])
    car = await made(office.ask, "Resource", officer, name=text("Black car"), type="VEHICLE")
    # And: all of it has been told to whoever asks what changed.
    office.clock.now += timedelta(hours=1)
    before = {name: await everything(http, view, who) for name, who in strangers(office).items()}

    # When the head opens a restricted visit to Physics, from Ankara, at which Law's dean is met
    visit = await office.done(
        head,
        REQUEST_VISIT,
        input={
            "restricted": True,
            "title": text("Operation Nightingale"),
            "slug": "nightingale",
            "summary": text("Nobody reads this"),
            "purpose": text("A purchase"),
            "level": "STATE",
            "hostUnits": [ids["physics"]],
            "officers": [ids["officer"]],
            "hosts": [ids["host"]],
            "partners": [{"partner": ids["ankara"]}],
            "dates": {"start": "2026-06-02", "end": "2026-06-03"},
            "members": [{"person": guest, "partner": ids["ankara"], "head": True, "precedence": 1}],
            "counterparts": [{"person": ids["dean"]}],
            "budget": [{"line": "Dinner", "amount": {"amount": "900", "currency": "AZN"}}],
            "clearances": [{"type": "VIP_LOUNGE", "authority": "Airport", "dueOn": "2026-05-10"}],
            "actions": [{"what": text("Write to them"), "who": ids["member"], "dueOn": "2026-06-20"}],
        },
    )
    # and it is planned with all that other visits are planned with: days, a hall, a car, a programme,
    days = await office.days(
        "Nightingale days",
        item(
            "Nightingale",
            "2026-06-02T08:00:00Z",
            "2026-06-02T10:00:00Z",
            hosts=[{"person": ids["dean"]}],
            interpreter=ids["interpreter"],
            place={"site": hall},
            resources=[car],
            attendees=[{"person": guest, "partner": ids["ankara"], "seat": "1"}],
        ),
        delegation=visit["id"],
    )
    stop = {"title": text("Nightingale garden"), "starts": "15:00", "minutes": 60}
    await made(office.ask, "CulturalProgramme", officer, delegation=visit["id"], stops=[stop])
    # and a link, by which a guest enters what the officer needs.
    link = await office.ask(officer, CREATE_LINK, input=link_facts(visit["id"]))
    assert (await page.post(link["createIntakeLink"]["url"], FILLED)).status_code == 200

    # When it is taken through its steps, its days are confirmed, and it lies behind us
    for step in STEPS:
        await office.step(officer, step, visit["id"])
    await office.done(officer, CONFIRM_DAYS, id=days["id"])
    await office.step(officer, "begin", visit["id"], actualDates={"start": "2026-06-02"})
    # and another one of last year is entered late, with its guests
    await office.done(
        head,
        REQUEST_VISIT,
        input={
            "restricted": True,
            "title": text("Operation Nightingale, the first time"),
            "dates": {"start": "2025-03-04", "end": "2025-03-05"},
            "members": [{"person": guest, "partner": ids["ankara"]}, {"person": ids["nino"]}],
        },
    )
    # then those who have a part in it find it,
    for who in (head, officer, office.host):
        assert (await office.read(who, "query V($id: ID!) { delegation(id: $id) { status } }", id=visit["id"])) == {
            "status": "IN_PROGRESS"
        }
    # and whatever the others may ask, once all of this is old enough to be told, not a byte is different:
    # lists and counts, history, figures and fixed tables, what happens, what waits, what changed.
    office.clock.now += timedelta(hours=1)
    for name, who in strangers(office).items():
        assert await everything(http, view, who) == before[name], name

    # When they try it by its words, they find as much as by words that nobody wrote;
    for name, who in strangers(office).items():
        told = [(await office.ask(who, SEARCHES, words=words)).data for words in ("nightingale", "xylophone")]
        assert told[0] == told[1], name
    # by its id, code or address, they are answered as for one that never was.
    absent = {"id": "dlg_00000000000000000000", "code": "DLG-2026-0999", "slug": "nothing"}
    then = office.clock.now.isoformat()
    for name, who in strangers(office).items():
        known = await office.ask(who, BY_KEY, id=visit["id"], code=visit["code"], slug="nightingale", then=then)
        assert known == await office.ask(who, BY_KEY, **absent, then=then), name
        assert known.data is None or set(map(str, known.data.values())) <= {"None", "[None]"}, name
