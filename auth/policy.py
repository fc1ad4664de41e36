"""THE table: who has which records in scope, who reads and writes which label, who may do which action.

Lists are exhaustive: who is not named does not. What several roles of a caller give adds up. Nothing else in the house
decides about access; everything reads this table through auth/access.py.
"""

from dataclasses import dataclass

from auth.caller import Role
from auth.rules import ALWAYS, NEVER, ElementRule, Held, Hosting, Mine, Published, Rule, rule
from documents.labels import (
    Label,
    campus,
    candid,
    care,
    figures,
    finance,
    identity,
    office,
    open_,
    personal,
    shared,
    system,
)

PUBLISHED = rule(Published())
ON_CAMPUS = rule(Held("campus"))
OFFICE = rule(Held("office"))
OWN_UNITS = rule(Mine("unit", "units", "the record belongs to one of the caller's units"))
HOSTS = rule(Mine("host", "persons", "the caller hosts it", ordinary=False))
ASSIGNED = rule(Mine("assigned", "duties", "the caller, or whom they cover, is assigned to it", ordinary=False))
ITSELF = rule(Mine("self", "persons", "the record is about the caller"))
OWN_PARTNER = rule(Mine("partner", "partners", "the record belongs to the caller's partner"))
ISSUED = rule(Mine("issued", "partners", "the record was issued to the caller's partner"))
OWN_ACCOUNT = rule(Mine("account", "accounts", "it is about the caller's account"))
HOSTED_PERSON = rule(Hosting())

MEMBERS = PUBLISHED | ON_CAMPUS | ITSELF
PARTNERS = OWN_PARTNER | ISSUED

_INSIDERS: dict[Role, Rule] = {
    Role.ANONYMOUS: PUBLISHED,
    Role.MEMBER: MEMBERS,
    Role.COORDINATOR: MEMBERS | OWN_UNITS,
    Role.HOST: MEMBERS | HOSTS,
    Role.OFFICER: OFFICE | ASSIGNED,
    Role.HEAD: ALWAYS,
    Role.LEADERSHIP: MEMBERS,
    Role.RANKING: MEMBERS,
    Role.FINANCE: MEMBERS,
    Role.AUDITOR: OFFICE,
}
_EVERYONE = _INSIDERS | {Role.PARTNER: PUBLISHED | PARTNERS, Role.PORTAL: PUBLISHED | PARTNERS}

# Which records of a kind a role has in scope.
SCOPE: dict[str, dict[Role, Rule]] = {
    "Unit": _EVERYONE,
    "Person": _EVERYONE | {Role.HOST: MEMBERS | HOSTED_PERSON},
    "Partner": _EVERYONE,
    "Contact": {
        Role.COORDINATOR: ON_CAMPUS | OWN_UNITS,
        Role.OFFICER: OFFICE | ASSIGNED,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
        Role.PARTNER: PARTNERS,
        Role.PORTAL: PARTNERS,
    },
    "Delegation": _EVERYONE | {Role.FINANCE: OFFICE},
    # The living draft: partners and the public read issues.
    "Itinerary": {
        Role.COORDINATOR: OWN_UNITS,
        Role.HOST: HOSTS,
        Role.OFFICER: OFFICE | ASSIGNED,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
    },
    "ItineraryIssue": {
        Role.COORDINATOR: OWN_UNITS,
        Role.HOST: HOSTS,
        Role.OFFICER: OFFICE | ASSIGNED,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
        Role.PARTNER: ISSUED,
        Role.PORTAL: ISSUED,
    },
    "CulturalProgramme": {
        Role.COORDINATOR: OWN_UNITS,
        Role.HOST: HOSTS,
        Role.OFFICER: OFFICE | ASSIGNED,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
    },
    "Venue": _EVERYONE,
    # What is planned with is for those who plan.
    "Resource": {
        Role.COORDINATOR: ON_CAMPUS | OWN_UNITS,
        Role.OFFICER: OFFICE | ASSIGNED,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
    },
    "Proposal": {Role.OFFICER: OFFICE, Role.HEAD: ALWAYS, Role.AUDITOR: OFFICE},
    "Cover": {Role.OFFICER: OFFICE, Role.HEAD: ALWAYS, Role.AUDITOR: OFFICE},
    "IntakeLink": {Role.OFFICER: OFFICE | ASSIGNED, Role.HEAD: ALWAYS, Role.AUDITOR: OFFICE},
    # A guest enters one and has none in scope: nothing is read back by a link.
    "IntakeSubmission": {
        Role.OFFICER: ASSIGNED,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
        Role.GUEST: NEVER,
    },
    # A person reads who was told what of them, also one who signs in as a partner's contact.
    "Disclosure": {Role.MEMBER: ITSELF, Role.PARTNER: ITSELF, Role.HEAD: ALWAYS, Role.AUDITOR: OFFICE},
    "Account": {
        Role.MEMBER: ITSELF | OWN_ACCOUNT,
        Role.OFFICER: OFFICE,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
        Role.ADMIN: ALWAYS,
    },
    "RoleAssignment": {
        Role.MEMBER: ITSELF,
        Role.OFFICER: OFFICE,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: OFFICE,
        Role.ADMIN: ALWAYS,
    },
    "Invitation": {Role.OFFICER: OFFICE, Role.HEAD: ALWAYS, Role.AUDITOR: OFFICE},
    "ServiceAccount": {Role.HEAD: ALWAYS, Role.AUDITOR: OFFICE, Role.ADMIN: ALWAYS},
    "SignIn": {Role.MEMBER: ITSELF | OWN_ACCOUNT, Role.HEAD: ALWAYS, Role.AUDITOR: OFFICE},
}

_ALL_INSIDERS: dict[Role, Rule] = dict.fromkeys(
    (
        Role.MEMBER,
        Role.COORDINATOR,
        Role.HOST,
        Role.OFFICER,
        Role.HEAD,
        Role.LEADERSHIP,
        Role.FINANCE,
        Role.RANKING,
        Role.AUDITOR,
    ),
    ALWAYS,
)

# Who reads a label, on which of the records in scope.
READ: dict[Label, dict[Role, Rule]] = {
    open_: dict.fromkeys(Role, ALWAYS),
    # Administrators have accounts and what belongs to them in scope, and nothing of the office.
    campus: _ALL_INSIDERS | {Role.PARTNER: PARTNERS | ITSELF, Role.PORTAL: PARTNERS, Role.ADMIN: ALWAYS},
    shared: {
        Role.OFFICER: ALWAYS,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: ALWAYS,
        Role.COORDINATOR: OWN_UNITS,
        Role.HOST: HOSTS,
        Role.FINANCE: ALWAYS,
        Role.PARTNER: PARTNERS,
        Role.PORTAL: PARTNERS,
    },
    office: {
        Role.OFFICER: ALWAYS,
        Role.HEAD: ALWAYS,
        Role.AUDITOR: ALWAYS,
        Role.COORDINATOR: OWN_UNITS,
        Role.ADMIN: ALWAYS,
    },
    candid: {Role.HEAD: ALWAYS, Role.AUDITOR: ALWAYS, Role.OFFICER: ASSIGNED},
    finance: {Role.HEAD: ALWAYS, Role.FINANCE: ALWAYS, Role.AUDITOR: ALWAYS, Role.OFFICER: ASSIGNED},
    personal: {
        Role.OFFICER: ALWAYS,
        Role.HEAD: ALWAYS,
        Role.MEMBER: ITSELF,
        Role.PARTNER: OWN_PARTNER,
        Role.HOST: HOSTED_PERSON,
    },
    care: {Role.OFFICER: ASSIGNED, Role.HEAD: ALWAYS, Role.MEMBER: ITSELF, Role.PARTNER: OWN_PARTNER},
    # Nobody by query: reveal… logs before it answers.
    identity: {},
    figures: {Role.HEAD: ALWAYS, Role.RANKING: ALWAYS, Role.AUDITOR: ALWAYS, Role.OFFICER: ALWAYS},
    system: {},
}

# Where a label opens only those elements of a list that the caller wrote, by the field that names the author.
AUTHORED: dict[Label, dict[Role, ElementRule]] = {candid: {Role.OFFICER: ElementRule("by", holder="persons")}}

_OF_OWN_PARTNER = ElementRule("partner", holder="partners")
_FOR_PARTNERS = ElementRule("audience", values=frozenset({"PUBLIC", "PARTNER"}))
_BY_PARTNER = {Role.PARTNER: _OF_OWN_PARTNER, Role.PORTAL: _OF_OWN_PARTNER}
_BY_AUDIENCE = {Role.PARTNER: _FOR_PARTNERS, Role.PORTAL: _FOR_PARTNERS}

# Which elements of a list a role reads; a role not named reads all of them.
ELEMENTS: dict[tuple[str, str], dict[Role, ElementRule]] = {
    ("Delegation", "members"): _BY_PARTNER,
    ("ItineraryIssue", "days.items"): _BY_AUDIENCE,
    ("ItineraryIssue", "days.items.attendees"): _BY_PARTNER,
}

_WRITERS: dict[Role, Rule] = {
    Role.OFFICER: ALWAYS,
    Role.HEAD: ALWAYS,
    Role.COORDINATOR: ALWAYS,
    Role.ADMIN: ALWAYS,
}

# Who may put values into paths of a label, whatever they may read. A nested path needs its whole chain.
WRITE: dict[Label, dict[Role, Rule]] = {
    open_: _WRITERS,
    campus: _WRITERS,
    shared: _WRITERS,
    office: _WRITERS,
    candid: {Role.OFFICER: ALWAYS, Role.HEAD: ALWAYS},
    finance: {Role.OFFICER: ASSIGNED, Role.HEAD: ALWAYS, Role.FINANCE: ALWAYS},
    personal: {Role.OFFICER: ALWAYS, Role.HEAD: ALWAYS},
    care: {Role.OFFICER: ASSIGNED, Role.HEAD: ALWAYS},
    identity: {Role.OFFICER: ASSIGNED, Role.HEAD: ALWAYS},
    figures: {Role.HEAD: ALWAYS, Role.RANKING: ALWAYS},
    system: {},
}


@dataclass(frozen=True, slots=True)
class Narrow:
    """A role that writes only these top-level paths of a kind: some apply at once, some become a proposal."""

    applies: frozenset[str]
    proposes: frozenset[str] = frozenset()


_OWN_DATA = Narrow(
    frozenset(
        {
            "private_phone",
            "home_address",
            "diet",
            "access_needs",
            "needs_step_free",
            "passports",
            "medical_notes",
            "pronunciation",
            "working_hours",
            "absences",
        }
    )
)
_CONTACT_BY_PARTNER = Narrow(
    frozenset({"phones", "purposes", "languages", "position", "successor"}),
    frozenset({"family_name", "given_name", "emails", "title"}),
)

# A role named here writes these paths of the kind and no others.
WRITES: dict[tuple[str, Role], Narrow] = {
    ("Person", Role.MEMBER): _OWN_DATA,
    ("Person", Role.PARTNER): _OWN_DATA,
    ("Contact", Role.PARTNER): _CONTACT_BY_PARTNER,
    ("Partner", Role.PARTNER): Narrow(
        frozenset({"factsheet", "units", "teaching_languages", "fields_of_study", "address", "website"}),
        frozenset({"name", "local_name", "aliases"}),
    ),
    ("Delegation", Role.FINANCE): Narrow(frozenset({"budget", "per_diem"})),
    ("IntakeSubmission", Role.GUEST): Narrow(
        frozenset(
            {
                "given_name",
                "family_name",
                "institution",
                "position",
                "email",
                "language",
                "arrival",
                "departure",
                "private_phone",
                "birth_date",
                "citizenships",
                "diet",
                "access_needs",
                "needs_step_free",
                "passports",
                "medical_notes",
            }
        )
    ),
}

_BY_OFFICE: dict[Role, Rule] = {Role.OFFICER: ALWAYS, Role.HEAD: ALWAYS}
_BY_UNITS = _BY_OFFICE | {Role.COORDINATOR: OWN_UNITS}
_BY_PLANNERS = _BY_OFFICE | {Role.COORDINATOR: ALWAYS}
_BY_HEAD: dict[Role, Rule] = {Role.HEAD: ALWAYS}
_BY_NOBODY: dict[Role, Rule] = {}
_BY_ADMIN: dict[Role, Rule] = {Role.HEAD: ALWAYS, Role.ADMIN: ALWAYS}

# Which roles a role gives and takes by assignment. Whoever looks at the head, and runs the system, is not the head's.
_GIVEN_BY_HEAD = frozenset({Role.COORDINATOR, Role.OFFICER, Role.LEADERSHIP, Role.RANKING, Role.FINANCE})
ASSIGNS: dict[Role, frozenset[Role]] = {
    Role.HEAD: _GIVEN_BY_HEAD,
    Role.ADMIN: _GIVEN_BY_HEAD | {Role.HEAD, Role.AUDITOR, Role.ADMIN},
}

# Who is told what `identity` holds, on which of the records in scope: by revealing, with a reason, logged before it is
# answered (Disclosure). A kind with such paths that is not named here tells nobody.
REVEALS: dict[str, dict[Role, Rule]] = {
    "Person": {Role.OFFICER: ASSIGNED, Role.HEAD: ALWAYS, Role.MEMBER: ITSELF, Role.PARTNER: ITSELF},
}

# Who may do which action of a kind, on which of the records in scope. ``create`` has no record to look at.
ACTIONS: dict[str, dict[str, dict[Role, Rule]]] = {
    "Unit": {
        "create": _BY_OFFICE,
        "update": _BY_UNITS,
        "archive": _BY_HEAD,
        "restore": _BY_HEAD,
        "close": _BY_HEAD,
        "reopen": _BY_HEAD,
    },
    "Person": {
        "create": _BY_OFFICE | {Role.COORDINATOR: ALWAYS},
        "update": _BY_UNITS | {Role.MEMBER: ITSELF, Role.PARTNER: OWN_PARTNER},
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "publish": _BY_OFFICE,
        "unpublish": _BY_OFFICE,
        "deactivate": _BY_OFFICE,
        "reactivate": _BY_OFFICE,
        "reveal": REVEALS["Person"],
        "erase": _BY_HEAD,
    },
    "Partner": {
        "create": _BY_OFFICE | {Role.COORDINATOR: ALWAYS},
        "update": _BY_OFFICE | {Role.PARTNER: OWN_PARTNER},
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "publish": _BY_OFFICE,
        "unpublish": _BY_OFFICE,
        "activate": _BY_OFFICE,
        "rest": _BY_OFFICE,
        "end": _BY_OFFICE,
        "merge": _BY_OFFICE,
        "unmerge": _BY_OFFICE,
    },
    "Contact": {
        "create": _BY_OFFICE,
        "update": _BY_OFFICE | {Role.PARTNER: OWN_PARTNER},
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "verify": _BY_OFFICE,
        "leave": _BY_OFFICE | {Role.PARTNER: OWN_PARTNER},
        "succeed": _BY_OFFICE | {Role.PARTNER: OWN_PARTNER},
    },
    "Delegation": {
        "create": _BY_OFFICE | {Role.COORDINATOR: ALWAYS},
        "update": _BY_UNITS | {Role.FINANCE: ALWAYS},
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "issue": _BY_OFFICE,
        "publish": _BY_OFFICE,
        "unpublish": _BY_OFFICE,
        "assess": _BY_OFFICE,
        "accept": _BY_OFFICE,
        "decline": _BY_OFFICE,
        "plan": _BY_UNITS,
        "confirm": _BY_UNITS,
        "begin": _BY_UNITS,
        "complete": _BY_UNITS,
        "close": _BY_OFFICE,
        "cancel": _BY_OFFICE,
        "approve": _BY_HEAD,
        "depart": _BY_UNITS,
        "return": _BY_UNITS,
        "report": _BY_UNITS,
    },
    "Itinerary": {
        "create": _BY_OFFICE | {Role.COORDINATOR: ALWAYS},
        "update": _BY_UNITS,
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "confirm": _BY_UNITS,
        "issue": _BY_OFFICE,
        "finalise": _BY_UNITS,
        "reopen": _BY_UNITS,
        "answer": {Role.HOST: HOSTS},
    },
    # Issues are made and superseded by issuing an itinerary, never by hand.
    "ItineraryIssue": {"supersede": _BY_NOBODY},
    "CulturalProgramme": {
        "create": _BY_PLANNERS,
        "update": _BY_UNITS,
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "agree": _BY_UNITS,
        "complete": _BY_UNITS,
        "cancel": _BY_UNITS,
        "place": _BY_UNITS,
    },
    "Venue": {
        "create": _BY_PLANNERS,
        "update": _BY_PLANNERS,
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "publish": _BY_OFFICE,
        "unpublish": _BY_OFFICE,
        "close": _BY_PLANNERS,
        "reopen": _BY_PLANNERS,
    },
    "Resource": {
        "create": _BY_PLANNERS,
        "update": _BY_PLANNERS,
        "archive": _BY_OFFICE,
        "restore": _BY_OFFICE,
        "retire": _BY_PLANNERS,
        "return": _BY_PLANNERS,
    },
    # Proposals are opened by the service.
    "Proposal": {"accept": _BY_OFFICE, "reject": _BY_OFFICE},
    # An officer's own; resolvers/cover.py looks at whose it is when one is made.
    "Cover": {
        "create": _BY_OFFICE,
        "update": _BY_HEAD | {Role.OFFICER: ITSELF},
        "end": _BY_HEAD | {Role.OFFICER: ITSELF},
    },
    "IntakeLink": {"create": _BY_OFFICE, "revoke": _BY_OFFICE},
    "IntakeSubmission": {
        "create": {Role.GUEST: ALWAYS},
        "check": _BY_HEAD | {Role.OFFICER: ASSIGNED},
        "reject": _BY_HEAD | {Role.OFFICER: ASSIGNED},
    },
    # Disclosures are logged by revealing, never by hand.
    "Disclosure": {},
    # Accounts are made by signing in.
    "Account": {
        "suspend": _BY_ADMIN,
        "reinstate": _BY_ADMIN,
        "bind": _BY_ADMIN | {Role.OFFICER: ALWAYS},
        "unbind": _BY_ADMIN,
        "sign_out": _BY_ADMIN,
    },
    "RoleAssignment": {"create": _BY_ADMIN, "update": _BY_ADMIN, "end": _BY_ADMIN},
    "Invitation": {"create": _BY_OFFICE, "revoke": _BY_OFFICE},
    "ServiceAccount": {"create": _BY_ADMIN, "rotate": _BY_ADMIN, "revoke": _BY_ADMIN},
    # Events are logged by signing in, never by hand.
    "SignIn": {},
}


@dataclass(frozen=True, slots=True)
class Release:
    """A deliberate exception: what is told although the table hides where it comes from."""

    name: str
    to: tuple[Role, ...]
    tells: str
    why: str


RELEASES = (
    Release(
        "busy(resource, period)",
        (Role.OFFICER, Role.HEAD, Role.COORDINATOR, Role.HOST),
        "that a person, room or resource is taken in the part of a period that overlaps an item of the caller's own "
        "itinerary, or a time that is suggested for one; and to a host, that whom they propose in their place is taken "
        "then",
        "two visits must not take the same host, room or resource (ITIN-2); who else, where and why stays hidden",
    ),
    Release(
        "visitFigures(year)",
        tuple(Role),
        "how many visits took place, by quarter that is over and direction, and guests by country of their partner",
        "the university tells what it does; groups under 5 people are hidden, with as many others as hide them",
    ),
    Release(
        "viewer { access }",
        tuple(Role),
        "the account by which the caller is signed in, where their roles come from, their sessions and their sign-ins",
        "everyone is told what is held about their own access, whether they have its kinds in scope or not",
    ),
    Release(
        "account bound",
        (Role.OFFICER, Role.HEAD, Role.ADMIN),
        "that an account of their scope is bound to a person, also to one whom they do not see",
        "an account is one person's at a time, and whoever binds another must be told to unbind it first",
    ),
    Release(
        "unit code taken",
        (Role.OFFICER, Role.HEAD),
        "that an abbreviation is already a unit's",
        "units are public, so the answer tells nothing new",
    ),
)
