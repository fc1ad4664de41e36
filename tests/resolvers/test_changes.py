"""What changed for a caller since they last asked, and what waits for them."""

from datetime import timedelta
from typing import Any

from auth.caller import Caller
from resolvers.context import Services
from tests.resolvers.test_moments import ISSUE, PUBLISH, REVISION, UNPUBLISH
from tests.resolvers.test_past import UPDATE
from tests.stories.office import Office, text

CHANGES = """
query Changes($after: String, $kinds: [String!] = ["Delegation"], $first: Int! = 100) {
  changes(after: $after, kinds: $kinds, first: $first) { nodes { kind id at gone } endCursor hasNextPage }
}"""

ARCHIVE = "mutation A($id: ID!) { archiveDelegation(id: $id) { delegation { id } problems { message } } }"

DUE = """
query Due($from: Date, $to: Date!, $unit: ID) {
  due(from: $from, to: $to, unit: $unit) { kind name due overdue what text { en } whose { id } record { id } }
}"""


async def later(office: Office) -> None:
    """Let so much time pass that what happened is told."""
    office.clock.now += timedelta(minutes=5)


async def told(office: Office, who: Caller, after: str | None = None, **more: Any) -> tuple[list[Any], str]:
    """Ids and whether they are gone, and where to go on."""
    found = await office.read(who, CHANGES, after=after, **more)
    return [(node["id"], node["gone"]) for node in found["nodes"]], found["endCursor"]


async def change(office: Office, visit: str, **patch: Any) -> None:
    """Change a visit as the head."""
    revision = (await office.read(office.head, REVISION, id=visit))["revision"]
    await office.done(office.head, UPDATE, id=visit, revision=revision, patch=patch)


async def test_changes_are_told_once_they_are_sure(office: Office) -> None:
    """What is young may still be overtaken by a slower transaction: it is told later, and after it all else."""
    _, start = await told(office, office.officer, first=0)
    visit = await office.visit("Visit")
    assert await told(office, office.officer, start) == ([], start)
    await later(office)
    found, end = await told(office, office.officer, start)
    assert found == [(visit, False)]
    await change(office, visit, purpose=text("Talks"))
    await later(office)
    assert (await told(office, office.officer, end))[0] == [(visit, False)]


async def test_a_slow_transaction_is_not_missed(office: Office, services: Services) -> None:
    """An event that is written after a younger one, as a slow transaction does, is told by the next request."""
    _, start = await told(office, office.officer, first=0)
    first = await office.visit("First")
    events = services.store.collection("outbox")
    held = await events.find_one({"record": first})
    assert held is not None
    await events.delete_one({"_id": held["_id"]})
    office.clock.now += timedelta(seconds=1)
    second = await office.visit("Second")
    office.clock.now += timedelta(seconds=60)
    found, end = await told(office, office.officer, start)
    assert found == []
    await events.insert_one(held)
    await later(office)
    assert (await told(office, office.officer, end))[0] == [(first, False), (second, False)]


async def test_hidden_changes_and_records_are_not_told(office: Office) -> None:
    """A member hears of a visit from its confirmation on, and nothing of what they do not read; strangers nothing."""
    guest = {"person": office.ids["aylin"], "partner": office.ids["ankara"]}
    _, start = await told(office, office.member, first=0)
    visit = await office.visit("Visit", "assess", "accept", "plan", members=[guest])
    await later(office)
    assert (await told(office, office.member, start))[0] == []
    await office.step(office.officer, "confirm", visit)
    await later(office)
    found, end = await told(office, office.member, start)
    assert found == [(visit, False)]
    await change(office, visit, briefing=text("Careful"))
    await later(office)
    assert (await told(office, office.member, end))[0] == []
    assert (await told(office, office.officer, None))[0][-1] == (visit, False)
    assert (await told(office, office.anonymous, None))[0] == []
    assert (await told(office, office.ankara, None))[0] == []


async def test_what_leaves_the_scope_is_gone(office: Office) -> None:
    """Who had a visit in scope learns that it is gone when it is withdrawn, restricted or archived."""
    visit = await office.visit("Visit", by=office.head, partners=[{"partner": office.ids["ankara"]}])
    names = ("anonymous", "ankara")
    starts = {name: (await told(office, getattr(office, name), first=0))[1] for name in names}
    await later(office)
    await office.done(office.officer, PUBLISH, id=visit)
    await office.done(office.officer, ISSUE, id=visit)
    await later(office)
    for name, start in starts.items():
        found, starts[name] = await told(office, getattr(office, name), start)
        assert (visit, False) in found, name
    await office.done(office.officer, UNPUBLISH, id=visit)
    await later(office)
    found, _ = await told(office, office.anonymous, starts["anonymous"])
    assert found == [(visit, True)]
    assert (await told(office, office.ankara, starts["ankara"]))[0] == [(visit, False)]
    await change(office, visit, restricted=True)
    await later(office)
    assert (await told(office, office.ankara, starts["ankara"]))[0] == [(visit, True)]
    assert (await told(office, office.tbilisi, None))[0] == [(visit, True)]
    await change(office, visit, restricted=False)
    await office.done(office.head, ARCHIVE, id=visit)
    await later(office)
    assert {gone for _, gone in (await told(office, office.officer, None))[0]} == {True}


async def test_an_embargo_ends_by_itself(office: Office) -> None:
    """A visit that is published for later is told when that comes, and one withdrawn before is never told."""
    _, start = await told(office, office.anonymous, first=0)
    soon = (office.clock.now + timedelta(hours=1)).isoformat()
    shown, withdrawn = await office.visit("Shown"), await office.visit("Withdrawn")
    for visit in (shown, withdrawn):
        await office.done(office.officer, PUBLISH, id=visit, embargo=soon)
    await office.done(office.officer, UNPUBLISH, id=withdrawn)
    await later(office)
    assert (await told(office, office.anonymous, start))[0] == []
    office.clock.now += timedelta(hours=2)
    assert set((await told(office, office.anonymous, start))[0]) == {(shown, False)}


async def test_pages_follow_each_other_and_belong_to_one_caller(office: Office) -> None:
    """One at a time, all changes come in order; a cursor of somebody else, or of other rights, is refused."""
    visits = [await office.visit(f"Visit {n}") for n in range(3)]
    await later(office)
    found: list[Any] = []
    after = None
    for _ in visits:
        page, after = await told(office, office.officer, after, first=1)
        found += [visit for visit, _ in page]
    assert sorted(found) == sorted(visits)
    assert (await told(office, office.officer, after))[0] == []
    assert (await office.ask(office.head, CHANGES, after=after)).codes == ["INVALID"]


async def test_plans_leave_with_their_visit(office: Office) -> None:
    """An itinerary that leaves the scope because its visit was restricted is gone, too."""
    visit = await office.visit("Visit", by=office.head, hostUnits=[office.ids["physics"]])
    days = await office.days("Days", delegation=visit)
    await later(office)
    _, end = await told(office, office.coordinator, None, kinds=["Itinerary"])
    await change(office, visit, restricted=True)
    await later(office)
    assert (await told(office, office.coordinator, end, kinds=["Itinerary"]))[0] == [(days["id"], True)]


async def test_what_waits_is_listed_by_its_day(office: Office) -> None:
    """Clearances not given and actions not done, the overdue ones marked; each sees what they may read of it."""
    ids = office.ids
    visit = await office.visit(
        "Visit",
        hostUnits=[ids["physics"]],
        clearances=[
            {"type": "GATE", "authority": "Guard", "dueOn": "2026-05-01"},
            {"type": "PRESS", "dueOn": "2026-05-02", "grantedOn": "2026-05-01"},
        ],
        actions=[{"what": text("Write"), "who": ids["member"], "dueOn": "2026-05-20"}, {"what": text("Call")}],
    )
    found = await office.read(office.officer, DUE, to="2026-06-01")
    base = {"kind": "Delegation", "record": {"id": visit}, "what": None, "text": None, "whose": None}
    assert found == [
        base | {"name": "clearance", "due": "2026-05-01", "overdue": True, "what": "Guard"},
        base
        | {"name": "action", "due": "2026-05-20", "overdue": False}
        | {"text": {"en": "Write"}, "whose": {"id": ids["member"]}},
    ]
    days = {"from": "2026-05-02", "to": "2026-06-01"}
    assert [line["name"] for line in await office.read(office.officer, DUE, **days)] == ["action"]
    assert [line["name"] for line in await office.read(office.finance, DUE, to="2026-06-01")] == ["action"]
    assert await office.read(office.officer, DUE, to="2026-06-01", unit=ids["law"]) == []
    assert len(await office.read(office.coordinator, DUE, to="2026-06-01", unit=ids["physics"])) == 2
    assert (await office.ask(office.anonymous, DUE, to="2026-06-01"))["due"] == []


async def test_a_page_looks_at_a_year_and_no_further(office: Office) -> None:
    """After a quiet year a page ends with it, empty or not, and the next one goes on; hidden events do not end it."""
    _, start = await told(office, office.anonymous, first=0)
    for n in range(3):
        await office.visit(f"Hidden {n}")
    office.clock.now += timedelta(days=400)
    visit = await office.visit("Late")
    await office.done(office.officer, PUBLISH, id=visit)
    await later(office)
    pages = []
    for _ in range(2):
        page = await office.read(office.anonymous, CHANGES, after=start, first=10)
        start = page["endCursor"]
        pages.append(([node["id"] for node in page["nodes"]], page["hasNextPage"]))
    assert pages == [([], True), ([visit], False)]
