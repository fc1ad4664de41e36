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
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from errors import LimitReached
from settings import Settings

INTROSPECTION = ("__schema", "__type")
INTROSPECTION_DEPTH = 25
WINDOWS = ("first", "last", "ids")
DEFAULT_WINDOW = 20


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection amounts to; ``inspected`` is how deep it looks into the schema."""

    depth: int = 0
    inspected: int = 0
    aliases: int = 0
    cost: int = 0


class _Measure:
    """Measures one operation. Each fragment is measured once, however often it is spread."""

    def __init__(
        self, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> None:
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        defaults = {d.variable.name.value: d.default_value for d in operation.variable_definitions or ()}
        self.variables = {**defaults, **variables}
        self.known: dict[str, Size] = {}
        self.pages: dict[str, bool] = {}

    def selection(self, node: SelectionSetNode | None) -> Size:
        depth = inspected = aliases = cost = 0
        for item in node.selections if node else ():
            if isinstance(item, FieldNode):
                size = self.field(item)
            elif isinstance(item, InlineFragmentNode):
                size = self.selection(item.selection_set)
            elif isinstance(item, FragmentSpreadNode):
                size = self.fragment(item.name.value)
            depth, inspected = max(depth, size.depth), max(inspected, size.inspected)
            aliases, cost = aliases + size.aliases, cost + size.cost
        return Size(depth, inspected, aliases, cost)

    def field(self, node: FieldNode) -> Size:
        below = self.selection(node.selection_set)
        aliases, cost = below.aliases + (node.alias is not None), 1 + self.window(node) * below.cost
        if node.name.value in INTROSPECTION:
            return Size(1, below.depth + 1, aliases, cost)
        return Size(below.depth + 1, below.inspected, aliases, cost)

    def window(self, node: FieldNode) -> int:
        """How many times the selection below is answered, at most."""
        asked = [self.number(found.value) for found in node.arguments or () if found.name.value in WINDOWS]
        if asked:
            return max(1, *asked)
        return DEFAULT_WINDOW if self.paged(node.selection_set) else 1

    def paged(self, node: SelectionSetNode | None) -> bool:
        """Whether a selection is that of a page, wherever its records are asked for."""
        for item in node.selections if node else ():
            if isinstance(item, FieldNode):
                found = item.name.value in ("nodes", "edges")
            elif isinstance(item, InlineFragmentNode):
                found = self.paged(item.selection_set)
            else:
                assert isinstance(item, FragmentSpreadNode)  # noqa: S101  # there is nothing else
                name = item.name.value
                if name not in self.pages:
                    self.pages[name] = False
                    self.pages[name] = name in self.fragments and self.paged(self.fragments[name].selection_set)
                found = self.pages[name]
            if found:
                return True
        return False

    def number(self, value: Any) -> int:
        if isinstance(value, VariableNode):
            value = self.variables.get(value.name.value)
        if isinstance(value, IntValueNode):
            return int(value.value)
        if isinstance(value, ListValueNode):
            return len(value.values)
        if isinstance(value, list):
            return len(value)
        return value if isinstance(value, int) else DEFAULT_WINDOW

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
    size = _Measure(document, operation, variables).selection(operation.selection_set)
    for what, asked, most in (
        ("levels deep", size.depth, settings.max_depth),
        ("levels deep in the schema", size.inspected, max(settings.max_depth, INTROSPECTION_DEPTH)),
        ("aliases", size.aliases, settings.max_aliases),
        ("in cost", size.cost, settings.max_cost),
    ):
        if asked > most:
            msg = f"The operation is {asked} {what}; at most {most} are taken: ask for less at once"
            raise LimitReached(msg)
    for name, value in variables.items():
        check_lists(value, f"${name}", settings.max_list_input)


def check_lists(value: Any, place: str, most: int) -> None:
    """Raise LimitReached for a list that is longer than the longest one taken, naming its place."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            check_lists(below, f"{place}.{name}", most)
    elif isinstance(value, list):
        if len(value) > most:
            msg = f"{place} has {len(value)} entries; at most {most} are taken: send fewer at once"
            raise LimitReached(msg)
        for index, below in enumerate(value):
            check_lists(below, f"{place}[{index}]", most)
