"""Loading: what the caller may not read is gone from a record, whichever part of it is asked for."""

from typing import Any

import pytest

from auth.backend import Authenticator
from documents.kinds import tree_of
from resolvers.context import Services
from resolvers.load import Load, rows
from schema.graph import Graph
from schema.view import View
from tests.world import World, cast


def _given(value: Any) -> Any:
    """A stored value without its nulls: the store leaves them out where it gives only leaves."""
    if isinstance(value, dict):
        return {name: _given(below) for name, below in value.items() if below is not None}
    return [_given(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("role", ["partner", "coordinator", "host", "member"])
async def test_a_part_loaded_whole_is_stripped_like_its_leaves(
    role: str, library: Services, world: World, graph: Graph
) -> None:
    """Asking for a whole list, as for its every leaf, gives neither hidden elements nor hidden values below it."""
    view = View(library, graph, Authenticator(library.settings, library.store))
    context = view.context(cast(world)[role])
    for kind in context.mask.kinds:
        paths = [path for path in tree_of(kind).walk() if not path.hidden]
        whole = Load(kind, {path.stored for path in paths if "." not in path.path})
        leaves = Load(kind, {path.stored for path in paths if not path.children})
        for mine, theirs in zip(await rows(context, whole, {}), await rows(context, leaves, {}), strict=True):
            for path in paths:
                if path.children and "." not in path.path:
                    assert _given(mine.doc[path.name]) == _given(theirs.doc.get(path.name)), f"{kind}.{path.path}"
