"""What the register says of somebody today: the units below theirs, whom they cover for, whose contact they are."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from documents.kinds import collection_of
from documents.store import Store, translated

MOST_MERGES = 20
_OPEN = "9999-12-31"

Stored = dict[str, Any]


def holds(period: Mapping[str, Any] | None, today: date) -> bool:
    """Whether a day lies in a stored period, whose first and last day belong to it; no period is all time."""
    day = today.isoformat()
    return period is None or period["start"] <= day <= (period["end"] or _OPEN)


def serves(contact: Mapping[str, Any], today: date) -> bool:
    """Whether a contact has neither left nor been put away, nor come to the end of their term (CONTACT-1)."""
    end = (contact["term"] or {}).get("end")
    gone = contact["status"] == "LEFT" or contact["archived_at"] is not None
    return not gone and (end is None or end >= today.isoformat())


async def standing_for(store: Store, partner: str) -> str:
    """The partner, or the one that it was merged into (PARTNER-2)."""
    partners = store.collection(collection_of("Partner"))
    with translated():
        for _ in range(MOST_MERGES):
            found = await partners.find_one({"_id": partner}, {"merged_into": 1})
            if found is None or found["merged_into"] is None:
                break
            partner = found["merged_into"]
    return partner


async def covers_of(store: Store, person: str, today: date) -> list[Stored]:
    """The covers by which a person stands in for somebody today."""
    query = {"by": person, "status": "ACTIVE", "archived_at": None, "period.start": {"$lte": today.isoformat()}}
    with translated():
        covers = await store.collection(collection_of("Cover")).find(query, {"officer": 1, "period": 1}).to_list()
    return [cover for cover in covers if holds(cover["period"], today)]


async def contacts_of(store: Store, person: str) -> list[Stored]:
    """Every contact that a person is or was."""
    with translated():
        fields = {"partner": 1, "status": 1, "term": 1, "archived_at": 1, "created_at": 1}
        return await store.collection(collection_of("Contact")).find({"person": person}, fields).to_list()


async def left(store: Store, person: str, partner: str, today: date) -> bool:
    """Whether a person was a contact of the partner and is none any more (CONTACT-1)."""
    contacts = [contact for contact in await contacts_of(store, person) if contact["partner"] == partner]
    return bool(contacts) and not any(serves(contact, today) for contact in contacts)


async def assignments_of(store: Store, person: str, today: date) -> list[Stored]:
    """The roles that a person was assigned for a period that today lies in."""
    query = {"person": person, "status": "ACTIVE", "archived_at": None}
    with translated():
        found = await store.collection(collection_of("RoleAssignment")).find(query).to_list()
    return [assignment for assignment in found if holds(assignment["period"], today)]


async def below(store: Store, units: frozenset[str]) -> frozenset[str]:
    """The units and all below them, level by level."""
    known, fresh = units, units
    with translated():
        while fresh:
            query = {"parent_unit": {"$in": sorted(fresh)}}
            cursor = store.collection(collection_of("Unit")).find(query, {"_id": 1})
            fresh = frozenset([document["_id"] for document in await cursor.to_list()]) - known
            known |= fresh
    return known
