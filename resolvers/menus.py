"""How many of a visit's members eat what, without names: counted of what the caller reads, and of nothing else."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from documents.folding import fold
from resolvers.context import Context
from resolvers.load import Load, Row, rows


@dataclass(frozen=True, slots=True)
class MenuCount:
    """Members who do not eat the same. ``diet`` is None for those who said nothing, or whose needs are not read."""

    diet: str | None
    count: int


async def menu_counts(context: Context, group: Iterable[Mapping[str, Any]]) -> list[MenuCount]:
    """The diets of members as the caller reads them, those of most first. What is hidden is null, like nothing."""
    # Where the selection asks for persons, they are joined already; one out of sight is None.
    whom = [member["person"] for member in group]
    members = sorted({found.doc["_id"] if isinstance(found, Row) else found for found in whom if found is not None})
    people = await rows(context, Load("Person", {"_id", "diet"}), {"_id": {"$in": members}}) if members else []
    told = sorted(diet for row in people if (diet := row.doc["diet"]))
    # Spelled as the first of them did.
    spelled = {fold(diet): diet for diet in reversed(told)}
    counted = Counter(fold(diet) for diet in told)
    found = [MenuCount(spelled[key], count) for key, count in counted.items()]
    found.sort(key=lambda each: (-each.count, each.diet))
    rest = len(whom) - len(told)
    return [*found, MenuCount(None, rest)] if rest else found
