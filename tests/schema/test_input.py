"""Bad input: a clear problem that names the place, never an internal error, and nothing written."""

import re
from typing import Any

import pytest
from bson import encode

from auth.caller import Role, caller
from auth.mask import mask
from documents.kinds import KINDS, tree_of
from documents.record import Facts
from documents.tree import Path, is_enum
from resolvers.context import Services
from schema.graph import Graph
from schema.names import plural
from tests.conftest import Ask, Http, dump
from tests.factories.records import HEAD, create, facts, made, update
from tests.schema.hostile import Place, places, wrong_values
from tests.world import World, cast, fitting

NOBODY = caller()
CODES = {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "INVALID", "LIMIT", "UNAVAILABLE"}
INTERNALS = re.compile(
    r"NoneType|\bNone\b|Maybe|UNSET|[Pp]ydantic|Traceback|dataclass|<[a-z]+[ .']|\bobject at\b|0x[0-9a-f]{8}|"
    r"strawberry|pymongo|bson|mongo|Decimal128|\bdict\b|\bstr\b|\bTrue\b|\bFalse\b|not in list|"
    r"Error\(|__\w+__|\bself\b|keyword",
)


async def _hash(services: Services) -> bytes:
    """Everything that is stored, but keys of encryption and guards, which are made ahead of a change."""
    found = await dump(services.store)
    return encode({name: rows for name, rows in found.items() if name not in ("keys", "resource_days")})


def _checked(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The errors of an answer: each with a code, a request id, and a message without internals."""
    for error in body["errors"]:
        assert error["extensions"]["code"] in CODES, error
        assert re.fullmatch(r"[0-9a-f]{16}", error["extensions"]["requestId"])
        assert not INTERNALS.search(error["message"]), error["message"]
        assert error.keys() <= {"message", "locations", "path", "extensions"}
    return list(body["errors"])


BODIES: list[tuple[str, bytes, int, str]] = [
    ("nothing", b"", 400, "no JSON"),
    ("no JSON", b"{", 400, "no JSON"),
    ("JavaScript", b"{query: '{a}'}", 400, "no JSON"),
    ("a list", b"[]", 400, "one JSON object"),
    ("a batch", b'[{"query": "{viewer{name}}"}]', 400, "one JSON object"),
    ("null", b"null", 400, "one JSON object"),
    ("text", b'"{viewer{name}}"', 400, "one JSON object"),
    ("no query", b"{}", 400, "query must be"),
    ("an empty query", b'{"query": ""}', 400, "query must be"),
    ("a query that is an object", b'{"query": {"$ne": null}}', 400, "query must be"),
    ("a query that is null", b'{"query": null}', 400, "query must be"),
    ("variables as a list", b'{"query": "{viewer{name}}", "variables": []}', 400, "variables must be"),
    ("variables as text", b'{"query": "{viewer{name}}", "variables": "{}"}', 400, "variables must be"),
    ("a name that is a number", b'{"query": "{viewer{name}}", "operationName": 1}', 400, "operationName must be"),
    ("an unknown key", b'{"query": "{viewer{name}}", "$where": "1"}', 400, "unknown key"),
    ("a key twice over", b'{"query": "{viewer{name}}", "query2": ""}', 400, "unknown key"),
    ("a lone surrogate", b'{"query": "{viewer{name}}", "variables": {"a": "\\ud800"}}', 400, "no JSON"),
    ("bytes that are no UTF-8", b'{"query": "{viewer{name}}\xff"}', 400, "no JSON"),
    ("NaN", b'{"query": "{viewer{name}}", "variables": {"a": NaN}}', 400, "no JSON"),
    (
        "a deep value",
        b'{"query": "{viewer{name}}", "variables": ' + b'{"a":' * 3000 + b"1" + b"}" * 3001,
        400,
        "no JSON",
    ),
    ("no document", b'{"query": "# nothing"}', 200, "Syntax Error"),
    ("broken syntax", b'{"query": "{viewer{name}"}', 200, "Syntax Error"),
    ("control characters", b'{"query": "{viewer{\\u0000name}}"}', 200, "Syntax Error"),
    ("an unknown operation", b'{"query": "query A {viewer{name}}", "operationName": "B"}', 400, "operationName"),
    ("no name for several", b'{"query": "query A {viewer{name}} query B {viewer{name}}"}', 400, "operationName"),
    ("a schema", b'{"query": "type Query { a: Int }"}', 200, "not executable"),
    ("a subscription", b'{"query": "subscription {a}"}', 200, "subscription"),
    ("an unknown field", b'{"query": "{nope}"}', 200, "Cannot query field 'nope'"),
    ("an unknown argument", b'{"query": "{units(skip: 1) {totalCount}}"}', 200, "Unknown argument 'skip'"),
    ("an unknown directive", b'{"query": "{viewer @nope {name}}"}', 200, "@nope"),
    ("an unknown type", b'{"query": "query($a: Nope) {viewer {name}}"}', 200, "Nope"),
]


@pytest.mark.parametrize(("body", "status", "says"), [pytest.param(*case[1:], id=case[0]) for case in BODIES])
async def test_requests_that_are_none(body: bytes, status: int, says: str, http: Http) -> None:
    """What is no request of GraphQL over HTTP is refused with a status, a code and what is wrong."""
    answered = await http.post(body)
    assert answered.status_code == status
    errors = _checked(answered.json())
    assert {error["extensions"]["code"] for error in errors} == {"INVALID"}
    assert any(says in error["message"] for error in errors), errors
    assert "data" not in answered.json()


async def test_media_types(http: Http) -> None:
    """JSON alone is taken; who asks for the GraphQL media type gets it, and 400 where a document is not valid."""
    for media in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
        sent: Any = {"Content-Type": media}
        assert (await http.post({"query": "{viewer{name}}"}, **sent)).status_code == 415
    asked: Any = {"Accept": "application/graphql-response+json"}
    found = await http.post({"query": "{nope}"}, **asked)
    assert (found.status_code, found.headers["content-type"]) == (400, "application/graphql-response+json")
    found = await http.post({"query": "{viewer{name}}"}, **asked)
    assert (found.status_code, found.headers["content-type"]) == (200, "application/graphql-response+json")
    assert found.headers["cache-control"] == "no-store"
    assert (await http.client.get("/graphql")).status_code == 405


@pytest.fixture(scope="module")
def head_places(graph: Graph) -> list[Place]:
    """Give every place of the head's schema that takes input."""
    return list(places(graph.masked(mask(HEAD.roles))._schema))


async def test_wrong_types_in_every_place(services: Services, http: Http, head_places: list[Place]) -> None:
    """Wrong types, operators, dotted keys, unknown values and impossible dates are refused by name, wherever sent."""
    await made_office(http)
    before = await _hash(services)
    assert len(head_places) > 500
    for number, place in enumerate(head_places):
        values = wrong_values(place.type_)
        for wrong in {repr(value): value for value in (values[0], values[1 + number % (len(values) - 1)])}.values():
            answered = await http.post({"query": place.operation(), "variables": place.variables(wrong)}, HEAD)
            context = f"{place.operation()} {place.variables(wrong)}"
            assert answered.status_code in (200, 400), context
            body = answered.json()
            assert "data" not in body or body["data"] is None, context
            errors = _checked(body)
            codes = {error["extensions"]["code"] for error in errors}
            # A window of billions costs too much before it is looked at.
            assert codes == {"LIMIT" if place.name in ("first", "last") and wrong == 2**31 else "INVALID"}, context
            assert codes == {"LIMIT"} or any(place.name in error["message"] for error in errors), (context, errors)
    assert await _hash(services) == before


async def made_office(http: Http) -> None:
    """Put a few records into the store, so that something could be damaged."""
    for kind in ("Unit", "Person", "Partner", "Delegation"):
        query = f"mutation($i: Create{kind}Input!) {{ create{kind}(input: $i) {{ problems {{ code }} }} }}"
        assert (await http.post({"query": query, "variables": {"i": facts(kind)}}, HEAD)).json()["data"]


def _client(path: Path, value: Any) -> Any:
    return str(value) if path.leaf not in (str, int, float, bool) or is_enum(path.leaf) else value


async def _references(ask: Ask) -> dict[str, str]:
    found = {kind: await made(ask, kind) for kind in ("Unit", "Person", "Partner", "Delegation", "Itinerary")}
    return found | {"Contact": await made(ask, "Contact", partner=found["Partner"])}


def _input(kind: str, path: Path, value: Any, known: dict[str, str]) -> dict[str, Any]:
    """The fewest facts of a kind, with a value at a path and what must stand beside it."""
    tree = tree_of(kind)
    given: Any = value
    for dotted in [path.path.rsplit(".", n)[0] for n in range(path.path.count(".") + 1)]:
        step = tree.path(dotted)
        above = tree.path(dotted.rpartition(".")[0]) if "." in dotted else None
        beside = {}
        for sibling in above.children if above else ():
            if sibling.required and sibling is not step and not sibling.fills:
                beside[sibling.graphql] = _valid(above.model, sibling, known)  # type: ignore[union-attr]  # it is there
        given = beside | {step.graphql: [given] if step.many else given}
    required = {
        "Contact": {"partner": known["Partner"]},
        "Cover": {"officer": known["Person"], "by": known["Person"]},
        "IntakeLink": {"delegation": known["Delegation"]},
        "RoleAssignment": {"person": known["Person"]},
        "Invitation": {"contact": known["Contact"]},
    }.get(kind, {})
    return {**facts(kind), **required, **given}


def _valid(model: Any, path: Path, known: dict[str, str]) -> Any:
    if path.reference:
        found: Any = known[path.reference]
    elif path.model is None:
        found = _client(path, fitting(model, path.name, path.leaf or str)[0])
    else:
        found = {child.graphql: _valid(path.model, child, known) for child in path.children if child.required}
        found = {"en": "Text"} if path.model.__name__ == "Text" else found
    if path.name == "end":
        found = _client(path, fitting(model, path.name, path.leaf or str)[-1])
    return [found] if path.many else found


def _texts(kind: str) -> list[Path]:
    """The texts that a client may write into a kind."""
    fact = [path for path in tree_of(kind).walk() if path.fact and not path.hidden and not path.fills]
    return [path for path in fact if path.leaf is str and not path.reference and path.name != "id"]


BAD_TEXT = ("a\x00b", "a\x1bb", "x\u202eb", "\x7f", "x" * 20_001, "   ")


async def test_bad_text_in_every_text(services: Services, ask: Ask) -> None:
    """Control characters, endless and empty texts are refused by their place in every text of every kind."""
    known = await _references(ask)
    before = await _hash(services)
    taken = []
    tried = 0
    for kind in KINDS:
        if "create" not in mask(HEAD.roles).kinds[kind].actions:
            continue
        for number, path in enumerate(_texts(kind)):
            for bad in (BAD_TEXT[number % 4], BAD_TEXT[4 + number % 2]):
                tried += 1
                answered = await create(ask, HEAD, kind, **_input(kind, path, bad, known))
                problems = answered[f"create{kind}"]["problems"]
                assert {problem["code"] for problem in problems} <= {"INVALID"}
                assert not any(INTERNALS.search(problem["message"]) for problem in problems), problems
                # An identifier is judged as a whole.
                if not any(path.graphql in found["path"] or "dentifiers[" in found["path"] for found in problems):
                    taken.append((kind, path.path, bad[:20], problems))
    assert taken == []
    assert tried > 100
    assert await _hash(services) == before


async def test_text_that_means_something_elsewhere_is_kept_as_it_is(services: Services, ask: Ask) -> None:
    """Operators, dotted names and markup are text where text is taken: stored and answered to the letter."""
    known = await _references(ask)
    for text in (
        "$ne",
        "$where: 1",
        "a.b.$[]",
        '{"$gt": ""}',
        "<script>alert(1)</script>",
        "'; drop",
        "%00",
        "\\u0000",
    ):
        patch = {"en": text, "az": text}
        assert (await update(ask, HEAD, "Delegation", known["Delegation"], title=patch, tags=[text[:40]]))[
            "problems"
        ] == []
        query = "query($i: ID!) { delegation(id: $i) { title { en az } tags } }"
        found = (await ask(HEAD, query, i=known["Delegation"]))["delegation"]
        assert found == {"title": patch, "tags": [text[:40]]}
        stored = await services.store.collection("delegations").find_one({"_id": known["Delegation"]})
        assert stored is not None
        assert stored["title"]["en"] == text


@pytest.mark.parametrize(
    ("kind", "bad", "place"),
    [
        ("Delegation", {"dates": {"start": "2026-05-10", "end": "2026-05-09"}}, "dates"),
        ("Delegation", {"title": {}}, "title"),
        ("Delegation", {"members": [{"person": "prs_none"}]}, "members[0].person"),
        ("Delegation", {"perDiem": {"amount": "1", "currency": "XXY"}}, "perDiem.currency"),
        ("Delegation", {"perDiem": {"amount": "1.23456", "currency": "AZN"}}, "perDiem.amount"),
        ("Delegation", {"perDiem": {"amount": "9" * 30, "currency": "AZN"}}, "perDiem.amount"),
        ("Person", {"rank": 0}, "rank"),
        ("Person", {"email": "no mail"}, "email"),
        ("Person", {"phone": "+1"}, "phone"),
        ("Person", {"citizenships": ["AZ", "QQ"]}, "citizenships[1]"),
        ("Person", {"orcid": "0000-0002-1825-009"}, "orcid"),
        ("Person", {"homeAddress": {"position": {"latitude": 91, "longitude": 0}}}, "homeAddress.position.latitude"),
        ("Person", {"homeAddress": {"lines": ["x"] * 7}}, "homeAddress.lines"),
        ("Person", {"tags": ["x"] * 51}, "tags"),
        ("Partner", {"website": "javascript:alert(1)"}, "website"),
        ("Partner", {"identifiers": [{"scheme": "ROR", "value": "05dxps056"}]}, "identifiers[0]"),
        ("Partner", {"country": "az"}, "country"),
        ("Contact", {"partner": "prt_none"}, "partner"),
        ("Unit", {"parentUnit": "unt_none"}, "parentUnit"),
    ],
)
async def test_values_that_cannot_be(kind: str, bad: dict[str, Any], place: str, services: Services, ask: Ask) -> None:
    """A value that is of its type and still cannot be right is a problem at its place, with a remedy."""
    known = {"partner": await made(ask, "Partner")} if kind == "Contact" else {}
    before = await _hash(services)
    problems = (await create(ask, HEAD, kind, **known | bad))[f"create{kind}"]["problems"]
    assert place in [problem["path"] for problem in problems], problems
    assert {problem["code"] for problem in problems} <= {"INVALID", "NOT_FOUND"}
    assert not any(INTERNALS.search(problem["message"]) for problem in problems), problems
    assert await _hash(services) == before


IDS = (
    "",
    "x",
    "dlg_",
    "dlg_00000000000000000000",
    "$ne",
    "dlg.a",
    "\x00",
    "dlg_" + "x" * 5000,
    "../dlg",
    "dlg_%",
    "Əə",
)


async def test_ids_that_are_none_are_absent(services: Services, ask: Ask) -> None:
    """Whatever is no id of the kind is answered as an absent record, in reads, changes and actions."""
    known = await _references(ask)
    before = await _hash(services)
    for record_id in (*IDS, known["Unit"], known["Person"]):
        for query in ("delegation(id: $i) { id }", 'access(id: $i, field: "title") { label }'):
            found = await ask(HEAD, f"query($i: ID!) {{ found: {query} }}", i=record_id)
            assert record_id == known["Unit"] or found.data == {"found": None}, record_id
        for mutation in ("assess", "archive", "publish", "issue"):
            query = f"mutation($i: ID!) {{ {mutation}Delegation(id: $i) {{ problems {{ code }} }} }}"
            assert (await ask(HEAD, query, i=record_id)).codes == ["NOT_FOUND"], record_id
        query = 'mutation($i: ID!) { updateDelegation(id: $i, ifRevision: "x", patch: {}) { problems { code } } }'
        assert (await ask(HEAD, query, i=record_id)).codes == ["NOT_FOUND"], record_id
    found = await ask(HEAD, "query($i: [ID!]!) { nodes(ids: $i) { id } }", i=list(IDS))
    assert found["nodes"] == [None] * len(IDS)
    assert await _hash(services) == before


async def test_revisions_that_are_none_are_stale(services: Services, ask: Ask) -> None:
    """A revision that was never given out is a conflict like one that is old."""
    visit = await made(ask, "Delegation")
    before = await _hash(services)
    for read in ("", "x", "$ne", "ə", "\x00", "0" * 24, "x" * 100_000):
        found = await update(ask, HEAD, "Delegation", visit, read or " ", title={"en": "Changed"})
        assert [(problem["code"], problem["path"]) for problem in found["problems"]] == [("CONFLICT", "ifRevision")]
    assert await _hash(services) == before


async def test_conditions_that_cannot_be(look: Ask, world: World) -> None:
    """Scalars of conditions that the store cannot compare are refused or meet nothing, by their place."""
    head = cast(world)["head"]
    for kind, where, place in (
        ("Delegation", {"code": {"eq": "a\x00b"}}, "where.code.eq"),
        ("Delegation", {"code": {"in": ["x", "\x1b"]}}, "where.code.in"),
        ("Delegation", {"title": {"en": {"startsWith": "\x00"}}}, "where.title.en"),
        ("Delegation", {"budget": {"any": {"amount": {"amount": {"lt": "1" * 40}}}}}, "budget.any.amount.amount.lt"),
        ("Delegation", {"budget": {"any": {"amount": {"amount": {"gt": "1e-9000"}}}}}, "budget.any.amount.amount.gt"),
        ("Delegation", {"perDiem": {"amount": {"in": ["9e9999"]}}}, "perDiem.amount.in"),
        ("Delegation", {"or": [{"code": {"notIn": ["x"] * 501}}]}, "code.notIn"),
    ):
        query = f"query($w: {kind}Where) {{ {plural(kind)}(where: $w) {{ totalCount }} }}"
        answered = await look(head, query, w=where)
        assert answered.codes in (["INVALID"], ["LIMIT"]), (where, answered)
        assert place in answered.errors[0]["message"], answered.errors
        assert not INTERNALS.search(answered.errors[0]["message"])


async def test_what_the_service_adds_cannot_be_written(graph: Graph) -> None:
    """No input has a field for what the service alone writes: ids, owners, states, moments, counts, scope."""
    schema = graph.masked(mask(HEAD.roles))._schema
    for kind in KINDS:
        own = set(KINDS[kind].model_fields) - {name for name in KINDS[kind].model_fields if _is_fact(kind, name)}
        for name in (f"Create{kind}Input", f"{kind}Patch"):
            found = schema.get_type(name)
            fields = set(getattr(found, "fields", ()))
            assert not fields & {
                tree_of(kind).path(path.name).graphql for path in tree_of(kind).paths if path.name in own
            }


def _is_fact(kind: str, name: str) -> bool:
    return any(
        issubclass(base, Facts) and name in base.model_fields
        for base in KINDS[kind].__mro__
        if base.__name__ == f"{kind}Facts"
    )


async def test_an_error_tells_who_asks_to_sign_in_or_to_ask(http: Http) -> None:
    """Codes of a request: not signed in well, not for you, not there, and each with the request's own id."""
    bad = await http.post({"query": "{viewer{name}}"}, None, Authorization="Bearer nonsense")
    assert bad.status_code == 401
    assert _checked(bad.json())[0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert bad.headers["x-request-id"] == bad.json()["errors"][0]["extensions"]["requestId"]
    head = caller(Role.HEAD)
    query = 'mutation { archiveUnit(id: "unt_00000000000000000000") { problems { code } } }'
    absent = await http.post({"query": query}, head)
    assert (absent.status_code, _checked(absent.json())[0]["extensions"]["code"]) == (200, "NOT_FOUND")
    nobody = await http.post({"query": query}, NOBODY)
    assert _checked(nobody.json())[0]["extensions"]["code"] == "INVALID"
