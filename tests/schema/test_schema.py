"""The schema: said in words everywhere, free of the language it is written in, and for each role its own."""

import re
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    parse,
)

from auth.access import visible
from auth.caller import Caller, Role, caller
from auth.mask import mask
from documents.kinds import KINDS, tree_of
from documents.tree import Path
from schema.graph import Graph
from schema.names import plural, singular
from tests.conftest import Ask, Http
from tests.factories.records import HEAD, made
from tests.world import NOW

NOBODY = caller()


def _schema(graph: Graph, *roles: Role) -> GraphQLSchema:
    return graph.masked(mask(caller(*roles).roles))._schema


def _own(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """The types of a schema but those of GraphQL itself."""
    return (type_ for name, type_ in schema.type_map.items() if not name.startswith("__"))


def _described(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Everything of a type that takes a description, with it."""
    yield type_.name, type_.description
    if isinstance(type_, GraphQLEnumType):
        yield from ((f"{type_.name}.{name}", value.description) for name, value in type_.values.items())
    if is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}", field.description
            yield from (
                (f"{type_.name}.{name}({arg})", given.description) for arg, given in getattr(field, "args", {}).items()
            )


def test_everything_is_described(graph: Graph) -> None:
    """Every type, field, argument, input field and enumerated value says what it is, as a sentence."""
    schema = _schema(graph, Role.HEAD)
    said = [found for type_ in _own(schema) for found in _described(type_)]
    assert [place for place, text in said if not text] == []
    builtin = {"String", "Int", "Float", "Boolean", "ID"}
    assert [
        place for place, text in said if place not in builtin and not re.search(r"[.`]$", (text or "").strip())
    ] == []


def test_every_stored_path_says_who_reads_it(graph: Graph) -> None:
    """The fields of a record end in the sentence on their readers, and carry their labels."""
    printed = graph.masked(mask(HEAD.roles)).as_str()
    schema = _schema(graph, Role.HEAD)
    for kind in KINDS:
        fields = schema.type_map[kind].fields  # type: ignore[attr-defined]  # a kind is an object type
        for path in tree_of(kind).paths:
            if path.graphql in fields and not path.hidden:
                assert "Read by" in fields[path.graphql].description, f"{kind}.{path.path}"
    assert printed.count("@access(label:") > 300


def test_nothing_of_python_shows(graph: Graph) -> None:
    """No name or text of the printed schema is of the language that it is made with."""
    for role in (Role.HEAD, Role.PARTNER):
        printed = graph.masked(mask(caller(role).roles)).as_str()
        found = re.findall(r"Maybe|UNSET|NoneType|\bself\b|\bstr\b|\bdict\b|pydantic|strawberry|_id\b|Any\b", printed)
        assert found == []
        schema = _schema(graph, role)
        for type_ in _own(schema):
            assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", type_.name)
            if is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
                names = [*type_.fields, *(arg for field in type_.fields.values() for arg in getattr(field, "args", {}))]
                assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)] == [], type_.name
            if isinstance(type_, GraphQLEnumType):
                assert [name for name in type_.values if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name)] == []
        parse(printed)


def test_the_schema_keeps_the_conventions(graph: Graph) -> None:
    """For every kind one, many, by code, its connection, and a payload with problems for each of its mutations."""
    schema = _schema(graph, Role.HEAD)
    query, mutation = schema.query_type, schema.mutation_type
    assert query is not None
    assert mutation is not None
    for kind in KINDS:
        one, many = query.fields[singular(kind)], query.fields[plural(kind)]
        assert (str(one.type), str(one.args["id"].type)) == (kind, "ID!")
        assert str(query.fields[f"{singular(kind)}ByCode"].args["code"].type) == "String!"
        assert str(many.type) == f"{kind}Connection!"
        assert {"where", "search", "orderBy", "first", "after", "last", "before"} <= many.args.keys()
        connection = schema.type_map[f"{kind}Connection"].fields  # type: ignore[attr-defined]  # as above
        assert {name: str(field.type) for name, field in connection.items()} == {
            "nodes": f"[{kind}!]!",
            "edges": f"[{kind}Edge!]!",
            "pageInfo": "PageInfo!",
            "totalCount": "Int!",
        }
    for name, field in mutation.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(field.type, GraphQLNonNull), name
        assert str(payload.fields["problems"].type) == "[Problem!]!", name
        if payload.name not in TELLING:
            assert not isinstance(payload.fields[_record_of(payload.name)].type, GraphQLNonNull)


# What is told once and logged, what works for who sees no invitation, and sessions are no records.
TELLING = {"RevealPersonPayload", "AcceptInvitationPayload", "RevokeSessionsPayload"}


def _record_of(payload: str) -> str:
    return singular(payload.removeprefix("Create").removesuffix("Payload"))


def test_nodes_keep_the_relay_conventions(graph: Graph) -> None:
    """Every kind is a Node with an id; pages tell where they stand; nodes are asked for by id, one or several."""
    schema = _schema(graph, Role.HEAD)
    node = schema.type_map["Node"]
    assert is_interface_type(node)
    assert {found.name for found in schema.get_possible_types(node)} == set(KINDS)
    assert str(node.fields["id"].type) == "ID!"
    assert schema.query_type is not None
    assert str(schema.query_type.fields["node"].type) == "Node"
    assert str(schema.query_type.fields["nodes"].type) == "[Node]!"
    page = schema.type_map["PageInfo"].fields  # type: ignore[attr-defined]  # an object type
    assert {name: str(field.type) for name, field in page.items()} == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }


async def test_node_and_nodes_give_what_the_kinds_give(ask: Ask) -> None:
    """A node is the record that its own kind gives; nodes come in the order asked for, absent ones as null."""
    unit, person = await made(ask, "Unit"), await made(ask, "Person")
    found = await ask(HEAD, "query($i: ID!) { node(id: $i) { __typename id ... on Unit { code } } }", i=unit)
    by_kind = await ask(HEAD, "query($i: ID!) { unit(id: $i) { __typename id code } }", i=unit)
    assert found["node"] == by_kind["unit"]
    wanted = [person, "unt_none", unit, person]
    nodes = (await ask(HEAD, "query($i: [ID!]!) { nodes(ids: $i) { id } }", i=wanted))["nodes"]
    assert [node and node["id"] for node in nodes] == [person, None, unit, person]
    assert (await ask(HEAD, "query($i: ID!) { person(id: $i) { id } }", i=unit))["person"] is None


@pytest.mark.parametrize("role", list(Role))
async def test_introspection_shows_a_role_its_own_mask(role: Role, ask: Ask) -> None:
    """What introspection shows of every kind is exactly what the role may ever read, and no type beside."""
    who = caller(role)
    answered = await ask(who, get_introspection_query(descriptions=True))
    assert answered.errors == []
    shown = build_client_schema(answered.data)
    for kind in KINDS:
        sight = visible(kind, who, NOW)
        if sight is None:
            assert kind not in shown.type_map
            assert [
                name for name in shown.type_map if name.startswith((f"{kind}Where", f"{kind}Conn", f"Create{kind}"))
            ] == []
            continue
        fields = shown.type_map[kind].fields  # type: ignore[attr-defined]  # an object type
        for path in tree_of(kind).paths:
            if path.hidden:
                # Bookkeeping may share its name with a field that is worked out from it.
                assert path.graphql == "revision" or path.graphql not in fields
                continue
            reached = path.reference is None or path.reference in mask(who.roles).kinds
            expected = sight.kind.readable(path) and reached
            assert (path.graphql in fields) is expected, f"{role}: {kind}.{path.path}"
            if expected and sight.kind.mode(path) == "if":
                assert not isinstance(fields[path.graphql].type, GraphQLNonNull), f"{role}: {kind}.{path.path}"


def _hidden(role: Role) -> Iterator[tuple[str, Path]]:
    """Paths that a role never reads nor writes."""
    for kind in KINDS:
        found = mask(caller(role).roles).kinds.get(kind)
        for path in tree_of(kind).paths:
            writable = found is not None and any(found.writable(below) for below in path.walk())
            if not path.hidden and not writable and (found is None or not found.readable(path)):
                yield kind, path


async def _names(ask: Ask, who: Caller) -> set[str]:
    """Every name of the caller's own schema."""
    known = await ask(who, get_introspection_query(descriptions=False))
    return set(re.findall(r"\w+", repr(known.data)))


async def _told(ask: Ask, who: Caller, query: str, names: set[str]) -> list[str]:
    """What is said of a query, without what is suggested instead: that is of these names."""
    answered = await ask(who, query)
    assert set(answered.codes) == {"INVALID"}
    said, suggested = zip(*(error["message"].partition(" Did you mean")[::2] for error in answered.errors), strict=True)
    assert {name for text in suggested for name in re.findall(r"'(?:\.\.\. on )?(\w+)'", text)} <= names
    # What was found is quoted only where nothing is suggested.
    return [re.sub(r"(, found: .*)?\.$", "", text) for text in said]


@pytest.mark.parametrize("role", [Role.PARTNER, Role.MEMBER, Role.ANONYMOUS])
async def test_unknown_names_suggest_nothing_hidden(role: Role, ask: Ask) -> None:
    """A hidden, a misspelt and an invented name are refused in the same words; what is suggested is visible."""
    who = caller(role)
    names = await _names(ask, who)
    seen = 0
    for kind, path in _hidden(role):
        if kind not in mask(who.roles).kinds:
            continue
        seen += 1
        for form in ("{{ {0} {{ nodes {{ {1} }} }} }}", "{{ {0}(where: {{ {1}: {{}} }}) {{ totalCount }} }}"):
            invented = await _told(ask, who, form.format(plural(kind), "zzz"), names)
            for name in (path.graphql, path.graphql[:-1] + "x"):
                told = await _told(ask, who, form.format(plural(kind), name), names)
                assert told == [text.replace("zzz", name) for text in invented]
    assert seen > 10


async def test_a_hidden_kind_is_an_unknown_one(ask: Ask) -> None:
    """Kinds outside the mask are refused like invented ones: as fields, types, fragments, variables and ids."""
    names = await _names(ask, NOBODY)
    for form, hidden, invented in (
        ("{{ {0} {{ totalCount }} }}", "proposals", "nothings"),
        ('{{ {0}(id: "x") {{ id }} }}', "proposal", "nothing"),
        ('{{ {0}(code: "x") {{ id }} }}', "proposalByCode", "nothingByCode"),
        ('{{ node(id: "x") {{ ... on {0} {{ id }} }} }}', "Proposal", "Nothing"),
        ("query($a: {0}) {{ viewer {{ name }} }}", "ProposalWhere", "NothingWhere"),
    ):
        told = await _told(ask, NOBODY, form.format(hidden), names)
        other = await _told(ask, NOBODY, form.format(invented), names)
        assert told == [text.replace(invented, hidden) for text in other]
    found = await ask(NOBODY, '{ a: __type(name: "Proposal") { name } b: __type(name: "Nothing") { name } }')
    assert found.data == {"a": None, "b": None}


async def test_the_printed_schema_is_the_callers(http: Http, graph: Graph) -> None:
    """Two masks of the same paths are one schema; a role's printed schema names nothing outside its mask."""
    printed = {role: graph.masked(mask(caller(role).roles)).as_str() for role in (Role.PARTNER, Role.MEMBER)}
    for role, text in printed.items():
        for kind, path in _hidden(role):
            section = re.search(rf"^type {kind} .*?^}}", text, re.MULTILINE | re.DOTALL)
            assert section is None or not re.search(rf"^  {path.graphql}\b", section[0], re.MULTILINE), (
                f"{role}: {path}"
            )
    answered = await http.post({"query": "{ __schema { types { name } } }"})
    names = {type_["name"] for type_ in answered.json()["data"]["__schema"]["types"]}
    assert {name for name in names if name.startswith(("Proposal", "Contact", "Create", "Itinerary"))} <= {
        "ContactPurpose",
        "ContactPurposeFilter",
    }
