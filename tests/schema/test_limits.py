"""Limits: each is a setting, and each bites."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
import pytest
from starlette.types import Message

from auth.caller import Role, caller
from resolvers.context import Services
from schema.view import View
from tests.conftest import Ask, Http
from tests.factories.records import HEAD, create, facts

NOBODY = caller()
DEEP = "{ units { nodes { parentUnit { parentUnit { parentUnit { id } } } } } }"
INTROSPECTION = (
    "{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name } } } } } } } }"
)


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """Let a test say its settings as a parameter."""
    return getattr(request, "param", {})


def _aliases(count: int) -> str:
    return f"{{ viewer {{ {' '.join(f'a{n}: name' for n in range(count))} }} }}"


def _listed(count: int) -> dict[str, Any]:
    return {"w": {"code": {"in": [str(n) for n in range(count)]}}}


BITES = [
    ("max_depth", 5, 6, DEEP, {}, "6 levels deep"),
    ("max_tokens", 8, 40, "{ viewer { name roles zone university } }" + " " * 99, {}, "tokens"),
    ("max_aliases", 9, 10, _aliases(10), {}, "10 aliases"),
    ("max_cost", 100, 101, "{ units(first: 50) { nodes { id } } }", {}, "101 in cost"),
    ("max_cost", 40, 41, "{ units { nodes { id } } }", {}, "41 in cost"),
    ("max_page", 9, 10, "{ units(first: 10) { nodes { id } } }", {}, "first is 10"),
    ("max_page", 9, 10, "query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["x"] * 10}, "ids has 10 entries"),
    ("max_list_input", 9, 10, "query($w: UnitWhere) { units(where: $w) { totalCount } }", _listed(10), "10 entries"),
    ("max_list_input", 2, 3, '{ units(where: {code: {in: ["a", "b", "c"]}}) { totalCount } }', {}, "3 entries"),
    ("max_body_bytes", 200, 300, "{ viewer { name } }" + " " * 200, {}, "more than 200 bytes"),
]
CASES = [
    pytest.param({name: value}, refused, query, variables, says, id=f"{name} {value}: {query[:30]}", marks=[])
    for name, low, high, query, variables, says in BITES
    for value, refused in ((low, True), (high, False))
]


@pytest.mark.parametrize(("overrides", "refused", "query", "variables", "says"), CASES, indirect=["overrides"])
async def test_a_limit_bites_where_it_is_set(
    refused: bool,  # a parameter of the test
    query: str,
    variables: dict[str, Any],
    says: str,
    http: Http,
) -> None:
    """Set one lower than what is asked, a limit refuses with its name and both numbers; set to it, it lets pass."""
    answered = await http.post({"query": query, "variables": variables})
    body = answered.json()
    if not refused:
        assert "errors" not in body, body
        return
    (error,) = body["errors"]
    assert error["extensions"]["code"] == ("INVALID" if says.startswith("first") else "LIMIT")
    assert says in error["message"]
    assert answered.status_code == (413 if "bytes" in says else 400 if "data" not in body else 200)


@pytest.mark.parametrize("overrides", [{"max_list_input": 4}], indirect=True)
async def test_lists_in_a_change_are_limited_and_named(ask: Ask) -> None:
    """A list that is too long is refused by its place before anything is looked at, in variables of any depth."""
    members = [{"person": "prs_x"}] * 5
    answered = await create(ask, HEAD, "Delegation", members=members)
    assert answered.codes == ["LIMIT"]
    assert answered.errors[0]["message"].startswith("$i.members has 5 entries; at most 4")
    address = {"lines": ["x"] * 5}
    answered = await create(ask, HEAD, "Person", homeAddress=address)
    assert answered.errors[0]["message"].startswith("$i.homeAddress.lines has 5 entries")


async def test_introspection_does_not_lift_the_depth_of_data(ask: Ask) -> None:
    """Looking at the schema may go deeper than data; looking at both gives data no more depth."""
    deep = "units { nodes " + "{ parentUnit " * 14 + "{ id }" + "}" * 14 + " }"
    for query in (
        f"{{ __schema {{ queryType {{ name }} }} {deep} }}",
        f"{{ ...F }} fragment F on Query {{ __typename {deep} }}",
    ):
        assert (await ask(NOBODY, query)).codes == ["LIMIT"]
    assert (await ask(NOBODY, INTROSPECTION)).errors == []


async def test_introspection_that_multiplies_is_refused(ask: Ask) -> None:
    """Types of fields of types of fields would fill memory: aliased, nested or in fragments, it is refused."""
    nested = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    spread = (
        "{ __schema { types { ...A } } } fragment A on __Type { fields { type { ...B } } } "
        "fragment B on __Type { fields { type { ...C } } } fragment C on __Type { fields { type { ...D } } } "
        "fragment D on __Type { fields { name } }"
    )
    aliased = f"{{ {' '.join(f'a{n}: __schema {{ types {{ name }} }}' for n in range(61))} }}"
    for query, code in ((nested, "INVALID"), (spread, "INVALID"), (aliased, "LIMIT")):
        started = time.process_time()
        assert set((await ask(NOBODY, query)).codes) == {code}
        assert time.process_time() - started < 2


def _exponential(levels: int) -> str:
    """Fragments each of which spreads the next one twice: 2 to the power of levels when written out."""
    parts = [
        f"fragment F{n} on Unit {{ a: parentUnit {{ ...F{n + 1} }} b: parentUnit {{ ...F{n + 1} }} }}"
        for n in range(levels)
    ]
    return f"{{ units {{ nodes {{ ...F0 }} }} }} {' '.join(parts)} fragment F{levels} on Unit {{ id }}"


def _doubled(levels: int) -> str:
    parts = [f"fragment F{n} on Unit {{ ...F{n + 1} ...F{n + 1} id }}" for n in range(levels)]
    return f"{{ units {{ nodes {{ ...F0 }} }} }} {' '.join(parts)} fragment F{levels} on Unit {{ id }}"


FLOODS = {
    "exponential fragments": (_exponential(40), {"LIMIT"}),
    "fragments spread twice": (_doubled(60), {"LIMIT"}),
    "a cycle of fragments": (
        "{ units { nodes { ...A } } } fragment A on Unit { ...B } fragment B on Unit { ...A }",
        {"INVALID"},
    ),
    "a fragment in itself": ("{ units { nodes { ...A } } } fragment A on Unit { parentUnit { ...A } }", {"INVALID"}),
    "a flood of directives": ("{ viewer { name" + " @skip(if: false)" * 500 + " } }", {"INVALID"}),
    "a flood of unknown directives": ("{ viewer { name" + " @a" * 1300 + " } }", {"INVALID"}),
    "a flood of fields": ("{ viewer {" + " name" * 3900 + " } }", {"INVALID"}),
    "a flood of unknown fields": ("{ viewer {" + " nme" * 3900 + " } }", {"INVALID"}),
    "too many tokens": ("{ viewer {" + " name" * 4100 + " } }", {"LIMIT"}),
    "many operations": (" ".join(f"query Q{n} {{ viewer {{ name }} }}" for n in range(500)), {"INVALID"}),
    "braces": ("{" * 3000, {"INVALID", "LIMIT"}),
    "nested lists": ("{ units(where: " + "[" * 1500 + "]" * 1500 + ") { totalCount } }", {"INVALID", "LIMIT"}),
    "nested conditions": (
        "{ units(where: " + "{not: " * 400 + "{}" + "}" * 400 + ") { totalCount } }",
        {"INVALID", "LIMIT"},
    ),
    "a number of many digits": ("{ units(first: " + "9" * 5000 + ") { totalCount } }", {"INVALID", "LIMIT"}),
    "a long name": ("{ " + "a" * 200_000 + " }", {"INVALID"}),
    "a long string": ('{ unitByCode(code: "' + "x" * 200_000 + '") { id } }', None),
    "a long comment": ("{ viewer { name } } #" + "x" * 500_000, None),
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_documents_that_multiply_are_refused_quickly(flood: str, http: Http) -> None:
    """Floods are refused, or answered where they are harmless, in little time and with a short answer."""
    query, codes = FLOODS[flood]
    started = time.process_time()
    answered = await http.post({"query": query})
    assert time.process_time() - started < 4
    assert answered.status_code < 500
    body = answered.json()
    found = {error["extensions"]["code"] for error in body.get("errors", ())}
    assert found == (codes if codes and len(codes) == 1 else found & codes if codes else set()), body["errors"][:1]
    assert not codes or found
    assert len(answered.content) < 100_000


@pytest.mark.parametrize("overrides", [{"max_cost": 1}], indirect=True)
async def test_a_page_is_counted_wherever_it_is_asked_for(ask: Ask) -> None:
    """A page costs the same whether its size is written, a variable, or a default, and its records in a fragment."""
    inner = "nodes { notes { text } tags id code status }"
    fragment = f"fragment F on UnitConnection {{ {inner} }}"
    for query, cost in (
        (f"{{ units(first: 100) {{ {inner} }} }}", 701),
        (f"query($n: Int = 100) {{ units(first: $n) {{ {inner} }} }}", 701),
        (f"{{ units(first: 100) {{ ...F }} }} {fragment}", 701),
        (f"{{ units(last: 100) {{ ... {{ {inner} }} }} }}", 701),
        (f"{{ units {{ {inner} }} }}", 141),
        (f"{{ units {{ ...F }} }} {fragment}", 141),
        (f"{{ units {{ ... {{ ...F }} }} }} {fragment}", 141),
        ('{ nodes(ids: ["a", "b", "c"]) { id __typename } }', 7),
    ):
        answered = await ask(HEAD, query)
        assert answered.codes == ["LIMIT"]
        assert f"is {cost} in cost" in answered.errors[0]["message"], query


async def test_what_is_compiled_for_a_document_is_bounded(view: View) -> None:
    """A document whose switches can stand in thousands of ways keeps no plan for each of them."""
    names = [f"s{n}" for n in range(9)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    switched = " ".join(f"code @include(if: ${name})" for name in names)
    query = f"query({declared}) {{ units {{ nodes {{ id {switched} }} }} }}"
    for number in range(300):
        found = await view.run(
            view.context(NOBODY), query, {name: bool(number >> n & 1) for n, name in enumerate(names)}
        )
        assert found.errors is None
    (parsed,) = view.operations._kept.values()
    assert len(parsed.plans) < 600


async def _asgi(
    http: Http, chunks: AsyncIterator[bytes], headers: Mapping[str, str]
) -> tuple[int, dict[str, Any], int]:
    """Send a streamed body; the status, the answer, and how many bytes were taken."""
    sent: list[Message] = []
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        chunk = await anext(chunks, b"")
        taken += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await http.app(scope, receive, send)
    return sent[0]["status"], orjson.loads(sent[1]["body"]), taken


async def test_a_body_of_200_megabytes_is_refused_as_it_comes(http: Http) -> None:
    """A large body is refused once it is too large: what follows is neither taken nor kept."""
    megabyte = b" " * 1_000_000

    async def body() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield megabyte

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status, answer, taken = await _asgi(http, body(), {"content-type": "application/json"})
    assert (status, answer["errors"][0]["extensions"]["code"]) == (413, "LIMIT")
    assert taken <= 3_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


@pytest.mark.parametrize("overrides", [{"request_timeout_seconds": 0.2}], indirect=True)
async def test_a_body_that_comes_slowly_is_given_up(http: Http) -> None:
    """Who sends a byte now and then is not waited for longer than a request may take."""

    async def body() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.05)
            yield b" "

    started = time.monotonic()
    status, answer, _ = await _asgi(http, body(), {"content-type": "application/json"})
    assert time.monotonic() - started < 5
    assert status < 500
    assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


@pytest.mark.parametrize("overrides", [{"request_timeout_seconds": 0.003}], indirect=True)
async def test_an_answer_that_takes_long_is_given_up(services: Services, http: Http) -> None:
    """A request that takes longer than the longest time is answered as unavailable."""
    fresh = {"scope": ["public"], "published_from": services.clock(), "archived_at": None}
    many = [{"_id": f"unt_{n}", "code": f"{n}", **fresh} for n in range(200)]
    await services.store.collection("units").insert_many(many)
    # While a message is being sent to the store, Python 3.11 lets a wait go on that has just been given up.
    answers = [await http.post({"query": "{ units(first: 100) { totalCount nodes { id } } }"}) for _ in range(12)]
    assert {found.status_code for found in answers} == {200}
    errors = [error for found in answers for error in found.json().get("errors", ())]
    assert {error["extensions"]["code"] for error in errors} == {"UNAVAILABLE"}
    assert all("ask for less" in error["message"] for error in errors)


async def test_search_is_limited(ask: Ask) -> None:
    """A search has few words of a bounded length, and some letter or digit."""
    query = "query($s: String) { units(search: $s) { totalCount } }"
    for text in ("x" * 201, "a b c d e f g h i", "", " ", "()", "\u0301", "%"):
        answered = await ask(NOBODY, query, s=text)
        assert answered.codes == ["INVALID"], text
        assert "search" in answered.errors[0]["message"]


async def test_what_is_refused_writes_nothing(ask: Ask) -> None:
    """A mutation beyond a limit is not begun."""
    names = " ".join(f"a{n}: createUnit(input: $i) {{ problems {{ code }} }}" for n in range(61))
    answered = await ask(caller(Role.HEAD), f"mutation($i: CreateUnitInput!) {{ {names} }}", i=facts("Unit"))
    assert answered.codes == ["LIMIT"]
    assert (await ask(HEAD, "{ units { totalCount } }"))["units"]["totalCount"] == 0
