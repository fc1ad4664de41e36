"""Rights while a stream is open: what expires or is taken ends it or changes it within moments, whoever did it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from auth.caller import ANONYMOUS
from errors import StoreUnavailable
from tests.auth.test_accounts import BIND, HEAD, SUSPEND
from tests.auth.test_service_keys import MAKE
from tests.conftest import Ask, Clock
from tests.factories.records import act, made
from tests.streams.following import GUEST, Events, Person, Served, Socket

# A process of its own that ends the sessions of an account.
ELSEWHERE = """
import asyncio, sys
from datetime import UTC, datetime
from auth.sessions import Sessions
from documents.store import connect
from settings import Settings

async def main():
    settings = Settings(database=sys.argv[2])
    store = await connect(settings, sys.argv[1])
    print(await Sessions(settings, store, lambda: datetime.now(UTC)).revoke_all(sys.argv[3]))
    await store.close()

asyncio.run(main())
"""


async def ended(socket: Socket, code: int) -> None:
    """Check that every operation is told why, and that the socket closes with this code, within seconds."""
    began = time.monotonic()
    assert await socket.errors() == ["UNAUTHENTICATED"]
    found, reason = await socket.closed()
    assert (found, bool(reason)) == (code, True)
    assert time.monotonic() - began < 3


@asynccontextmanager
async def both(served: Served, person: Person) -> AsyncIterator[tuple[Socket, Events]]:
    """One person who follows by a WebSocket and by an event stream."""
    async with served.following(person) as socket, served.stream(**served.by_cookie(person)) as answer:
        events = Events(answer)
        name, data = await events.next()
        assert (name, data["data"]["sessionChanged"]["event"]) == ("next", "CURRENT")
        yield socket, events


async def over(served: Served, socket: Socket, events: Events, code: int) -> None:
    """Check that both end, and that nothing is left of them."""
    await ended(socket, code)
    name, data = await events.next()
    assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
    assert await events.next() == ("complete", None)
    assert await events.next() == ("end", None)
    assert served.watch._standings() == []


async def test_expiry_mid_stream(served: Served, clock: Clock) -> None:
    """A session that nobody uses ends its streams with 4401: what stays open keeps no session."""
    person = await served.person()
    async with both(served, person) as (socket, events):
        clock.now += timedelta(minutes=served.settings.session_idle_minutes, seconds=1)
        await over(served, socket, events, 4401)


async def test_revocation_mid_stream(served: Served) -> None:
    """A session that is revoked takes its streams with it, with 4403; another of the same account is told."""
    person, elsewhere = await served.person(), await served.person()
    async with served.following(elsewhere) as other:
        async with both(served, person) as (socket, _):
            ids = {one["_id"] for one in await served.sign_in.sessions.of(person.account)}
            mine = next(iter(ids - {await _session(served, elsewhere)}))
            assert await served.sign_in.sessions.revoke(mine)
            await ended(socket, 4403)
        event = await other.event()
        assert (event["event"], event["session"]) == ("SIGNED_OUT", mine)


async def _session(served: Served, person: Person) -> str:
    identity = await served.sign_in.sessions.identity(person.cookie)
    assert identity is not None
    return str(identity.session)


async def test_revocation_mid_stream_by_another_process(served: Served) -> None:
    """Nothing is told from process to process: what one ends in the store, ends in all."""
    person = await served.person()
    async with both(served, person) as (socket, events):
        command = [sys.executable, "-c", ELSEWHERE, served.uri, served.settings.database, person.account]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
        assert done.stdout == "1\n"
        await over(served, socket, events, 4403)


async def test_revocation_mid_stream_of_everything_by_its_owner(served: Served) -> None:
    """`revokeSessions` ends every stream of every session of the account."""
    first, second = await served.person(), await served.person()
    async with served.following(first) as one, served.following(second) as two, httpx2.AsyncClient() as client:
        body = {"query": "mutation { revokeSessions { revoked } }"}
        answer = await client.post(f"{served.base}/graphql", json=body, headers=served.by_cookie(first))
        assert answer.json()["data"]["revokeSessions"]["revoked"] == 2
        for socket in (one, two):
            assert (await socket.closed())[0] == 4403


async def test_open_subscriptions_close(served: Served) -> None:
    """Signing out ends the streams of that browser."""
    person = await served.person()
    async with both(served, person) as (socket, events), httpx2.AsyncClient() as client:
        answer = await client.post(f"{served.base}/auth/logout", headers=served.by_cookie(person))
        assert answer.status_code == 303
        await over(served, socket, events, 4403)


async def test_a_suspended_account_mid_stream(served: Served, ask: Ask) -> None:
    """Suspended by the head in another process: 4403."""
    person = await served.person()
    async with both(served, person) as (socket, events):
        assert (await ask(HEAD, SUSPEND, id=person.account))["suspendAccount"]["problems"] == []
        await over(served, socket, events, 4403)


async def _bound(ask: Ask, person: Person) -> str:
    record = await made(ask, "Person")
    assert (await ask(HEAD, BIND, id=person.account, person=record))["bindAccount"]["problems"] == []
    return record


async def test_a_role_taken_mid_stream(served: Served, ask: Ask) -> None:
    """A role that is given and taken is told at once, and the operations go on under what is held then."""
    person = await served.person()
    record = await _bound(ask, person)
    async with both(served, person) as (socket, events):
        period = {"start": (served.clock().date() - timedelta(days=2)).isoformat()}
        assignment = await made(ask, "RoleAssignment", person=record, role="OFFICER", period=period)
        given = await socket.event()
        assert (given["event"], "officer" in given["roles"]) == ("RIGHTS", True)
        assert (await events.next())[1]["data"]["sessionChanged"] == given
        assert (await act(ask, HEAD, "end", "RoleAssignment", assignment))["problems"] == []
        taken = await socket.event()
        assert (taken["event"], taken["roles"]) == ("RIGHTS", ["anonymous", "host", "member"])
        await socket.follow("2")


async def test_who_holds_no_role_is_told_when_they_get_one(served: Served, ask: Ask) -> None:
    """An account without roles follows its access, too: by another mask than nobody's, who follows nothing."""
    person = await served.person(claims=GUEST)
    async with both(served, person) as (socket, _):
        await socket.subscribe("subscription { sessionChanged { roles } }", "2")
        assert (await socket.event())["roles"] == ["anonymous"]
        await socket.say({"id": "2", "type": "complete"})
        record = await _bound(ask, person)
        assert (await socket.event())["event"] == "RIGHTS"
        period = {"start": (served.clock().date() - timedelta(days=2)).isoformat()}
        await made(ask, "RoleAssignment", person=record, role="OFFICER", period=period)
        assert "officer" in (await socket.event())["roles"]


async def test_a_contact_whose_term_ends_mid_stream(served: Served, ask: Ask, clock: Clock) -> None:
    """At midnight after the last day the role is gone, without anybody doing anything."""
    person = await served.person(claims=GUEST)
    record = await _bound(ask, person)
    zone = ZoneInfo(served.settings.zone)
    today = clock().astimezone(zone).date()
    term = {"start": "2025-01-01", "end": today.isoformat()}
    await made(ask, "Contact", partner=await made(ask, "Partner"), person=record, term=term)
    async with served.following(person) as socket:
        await socket.subscribe(name="2")
        assert "partner" in (await socket.event())["roles"]
        morrow = clock().astimezone(zone).replace(hour=0, minute=0, second=1) + timedelta(days=1)
        clock.now = morrow.astimezone(clock.now.tzinfo)
        event = await socket.event()
        assert (event["event"], event["roles"]) == ("RIGHTS", ["anonymous"])


async def test_a_service_key_revoked_mid_stream(served: Served, ask: Ask) -> None:
    """A portal's socket ends with its account: 4403."""
    given = {"name": "Portal of Graz", "partner": await made(ask, "Partner")}
    made_now = (await ask(HEAD, MAKE, input=given))["createServiceAccount"]
    async with served.socket() as socket:
        await socket.begin(made_now["key"])
        await socket.subscribe()
        assert (await socket.event())["roles"] == ["anonymous", "portal"]
        account = made_now["serviceAccount"]["id"]
        assert (await act(ask, HEAD, "revoke", "ServiceAccount", account))["problems"] == []
        await ended(socket, 4403)


async def test_rights_are_looked_at_when_an_operation_begins(served: Served) -> None:
    """Between two looks, too: whoever subscribes is who they are at that moment."""
    person = await served.person()
    async with served.socket(origin=served.base, Cookie=f"korpu={person.cookie}") as socket:
        await socket.begin()
        served.watch._seconds = 60
        await asyncio.sleep(0.5)
        await served.sign_in.sessions.revoke_all(person.account)
        await socket.subscribe()
        await ended(socket, 4403)


async def test_an_operation_that_may_not_be_asked_any_more_ends(served: Served) -> None:
    """Each event is run under the rights of its moment: where the caller's schema lacks it by then, it ends."""
    person = await served.person()
    async with served.following(person) as socket:
        (standing,) = served.watch._standings()
        served.watch._seconds = 60
        await asyncio.sleep(0.5)
        standing.now(type(standing.known)(ANONYMOUS, standing.known.identity), None)
        assert await socket.errors() == ["INVALID"]


async def test_what_cannot_be_told_ends_after_a_while(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is away streams go on for some seconds; then they end with 1013, to come again."""
    monkeypatch.setattr("auth.watch.LONGEST_UNSURE", 1.0)
    person = await served.person()
    async with served.following(person) as socket:

        async def away(_: Any) -> Any:
            raise StoreUnavailable("away")

        monkeypatch.setattr(served.sign_in.sessions, "until", away)
        began = time.monotonic()
        assert (await socket.closed())[0] == 1013
        assert time.monotonic() - began > 0.8
