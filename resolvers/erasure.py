"""Deleting what is most sensitive about a person for good: their key, and the values in the record and its history."""

from typing import Any

from auth.access import fetch
from documents.kinds import tree_of
from documents.labels import care, identity
from documents.store import Store
from documents.tree import Path
from resolvers.change import change
from resolvers.context import Context
from resolvers.disclosure import unreasoned
from resolvers.draft import Draft
from resolvers.history import HISTORY
from resolvers.problem import Problem, Problems

SENSITIVE = (care, identity)


def sensitive(kind: str) -> tuple[Path, ...]:
    """The paths at the top of a kind that erasing clears."""
    return tuple(path for path in tree_of(kind).paths if set(path.chain) & set(SENSITIVE) and not path.hidden)


def clear(kind: str, document: dict[str, Any]) -> None:
    """Take care and identity values out of a record."""
    for path in sensitive(kind):
        document[path.name] = [] if path.many else None


async def forget(store: Store, record_id: str, session: Any) -> None:
    """Take care and identity values out of the history of a record; that they changed stays. The outbox holds none."""
    collection = store.collection(HISTORY)
    for entry in await collection.find({"record": record_id}, {"changes": 1}, session=session).to_list():
        changes = [
            found | {"before": None, "after": None} if _names(found["key"]) else found for found in entry["changes"]
        ]
        if changes != entry["changes"]:
            await collection.update_one({"_id": entry["_id"]}, {"$set": {"changes": changes}}, session=session)


def _names(key: str) -> bool:
    """Whether a change key lies under care or identity."""
    return not {label.name for label in SENSITIVE}.isdisjoint(key.partition("|")[0].split(">"))


async def erase(context: Context, person_id: str, reason: str) -> tuple[str | None, list[Problem]]:
    """Delete a person's key, and clear care and identity values. Safe to repeat. Raises NotFound and Forbidden.

    The key goes first: were it last, a break in between would leave a record that says it was erased and was not.
    """
    await fetch(context.store, "Person", person_id, context.caller, context.now, action="erase")

    async def work(draft: Draft) -> None:
        clear("Person", draft.document)
        draft.document["erased_at"] = context.now
        draft.document["erased_because"] = reason

    async def run(session: Any) -> str:
        await change(context, "Person", person_id, "erase", None, work, session=session)
        await forget(context.store, person_id, session)
        return person_id

    if problems := unreasoned(reason):
        return None, problems
    await context.services.cipher.erase(person_id)
    try:
        return await context.store.transaction(run), []
    except Problems as found:
        return None, found.problems
