"""From the claims of a provider to roles: by the rules of the settings for that issuer, and by nothing else.

Claims are what others wrote: values of any form are borne, and what does not fit exactly grants nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from auth.caller import Role

# More values than this are no list of groups that a person has.
MOST_VALUES = 1_000
LONGEST = 1_000
# Who belongs to an institution, whatever else they are there (eduPerson 202208).
AFFILIATED = ("member", "employee", "faculty", "staff", "student")
# What no claim makes of anybody: these come from the register, from keys and links, or from nobody at all.
NEVER_CLAIMED = frozenset({Role.ANONYMOUS, Role.PARTNER, Role.PORTAL, Role.GUEST, Role.HOST, Role.PROTOCOL})


class ClaimRule(BaseModel):
    """Who has this value in this claim gets this role."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str = Field(min_length=1, max_length=100)
    value: str = Field(min_length=1, max_length=300)
    role: Role

    @field_validator("role")
    @classmethod
    def _claimed(cls, role: Role) -> Role:
        if role in NEVER_CLAIMED:
            allowed = ", ".join(sorted(role.value for role in Role if role not in NEVER_CLAIMED))
            raise ValueError(f"no claim gives “{role}”: name one of {allowed}")
        return role


class ClaimMap(BaseModel):
    """What the claims of one issuer give: the domains whose affiliations it may tell, and rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scopes: tuple[str, ...] = ()
    members: bool = True
    roles: tuple[ClaimRule, ...] = ()

    @model_validator(mode="after")
    def _trusted(self) -> "ClaimMap":
        if any(_scoped(rule.claim) for rule in self.roles) and not self.scopes:
            raise ValueError("roles ask for affiliations of domains, and no domain is trusted: list them in scopes")
        return self


@dataclass(frozen=True, slots=True)
class Granted:
    """A role, and the claim that it comes from, as name and value."""

    role: Role
    says: str


def _plain(name: str) -> str:
    """A claim's name without the differences of camelCase and snake_case."""
    return name.replace("_", "").replace("-", "").lower()


def _found(claims: Any, name: str) -> Iterator[Any]:
    """What claims hold under a name; dots lead into objects, such as ``realm_access.roles``."""
    if not isinstance(claims, Mapping):
        return
    wanted = _plain(name)
    first, dot, rest = name.partition(".")
    for key, value in claims.items():
        if not isinstance(key, str):
            continue
        if _plain(key) == wanted:
            yield value
        elif dot and _plain(key) == _plain(first):
            yield from _found(value, rest)


def values(claims: Mapping[str, Any], name: str) -> Iterator[str]:
    """The texts that claims hold under a name: one, or those of a list; anything else is passed over."""
    for found in _found(claims, name):
        for value in found[:MOST_VALUES] if isinstance(found, list | tuple) else (found,):
            if isinstance(value, str) and 0 < len(value) <= LONGEST:
                yield value


def _scoped(name: str) -> bool:
    """Whether values of a claim carry the domain of who says so behind an @."""
    return _plain(name).endswith(("scopedaffiliation", "externalaffiliation"))


def _fits(name: str, value: str, wanted: str, scopes: frozenset[str]) -> bool:
    if not _scoped(name):
        return value == wanted
    affiliation, at, scope = value.partition("@")
    if not at or scope.lower() not in scopes:
        return False
    said, told, where = wanted.partition("@")
    return affiliation.lower() == said.lower() and (not told or scope.lower() == where.lower())


def granted(rules: ClaimMap, claims: Mapping[str, Any]) -> list[Granted]:
    """The roles that claims give by the rules of their issuer, each once. Malformed claims give none and raise nothing.

    Without a rule that says so, an affiliation under one of the issuer's scopes makes a member, and nothing makes more.
    """
    scopes = frozenset(scope.lower() for scope in rules.scopes)
    asked = [(rule.claim, rule.value, Role(rule.role)) for rule in rules.roles]
    if rules.members:
        asked += [("eduperson_scoped_affiliation", affiliation, Role.MEMBER) for affiliation in AFFILIATED]
    found: dict[Role, Granted] = {}
    for name, wanted, role in asked:
        if role in found:
            continue
        for value in values(claims, name):
            if _fits(name, value, wanted, scopes):
                found[role] = Granted(role, f"{name} {value}")
                break
    return list(found.values())


def first_text(claims: Mapping[str, Any], *names: str) -> str | None:
    """The first text that claims hold under one of these names."""
    return next((value for name in names for value in values(claims, name)), None)
