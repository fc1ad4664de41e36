"""The running house answers as the table says: every kind, path, action and role, on a record for each situation."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from bson import Decimal128
from graphql import GraphQLField, GraphQLSchema, get_named_type, is_required_argument

from auth.access import fetch, scope, visible, writes
from auth.caller import Caller, Role
from auth.mask import mask
from auth.policy import ACTIONS
from auth.report import IF, NEW, NO, PROPOSES, SERVICE, YES, doing, listed, reading, taken, taking, writing
from documents.kinds import KINDS, collection_of, tree_of
from documents.record import graphql_name
from documents.tree import Path
from errors import Forbidden, NotFound
from resolvers.context import Services
from schema.graph import Graph
from schema.names import plural, singular
from tests.auth.exempt import checked
from tests.auth.situations import HOLDERS, THERE, Reader, Situations, flat, in_scope, permits
from tests.conftest import Ask
from tests.world import NOW


def selection(kind: str, role: Role) -> str:
    """Everything that the matrix lets a role read of a kind."""
    return _selected(tree_of(kind).paths, {path for path in listed(kind) if reading(kind, path, role) != NO})


def _selected(paths: tuple[Path, ...], kept: set[Path] | None) -> str:
    parts = []
    for path in paths:
        if kept is not None and path not in kept:
            continue
        below = "{ id }" if path.reference else ""
        if path.children:
            below = f"{{ {_selected(path.children, None if path.value else kept)} }}"
        parts.append(f"{path.graphql} {below}".strip())
    return " ".join(parts)


def shown(path: Path, answer: dict[str, Any]) -> list[Any]:
    """What an answer shows of a path, as `Reader.values` says it."""
    found: list[Any] = [answer]
    for name in path.path.split("."):
        found = flat([item[graphql_name(name)] for item in found])
    if path.reference is not None:
        return [value["id"] for value in found]
    return [THERE] * len(found) if path.children and not path.value else found


def told(value: Any) -> Any:
    """A stored value as a client reads it."""
    if isinstance(value, dict):
        return {graphql_name(name): told(below) for name, below in value.items()}
    if isinstance(value, list):
        return [told(item) for item in value]
    return str(value.to_decimal()) if isinstance(value, Decimal128) else value


def wording(answers: list[dict[str, Any]]) -> set[str]:
    """Messages without the suggestions of other names."""
    return {re.sub(r" Did you mean .*", "", answer["message"]) for answer in answers}


def schema_of(graph: Graph, who: Caller) -> GraphQLSchema:
    """The schema that a caller meets."""
    return graph.masked(mask(who.roles))._schema


@pytest.mark.parametrize("kind", KINDS)
async def test_every_path_reads_as_its_cell_says(found: Situations, put_to: Ask, kind: str) -> None:
    """✔ shows the value on every record in scope, `if` shows it where the rule holds and nothing where it does not."""
    wrong = []
    for role, who in HOLDERS.items():
        if kind not in mask(who.roles).kinds:
            continue
        reader = Reader(kind, who, {name: found.visible(name, who) for name in KINDS})
        records = found.records(kind)
        query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {selection(kind, role)} }} }} }}"
        nodes = (await put_to(who, query, ids=[record["_id"] for record in records]))["nodes"]
        pairs = [(record, node) for record, node in zip(records, nodes, strict=True) if node]
        assert {record["_id"] for record, _ in pairs} == reader.known[kind]
        wrong += [f"{role}: {line}" for path in checked(kind) for line in misread(reader, role, path, pairs)]
    assert wrong == []


def misread(
    reader: Reader, role: Role, path: Path, pairs: list[tuple[dict[str, Any], dict[str, Any]]]
) -> Iterator[str]:
    """Where stored records and the answers of them differ from what a cell says of a path."""
    cell = reading(reader.kind, path, role)
    if cell == NO:
        return
    some = less = 0
    for record, node in pairs:
        shows, full = shown(path, node), told(reader.unveiled().values(path, record))
        if shows != told(reader.values(path, record)) or (cell == YES and shows != full):
            yield f"{path.path} is {cell} and shows {shows} of {full} in {record['scope']}"
        some, less = some + bool(shows), less + (shows != full)
    if not some or (cell == IF and not less):
        yield f"{path.path} is {cell}: shows something on {some} records, less than all on {less}: add a situation"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_path_that_is_never_read_is_no_field(put_to: Ask, kind: str) -> None:
    """✘ is answered like a field that was never thought of, and so is a kind of which nothing is in scope."""
    for role, who in HOLDERS.items():
        hidden = {path for path in checked(kind) if reading(kind, path, role) == NO}
        if kind not in mask(who.roles).kinds:
            assert hidden == set(checked(kind))
            answer = await put_to(who, f'{{ {singular(kind)}(id: "x") {{ id }} {plural(kind)} {{ totalCount }} }}')
            missing = {f"Cannot query field '{name}' on type 'Query'." for name in (singular(kind), plural(kind))}
            assert wording(answer.errors) == missing
            continue
        text, number = unreadable(tree_of(kind).paths, hidden)
        answer = await put_to(who, f'{{ {singular(kind)}(id: "x") {{ {text} }} }}')
        assert answer.data is None
        assert len(answer.errors) == number, f"{role} asks for {text}"
        assert all(message.startswith("Cannot query field ") for message in wording(answer.errors))


def unreadable(paths: tuple[Path, ...], hidden: set[Path]) -> tuple[str, int]:
    """The hidden paths as a selection, each under the readable ones above it, and how many there are."""
    parts, number = [], 0
    for path in paths:
        below, inner = ("", 0) if path in hidden or path.value else unreadable(path.children, hidden)
        if path in hidden or below:
            parts.append(f"{path.graphql} {{ {below} }}" if below else path.graphql)
            number += inner or 1
    return " ".join(parts), number


@pytest.mark.parametrize("kind", KINDS)
async def test_the_three_questions_agree(found: Situations, service: Services, kind: str) -> None:
    """Filter, mask and record give the same records in scope; what is unseen is answered like what is absent."""
    records, collection = found.records(kind), service.store.collection(collection_of(kind))
    other = next(name for name in KINDS if name != kind)
    refused = []
    for who in HOLDERS.values():
        seen = [record for record in records if in_scope(kind, who, record)]
        sight = visible(kind, who, NOW)
        filtered = {document["_id"] async for document in collection.find(scope(kind, who, NOW), {"_id": 1})}
        assert filtered == {record["_id"] for record in seen}
        assert [record for record in records if sight and sight.in_scope(record)] == seen
        assert bool(seen) == (sight is not None) == (kind in mask(who.roles).kinds)
        for record in seen[:3]:
            assert await fetch(service.store, kind, record["_id"], who, NOW) == record
        unseen = [record["_id"] for record in records if record not in seen]
        for wanted in ("", "x", f"{KINDS[kind].prefix}_absent", found.of[other][0].id, *unseen[:3]):
            with pytest.raises(NotFound) as refusal:
                await fetch(service.store, kind, wanted, who, NOW)
            refused.append((str(refusal.value), refusal.value.args, vars(refusal.value), refusal.value.code))
    assert [one for one in refused if one != refused[0]] == []


def mutations(graph: Graph, kind: str, action: str) -> list[str]:
    """The names of the mutations that an action stands behind."""
    fields = graph.mutation.__strawberry_definition__.fields  # type: ignore[attr-defined]  # strawberry put it there
    marks = {field.graphql_name or graphql_name(field.python_name): field.metadata.get("mark") for field in fields}
    names = [name for name, mark in marks.items() if mark and (mark.kind, mark.action) == (kind, action)]
    return names or [f"{action}{kind}"]


def call(name: str, mutation: GraphQLField, record_id: str) -> str:
    """A mutation of a record, with the least that its arguments take."""
    given = {"id": f'"{record_id}"'}
    least = {"Date": '"2026-05-04"', "DateTime": '"2026-05-04T09:00:00Z"', "ID": '"x"', "String": '"x"', "Int": "1"}
    for argument, shape in mutation.args.items():
        if is_required_argument(shape) and argument != "id":
            named = get_named_type(shape.type)
            given[argument] = least.get(named.name) or next(iter(getattr(named, "values", ())), "{}")
    told = ", ".join(f"{argument}: {value}" for argument, value in given.items())
    return f"mutation {{ {name}({told}) {{ problems {{ code message }} }} }}"


@pytest.mark.parametrize("kind", KINDS)
async def test_every_action_is_there_as_its_cell_says(
    found: Situations, service: Services, put_to: Ask, graph: Graph, kind: str
) -> None:
    """✔ is permitted on every record in scope, `if` is forbidden by name where its rule does not hold, ✘ is nothing."""
    records = found.records(kind)
    for (role, who), action in product(HOLDERS.items(), ACTIONS[kind]):
        cell, names = doing(kind, action, role), mutations(graph, kind, action)
        offered = schema_of(graph, who).mutation_type
        fields = offered.fields if offered else {}
        assert (set(names) <= set(fields)) if cell != NO else set(names).isdisjoint(fields)
        if action == "create":
            continue
        seen = [record for record in records if in_scope(kind, who, record)]
        may = [record for record in seen if permits(kind, who, action, record)]
        denied = [record for record in seen if record not in may]
        expected = {YES: may and not denied, IF: may and denied, NO: not may}
        assert expected[cell], f"{action} is {cell} for {role}: permitted on {len(may)} of {len(seen)} records"
        for record in may[:1]:
            assert await fetch(service.store, kind, record["_id"], who, NOW, action=action) == record
        for record in denied[:1]:
            with pytest.raises(Forbidden, match=f"may not {action} it") as refusal:
                await fetch(service.store, kind, record["_id"], who, NOW, action=action)
            assert refusal.value.action == action
        for name in names if cell != NO else ():
            for record in denied[:1]:
                answer = await put_to(who, call(name, fields[name], record["_id"]))
                assert (answer.codes, answer.errors[0]["message"]) == (["FORBIDDEN"], str(Forbidden(kind, action)))
            unseen = [record["_id"] for record in records if record not in seen]
            for wanted in ("x", *unseen[:1]):
                answer = await put_to(who, call(name, fields[name], wanted))
                assert (answer.codes, answer.errors[0]["message"]) == (["NOT_FOUND"], str(NotFound(kind)))


def places(shape: Any, paths: tuple[Path, ...]) -> set[str]:
    """The paths that an input has a place for."""
    found = set()
    for path in paths:
        if path.graphql not in shape.fields or path.name == "id":
            continue
        found.add(path.path)
        if path.children and not path.value:
            inner = get_named_type(shape.fields[path.graphql].type)
            # A patch of a list holds its new elements under `add`.
            inner = get_named_type(inner.fields["add"].type) if path.many and "add" in inner.fields else inner
            found |= places(inner, path.children)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_path_is_written_as_its_cell_says(found: Situations, graph: Graph, kind: str) -> None:
    """✔ applies on every record in scope, `if` on some, `new` in a new one, `p` is proposed; ✘ is in no input."""
    for role, who in HOLDERS.items():
        types = schema_of(graph, who).type_map
        inputs = [types[name] for name in (f"Create{kind}Input", f"{kind}Patch") if name in types]
        cells = {path: writing(kind, path, role) for path in listed(kind)}
        offered = set().union(*(places(shape, tree_of(kind).paths) for shape in inputs))
        assert offered == {path.path for path, cell in cells.items() if cell not in (NO, SERVICE)}
        seen = [record for record in found.records(kind) if in_scope(kind, who, record)]
        for path, cell in cells.items():
            changed = {writes(kind, who, "update", path, record, NOW) for record in seen}
            made = {writes(kind, who, "create", path, record, NOW) for record in seen}
            expected = {
                YES: changed == {"applies"},
                IF: changed == {"applies", None},
                PROPOSES: changed == {"proposes", None},
                NEW: changed == {None} and "applies" in made,
                NO: changed | made <= {None},
                SERVICE: True,
            }
            assert expected[cell], f"{path.path} is {cell} for {role}; a change {changed}, a new record {made}"


@pytest.mark.parametrize("kind", KINDS)
def test_an_action_takes_along_what_its_cell_says(found: Situations, graph: Graph, kind: str) -> None:
    """What an action is told is a write: ✔ wherever it may be done, `if` on some records, ✘ is in no input."""
    for (role, who), action in product(HOLDERS.items(), ACTIONS[kind]):
        if not taken(kind, action) or doing(kind, action, role) == NO:
            continue
        shape = schema_of(graph, who).type_map.get(f"{action.capitalize()}{kind}Input")
        offered = places(shape, tree_of(kind).paths) if shape else set()
        may = [record for record in found.records(kind) if permits(kind, who, action, record)]
        for name in taken(kind, action):
            path, cell = tree_of(kind).path(name), taking(kind, action, name, role)
            how = {writes(kind, who, action, path, record, NOW) == "applies" for record in may}
            assert how == {YES: {True}, IF: {True, False}, NO: {False}}[cell], f"{role}: {action} takes {name}: {cell}"
            assert (name in offered) == (cell != NO)
