"""What is special about a change of a delegation."""

from documents.delegation import Delegation
from documents.kinds import collection_of
from resolvers.bookings import release
from resolvers.draft import RULES, Draft, Rules
from resolvers.person import OVER, keep_duties
from resolvers.problem import ProblemCode, at


async def check(draft: Draft) -> None:
    """Members and counterparts stand in one protocol order; a confirmed visit has someone to come."""
    visit: Delegation = draft.model()
    if sum(member.head for member in visit.members) > 1:
        draft.problem(ProblemCode.INVALID, "members", "A delegation has one head: mark one member only")
    for name, listed in (("members", visit.members), ("counterparts", visit.counterparts)):
        places = [entry.precedence for entry in listed if entry.precedence is not None]
        for place in {place for place in places if places.count(place) > 1}:
            draft.problem(
                ProblemCode.INVALID, name, f"Two stand at place {place} of the protocol order: give each its own"
            )
    persons = [member.person for member in visit.members]
    for index, person in enumerate(persons):
        if person in persons[:index]:
            draft.problem(ProblemCode.INVALID, at("members", index, "person"), "This person is a member already")
    if draft.action == "confirm":
        if not visit.members:
            draft.problem(ProblemCode.CONFLICT, "id", "A visit without members cannot be confirmed: add members first")
        visit.confirmed_at = draft.context.now


async def effect(draft: Draft) -> None:
    """After a change of a visit its members' persons know who serves it; one that will not be frees its time."""
    await keep_duties(draft)
    visit: Delegation = draft.model()
    if visit.status in OVER:
        collection = draft.context.store.collection(collection_of("Itinerary"))
        cursor = collection.find({"delegation": visit.id}, {"_id": 1}, session=draft.session)
        await release(draft.context.store, [found["_id"] for found in await cursor.to_list()], draft.session)


RULES["Delegation"] = Rules(check=check, effect=effect)
