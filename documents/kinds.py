"""Every record kind of the house, by name. Adding a kind adds one line here."""

from documents.account import Account
from documents.contact import Contact
from documents.cover import Cover
from documents.cultural_programme import CulturalProgramme
from documents.delegation import Delegation
from documents.disclosure import Disclosure
from documents.intake_link import IntakeLink
from documents.intake_submission import IntakeSubmission
from documents.invitation import Invitation
from documents.itinerary import Itinerary
from documents.itinerary_issue import ItineraryIssue
from documents.partner import Partner
from documents.person import Person
from documents.proposal import Proposal
from documents.record import Record
from documents.resource import Resource
from documents.role_assignment import RoleAssignment
from documents.service_account import ServiceAccount
from documents.session import SIGN_IN
from documents.sign_in import SignIn
from documents.stamp import index_models
from documents.store import Store, register
from documents.trail import TRAIL
from documents.tree import Tree, tree
from documents.unit import Unit
from documents.venue import Venue

KINDS: dict[str, type[Record]] = {
    kind.__name__: kind
    for kind in (
        Unit,
        Person,
        Partner,
        Contact,
        Delegation,
        Itinerary,
        ItineraryIssue,
        CulturalProgramme,
        Venue,
        Resource,
        Proposal,
        Cover,
        IntakeLink,
        IntakeSubmission,
        Disclosure,
        Account,
        RoleAssignment,
        Invitation,
        ServiceAccount,
        SignIn,
    )
}
PREFIXES: dict[str, str] = {model.prefix: name for name, model in KINDS.items()}


def kind_of(record_id: str) -> str | None:
    """The kind that an id belongs to, by its prefix; None for what is no id."""
    return PREFIXES.get(record_id.partition("_")[0])


def tree_of(kind: str) -> Tree:
    """The stored paths of a kind."""
    return tree(KINDS[kind])


def collection_of(kind: str) -> str:
    """The collection that keeps the records of a kind."""
    name: str = KINDS[kind].Settings.name
    return name


async def prepare(store: Store) -> None:
    """Bind the kinds to the store; create their collections and indexes, those of the trail and those of signing in."""
    for model in KINDS.values():
        declared = model.Settings
        if not hasattr(declared, "derived"):
            declared.indexes = index_models(model)
            declared.derived = True
    await register(store, [*KINDS.values(), *TRAIL, *SIGN_IN])
