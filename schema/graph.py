"""The graph: for every kind one, many, by code, its mutations; then what each kind adds. Written once for all kinds."""

from collections.abc import Callable
from typing import Any, cast

import strawberry
from strawberry import Info

from auth.mask import Mask
from auth.policy import ACTIONS
from documents.kinds import KINDS, kind_of, tree_of
from documents.record import Action
from errors import LimitReached
from resolvers import past
from resolvers.change import revision
from resolvers.history import history
from resolvers.kinds import RULED
from resolvers.load import rows
from resolvers.page import Window, page
from schema import mutations
from schema.additions import ADDITIONS
from schema.derive import Mark, Node, add, list_of, new_class
from schema.filters import Filters, order_type
from schema.given import plain
from schema.inputs import Inputs
from schema.mask import MaskedSchema
from schema.names import plural, singular, snake
from schema.outputs import Outputs
from schema.record_fields import history_types, permitted, withheld
from schema.scalars import DateTime
from schema.selection import by_id, load_at, payload_type
from schema.viewer import add_viewer


@strawberry.type(name="PageInfo", description="Where a page of a connection stands (Relay cursor connections).")
class PageInfoType:
    """The PageInfo type."""

    has_next_page: bool = strawberry.field(description="Whether more follows, in the direction of paging.")
    has_previous_page: bool = strawberry.field(description="Whether something stands before.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first record.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last record.")


class Graph:
    """The types of the graph, generated once; a mask shows a part of them."""

    def __init__(self) -> None:
        if unknown := RULED - KINDS.keys():
            msg = f"resolvers have rules for {sorted(unknown)}, which are no kinds: correct documents/kinds.py"
            raise ValueError(msg)
        self.outputs = Outputs()
        self.filters = Filters()
        self.inputs = Inputs()
        self.query = new_class("Query")
        self.mutation = new_class("Mutation")
        self.subscription = new_class("Subscription")
        self.payloads: dict[str, type] = {}
        self.connections: dict[str, type] = {}
        for addition in ADDITIONS:
            addition.add_types(self)
        self.outputs.build(self._extras)
        self.filters.build()
        for kind in KINDS:
            self._connection(kind)
            self._reads(kind)
            self._writes(kind)
        self._nodes()
        add_viewer(self)
        for addition in ADDITIONS:
            addition.add_fields(self)
        strawberry.type(self.query, description="What can be asked.")
        strawberry.type(self.mutation, description="What can be done. Each change is one transaction.")
        strawberry.type(self.subscription, description="What can be followed, by WebSocket or server-sent events.")

    def masked(self, mask: Mask) -> MaskedSchema:
        """The schema of a mask."""
        return MaskedSchema(mask, self.query, self.mutation, self.subscription)

    def _extras(self, kind: str, cls: type) -> None:
        told = history_types(self.outputs.records["Person"])

        def revision_of(self: Any, info: Info) -> str:
            return revision(info.context, self.kind, self.now)

        def withheld_of(self: Any) -> list[str]:
            return withheld(self)

        def permitted_of(self: Any, info: Info) -> list[str]:
            return permitted(info.context, self)

        async def history_of(self: Any, info: Info, first: int = 20, after: str | None = None) -> Any:
            return await history(info.context, self, first, after, load_at(info, "Person", ("nodes", "by")))

        history_of.__annotations__["return"] = told
        for name, resolver, says in (
            (
                "revision",
                revision_of,
                "Opaque; changes whenever something changes that you may read. Give it back as `ifRevision`.",
            ),
            ("withheld", withheld_of, "Paths of your mask that you may not read on this record: they show no value."),
            ("permitted", permitted_of, "Actions that you may do on this record as it stands."),
            ("history", history_of, "What happened to the record, the newest first, as far as you may see."),
        ):
            add(cls, name, None, description=says, mark=Mark(kind, "extra", action=name), resolver=resolver)

    def _connection(self, kind: str) -> None:
        record = self.outputs.records[kind]
        edge = new_class(f"{kind}Edge")
        add(edge, "node", record, description=f"The {kind}.")
        add(edge, "cursor", str, description="Its place, for `after` and `before`.")
        strawberry.type(edge, description=f"A {kind} and its place.")
        cls = new_class(f"{kind}Connection")
        add(cls, "nodes", list_of(record), description="The records of this page.")
        add(cls, "edges", list_of(edge), description="The records of this page with their cursors.")
        add(cls, "page_info", PageInfoType, description="Where the page stands.")

        async def total_count(self: Any) -> int:
            found: int = await self.total_count()
            return found

        add(cls, "total_count", None, description="How many there are on all pages.", resolver=total_count)
        strawberry.type(cls, description=f"A page of {kind} records.")
        self.connections[kind] = cls

    def _reads(self, kind: str) -> None:
        record, mark = self.outputs.records[kind], Mark(kind, "kind")

        async def one(info: Info, id: strawberry.ID, as_of: DateTime | None = None) -> Any:
            if as_of is None or kind_of(id) != kind:
                return await by_id(info, kind, id)
            return await past.as_of(info.context, kind, id, as_of, load_at(info, kind, ()))

        async def by_code(info: Info, code: str) -> Any:
            found = await rows(info.context, load_at(info, kind, ()), {"code": code}, limit=1)
            return found[0] if found else None

        async def many(
            info: Info,
            where: Any = None,
            search: str | None = None,
            order_by: Any = None,
            first: int | None = None,
            after: str | None = None,
            last: int | None = None,
            before: str | None = None,
            archived: bool = False,
        ) -> Any:
            load = load_at(info, kind, ("nodes",), ("edges", "node"))
            window = Window(plain(where), search, plain(order_by), first, after, last, before, archived)
            return await page(info.context, kind, load, window)

        one.__annotations__["return"] = record | None
        by_code.__annotations__["return"] = record | None
        many.__annotations__["return"] = self.connections[kind]
        many.__annotations__["where"] = self.filters.records[kind] | None
        many.__annotations__["order_by"] = order_type(kind) | None
        name = singular(kind)
        says = f"The {kind} of this id; null where there is none for you."
        add(self.query, name, None, description=says, mark=mark, resolver=one)
        says = f"The {kind} of this code; null where there is none for you."
        add(self.query, f"{snake(kind)}_by_code", None, description=says, mark=mark, resolver=by_code)
        if any(path.name == "slug" for path in tree_of(kind).paths):
            self._by_slug(kind)
        says = f"{kind} records that you have in scope, by conditions, search and order, page by page."
        add(self.query, plural(kind), None, description=says, mark=mark, resolver=many)

    def _by_slug(self, kind: str) -> None:
        async def by_slug(info: Info, slug: str) -> Any:
            found = await rows(info.context, load_at(info, kind, ()), {"slug": slug}, sort=[("_id", 1)], limit=1)
            return found[0] if found else None

        by_slug.__annotations__["return"] = self.outputs.records[kind] | None
        says = f"The {kind} of this public address; null where there is none for you."
        mark = Mark(kind, "kind")
        add(self.query, f"{snake(kind)}_by_slug", None, description=says, mark=mark, resolver=by_slug)

    def _writes(self, kind: str) -> None:
        self.payloads[kind] = payload_type(kind, self.outputs.records[kind])
        actions = ACTIONS[kind]
        if "create" in actions and (kind, "create") not in mutations.OWN:
            self.action(kind, "create", mutations.creating(kind), f"Make a {kind}.", input=self.inputs.create(kind))
        if "update" in actions:
            says = f"Change facts of a {kind}."
            self.action(kind, "update", mutations.updating(kind), says, patch=self.inputs.patch(kind))
        steps = {step.name: step for step in KINDS[kind].lifecycle.actions}
        for name, resolver, says in mutations.MOMENTS:
            if name in actions and name not in steps:
                self.action(kind, name, resolver(kind), says)
        for step in steps.values():
            if actions[step.name] and (kind, step.name) not in mutations.OWN:
                self._step(kind, step)

    def _step(self, kind: str, step: Action) -> None:
        takes = tuple(path for path in tree_of(kind).paths if path.name in step.takes)
        says = f"{step.says} {' or '.join(step.sources)} → {step.target}."
        if takes:
            arguments = self.inputs.arguments(kind, step.name, takes)
            self.action(kind, step.name, mutations.stepping_with(kind, step), says, input=arguments | None)
        else:
            self.action(kind, step.name, mutations.stepping(kind, step), says)

    def action(
        self,
        kind: str,
        action: str,
        resolver: Callable[..., Any],
        says: str,
        *,
        name: str | None = None,
        **types: Any,
    ) -> None:
        """Add a mutation that exists where the table has the action; ``types`` annotate its arguments."""
        resolver.__annotations__.update(types)
        resolver.__annotations__["return"] = self.payloads[kind]
        mark = Mark(kind, "action", action=action)
        add(self.mutation, name or f"{action}_{snake(kind)}", None, description=says, mark=mark, resolver=resolver)

    def _nodes(self) -> None:
        async def node(info: Info, id: strawberry.ID) -> Node | None:
            return cast("Node | None", await by_id(info, kind_of(id) or "", id))

        async def nodes(info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
            most = info.context.settings.max_page
            if len(ids) > most:
                msg = f"ids has {len(ids)} entries; at most {most} are taken"
                raise LimitReached(msg)
            found: dict[str, Any] = {}
            for kind in sorted({kind_of(found_id) or "" for found_id in ids} & KINDS.keys()):
                wanted = [found_id for found_id in ids if kind_of(found_id) == kind]
                loaded = await rows(info.context, load_at(info, kind, ()), {"_id": {"$in": wanted}})
                found |= {row.doc["_id"]: row for row in loaded}
            return [found.get(found_id) for found_id in ids]

        says = "Anything by its global id; null where there is none for you."
        add(self.query, "node", None, description=says, resolver=node)
        says = "Several by their global ids, in the order asked; null where there is none for you."
        add(self.query, "nodes", None, description=says, resolver=nodes)
