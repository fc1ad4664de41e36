"""Everything that a caller can read, as one answer to compare byte by byte."""

from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
)

from auth.caller import Caller
from auth.mask import mask
from schema.view import View
from tests.conftest import Http

DEEPEST = 7
# What fields are asked for that want to know more than who asks.
GIVEN = {"first": "50", "from": '"2026-04-01"', "to": '"2026-07-01"', "year": "2025"}


def _selection(found: GraphQLOutputType, depth: int) -> str:
    named = get_named_type(found)
    if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    record = any(interface.name == "Node" for interface in named.interfaces)
    if record and depth > 1:
        # A record that is referred to is read in full where its own kind is listed.
        return " { id code revision }"
    inner = [f"{name}{_selection(field.type, depth + 1)}" for name, field in named.fields.items() if _plain(field)]
    return f" {{ {' '.join(inner)} }}" if depth < DEEPEST else " { __typename }"


def _plain(field: GraphQLField) -> bool:
    return not any(is_required_argument(argument) for argument in field.args.values())


def _asked(field: GraphQLField) -> str | None:
    """The arguments of a root field that need no knowledge of a record; None where it takes more than that."""
    if any(is_required_argument(argument) and name not in GIVEN for name, argument in field.args.items()):
        return None
    given = {name: value for name, value in GIVEN.items() if name in field.args}
    return f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


def _fields(found: GraphQLOutputType | GraphQLInputType) -> dict[str, Any]:
    """The fields of the type that stands behind lists and marks, if it has any."""
    return getattr(get_named_type(found), "fields", {})


def _figures(name: str, field: GraphQLField) -> list[str]:
    """A query for the total of a kind, and one for each way to group it."""
    found = [f"{{ {name} {{ total }} }}"]
    keys = _fields(_fields(_fields(field.type)["groups"].type)["key"].type)
    for each, wanted in (_fields(field.args["by"].type) if "by" in field.args else {}).items():
        value = "true" if get_named_type(wanted.type).name == "Boolean" else "MONTH"
        key = f"{each}{_selection(keys[each].type, 2)}"
        found.append(f"{{ {name}(by: {{ {each}: {value} }}) {{ total groups {{ count key {{ {key} }} }} }} }}")
    return found


def _documents(schema: GraphQLSchema) -> list[str]:
    """A query for each list, figure and table of the graph, with every field that the caller's schema has."""
    assert schema.query_type is not None
    found = []
    for name, field in schema.query_type.fields.items():
        arguments = _asked(field)
        fields = _fields(field.type)
        if arguments is None:
            continue
        if {"groups", "total"} <= fields.keys():
            found += _figures(name, field)
        elif "nodes" in fields:
            more = "totalCount" if "totalCount" in fields else "__typename"
            found.append(f"{{ {name}{arguments} {{ {more} nodes{_selection(fields['nodes'].type, 0)} }} }}")
        else:
            found.append(f"{{ {name}{arguments}{_selection(field.type, 0)} }}")
    return found


async def everything(http: Http, view: View, who: Caller) -> bytes:
    """The bytes of every answer, over HTTP: records, history, counts, figures, what waits and changed, the viewer."""
    schema = await view.schemas.of(mask(who.roles))
    answers = []
    for document in _documents(schema._schema):
        response = await http.post({"query": document}, who)
        assert b'"errors"' not in response.content, response.content[:2000]
        answers.append(response.content)
    return b"\n".join(answers)
