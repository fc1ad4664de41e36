"""Who asks: a caller of every role and of mixes of roles, standing in some relation to the first records of a world."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth.caller import Caller, Role, acting, caller


@dataclass(frozen=True)
class Profile:
    """A set of roles and what comes along with them."""

    name: str
    roles: tuple[Role, ...]
    # By the portal of the first partner.
    by_portal: bool = False

    @property
    def mixed(self) -> bool:
        """Whether it is more than one role: each role alone asks for every place."""
        return len(self.roles) > 1 or self.by_portal

    def caller(self, ids: Mapping[str, list[str]], *, other: bool = False) -> Caller:
        """The caller of a world; ``other`` is someone else who holds the same roles."""
        n = int(other)
        outside = {Role.PARTNER, Role.PORTAL} & set(self.roles)
        found = caller(
            *self.roles,
            person=ids["Person"][n] if self.roles else None,
            units=frozenset(ids["Unit"][2 * n : 2 * n + 2]) if Role.COORDINATOR in self.roles else frozenset(),
            partner=ids["Partner"][n] if outside else None,
            covers=frozenset({ids["Person"][n + 2]}) if Role.OFFICER in self.roles else frozenset(),
            home_unit=ids["Unit"][2 * n] if Role.COORDINATOR in self.roles else None,
            name=self.name,
            # Contacts of partners have accounts, too; their kind is nothing that they have in scope.
            account=ids["Account"][n] if set(self.roles) - outside and not self.by_portal else None,
        )
        return acting(caller(Role.PORTAL, partner=ids["Partner"][n]), found) if self.by_portal else found


def _named(*roles: Role) -> Profile:
    return Profile("+".join(role.value for role in roles) or "nobody", roles)


PROFILES = (
    *(_named(role) for role in Role if role is not Role.ANONYMOUS),
    _named(),
    _named(Role.COORDINATOR, Role.HOST),
    _named(Role.OFFICER, Role.FINANCE),
    _named(Role.COORDINATOR, Role.FINANCE),
    _named(Role.MEMBER, Role.PARTNER),
    _named(Role.HOST, Role.PORTAL),
    _named(Role.LEADERSHIP, Role.RANKING),
    Profile("officer by a portal", (Role.OFFICER,), by_portal=True),
)
BY_NAME = {profile.name: profile for profile in PROFILES}
