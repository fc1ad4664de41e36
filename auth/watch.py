"""Who has something open, looked at again and again: one look for all of them together.

What ends or changes an access is in the store, whichever process did it. So nothing is told from process to process,
and what is open costs no task that asks for itself.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from auth.backend import Authenticator, Known
from auth.caller import Caller
from auth.sessions import Sessions
from errors import Answer, LimitReached, StoreError, Unavailable
from settings import Settings

log = structlog.get_logger()

# For so long a stream goes on while it cannot be told who is behind it, such as while the store is away.
LONGEST_UNSURE: Final = 15.0
LONGEST_STOP: Final = 5.0


class SessionEvent(StrEnum):
    """What became of your own access."""

    CURRENT = "CURRENT"
    RIGHTS = "RIGHTS"
    SIGNED_IN = "SIGNED_IN"
    SIGNED_OUT = "SIGNED_OUT"


@dataclass(frozen=True, slots=True)
class SessionChange:
    """That something became of one's own access, and how it stands since."""

    event: SessionEvent
    at: datetime
    roles: list[str]
    until: datetime | None
    session: str | None


@dataclass(frozen=True, slots=True)
class End:
    """Why a stream ends: the close code of a WebSocket, and words of at most 123 bytes."""

    code: int
    reason: str

    @property
    def refused(self) -> bool:
        """Whether it ends because of who is behind it."""
        return self.code in (4401, 4403)


EXPIRED: Final = End(4401, "Your session or token has expired: sign in again")
REVOKED: Final = End(4403, "Your access has ended: sign in again, or ask the department")
UNSURE: Final = End(1013, "It cannot be told now who you are: come again later")
SLOW: Final = End(1013, "You do not read fast enough: come again")
STOPPING: Final = End(1001, "The service stops: come again")


class Standing:
    """Who is behind one open stream now, and whether it must end."""

    def __init__(self, watch: "Watch", known: Known) -> None:
        self._watch = watch
        self._following: set[asyncio.Queue[SessionChange]] = set()
        self.known = known
        self.holder = known.holder
        self.over: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        # The sessions of the account, once somebody follows them.
        self.sessions: frozenset[str] | None = None
        # Which look it was last told by, and when that began.
        self.look = -1
        self.sure = time.monotonic()

    @property
    def caller(self) -> Caller:
        """Who it is."""
        return self.known.caller

    @property
    def account(self) -> str | None:
        """The account whose sessions may be followed; a portal that acts for somebody follows none."""
        return self.caller.account if self.caller.within is None else None

    def end(self, end: End) -> None:
        """Let it end; the first reason counts."""
        if not self.over.done():
            self.over.set_result(end)

    async def follow(self) -> AsyncGenerator[SessionChange, None]:
        """What becomes of the access, beginning with how it stands. Who does not keep up is ended."""
        queue: asyncio.Queue[SessionChange] = asyncio.Queue(self._watch.backlog)
        if self.sessions is None and self.account is not None:
            self.sessions = (await self._watch.sessions({self.account}))[self.account]
        self._following.add(queue)
        try:
            yield self._change(SessionEvent.CURRENT)
            while True:
                yield await queue.get()
        finally:
            self._following.discard(queue)

    def tell(self, event: SessionEvent, session: str | None = None) -> None:
        """Tell everyone who follows."""
        change = self._change(event, session)
        for queue in self._following:
            try:
                queue.put_nowait(change)
            except asyncio.QueueFull:
                self.end(SLOW)

    def now(self, known: Known, sessions: frozenset[str] | None) -> None:
        """Take what a look found, and tell what is new of it."""
        former, self.known, self.sure = self.known, known, time.monotonic()
        if known.caller != former.caller:
            self.tell(SessionEvent.RIGHTS)
        if sessions is None or self.sessions is None:
            return
        for event, found in (
            (SessionEvent.SIGNED_IN, sessions - self.sessions),
            (SessionEvent.SIGNED_OUT, self.sessions - sessions),
        ):
            for session in sorted(found):
                self.tell(event, session)
        self.sessions = sessions

    def _change(self, event: SessionEvent, session: str | None = None) -> SessionChange:
        until = self.known.identity.expires if self.known.identity else None
        roles = sorted(role.value for role in self.caller.roles)
        return SessionChange(event, self._watch.clock(), roles, until, session)


class Watch:
    """Everything that is open in this process. Looks while there is anything, and rests while there is nothing."""

    def __init__(
        self, settings: Settings, authenticator: Authenticator, sessions: Sessions, clock: Callable[[], datetime]
    ) -> None:
        self._seconds = settings.stream_check_seconds
        self._most = settings.streams_per_caller
        self._authenticator = authenticator
        self._open: dict[str, set[Standing]] = {}
        self._looks = itertools.count()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        # Set while nothing is open.
        self._rest = asyncio.Event()
        self._rest.set()
        self.backlog = settings.stream_backlog
        self.sessions = sessions.by_account
        self.clock = clock

    def opened(self, known: Known) -> Standing:
        """Begin to watch over a stream. Raises LimitReached, and Unavailable while the service stops."""
        if self._stopping:
            raise Unavailable(STOPPING.reason)
        held = self._open.setdefault(known.holder, set())
        if len(held) >= self._most:
            msg = f"You have {len(held)} streams open; at most {self._most} are kept: close one first"
            raise LimitReached(msg, 429)
        standing = Standing(self, known)
        held.add(standing)
        self._rest.clear()
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return standing

    def closed(self, standing: Standing) -> None:
        """It is open no more."""
        held = self._open.get(standing.holder, set())
        held.discard(standing)
        if not held:
            self._open.pop(standing.holder, None)
        if not self._open:
            self._rest.set()

    async def stop(self) -> None:
        """End everything, and open nothing any more; waits some seconds until all have left."""
        self._stopping = True
        for standing in self._standings():
            standing.end(STOPPING)
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_STOP):
                await self._rest.wait()
        if self._task is not None:
            self._task.cancel()

    def _standings(self) -> list[Standing]:
        return [standing for held in self._open.values() for standing in held]

    async def _run(self) -> None:
        try:
            while self._open:
                await asyncio.sleep(self._seconds)
                try:
                    async with asyncio.timeout(LONGEST_UNSURE):
                        await self.look(self._standings())
                except Exception:  # whatever it was, the next look comes, and what is unsure for long ends
                    log.exception("streams could not be looked at")
                for standing in self._standings():
                    if time.monotonic() - standing.sure > LONGEST_UNSURE:
                        standing.end(UNSURE)
        finally:
            self._task = None

    async def look(self, standings: Collection[Standing]) -> None:
        """Ask who is behind these streams now, each session and token once, and tell them."""
        number = next(self._looks)
        by_key: dict[str, list[Standing]] = {}
        for standing in standings:
            by_key.setdefault(standing.known.key, []).append(standing)
        # Who begins to follow meanwhile knows more than this look will.
        following = {one: one.account for one in standings if one.sessions is not None and one.account is not None}
        asking = asyncio.gather(*(self._again(held[0].known) for held in by_key.values()))
        found, sessions = await asyncio.gather(asking, self._sessions(set(following.values())))
        for held, answer in zip(by_key.values(), found, strict=True):
            for standing in held:
                if isinstance(answer, End):
                    standing.end(answer)
                elif isinstance(answer, Known) and standing.look < number:
                    # One look may overtake another: what is older tells nothing.
                    standing.look = number
                    standing.now(answer, sessions.get(following.get(standing, "")))

    async def _again(self, known: Known) -> Known | End | None:
        """Who it is, why they are nobody any more, or None where that cannot be told now."""
        try:
            return await self._authenticator.again(known)
        except (Unavailable, StoreError, TimeoutError):
            return None
        except Answer:
            expires = known.identity.expires if known.identity else None
            return EXPIRED if expires is not None and expires <= self.clock() else REVOKED
        except Exception:  # one of them must not keep the others from being looked at
            log.exception("a stream could not be looked at")
            return None

    async def _sessions(self, accounts: Collection[str]) -> Mapping[str, frozenset[str]]:
        try:
            return await self.sessions(accounts) if accounts else {}
        except StoreError:
            return {}
