"""How many of a visit's members eat what, without names: counted of what the caller reads, and of nothing else."""

from collections import Counter
from dataclasses import dataclass

from documents.folding import fold
from resolvers.context import Context
from resolvers.load import Load, rows


@dataclass(frozen=True, slots=True)
class MenuCount:
    """Members who do not eat the same. ``diet`` is None for those who said nothing, or whose needs are not read."""

    diet: str | None
    count: int


async def menu_counts(context: Context, record_id: str) -> list[MenuCount]:
    """The diets of a visit's members, those of most members first. What is hidden of somebody is null, like nothing."""
    visits = await rows(context, Load("Delegation", {"_id", "members"}), {"_id": record_id}, limit=1)
    members = sorted({member["person"] for row in visits for member in row.doc["members"] or ()})
    people = await rows(context, Load("Person", {"_id", "diet"}), {"_id": {"$in": members}}) if members else []
    told = sorted(diet for row in people if (diet := row.doc["diet"]))
    # Spelled as the first of them did.
    spelled = {fold(diet): diet for diet in reversed(told)}
    counted = Counter(fold(diet) for diet in told)
    found = [MenuCount(spelled[key], count) for key, count in counted.items()]
    found.sort(key=lambda each: (-each.count, each.diet))
    rest = len(members) - len(told)
    return [*found, MenuCount(None, rest)] if rest else found
