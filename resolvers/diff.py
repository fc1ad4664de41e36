"""What a change touched, path by path and element by element, each under its key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from documents.record import graphql_name
from documents.stamp import extend, group_name, leaf_key
from documents.tree import Path, Tree

# Stands for all groups of a list whose elements are told apart; no element is ever in a group of that name.
WHOLE = "*"


@dataclass(frozen=True, slots=True)
class Touched:
    """One path that changed. ``path`` names elements by id: ``members[a1b2].precedence``."""

    path: str
    key: str
    before: Any
    after: Any

    def stored(self) -> dict[str, Any]:
        """As history keeps it."""
        return {"path": self.path, "key": self.key, "before": self.before, "after": self.after}


def _leaves(
    paths: tuple[Path, ...], document: Mapping[str, Any], at: str, groups: str
) -> Iterator[tuple[str, str, Any]]:
    for path in paths:
        if path.hidden or path.path == "id":
            continue
        value = document.get(path.name)
        name = f"{at}.{graphql_name(path.name)}" if at else graphql_name(path.name)
        if value is None or not path.children or path.value or not isinstance(value, list | Mapping):
            yield name, leaf_key(path, groups), value
        elif isinstance(value, Mapping):
            if path.nullable:
                # That it is there is a fact of its own: all of it may have no value.
                yield name, leaf_key(path, groups), {}
            yield from _leaves(path.children, value, name, groups)
        elif path.element:
            order: dict[str, list[str]] = {}
            for item in value:
                below = extend(path, groups, item)
                order.setdefault(below, []).append(item["id"])
                yield from _leaves(path.children, item, f"{name}[{item['id']}]", below)
            # The order of elements is a fact of its own; those told apart keep an order each.
            for below, ids in order.items():
                yield f"{name}[]", leaf_key(path, below), ids
            if path.apart:
                # How the groups lie between each other is for those alone who read all of them.
                whole = leaf_key(path, f"{groups}|{group_name(path)}={WHOLE}")
                yield f"{name}[{WHOLE}]", whole, [item["id"] for item in value]
        else:
            yield name, leaf_key(path, groups), value


def diff(tree: Tree, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Touched]:
    """Every leaf that differs between two stored records, in the order of the model."""
    old = {(name, key): value for name, key, value in _leaves(tree.paths, before, "", "")}
    new = {(name, key): value for name, key, value in _leaves(tree.paths, after, "", "")}
    found = []
    for name, key in {**new, **old}:
        was, is_ = old.get((name, key)), new.get((name, key))
        if was != is_:
            found.append(Touched(name, key, was, is_))
    return found
