"""Hooks the plan into the stock executor.

Where a value is a loaded record and its selection has a shape, the shape replaces field-by-field execution. Everything
else goes the stock way.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_argument_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from resolvers.context import Context
from resolvers.load import Load, Row, Rows
from schema.plan import Aside, Plan, plan_record


class Executor(StrawberryGraphQLCoreExecutionContext):
    """The stock executor with compiled shapes. Plans are kept with the cached document in the context."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        context: Context = self.context_value
        context.executor = self

    def plan(self, type_: GraphQLObjectType, details: Sequence[Any]) -> Plan:
        """The plan of a selection on a record type, compiled once for as long as the document is cached."""
        context: Context = self.context_value
        key = (type_.name, *[id(found.node) for found in details], context.plan_key)
        plan: Plan | None = context.plans.get(key)
        if plan is None:
            plan = context.plans[key] = plan_record(self._collected, self._given, type_, list(details), type_.name)
        return plan

    def _given(self, definition: GraphQLField, node: FieldNode) -> Mapping[str, Any]:
        try:
            return get_argument_values(definition, node, self.variable_values)
        except GraphQLError:
            # The stock executor says what is wrong.
            return {}

    def _collected(self, type_: GraphQLObjectType, details: list[Any]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = self.collect_subfields(type_, details).grouped_field_set
        return found

    def plan_at(self, info: GraphQLResolveInfo[Any], kind: str, *places: tuple[str, ...]) -> Load:
        """What the selections on a kind at these places below a field take to load, all together.

        A place is the names of fields on the way down, such as ``("edges", "node")``; ``()`` is the field itself.
        """
        context: Context = self.context_value
        key = ("load", kind, *[id(node) for node in info.field_nodes], places, context.plan_key)
        load: Load | None = context.plans.get(key)
        if load is None:
            details = [FieldDetails(node, None, None) for node in info.field_nodes]
            found = [plan.load for place in places for plan in self._plans_below(info.return_type, details, place)]
            load = Load(kind, counted=all(places) and self._only_counts(info.return_type, details))
            for other in found:
                if other.kind == kind:
                    load.absorb(other)
            context.plans[key] = load
        return load

    def _only_counts(self, type_: Any, details: list[Any]) -> bool:
        """Whether a connection is asked for nothing but how many records there are."""
        while hasattr(type_, "of_type"):
            type_ = type_.of_type
        names = {found[0].node.name.value for found in self._collected(type_, details).values()}
        return names <= {"totalCount", "__typename"}

    def _plans_below(self, type_: Any, details: list[Any], place: tuple[str, ...]) -> list[Plan]:
        while not is_object_type(type_):
            if not hasattr(type_, "of_type"):
                # An interface: each kind's own selection is planned for itself.
                return [self.plan(found, details) for found in self.schema.get_possible_types(type_)]
            type_ = type_.of_type
        if not place:
            return [self.plan(type_, details)]
        plans: list[Plan] = []
        for found in self._collected(type_, details).values():
            if found[0].node.name.value == place[0]:
                plans += self._plans_below(type_.fields[place[0]].type, found, place[1:])
        return plans

    def complete_object_value(
        self, return_type: GraphQLObjectType, field_details_list: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        """A loaded record with a shape is answered by the shape."""
        if type(result) is Row and self.context_value.compiled:
            shape = self.plan(return_type, field_details_list).shape
            if shape is not None:
                with suppress(Aside, KeyError):
                    return shape(result)
        return super().complete_object_value(return_type, field_details_list, info, path, result, context)

    def complete_list_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        """Records that were loaded together are shaped together."""
        if type(result) is Rows and self.context_value.compiled:
            inner = return_type.of_type
            if isinstance(inner, GraphQLNonNull):
                inner = inner.of_type
            if is_object_type(inner):
                shape = self.plan(inner, field_details_list).shape
                if shape is not None:
                    with suppress(Aside, KeyError):
                        return [shape(row) for row in result]
        return super().complete_list_value(return_type, field_details_list, info, path, result, context)
