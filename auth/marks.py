"""Marks: numbers in the store that move with every change of what somebody may do, in the change's own transaction.

What is derived of a caller is kept by a process together with the marks that it was derived under, and holds as long as
none of them has moved. So one small read tells whether everything that is known still holds, in any number of
processes; what it gave is relied upon for one lease, which whoever moves a mark waits out (documents/lease.py).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from documents.store import Store
from documents.together import Together

COLLECTION = "access_marks"
# All units have one mark: they are few, seldom change, and most callers hang on several.
UNITS = "units"

Stored = Mapping[str, Any]


def of_account(key: str) -> str:
    """The mark of an account, by what it is found by."""
    return f"account {key}"


def of_person(person: str) -> str:
    """The mark of a person: of what they are, are assigned, and stand in for."""
    return f"person {person}"


def of_service(record: str) -> str:
    """The mark of a service account."""
    return f"service {record}"


def _person(name: str) -> Callable[[Stored], str | None]:
    def mark(document: Stored) -> str | None:
        found = document.get(name)
        return of_person(found) if found else None

    return mark


def _account(document: Stored) -> str | None:
    return of_account(document["key"]) if document.get("key") else None


# Whom a change of a kind concerns.
CONCERNED: dict[str, Callable[[Stored], str | None]] = {
    "Account": _account,
    "Person": _person("_id"),
    "RoleAssignment": _person("person"),
    "Contact": _person("person"),
    "Cover": _person("by"),
    "Unit": lambda _: UNITS,
    "ServiceAccount": lambda document: of_service(document["_id"]),
}


# Nobody can have been derived from what is only now made.
CONCERN_NOBODY_WHEN_NEW = frozenset({"Person", "ServiceAccount"})


def concerned(kind: str, before: Stored, after: Stored) -> set[str]:
    """The marks that a change of a record moves: of whom it concerned before, and of whom it concerns now."""
    mark = CONCERNED.get(kind)
    if mark is None or (not before and kind in CONCERN_NOBODY_WHEN_NEW):
        return set()
    return {found for document in (before, after) if document and (found := mark(document))}


async def move(store: Store, marks: Iterable[str], session: Any) -> None:
    """Move marks, in the transaction of the change, which then ends once that holds in every process."""
    if marks := set(marks):
        store.leases.owe(session)
    for mark in sorted(marks):
        change = {"$inc": {"number": 1}}
        await store.collection(COLLECTION).update_one({"_id": mark}, change, upsert=True, session=session)


class Marks:
    """Reads marks as they are now: never from before it was asked. Requests that wait at once share one read."""

    def __init__(self, store: Store) -> None:
        # One that has never moved is kept as well, or it would be asked for at every request.
        self._together = Together(store, COLLECTION, {"number": 1}, absent={"number": 0})

    async def lately(self, keys: Collection[str]) -> dict[str, int]:
        """The numbers of these marks, as they were no longer than a lease ago. Raises StoreUnavailable."""
        return _numbers(await self._together.lately(keys))

    async def now(self, keys: Collection[str]) -> dict[str, int]:
        """The numbers of these marks; 0 for one that has never moved. Raises StoreUnavailable."""
        return _numbers(await self._together.now(keys))


def _numbers(found: Mapping[str, Stored | None]) -> dict[str, int]:
    return {key: mark["number"] if mark else 0 for key, mark in found.items()}
