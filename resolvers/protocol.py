"""Protocol of a delegation: who leads it, in which order its members stand, and what their badges say."""

from collections.abc import Iterator
from typing import Any

from auth.access import writes
from documents.itinerary import ItineraryStatus
from documents.kinds import collection_of, tree_of
from resolvers.change import Outcome, change
from resolvers.context import Context
from resolvers.draft import Draft, remake
from resolvers.load import Load, rows
from resolvers.problem import ProblemCode

LONGEST_LINE = 300
LAST = 10_000
Stored = dict[str, Any]


async def replace_head(context: Context, record_id: str, member_id: str, if_revision: str) -> Outcome:
    """Let another member lead: first in protocol order, and in the seat of the one before, in all itineraries."""

    async def work(draft: Draft) -> None:
        _may_write(draft, "head", "precedence")
        members = list(_seen(draft))
        chosen = next((member for member in members if member["id"] == member_id), None)
        if chosen is None:
            draft.problem(ProblemCode.NOT_FOUND, "member", "There is no such member: read the delegation again")
            return
        draft.stop()
        before = next((member for member in draft.document["members"] if member["head"]), None)
        if before is chosen:
            draft.problem(ProblemCode.CONFLICT, "member", "This member leads the delegation already")
            return
        if before is not None:
            before["head"] = False
        chosen |= {"head": True, "precedence": 1}
        place = 1
        for member in sorted(draft.document["members"], key=_place):
            if member is not chosen and member["precedence"] is not None:
                place = member["precedence"] = max(member["precedence"], place + 1)
        if before is not None:
            await _swap_seats(draft, before["person"], chosen["person"])

    return await change(context, "Delegation", record_id, "update", if_revision, work)


async def write_badges(context: Context, record_id: str, if_revision: str) -> Outcome:
    """Fill the empty badge names of all members from the titles and names of those whom the caller sees."""

    async def work(draft: Draft) -> None:
        _may_write(draft, "badge_name")
        empty = [member for member in sorted(_seen(draft), key=_place) if member["badge_name"] is None]
        load = Load("Person", {"_id", "titles", "given_name", "family_name"})
        query = {"_id": {"$in": [member["person"] for member in empty]}}
        names = {row.doc["_id"]: _badge(row.doc) for row in await rows(context, load, query)}
        for member in empty:
            member["badge_name"] = names.get(member["person"])

    return await change(context, "Delegation", record_id, "update", if_revision, work)


def _may_write(draft: Draft, *names: str) -> None:
    """Note where the caller may not write these fields of members."""
    members = tree_of("Delegation").path("members")
    for name in names:
        how = writes("Delegation", draft.context.caller, "update", members.child(name), draft.before, draft.context.now)
        if how != "applies":
            draft.problem(ProblemCode.FORBIDDEN, "id", "You may not write the members of this delegation")
            return


def _seen(draft: Draft) -> Iterator[Stored]:
    """The members whom the caller reads."""
    sight = draft.context.sight("Delegation")
    admitted = sight.admits("members", draft.before) if sight else None
    for member in draft.document["members"]:
        if admitted is None or member[admitted[0]] in admitted[1]:
            yield member


def _place(member: Stored) -> int:
    """The place of a member in protocol order; who has none comes last."""
    return LAST if member["precedence"] is None else int(member["precedence"])


def _badge(person: Stored) -> str | None:
    """Titles, given and family name on one line."""
    parts = [*(person["titles"] or ()), person["given_name"], person["family_name"]]
    return " ".join(filter(None, parts))[:LONGEST_LINE].strip() or None


async def _swap_seats(draft: Draft, old: str, new: str) -> None:
    """Where both attend an item, they exchange seats; a plan that is final or put away stays as it was."""
    collection = draft.context.store.collection(collection_of("Itinerary"))
    query = {
        "delegation": draft.document["_id"],
        "archived_at": None,
        "status": {"$ne": str(ItineraryStatus.FINAL)},
        "days.items.attendees.person": new,
    }

    async def swapped(itinerary: Draft) -> None:
        for item in (item for day in itinerary.document["days"] for item in day["items"]):
            seats = {entry["person"]: entry for entry in item["attendees"] if entry["person"] in (old, new)}
            if len(seats) > 1:
                seats[old]["seat"], seats[new]["seat"] = seats[new]["seat"], seats[old]["seat"]

    for found in await collection.find(query, {"_id": 1}, session=draft.session).to_list():
        await remake(draft, "Itinerary", found["_id"], "update", swapped)
