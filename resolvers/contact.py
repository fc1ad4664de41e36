"""What is special about contacts: leaving (CONTACT-1)."""

from zoneinfo import ZoneInfo

from documents.contact import Contact, ContactStatus
from documents.kinds import collection_of
from documents.proposal import Proposal, ProposalType
from documents.values import Period
from resolvers.draft import RULES, Draft, Rules, make
from resolvers.problem import ProblemCode


async def check(draft: Draft) -> None:
    """A successor is another contact of the same partner who has not left; who leaves, leaves today."""
    contact: Contact = draft.model()
    if draft.action != "leave":
        return
    today = draft.context.now.astimezone(ZoneInfo(draft.context.settings.zone)).date()
    if contact.successor is not None:
        query = {"_id": contact.successor, "partner": contact.partner, "status": {"$ne": ContactStatus.LEFT}}
        found = await draft.context.store.collection(collection_of("Contact")).find_one(query, session=draft.session)
        if found is None or contact.successor == contact.id:
            message = "A successor is another contact of the same partner who has not left: name such a one"
            draft.problem(ProblemCode.INVALID, "input.successor", message)
    start = min(contact.term.start, today) if contact.term else today
    contact.term = Period(start=start, end=today)


async def effect(draft: Draft) -> None:
    """Without a successor, the office is asked to name one."""
    contact: Contact = draft.model()
    if draft.action == "leave" and contact.successor is None:
        reason = "A contact has left without a successor: name the one who takes over."
        proposal = Proposal(type=ProposalType.SUCCESSOR, reason=reason, partner=contact.partner, contact=contact.id)
        await make(draft, proposal)


RULES["Contact"] = Rules(check=check, effect=effect)
