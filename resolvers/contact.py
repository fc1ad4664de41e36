"""What is special about contacts: leaving and the successor (CONTACT-1)."""

from zoneinfo import ZoneInfo

from documents.contact import Contact, ContactStatus
from documents.kinds import collection_of
from documents.proposal import Proposal, ProposalStatus, ProposalType
from documents.values import Period
from resolvers.draft import RULES, Draft, Rules, make, remake
from resolvers.problem import ProblemCode


async def check(draft: Draft) -> None:
    """A successor is another contact of the same partner who has not left; who leaves, leaves today."""
    contact: Contact = draft.model()
    if draft.action not in ("leave", "succeed"):
        return
    today = draft.context.now.astimezone(ZoneInfo(draft.context.settings.zone)).date()
    sight = draft.context.sight("Contact")
    if sight is not None and contact.successor not in (None, draft.before["successor"]):
        query = {"_id": contact.successor, "partner": contact.partner, "status": {"$ne": ContactStatus.LEFT}}
        # One out of scope is as good as none, in what is told of it too.
        seen = {"$and": [query, sight.filter()]}
        found = await draft.context.store.collection(collection_of("Contact")).find_one(seen, session=draft.session)
        if found is None or contact.successor == contact.id:
            message = "A successor is another contact of the same partner who has not left: name such a one"
            draft.problem(ProblemCode.INVALID, "input.successor", message)
    if draft.action == "succeed":
        if contact.successor is None:
            draft.problem(ProblemCode.INVALID, "input.successor", "Name who took over")
        return
    start = min(contact.term.start, today) if contact.term else today
    contact.term = Period(start=start, end=today)


async def effect(draft: Draft) -> None:
    """Without a successor, the office is asked to name one; once there is one, nothing is left to decide."""
    contact: Contact = draft.model()
    if draft.action == "succeed":
        asked = {"type": ProposalType.SUCCESSOR, "contact": contact.id, "status": ProposalStatus.OPEN}
        proposals = draft.context.store.collection(collection_of("Proposal"))
        for proposal in await proposals.find(asked, {"_id": 1}, session=draft.session).to_list():
            await remake(draft, "Proposal", proposal["_id"], "accept", _answered)
    if draft.action == "leave" and contact.successor is None:
        reason = "A contact has left without a successor: name the one who takes over."
        proposal = Proposal(type=ProposalType.SUCCESSOR, reason=reason, partner=contact.partner, contact=contact.id)
        await make(draft, proposal)


async def _answered(proposal: Draft) -> None:
    proposal.document["status"] = str(ProposalStatus.ACCEPTED)


RULES["Contact"] = Rules(check=check, effect=effect)
