"""Pages: by seek, in every order, over ties and nulls, each record exactly once."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from auth.caller import Caller, Role, caller
from auth.mask import mask
from documents.kinds import KINDS, collection_of
from documents.stamp import Order, orders
from resolvers.context import Services
from schema.graph import Graph
from schema.names import plural
from tests.conftest import Ask
from tests.world import World, cast, fill

HEAD = caller(Role.HEAD)
SIZE = 4


def _listing(kind: str) -> str:
    return (
        f"query($first: Int, $after: String, $last: Int, $before: String, $order: {kind}Order) {{"
        f" {plural(kind)}(first: $first, after: $after, last: $last, before: $before, orderBy: $order, archived: true)"
        " { totalCount nodes { id } edges { cursor node { id } }"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )


def _plain_list(kind: str) -> str:
    """The listing for roles without an order for the kind."""
    return _listing(kind).replace(f", $order: {kind}Order", "").replace(", orderBy: $order", "")


def _orders(graph: Graph, who: Caller, kind: str) -> list[Order | None]:
    """No order, and each that exists for the caller."""
    found = graph.masked(mask(who.roles))._schema.get_type(f"{kind}Order")
    names = set(found.fields) if isinstance(found, GraphQLInputObjectType) else set()
    return [None, *(order for order in orders(KINDS[kind]) if _name(order) in names)]


def _name(order: Order) -> str:
    first, *rest = order.name.split("_")
    return first + "".join(part.title() for part in rest)


def _key(document: Mapping[str, Any], order: Order | None) -> tuple[Any, ...]:
    """Where a record stands in an order: null first, ties by id."""
    value: Any = document
    for name in order.stored.split(".") if order else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    return (document["_id"],) if order is None else (value is not None, value, document["_id"])


async def _walked(ask: Ask, who: Caller, kind: str, order: Any, *, forwards: bool, size: int = SIZE) -> list[list[str]]:
    """The ids of all pages, in the order of the list, however it was walked."""
    query = _plain_list(kind) if order is None else _listing(kind)
    place: str | None = None
    pages: list[list[str]] = []
    while len(pages) < 60:
        window = {"first": size, "after": place} if forwards else {"last": size, "before": place}
        page = (await ask(who, query, **window, **({} if order is None else {"order": order})))[plural(kind)]
        info = page["pageInfo"]
        ids = [node["id"] for node in page["nodes"]]
        assert [edge["node"]["id"] for edge in page["edges"]] == ids
        assert [info["startCursor"], info["endCursor"]] == [
            page["edges"][n]["cursor"] if ids else None for n in (0, -1)
        ]
        assert info["hasPreviousPage" if forwards else "hasNextPage"] is (place is not None)
        pages.append(ids)
        if not info["hasNextPage" if forwards else "hasPreviousPage"]:
            assert sum(map(len, pages)) == page["totalCount"]
            return pages if forwards else pages[::-1]
        assert len(ids) == size
        place = info["endCursor" if forwards else "startCursor"]
    pytest.fail(f"{kind} in {order}: the pages do not end")


@pytest.mark.parametrize("role", ["head", "coordinator", "partner", "anonymous"])
async def test_every_order_visits_every_record_once_and_in_order(
    role: str, look: Ask, world: World, graph: Graph
) -> None:
    """Forwards and backwards, ascending and descending, pages hold each record in scope once, where it belongs."""
    who = cast(world)[role]
    for kind in mask(who.roles).kinds:
        in_scope: set[str] | None = None
        for order in _orders(graph, who, kind):
            for way in ("ASC",) if order is None else ("ASC", "DESC"):
                given = None if order is None else {_name(order): way}
                there = [found for page in await _walked(look, who, kind, given, forwards=True) for found in page]
                back = [found for page in await _walked(look, who, kind, given, forwards=False) for found in page]
                assert there == back, f"{kind} in {given}"
                in_scope = in_scope or set(there)
                documents = [world.records[kind][found] for found in in_scope]
                expected = sorted(documents, key=lambda document: _key(document, order), reverse=way == "DESC")
                assert there == [document["_id"] for document in expected], f"{kind} in {given}"


async def test_pages_of_one_visit_every_record_once(look: Ask, world: World) -> None:
    """The smallest page seeks over every tie and every null."""
    ids = await _walked(look, cast(world)["head"], "Delegation", {"dates": "DESC"}, forwards=True, size=1)
    assert sorted(found for page in ids for found in page) == sorted(world.ids("Delegation"))


async def test_ties_and_nulls_are_there_to_be_seeked_over(world: World) -> None:
    """The made-up world would show a seek that loses ties or nulls: some order of some kind has both."""
    keys = [
        [_key(document, order)[1] for document in documents.values()]
        for kind, documents in world.records.items()
        for order in orders(KINDS[kind])
    ]
    assert any(len({repr(key) for key in found}) < len(found) for found in keys)


@pytest.mark.parametrize(
    ("window", "says"),
    [
        ({"first": 1, "last": 1}, "first or last"),
        ({"first": -1}, "first is -1"),
        ({"last": -1}, "last is -1"),
        ({"first": 101}, "first is 101"),
        ({"order": {}}, "orderBy takes exactly one order"),
        ({"order": {"code": "ASC", "dates": "ASC"}}, "orderBy takes exactly one order"),
        ({"order": {"code": None}}, "orderBy takes exactly one order"),
    ],
)
async def test_windows_that_make_no_sense_are_refused(
    window: dict[str, Any], says: str, look: Ask, world: World
) -> None:
    """A window is a size from 0 to the largest page, from one end, in at most one order."""
    answered = await look(cast(world)["head"], _listing("Delegation"), **window)
    assert answered.codes == ["INVALID"]
    assert says in answered.errors[0]["message"]


async def test_a_page_may_be_empty(look: Ask, world: World) -> None:
    """A size of 0 asks for the count, or whether there is more, alone."""
    page = (await look(cast(world)["head"], _listing("Unit"), first=0))["units"]
    assert page["nodes"] == page["edges"] == []
    assert page["totalCount"] == len(world.ids("Unit"))
    assert page["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_cursors_of_other_lists_are_refused(look: Ask, world: World) -> None:
    """A cursor holds for its kind, its order and its direction; changed by a character it holds for nothing."""
    head = cast(world)["head"]

    async def cursor(kind: str, order: Any) -> str:
        found = await look(head, _listing(kind), first=2, order=order)
        return str(found[plural(kind)]["pageInfo"]["endCursor"])

    right = await cursor("Delegation", {"dates": "ASC"})
    middle = len(right) // 2
    raw = base64.urlsafe_b64decode(right + "=" * (-len(right) % 4))
    wrong = {
        "another kind": await cursor("Unit", {"code": "ASC"}),
        "another order": await cursor("Delegation", {"code": "ASC"}),
        "another direction": await cursor("Delegation", {"dates": "DESC"}),
        "another sign": right[:middle] + ("A" if right[middle] != "A" else "B") + right[middle + 1 :],
        "its own content, unsigned": base64.urlsafe_b64encode(b"\0" * 16 + raw[16:]).decode(),
        "cut": right[:-6],
        "empty": "",
        "no base64": "ə{}$",
        "an id": world.ids("Delegation")[0],
        "long": "A" * 10_000,
    }
    for what, given in wrong.items():
        for window in ({"first": 2, "after": given}, {"last": 2, "before": given}):
            answered = await look(head, _listing("Delegation"), order={"dates": "ASC"}, **window)
            assert answered.codes == ["INVALID"], what
            assert "is no cursor of this list in this order" in answered.errors[0]["message"]
    assert (await look(head, _listing("Delegation"), order={"dates": "ASC"}, first=2, after=right)).errors == []


async def test_a_cursor_of_someone_else_shows_nothing_more(look: Ask, world: World) -> None:
    """Where a cursor comes from does not widen what is seen from it on."""
    head, nobody = cast(world)["head"], cast(world)["anonymous"]
    first = (await look(head, _plain_list("Delegation"), first=1))["delegations"]["pageInfo"]["endCursor"]
    seen = (await look(nobody, _plain_list("Delegation"), first=100))["delegations"]["nodes"]
    after = (await look(nobody, _plain_list("Delegation"), first=100, after=first))["delegations"]["nodes"]
    assert all(node in seen for node in after)


async def test_between_two_cursors(look: Ask, world: World) -> None:
    """With after and before, what stands strictly between the two is walked, from either end."""
    head, query = cast(world)["head"], _listing("Person")
    edges = (await look(head, query, first=14, order={"familyName": "DESC"}))["persons"]["edges"]
    cursors, ids = [edge["cursor"] for edge in edges], [edge["node"]["id"] for edge in edges]
    between = {"after": cursors[2], "before": cursors[9], "order": {"familyName": "DESC"}}
    assert [node["id"] for node in (await look(head, query, first=50, **between))["persons"]["nodes"]] == ids[3:9]
    assert [node["id"] for node in (await look(head, query, last=2, **between))["persons"]["nodes"]] == ids[7:9]


async def test_what_comes_meanwhile_shifts_nothing(services: Services, ask: Ask) -> None:
    """Records that are added or go away between two pages neither repeat nor hide the others."""
    world = await fill(services.store, services.cipher, seed=3, each=12)
    query = _listing("Partner")
    before = (await ask(HEAD, query, first=100, order={"country": "ASC"}))["partners"]["nodes"]
    page = (await ask(HEAD, query, first=5, order={"country": "ASC"}))["partners"]
    collection = services.store.collection(collection_of("Partner"))
    for number, copied in enumerate((before[0], before[2], before[11])):
        record = world.records["Partner"][copied["id"]]
        copy = {**record, "_id": f"prt_z{number}", "code": f"PRT-Z{number}", "identifiers": [], "identifier_keys": []}
        await collection.insert_one(copy)
    await collection.delete_one({"_id": before[4]["id"]})
    rest = (await ask(HEAD, query, first=100, order={"country": "ASC"}, after=page["pageInfo"]["endCursor"]))[
        "partners"
    ]
    old = {node["id"] for node in before}
    assert page["nodes"] + [node for node in rest["nodes"] if node["id"] in old] == before


async def test_archived_records_are_listed_only_when_asked_for(look: Ask, world: World) -> None:
    """A list leaves the archive out, its count too; `archived: true` takes it in."""
    head = cast(world)["head"]
    current = (await look(head, "{ delegations(first: 100) { totalCount nodes { archivedAt } } }"))["delegations"]
    everything = (await look(head, "{ delegations(archived: true) { totalCount } }"))["delegations"]["totalCount"]
    assert {node["archivedAt"] for node in current["nodes"]} == {None}
    assert len(current["nodes"]) == current["totalCount"] < everything == len(world.ids("Delegation"))


@pytest.mark.parametrize("who", [HEAD, caller(Role.OFFICER), caller(Role.MEMBER)], ids=["head", "officer", "member"])
async def test_a_search_finds_for_whoever_reads_the_word(ask: Ask, who: Caller) -> None:
    """A word finds its record for one who has all records in scope as for one who has a few, alone and with another."""
    made = await ask(
        HEAD,
        'mutation { createUnit(input: { abbreviation: "PHYS", type: FACULTY, name: { en: "Faculty of physics" } }) '
        "{ unit { id } problems { path message } } }",
    )
    assert made["createUnit"]["problems"] == []
    for words in ("phys", "fac phys", "PHYSICS"):
        found = await ask(who, "query ($w: String!) { units(search: $w) { totalCount } }", w=words)
        assert found["units"]["totalCount"] == 1, words
    assert (await ask(who, '{ units(search: "chem") { totalCount } }'))["units"]["totalCount"] == 0
