"""What every resolver of one request shares."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from auth.access import Sight, visible
from auth.caller import Caller
from auth.mask import Mask
from auth.watch import Standing
from documents.cipher import Cipher
from documents.store import Store
from settings import Settings


class SessionsOf(Protocol):
    """The sessions of browsers."""

    async def of(self, account: str) -> list[dict[str, Any]]:
        """The sessions of an account, the newest first."""

    async def revoke(self, session: str, account: str | None = None) -> bool:
        """End one session, of that account; whether there was one."""

    async def revoke_all(self, account: str) -> int:
        """End every session of an account; how many there were."""


@dataclass(slots=True)
class Services:
    """What lives as long as the program."""

    settings: Settings
    store: Store
    cipher: Cipher
    clock: Callable[[], datetime]
    sessions: SessionsOf | None = None


@dataclass(slots=True)
class Context:
    """One request: who asks, when, and through which mask."""

    services: Services
    caller: Caller
    mask: Mask
    now: datetime
    # The compiled plans of the document being executed, kept as long as the document is cached.
    plans: dict[Any, Any] = field(default_factory=dict)
    plan_key: tuple[Any, ...] = ()
    executor: Any = None
    sights: dict[str, Sight | None] = field(default_factory=dict)
    compiled: bool = True
    # The stream that is asked by, if it is one.
    standing: Standing | None = None

    @property
    def store(self) -> Store:
        """The open store."""
        return self.services.store

    @property
    def settings(self) -> Settings:
        """What the service was told."""
        return self.services.settings

    def sight(self, kind: str) -> Sight | None:
        """What the caller sees of a kind; None where it does not exist for them."""
        if kind not in self.sights:
            self.sights[kind] = visible(kind, self.caller, self.now)
        return self.sights[kind]
