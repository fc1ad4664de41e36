"""Everything that a caller can read, as one answer to compare byte by byte."""

from graphql import (
    GraphQLField,
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


def _documents(schema: GraphQLSchema) -> list[str]:
    """A query for each list of the graph, with every field that the caller's schema has, and one for the viewer."""
    assert schema.query_type is not None
    found = []
    for name, field in schema.query_type.fields.items():
        nodes = getattr(get_named_type(field.type), "fields", {}).get("nodes")
        if name == "viewer":
            found.append(f"{{ viewer{_selection(field.type, 0)} }}")
        elif nodes is not None:
            days = ', from: "2026-04-01", to: "2026-07-01"' if "from" in field.args else ""
            more = "totalCount" if "totalCount" in get_named_type(field.type).fields else "__typename"
            found.append(f"{{ {name}(first: 50{days}) {{ {more} nodes{_selection(nodes.type, 0)} }} }}")
    return found


async def everything(http: Http, view: View, who: Caller) -> bytes:
    """The bytes of every answer, over HTTP: records, revisions, history, counts and the viewer's own data."""
    schema = await view.schemas.of(mask(who.roles))
    answers = []
    for document in _documents(schema._schema):
        response = await http.post({"query": document}, who)
        assert b'"errors"' not in response.content, response.content[:2000]
        answers.append(response.content)
    return b"\n".join(answers)
