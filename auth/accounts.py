"""Accounts, as little as the web half of signing in needs: roles by a claim, and who is suspended."""

from collections.abc import Mapping
from typing import Any

from auth.caller import Caller, Role, caller
from auth.identity import Identity, SignInRefused
from auth.provider import Provider
from auth.sessions import digest
from errors import Unauthenticated


def account_of(identity: Identity) -> str:
    """The id of the account of an issuer and subject."""
    return f"acc_{digest(f'{identity.issuer} {identity.subject}')[:20]}"


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [one for one in value or () if isinstance(one, str)]


class Accounts:
    """What sessions and tokens ask about people. ``suspended`` holds ids of accounts."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = {provider.issuer: provider for provider in providers.values()}
        self.suspended: set[str] = set()

    async def signed_in(self, identity: Identity, *, provider: str, address: str) -> str:  # noqa: ARG002  # for the trail
        """Give the id of the account. Raises SignInRefused."""
        account = account_of(identity)
        if account in self.suspended:
            raise SignInRefused("suspended")
        return account

    async def caller(self, identity: Identity) -> Caller:
        """Who this is now. Raises Unauthenticated for one who is suspended."""
        if account_of(identity) in self.suspended:
            raise Unauthenticated("This account is suspended: ask the department")
        provider = self._providers.get(identity.issuer)
        mapping = provider.claims if provider else {}
        known = {role.value: role for role in Role}
        claimed = _words(identity.claims.get(mapping.get("roles", "roles")))
        person, partner = (identity.claims.get(mapping.get(name, "")) for name in ("person", "partner"))
        return caller(
            *(known[word] for word in claimed if word in known),
            person=person if isinstance(person, str) else None,
            units=frozenset(_words(identity.claims.get(mapping.get("units", "")))),
            partner=partner if isinstance(partner, str) else None,
            name=str(identity.claims.get("name", "")),
        )

    async def refused(self, *, provider: str, address: str, reason: str) -> None:
        """Note a sign-in that failed."""

    async def signed_out(self, identity: Identity, *, address: str) -> None:
        """Note that somebody signed out."""
