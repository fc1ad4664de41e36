"""A request's text to an operation ready to run: parsed and validated against the caller's mask, and kept."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    visit,
)
from graphql.utilities import get_operation_ast
from strawberry.schema.schema import validate_document

from auth.mask import Mask
from errors import Invalid, LimitReached
from schema.limits import check_limits
from schema.mask import MaskedSchema
from settings import Settings

MOST_KEPT = 1_000
LARGEST_KEPT = 20_000
MOST_PLANS = 500
MOST_DIGITS = 40


@dataclass(slots=True)
class Parsed:
    """A document that is valid for a mask, with the plans compiled for it so far."""

    document: DocumentNode
    # Names of the variables that @skip, @include and texts in one language look at.
    switches: tuple[str, ...]
    # Entries of the longest list that is written out in it.
    longest: int
    plans: dict[Any, Any] = field(default_factory=dict)
    # Operations with their numbers that were found to keep within the limits.
    within: set[tuple[Any, ...]] = field(default_factory=set)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of that name, or the only one. Raises Invalid."""
        found = get_operation_ast(self.document, name)
        if found is None:
            names = [
                d.name.value for d in self.document.definitions if isinstance(d, OperationDefinitionNode) and d.name
            ]
            msg = f"operationName must name one of the operations: {', '.join(names) or 'there is none'}"
            raise Invalid(msg)
        return found


class _Look(Visitor):
    """Collects the variables that decide what is selected, and how long lists are; refuses endless numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.longest = 0

    def enter_int_value(self, node: Any, *_: Any) -> None:
        if len(node.value) > MOST_DIGITS:
            raise GraphQLError(f"A number has {len(node.value)} digits: write it with at most {MOST_DIGITS}", node)

    def enter_list_value(self, node: Any, *_: Any) -> None:
        self.longest = max(self.longest, len(node.values))

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        # A shape speaks one language, so that the language, too, decides which plan is taken.
        if node.name.value == "in":
            self._take(node.arguments)

    def enter_directive(self, node: Any, *_: Any) -> None:
        self._take(node.arguments)

    def _take(self, arguments: Any) -> None:
        for argument in arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


class Refused(Exception):  # it carries the answer
    """A document that is not valid for the mask."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class Operations:
    """Documents by roles and text. What is valid for one set of roles is never looked up for another."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[frozenset[Any], frozenset[Any] | None, bool, str], Parsed] = OrderedDict()

    def get(self, mask: Mask, schema: MaskedSchema, text: str, settings: Settings) -> Parsed:
        """The parsed document; raises Refused."""
        key = (mask.roles, mask.within, mask.somebody, text)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        found = self._parsed(schema, text, settings)
        if len(text) <= LARGEST_KEPT:
            self._kept[key] = found
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found

    def _parsed(self, schema: MaskedSchema, text: str, settings: Settings) -> Parsed:
        try:
            document = parse(text, max_tokens=settings.max_tokens)
            look = _Look()
            visit(document, look)
            errors = validate_document(schema._schema, document, tuple(specified_rules))  # noqa: SLF001  # no public way
        except GraphQLError as error:
            if "tokens" in error.message and "Parsing aborted" in error.message:
                msg = f"The document has more than {settings.max_tokens} tokens: ask for less at once"
                raise LimitReached(msg) from error
            raise Refused([error]) from error
        except RecursionError:
            raise LimitReached("The document nests too deeply: flatten it") from None
        if errors:
            raise Refused(errors)
        return Parsed(document, tuple(sorted(look.names)), look.longest)


def prepared(
    parsed: Parsed, name: str | None, variables: Mapping[str, Any], settings: Settings
) -> tuple[OperationDefinitionNode, tuple[Any, ...]]:
    """The operation to run and the part of its plans' key that this request decides. Raises Invalid, LimitReached."""
    operation = parsed.operation(name)
    if parsed.longest > settings.max_list_input:
        msg = f"A list has {parsed.longest} entries; at most {settings.max_list_input} are taken: send fewer at once"
        raise LimitReached(msg)
    if len(parsed.plans) > MOST_PLANS:
        # Each way in which switches can stand has plans of its own.
        parsed.plans = {}
    chosen = operation.name.value if operation.name else None
    _check_limits(parsed, operation, variables, settings)
    values = tuple(repr(variables.get(switch)) for switch in parsed.switches)
    return operation, (chosen, *values)


def _check_limits(
    parsed: Parsed, operation: OperationDefinitionNode, variables: Mapping[str, Any], settings: Settings
) -> None:
    """Check limits, once for all requests that must come out alike: of scalars, limits look at numbers alone."""
    if any(isinstance(value, list | Mapping) for value in variables.values()):
        check_limits(parsed.document, operation, variables, settings)
        return
    numbers = ((name, value if isinstance(value, int) else None) for name, value in sorted(variables.items()))
    key = (operation.name.value if operation.name else None, *numbers)
    if key not in parsed.within:
        check_limits(parsed.document, operation, variables, settings)
        if len(parsed.within) < MOST_PLANS:
            parsed.within.add(key)
