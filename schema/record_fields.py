"""Fields that every record has beside its facts: what is withheld, what is permitted, what happened."""

from functools import cache
from typing import Any

import strawberry

from auth.access import action_rule
from documents.kinds import KINDS, tree_of
from documents.record import graphql_name
from resolvers.context import Context
from resolvers.history import PathChange
from resolvers.load import Row
from schema.derive import add, describe, list_of, new_class
from schema.scalars import DateTime


def withheld(row: Row) -> list[str]:
    """Paths of the caller's mask that they may not read on this record, outermost only: by the table and the scope."""
    sight = row.sight
    bits = sight.bits(row.now)
    found: list[str] = []

    def visit(paths: Any, at: str) -> None:
        for path in paths:
            if path.hidden or not sight.kind.readable(path):
                continue
            name = f"{at}.{graphql_name(path.name)}" if at else graphql_name(path.name)
            if not sight.reads(path.chain, bits):
                found.append(name)
            elif not path.value:
                visit(path.children, name)

    visit(tree_of(row.kind).paths, "")
    return found


# Actions that take something back, and the moment without which there is nothing to take back.
_UNDOES = {"restore": "archived_at", "unpublish": "published_from"}


def permitted(context: Context, row: Row) -> list[str]:
    """Names of the actions that the caller may do on this record as it stands."""
    lifecycle = KINDS[row.kind].lifecycle
    steps = {action.name for action in lifecycle.actions}
    # A state the caller may not read must not show through what is possible.
    state = row.now.get("status")
    possible = set(lifecycle.valid(state)) if state is not None else set()
    found = []
    for action in sorted(row.sight.kind.actions):
        if action == "create" or (action in steps and action not in possible):
            continue
        if action in _UNDOES and row.now.get(_UNDOES[action]) is None:
            continue
        if action_rule(row.kind, context.caller, action).allows(context.caller, row.now, context.now):
            found.append(action)
    return found


@cache
def history_types(person: type) -> type:
    """The types of a record's history; ``person`` is the type of who did it."""
    strawberry.type(PathChange, description="One path that changed.")
    describe(
        PathChange,
        path="Which path; elements of lists by their id, such as `members[a1b2].precedence`.",
        before="The value before, as JSON; null where there was none.",
        after="The value after, as JSON; null where there is none.",
    )
    entry = new_class("HistoryEntry")
    add(entry, "at", DateTime, description="When.")
    add(entry, "by", person | None, description="Who; null where that is not in your scope.")
    add(entry, "action", str, description="What was done.")
    add(entry, "changes", list[PathChange], description="Which paths changed, as far as you may read them today.")
    strawberry.type(entry, description="One change of a record.")
    past = new_class("History")
    add(past, "nodes", list_of(entry), description="The changes of this page.")
    add(past, "end_cursor", str | None, description="Give it as `after` for the next page.")
    add(past, "has_next_page", bool, description="Whether there is a next page.")
    strawberry.type(past, description="What happened to a record, the newest change first.")
    return past
