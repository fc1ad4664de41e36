"""Who is asking. Nobody in particular is a caller too."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: person, roles, units (own and those below), partner, and whose duties they hold.

    ``duties`` holds the caller's own person and everyone they cover for today; what they make belongs to ``home_unit``.
    """

    roles: frozenset[Role]
    person: str | None = None
    units: frozenset[str] = frozenset()
    partner: str | None = None
    duties: frozenset[str] = frozenset()
    home_unit: str | None = None
    name: str = ""

    @property
    def signed_in(self) -> bool:
        """Whether it is someone."""
        return self.roles != frozenset({Role.ANONYMOUS})

    @property
    def persons(self) -> frozenset[str]:
        """The caller's own person, as a set."""
        return frozenset({self.person}) if self.person else frozenset()

    @property
    def partners(self) -> frozenset[str]:
        """The caller's own partner, as a set."""
        return frozenset({self.partner}) if self.partner else frozenset()


def caller(
    *roles: Role,
    person: str | None = None,
    units: frozenset[str] = frozenset(),
    partner: str | None = None,
    covers: frozenset[str] = frozenset(),
    home_unit: str | None = None,
    name: str = "",
) -> Caller:
    """A caller who holds these roles, and what they bring along: everyone is anonymous too, insiders are members."""
    held = {Role.ANONYMOUS, *roles}
    if held & INSIDE:
        held.add(Role.MEMBER)
    duties = frozenset({person} if person else ()) | covers
    return Caller(frozenset(held), person, units, partner, duties, home_unit, name)


ANONYMOUS = caller()
