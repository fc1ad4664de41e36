"""Indexes: every order that a role is offered is served in that role's scope, and no collection has an illegal one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from pymongo import IndexModel

from auth.access import visible
from auth.caller import Caller, Role, caller
from documents.kinds import KINDS, tree_of
from documents.stamp import index_models, orders

NOW = datetime(2026, 5, 4, tzinfo=UTC)
# Of MongoDB: the one on _id is among them.
MOST_INDEXES = 64
LOGIC = ("$and", "$or", "$nor")


def someone(role: Role) -> Caller:
    """Give a caller of a role who has everything that a rule may look for."""
    return caller(role, person="prs_1", units=frozenset({"unt_1"}), partner="prt_1")


def keys(index: IndexModel) -> list[str]:
    """Give the paths of an index in their order."""
    return list(index.document["key"])


def declared(kind: str) -> list[IndexModel]:
    """Give the indexes of a kind; once the kinds were bound to a store, they hold the derived ones already."""
    model = KINDS[kind]
    return list(model.Settings.indexes) if hasattr(model.Settings, "derived") else index_models(model)


def branches(found: dict[str, Any]) -> Iterator[frozenset[str]]:
    """Give the paths that each way of meeting a filter compares for equality."""
    ways: list[frozenset[str]] = [frozenset(_equal(found, ""))]
    for one in found.get("$and", ()):
        ways = [way | more for way in ways for more in branches(one)]
    if "$or" in found:
        ways = [way | more for way in ways for one in found["$or"] for more in branches(one)]
    yield from ways


def _equal(found: dict[str, Any], above: str) -> Iterator[str]:
    for name, condition in found.items():
        if name in LOGIC:
            continue
        if not isinstance(condition, dict) or "$in" in condition:
            yield f"{above}{name}"
        elif "$elemMatch" in condition:
            yield from _equal(condition["$elemMatch"], f"{above}{name}.")


def serves(index: IndexModel, equal: frozenset[str], order: list[str]) -> bool:
    """Tell whether an index holds what is equal, then the order: so nothing is sorted, nor read out of scope."""
    found = keys(index)
    first = next((place for place, key in enumerate(found) if key not in equal), len(found))
    if found[first : first + len(order)] != order and not (index.document.get("unique") and found == order[:1]):
        return False
    return bool(first) == bool(equal)


def offered(kind: str, role: Role) -> list[list[str]]:
    """Give the orders that a role is offered of a kind, each with the id that ties go by."""
    sight = visible(kind, someone(role), NOW)
    if sight is None:
        return []
    always = [found.stored for found in orders(KINDS[kind]) if sight.kind.mode(found.path) == "always"]
    return [["_id"], *[[stored, "_id"] for stored in always]]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", KINDS)
def test_every_offered_order_has_an_index_in_every_scope(kind: str, role: Role) -> None:
    """Each way into a role's scope has an index of equality, then the order, then the id."""
    known = [*declared(kind), IndexModel([("_id", 1)])]
    sight = visible(kind, someone(role), NOW)
    missing = [
        f"{sorted(equal)} then {order}"
        for order in offered(kind, role)
        for equal in branches(sight.filter() if sight else {})
        if not any(serves(index, equal, order) for index in known)
    ]
    assert missing == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_collection_has_no_more_indexes_than_the_store_takes(kind: str) -> None:
    """MongoDB takes 64 indexes a collection, the one on the id included."""
    assert len(declared(kind)) + 1 <= MOST_INDEXES


@pytest.mark.parametrize("kind", KINDS)
def test_no_index_has_parallel_arrays(kind: str) -> None:
    """An index over two arrays of a record is refused by MongoDB at the first write."""
    lists = {path.path: frozenset(path.lists) for path in tree_of(kind).walk()} | _hidden_lists(kind)
    parallel = [
        f"{one} and {other}"
        for index in declared(kind)
        for one, other in combinations(keys(index), 2)
        if not (lists.get(one, frozenset()) <= lists.get(other, frozenset()))
        and not (lists.get(other, frozenset()) <= lists.get(one, frozenset()))
    ]
    assert parallel == []


def _hidden_lists(kind: str) -> dict[str, frozenset[str]]:
    """Give the lists on the way to paths below a hidden one, which the tree does not walk."""
    hidden = {path.path: frozenset(path.lists) for path in tree_of(kind).paths if path.hidden and path.many}
    return {
        key: lists
        for index in declared(kind)
        for key in keys(index)
        for top, lists in hidden.items()
        if key == top or key.startswith(f"{top}.")
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_index_is_declared_twice(kind: str) -> None:
    """Two indexes of the same keys cost twice and serve once."""
    found = [tuple(keys(index)) for index in declared(kind)]
    assert sorted(found) == sorted(set(found))


def test_an_order_without_an_index_is_noticed() -> None:
    """The check fails for an order that nothing serves, and where the scope stands behind the order."""
    scope = frozenset({"scope"})
    assert serves(IndexModel([("scope", 1), ("number", 1), ("_id", 1)]), scope, ["number", "_id"])
    assert not serves(IndexModel([("number", 1), ("scope", 1), ("_id", 1)]), scope, ["number", "_id"])
    assert not serves(IndexModel([("scope", 1), ("number", 1), ("_id", 1)]), frozenset(), ["number", "_id"])
    assert not serves(IndexModel([("scope", 1), ("title", 1), ("number", 1)]), scope, ["number", "_id"])
