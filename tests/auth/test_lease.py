"""What is taken away is gone in every process by the time that this is acknowledged, though each relies on a lease."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from app import utc_now
from auth.backend import Authenticator
from auth.browser import HEADER, session_cookie
from auth.identity import Identity
from auth.signing_in import SignIn, signing_in
from documents.lease import Leases
from documents.store import Store
from errors import Unauthenticated
from resolvers.account import AccountLedger
from resolvers.context import Services
from schema.graph import Graph
from schema.view import View
from settings import load_settings
from tests.auth.test_accounts import BIND, IDP, PROVIDERS, STAFF, SUSPEND
from tests.auth.test_service_keys import MAKE
from tests.conftest import Ask, Clock, asking, opened
from tests.factories.records import HEAD, act, made

LEASE_SECONDS = 0.2
AT_ONCE = 200
REFUSED = ("refused",)


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give the rules by which claims become roles."""
    return {"providers": PROVIDERS}


@dataclass
class Process:
    """What one process knows of who is who, by itself."""

    services: Services
    sign_in: SignIn
    authenticator: Authenticator

    async def roles(self, headers: dict[str, str]) -> tuple[str, ...]:
        """The roles that a request has here; REFUSED where it is refused."""
        try:
            found = await self.authenticator.caller(headers, harmless=True)
        except Unauthenticated:
            return REFUSED
        return tuple(sorted(role.value for role in found.roles))

    async def start(self, subject: str) -> tuple[Identity, str, dict[str, str]]:
        """A new session of somebody: identity, account, and the headers of their browser."""
        identity = Identity(IDP, subject, STAFF, utc_now())
        account = await self.sign_in.accounts.signed_in(identity, provider="university", address="192.0.2.7")
        cookie = await self.sign_in.sessions.start(
            identity, account=account, provider="university", sid=f"sid {subject}", address="192.0.2.7", agent="Test"
        )
        name = session_cookie(self.services.settings)
        return identity, account, {"cookie": f"{name}={cookie}", HEADER: "korpu"}


async def process(stack: AsyncExitStack, services: Services, leases: Leases) -> Process:
    """A process of its own, as far as anything is remembered."""
    found = replace(services, store=replace(services.store, leases=leases))
    settings, store = found.settings, found.store
    sign_in = await stack.enter_async_context(signing_in(settings, store, utc_now, AccountLedger(found)))
    found.sessions = sign_in.sessions
    return Process(found, sign_in, Authenticator(settings, store, utc_now, sign_in=sign_in))


class Hasty(Leases):
    """Leases whose end nobody waits for: what would be wrong."""

    async def over(self) -> None:
        """Wait for nothing."""
        self._kept.clear()
        self._forgotten += 1


@dataclass
class Two:
    """Two processes on one store, and the graph of the first."""

    here: Process
    there: Process
    ask: Ask

    async def taken_away(
        self, headers: list[dict[str, str]], change: Callable[[], Awaitable[Any]]
    ) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
        """What 200 who ask elsewhere, again and again, have before a change begins, and from its acknowledgement on."""
        seen: list[tuple[float, float, tuple[str, ...]]] = []
        going = True

        async def hammer(mine: dict[str, str], wait: float) -> None:
            while going:
                began = time.monotonic()
                found = await self.there.roles(mine)
                seen.append((began, time.monotonic(), found))
                await asyncio.sleep(wait)

        # What a process reads of a session for the first time takes longer.
        seen += [(0.0, 0.0, found) for found in await asyncio.gather(*map(self.there.roles, headers))]
        tasks = [asyncio.create_task(hammer(headers[n % len(headers)], 0.02 + n / 10_000)) for n in range(AT_ONCE)]
        await asyncio.sleep(1.5 * LEASE_SECONDS)
        begun = time.monotonic()
        await change()
        done = time.monotonic()
        while sum(began > done for began, *_ in seen) < AT_ONCE:  # noqa: ASYNC110  # the askers go on by themselves
            await asyncio.sleep(0.02)
        going = False
        await asyncio.gather(*tasks)
        former = {found for _, ended, found in seen if ended < begun}
        later = {found for began, _, found in seen if began > done}
        return former, later


@pytest.fixture
async def two(services: Services, graph: Graph) -> AsyncIterator[Two]:
    """Give two processes."""
    async with AsyncExitStack() as stack:
        here = await process(stack, services, Leases(LEASE_SECONDS))
        there = await process(stack, services, Leases(LEASE_SECONDS))
        view = View(here.services, graph, here.authenticator)
        yield Two(here, there, asking(view))


MEMBER = ("anonymous", "member")


async def test_a_revoked_session_is_refused_elsewhere(two: Two) -> None:
    """Of 200 that ask at once by one session all are served before, and none once it is told that it was revoked."""
    identity, account, headers = await two.here.start("s1")
    sessions = two.here.sign_in.sessions
    (found,) = await sessions.of(account)
    assert await two.taken_away([headers], lambda: sessions.revoke(found["_id"])) == ({MEMBER}, {REFUSED})
    assert identity.subject == "s1"


@pytest.mark.parametrize("how", ["all", "provider", "suspended"])
async def test_two_hundred_sessions_end_at_once(two: Two, how: str) -> None:
    """By sign-out everywhere, by the provider's back-channel, and with their account: 200 sessions of one account."""
    begun = [await two.here.start("s1") for _ in range(AT_ONCE)]
    _, account, other = begun[0][0], begun[0][1], (await two.here.start("s2"))[2]
    sessions, subject = two.here.sign_in.sessions, begun[0][0].subject
    changes: dict[str, Callable[[], Awaitable[Any]]] = {
        "all": lambda: sessions.revoke_all(account),
        "provider": lambda: sessions.ended_by_provider(IDP, subject, None, token="t", until=utc_now()),
        "suspended": lambda: two.ask(HEAD, SUSPEND, id=account),
    }
    assert await two.there.roles(other) == MEMBER
    assert await two.taken_away([each[2] for each in begun], changes[how]) == ({MEMBER}, {REFUSED})
    assert await two.there.roles(other) == await two.here.roles(other) == MEMBER


async def test_roles_that_end_are_gone_elsewhere(two: Two) -> None:
    """An assignment that ends, an account that is no longer bound, a person who leaves the register's active ones."""
    identity, account, headers = await two.here.start("s1")
    del identity
    person = await made(two.ask, "Person")
    await two.ask(HEAD, BIND, id=account, person=person)
    assignment = await made(two.ask, "RoleAssignment", person=person, role="OFFICER")
    # What is given is there as well, by the time that it is told.
    officer = ("anonymous", "host", "member", "officer")
    assert await two.there.roles(headers) == officer
    ended = await two.taken_away([headers], lambda: act(two.ask, HEAD, "end", "RoleAssignment", assignment))
    assert ended == ({officer}, {("anonymous", "host", "member")})
    gone = await two.taken_away([headers], lambda: act(two.ask, HEAD, "deactivate", "Person", person))
    assert gone == ({("anonymous", "host", "member")}, {MEMBER})
    await act(two.ask, HEAD, "reactivate", "Person", person)
    unbound = await two.taken_away([headers], lambda: act(two.ask, HEAD, "unbind", "Account", account))
    assert unbound == ({("anonymous", "host", "member")}, {MEMBER})


async def test_a_revoked_key_is_refused_elsewhere(two: Two) -> None:
    """The key of a service account that 200 use at once."""
    found = (await two.ask(HEAD, MAKE, input={"name": "Portal"}))["createServiceAccount"]
    headers = {"authorization": f"Bearer {found['key']}"}
    account = found["serviceAccount"]["id"]
    told = await two.taken_away([headers], lambda: act(two.ask, HEAD, "revoke", "ServiceAccount", account))
    assert told == ({("anonymous", "portal")}, {REFUSED})


async def test_without_the_wait_it_would_still_be_served(services: Services) -> None:
    """That is what the tests of this file would find."""
    async with AsyncExitStack() as stack:
        here = await process(stack, services, Hasty(LEASE_SECONDS))
        there = await process(stack, services, Leases(LEASE_SECONDS))
        _, account, headers = await here.start("s1")
        assert await there.roles(headers) == MEMBER
        await here.sign_in.sessions.revoke_all(account)
        assert await here.roles(headers) == REFUSED
        assert await there.roles(headers) == MEMBER
        await asyncio.sleep(LEASE_SECONDS)
        assert await there.roles(headers) == REFUSED


async def test_a_read_that_began_before_is_not_kept(store: Store) -> None:
    """What was under way when everything was forgotten says nothing any more; nor does what is older than a lease."""
    del store
    leases = Leases(LEASE_SECONDS, most=2)
    before = leases.reading()
    over = asyncio.create_task(leases.over())
    await asyncio.sleep(0)
    leases.keep("x", 1, before)
    assert leases.get("x") is None
    for key in ("x", "y", "z"):
        leases.keep(key, 2, leases.reading())
    assert [leases.get(key) for key in ("x", "y", "z")] == [None, 2, 2]
    await over
    assert leases.get("z") is None
    nothing = Leases(0)
    nothing.keep("x", 1, nothing.reading())
    assert nothing.get("x") is None


def elsewhere(uri: str, home: str, database: str, headers: dict[str, str], line: Connection) -> None:
    """Another process: asks all the time, and once more whenever it is told to; gives what it found."""

    async def asking_on() -> None:
        settings = load_settings(mode="demo", home=Path(home), database=database, providers=PROVIDERS)
        async with opened(settings, uri, Clock()) as services, AsyncExitStack() as stack:
            mine = await process(stack, services, services.store.leases)
            line.send(await mine.roles(headers))
            while True:
                found = await mine.roles(headers)
                if line.poll():
                    if line.recv() == "end":
                        return
                    line.send((found, await mine.roles(headers)))
                await asyncio.sleep(0.001)

    asyncio.run(asking_on())


@pytest.mark.long
async def test_true_processes_agree_once_it_is_acknowledged(services: Services, store_uri: str, home: Path) -> None:
    """With the lease that a service has by default, between two operating-system processes."""
    default = load_settings(mode="demo", home=home).access_lease_ms / 1000
    context = multiprocessing.get_context("forkserver")
    async with AsyncExitStack() as stack:
        here = await process(stack, services, Leases(default))
        _, account, headers = await here.start("s1")
        line, other = context.Pipe()
        child = context.Process(
            target=elsewhere, args=(store_uri, str(home), services.store.db.name, headers, other), daemon=True
        )
        child.start()
        try:
            assert await asyncio.to_thread(line.recv) == MEMBER
            line.send("ask")
            assert await asyncio.to_thread(line.recv) == (MEMBER, MEMBER)
            began = time.monotonic()
            assert await here.sign_in.sessions.revoke_all(account) == 1
            assert default <= time.monotonic() - began < default + 5
            line.send("ask")
            assert (await asyncio.to_thread(line.recv))[1] == REFUSED
        finally:
            line.send("end")
            await asyncio.to_thread(child.join, 20)
            child.kill()


async def test_the_store_is_asked_once_a_lease(two: Two) -> None:
    """A thousand requests by one session read it and its marks a few times, not a thousand."""
    _, _, headers = await two.here.start("s1")
    assert await two.there.roles(headers) == MEMBER
    answered = 0
    original = two.there.sign_in.sessions._together._answer

    async def counted(asked: Any) -> None:
        nonlocal answered
        answered += 1
        await original(asked)

    two.there.sign_in.sessions._together._answer = counted  # type: ignore[method-assign]
    began = time.monotonic()
    for _ in range(1000):
        assert await two.there.roles(headers) == MEMBER
    assert answered <= (time.monotonic() - began) / LEASE_SECONDS + 1
