"""All of signing in that lives as long as the program."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from auth.accounts import Accounts, Ledger
from auth.discovery import Discovery
from auth.exchange import Exchange
from auth.login import Logins
from auth.marks import Marks
from auth.outbound import Outbound
from auth.provider import Provider, load_providers
from auth.service_keys import ServiceKeys
from auth.sessions import Sessions
from auth.tokens import AccessTokens
from documents.store import Store
from settings import Settings


@dataclass(frozen=True, slots=True)
class SignIn:
    """Providers by name, sessions, tokens, accounts, and keys of portals."""

    issuers: Mapping[str, Discovery]
    sessions: Sessions
    tokens: AccessTokens
    logins: Logins
    accounts: Accounts
    keys: ServiceKeys
    exchange: Exchange

    @property
    def providers(self) -> list[Provider]:
        """The providers, as configured."""
        return [issuer.provider for issuer in self.issuers.values()]


@asynccontextmanager
async def signing_in(
    settings: Settings,
    store: Store,
    clock: Callable[[], datetime],
    ledger: Ledger,
    key_cool_down: float | None = None,
) -> AsyncIterator[SignIn]:
    """Everything that signing in takes. Nothing is asked of a provider before somebody comes. Raises SettingsError."""
    providers = load_providers(settings)
    outbound = Outbound()
    issuers = {name: Discovery(one, outbound, key_cool_down=key_cool_down) for name, one in providers.items()}
    marks, tokens = Marks(store), AccessTokens(issuers, clock)
    accounts = Accounts(settings, store, clock, ledger, marks)
    keys = ServiceKeys(settings, store, clock, marks)
    try:
        yield SignIn(
            issuers,
            Sessions(settings, store, clock),
            tokens,
            Logins(issuers, outbound, store, clock),
            accounts,
            keys,
            Exchange(settings, store, clock, keys, accounts, tokens),
        )
    finally:
        for issuer in issuers.values():
            await issuer.keys.close()
        await outbound.close()
