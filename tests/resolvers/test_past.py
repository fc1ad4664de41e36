"""A record as it was: rebuilt from history, under today's rights."""

import random
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type

from auth.caller import Caller
from auth.mask import mask
from schema.graph import Graph
from tests.resolvers.test_moments import ISSUE, REVISION
from tests.stories.office import Office, text

# What is not of the record as it was, but of today or of its own.
TODAY = {"history", "revision", "permitted", "withheld", "itineraries", "issues"}

UPDATE = """
mutation Update($id: ID!, $revision: String!, $patch: DelegationPatch!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: $patch) {
    delegation { members { id } partners { id } gifts { id } actions { id } clearances { id } }
    problems { code path message }
  }
}"""

HISTORY = """
query History($id: ID!, $first: Int!, $after: String) {
  delegation(id: $id) { history(first: $first, after: $after) { nodes { at action changes { path } } endCursor } }
}"""


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give limits under which one query may ask for everything."""
    return {"max_cost": 1_000_000}


def _selection(field: GraphQLField, depth: int = 0) -> str:
    named = get_named_type(field.type)
    if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    if depth and any(interface.name == "Node" for interface in named.interfaces):
        return " { id }"
    inner = [
        f"{name}{_selection(found, depth + 1)}"
        for name, found in named.fields.items()
        if not found.args and name not in TODAY
    ]
    return f" {{ {' '.join(inner)} }}"


async def shown(office: Office, graph: Graph, who: Caller, visit: str, as_of: Any = None) -> Any:
    """All that a caller reads of a visit, as it is or as it was."""
    query = graph.masked(mask(who.roles))._schema.query_type
    assert query is not None
    wanted = _selection(query.fields["delegation"])
    document = f"query All($id: ID!, $asOf: DateTime) {{ delegation(id: $id, asOf: $asOf){wanted} }}"
    given = {"asOf": as_of.isoformat()} if as_of else {}
    return await office.read(who, document, id=visit, **given)


def _leg(draw: random.Random) -> Any:
    return draw.choice((None, {}, {"carrier": "J2"}, {"carrier": "TK", "number": "332"}))


NAMES = ("title", "purpose", "members", "partners", "actions", "gifts", "tags", "dates", "level", "clearances")


def _listed(draw: random.Random, known: list[str], made: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """A change of a list: an element added, changed or removed, or another order."""
    ways: dict[str, Any] = {"add": [made]} if made else {}
    if known:
        ways |= {"remove": [draw.choice(known)], "order": draw.sample(known, len(known))}
        if changed:
            ways["change"] = [{"id": draw.choice(known)} | changed]
    way = draw.choice(sorted(ways))
    return {way: ways[way]}


def _member(draw: random.Random, partner: Any) -> dict[str, Any]:
    found = {draw.choice(("arrival", "departure")): _leg(draw), "badgeName": draw.choice((None, "Guest", "Rector"))}
    return found | ({"partner": partner} if draw.random() < 0.4 else {})


def _patch(draw: random.Random, office: Office, now: dict[str, Any], people: list[str]) -> dict[str, Any]:
    """A change of one to three places: texts, values, and elements added, changed, removed and put in order."""
    partner = draw.choice((office.ids["ankara"], office.ids["tbilisi"]))
    joined = {"person": people[-1], "partner": draw.choice((partner, None)), "arrival": _leg(draw)} if people else {}
    elements: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "members": (joined, _member(draw, draw.choice((partner, None)))),
        "partners": ({"partner": partner}, {}),
        "actions": ({"what": text("Call"), "dueOn": draw.choice((None, "2026-07-01"))}, {"doneOn": "2026-07-02"}),
        "gifts": ({"item": draw.choice(("Carpet", "Book")), "direction": "GIVEN"}, {}),
        "clearances": ({"type": draw.choice(("GATE", "PRESS"))}, {"grantedOn": "2026-06-01"}),
    }
    plain = {
        "tags": draw.sample(["maths", "physics", "law"], k=draw.choice((0, 1, 3))),
        "dates": {"start": f"2026-06-0{draw.randint(1, 9)}"},
        "level": draw.choice(("RECTOR", "DEAN", "EXPERT")),
    }
    found: dict[str, Any] = {}
    for name in draw.sample(NAMES, k=draw.choice((1, 2, 3))):
        if name in elements:
            known = [item["id"] for item in now.get(name, ())]
            if known or elements[name][0]:
                found[name] = _listed(draw, known, *elements[name])
        else:
            found[name] = plain.get(name, {draw.choice(("az", "ru")): draw.choice(("Bir", "İki", "Üç"))})
    if people and "add" in found.get("members", {}):
        people.pop()
    return found


@pytest.mark.parametrize("seed", range(3))
async def test_the_past_is_what_was_seen(office: Office, graph: Graph, seed: int) -> None:
    """After random changes, the record as of each instant is what head, officer, coordinator and partner saw then."""
    draw = random.Random(seed)  # noqa: S311  # what is drawn guards nothing
    ids = office.ids
    people = [await office.guest(f"Guest{n}", "Kaya", ids["ankara"]) for n in range(12)]
    visit = await office.visit(
        "Visit",
        by=office.head,
        hostUnits=[ids["physics"]],
        officers=[ids["officer"]],
        partners=[{"partner": ids["ankara"]}, {"partner": ids["tbilisi"]}],
        members=[{"person": people.pop(), "partner": ids[name]} for name in ("ankara", "tbilisi", "ankara")],
    )
    await office.done(office.officer, ISSUE, id=visit)
    callers = (office.head, office.officer, office.coordinator, office.ankara)
    snapshots = []
    now: dict[str, Any] = {}
    for _ in range(14):
        office.clock.now += timedelta(minutes=1)
        revision = (await office.read(office.head, REVISION, id=visit))["revision"]
        patch = _patch(draw, office, now, people)
        now = await office.done(office.head, UPDATE, id=visit, revision=revision, patch=patch)
        snapshots.append((office.clock.now, [await shown(office, graph, who, visit) for who in callers]))
    for at, seen in snapshots:
        for who, before in zip(callers, seen, strict=True):
            assert await shown(office, graph, who, visit, at) == before, (who.name, at)


async def test_before_it_was_made_there_is_nothing(office: Office, graph: Graph) -> None:
    """Nobody who reads that a record was made finds it before; one that is out of scope has no past either."""
    visit = await office.visit("Visit")
    before = office.clock.now - timedelta(minutes=1)
    assert await shown(office, graph, office.officer, visit, before) is None
    assert await shown(office, graph, office.officer, visit, office.clock.now) is not None
    assert await shown(office, graph, office.member, visit, office.clock.now) is None


async def test_entries_of_one_instant_keep_their_order(office: Office) -> None:
    """Pages of a history give changes in the order in which they were made, also those of one instant."""
    visit = await office.visit("Visit", "assess", "accept", "plan")
    found: list[str] = []
    after = None
    for _ in range(4):
        page = (await office.read(office.officer, HISTORY, id=visit, first=1, after=after))["history"]
        found += [entry["action"] for entry in page["nodes"]]
        after = page["endCursor"]
    assert found == ["plan", "accept", "assess", "create"]
    assert (await office.ask(office.officer, HISTORY, id=visit, first=1, after="bm8")).codes == ["INVALID"]
