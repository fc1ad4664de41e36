"""All of signing in that lives as long as the program."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import auth.accounts
from auth.discovery import Discovery
from auth.identity import Accounts
from auth.login import Logins
from auth.outbound import Outbound
from auth.provider import Provider, load_providers
from auth.sessions import Sessions
from auth.tokens import AccessTokens
from documents.store import Store
from settings import Settings


@dataclass(frozen=True, slots=True)
class SignIn:
    """Providers by name, sessions, tokens and accounts."""

    issuers: Mapping[str, Discovery]
    sessions: Sessions
    tokens: AccessTokens
    logins: Logins
    accounts: Accounts

    @property
    def providers(self) -> list[Provider]:
        """The providers, as configured."""
        return [issuer.provider for issuer in self.issuers.values()]


@asynccontextmanager
async def signing_in(
    settings: Settings,
    store: Store,
    clock: Callable[[], datetime],
    accounts: Accounts | None = None,
    key_cool_down: float | None = None,
) -> AsyncIterator[SignIn]:
    """Everything that signing in takes. Nothing is asked of a provider before somebody comes. Raises SettingsError."""
    providers = load_providers(settings)
    outbound = Outbound()
    issuers = {name: Discovery(one, outbound, key_cool_down=key_cool_down) for name, one in providers.items()}
    try:
        yield SignIn(
            issuers,
            Sessions(settings, store, clock),
            AccessTokens(issuers, clock),
            Logins(issuers, outbound, store, clock),
            accounts or auth.accounts.Accounts(providers),
        )
    finally:
        for issuer in issuers.values():
            await issuer.keys.close()
        await outbound.close()
