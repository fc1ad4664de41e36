"""How much one document may ask: depth, aliases, cost. Tokens are limited while parsing, size before that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from errors import LimitReached
from settings import Settings

INTROSPECTION = ("__schema", "__type")
INTROSPECTION_DEPTH = 25
WINDOWS = ("first", "last")
DEFAULT_WINDOW = 20


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection amounts to."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0


class _Measure:
    """Measures one operation. Each fragment is measured once, however often it is spread."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.variables = variables
        self.known: dict[str, Size] = {}

    def selection(self, node: SelectionSetNode | None) -> Size:
        depth = aliases = cost = 0
        for item in node.selections if node else ():
            if isinstance(item, FieldNode):
                size = self.field(item)
            elif isinstance(item, InlineFragmentNode):
                size = self.selection(item.selection_set)
            elif isinstance(item, FragmentSpreadNode):
                size = self.fragment(item.name.value)
            depth, aliases, cost = max(depth, size.depth), aliases + size.aliases, cost + size.cost
        return Size(depth, aliases, cost)

    def field(self, node: FieldNode) -> Size:
        below = self.selection(node.selection_set)
        return Size(below.depth + 1, below.aliases + (node.alias is not None), 1 + self.window(node) * below.cost)

    def window(self, node: FieldNode) -> int:
        """How many times the selection below is answered, at most."""
        asked = [self.number(found.value) for found in node.arguments or () if found.name.value in WINDOWS]
        if asked:
            return max(1, *asked)
        return DEFAULT_WINDOW if self.paged(node) else 1

    def paged(self, node: FieldNode) -> bool:
        names = (
            {item.name.value for item in node.selection_set.selections if isinstance(item, FieldNode)}
            if node.selection_set
            else set()
        )
        return bool(names & {"nodes", "edges"})

    def number(self, value: Any) -> int:
        if isinstance(value, IntValueNode):
            return int(value.value)
        if isinstance(value, VariableNode):
            found = self.variables.get(value.name.value)
            return found if isinstance(found, int) else DEFAULT_WINDOW
        return DEFAULT_WINDOW

    def fragment(self, name: str) -> Size:
        if name not in self.known:
            # A cycle, which validation refuses, would otherwise never end.
            self.known[name] = Size()
            self.known[name] = self.selection(self.fragments[name].selection_set) if name in self.fragments else Size()
        return self.known[name]


def check_limits(
    document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any], settings: Settings
) -> None:
    """Raise LimitReached where an operation asks for too much, naming the limit and what was asked."""
    measure = _Measure(document, variables)
    introspects = any(
        isinstance(item, FieldNode) and item.name.value in INTROSPECTION for item in operation.selection_set.selections
    )
    size = measure.selection(operation.selection_set)
    deepest = max(settings.max_depth, INTROSPECTION_DEPTH) if introspects else settings.max_depth
    for what, asked, most in (
        ("levels deep", size.depth, deepest),
        ("aliases", size.aliases, settings.max_aliases),
        ("in cost", size.cost, settings.max_cost),
    ):
        if asked > most:
            msg = f"The operation is {asked} {what}; at most {most} are taken: ask for less at once"
            raise LimitReached(msg)
