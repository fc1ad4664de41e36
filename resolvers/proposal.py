"""What is special about proposals: accepting one does what it proposes, under the rights of who accepts."""

from documents.proposal import Proposal, ProposalType
from resolvers.change import update
from resolvers.draft import RULES, Draft, Rules
from resolvers.partner import merge
from resolvers.problem import Problem, ProblemCode, Problems


async def effect(draft: Draft) -> None:
    """Do what is accepted, in the same transaction."""
    proposal: Proposal = draft.model()
    if draft.action != "accept":
        return
    if proposal.type is ProposalType.CHANGE and proposal.target_kind and proposal.target_id:
        await update(
            draft.context, proposal.target_kind, proposal.target_id, None, proposal.patch, session=draft.session
        )
    elif proposal.type is ProposalType.MERGE and proposal.partner:
        if len(proposal.candidates) != 1:
            message = "There are several candidates: merge by hand with mergePartner, then reject this proposal"
            raise Problems(Problem(ProblemCode.CONFLICT, "id", message))
        await merge(draft.context, proposal.partner, proposal.candidates[0], session=draft.session)


RULES["Proposal"] = Rules(effect=effect)
