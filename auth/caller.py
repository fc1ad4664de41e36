"""Who is asking. Nobody in particular is a caller too."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """What someone is to the department. A caller may hold several; what each gives adds up."""

    ANONYMOUS = "anonymous"
    MEMBER = "member"
    COORDINATOR = "coordinator"
    HOST = "host"
    OFFICER = "officer"
    HEAD = "head"
    LEADERSHIP = "leadership"
    RANKING = "ranking"
    FINANCE = "finance"
    PROTOCOL = "protocol"
    PARTNER = "partner"
    PORTAL = "portal"
    AUDITOR = "auditor"
    ADMIN = "admin"
    GUEST = "guest"


# Accounts of the university hold what any member holds.
INSIDE = frozenset(
    {
        Role.COORDINATOR,
        Role.HOST,
        Role.OFFICER,
        Role.HEAD,
        Role.LEADERSHIP,
        Role.RANKING,
        Role.FINANCE,
        Role.AUDITOR,
        Role.ADMIN,
    }
)


class Source(StrEnum):
    """Where a role, or what comes along with one, comes from."""

    CLAIM = "CLAIM"
    PERSON = "PERSON"
    ASSIGNMENT = "ASSIGNMENT"
    CONTACT = "CONTACT"
    COVER = "COVER"
    KEY = "KEY"


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a caller holds a role: where it comes from, of what, and the last day on which it holds, if there is one."""

    role: Role
    source: Source
    says: str
    id: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: person, roles, units (own and those below), partner, and whose duties they hold.

    ``duties`` holds the caller's own person and everyone they cover for today; what they make belongs to ``home_unit``.
    Who is a contact of several partners acts for the one that they came to last, and reads as a contact of each.
    ``within`` is the portal by which they ask: what it may not, they may not by it.
    """

    roles: frozenset[Role]
    person: str | None = None
    units: frozenset[str] = frozenset()
    partner: str | None = None
    duties: frozenset[str] = frozenset()
    home_unit: str | None = None
    name: str = ""
    account: str | None = None
    also: frozenset[str] = frozenset()
    within: "Caller | None" = None
    grounds: tuple[Ground, ...] = field(default=(), compare=False, repr=False)

    @property
    def signed_in(self) -> bool:
        """Whether it is someone."""
        return self.account is not None or self.roles != frozenset({Role.ANONYMOUS})

    @property
    def persons(self) -> frozenset[str]:
        """The caller's own person, as a set."""
        return frozenset({self.person}) if self.person else frozenset()

    @property
    def partners(self) -> frozenset[str]:
        """The caller's own partners."""
        return (frozenset({self.partner}) if self.partner else frozenset()) | self.also

    @property
    def accounts(self) -> frozenset[str]:
        """The caller's own account, as a set."""
        return frozenset({self.account}) if self.account else frozenset()


def caller(
    *roles: Role,
    person: str | None = None,
    units: frozenset[str] = frozenset(),
    partner: str | None = None,
    covers: frozenset[str] = frozenset(),
    home_unit: str | None = None,
    name: str = "",
    account: str | None = None,
    also: frozenset[str] = frozenset(),
    grounds: tuple[Ground, ...] = (),
) -> Caller:
    """A caller who holds these roles, and what they bring along: everyone is anonymous too, insiders are members."""
    held = {Role.ANONYMOUS, *roles}
    if held & INSIDE:
        held.add(Role.MEMBER)
    duties = frozenset({person} if person else ()) | covers
    return Caller(
        frozenset(held), person, units, partner, duties, home_unit, name, account=account, also=also, grounds=grounds
    )


def acting(portal: Caller, person: Caller) -> Caller:
    """A person as a portal acts for them: they may what both may."""
    return replace(person, within=portal)


ANONYMOUS = caller()
