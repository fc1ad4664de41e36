"""Server-sent events: who may open them, what comes, and how they end; over HTTP, against the real service."""

import asyncio

import httpx2
import orjson

from auth.caller import Role
from auth.watch import SessionEvent
from tests.streams.following import FOLLOW, MEMBER, PORTAL, Events, Served


async def test_events_come_one_by_one(served: Served) -> None:
    """By cookie and by token: how things stand, then what happens; no cache keeps it."""
    person = await served.person()
    async with served.stream(**served.by_cookie(person)) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        events = Events(answer)
        name, data = await events.next()
        assert (name, data["data"]["sessionChanged"]["roles"]) == ("next", MEMBER)
        await served.person()
        assert (await events.next())[1]["data"]["sessionChanged"]["event"] == "SIGNED_IN"
    async with served.stream(Authorization=f"Bearer {served.token(Role.HEAD)}", Origin=PORTAL) as answer:
        assert answer.headers["access-control-allow-origin"] == PORTAL
        assert "access-control-allow-credentials" not in answer.headers
        assert "head" in (await Events(answer).next())[1]["data"]["sessionChanged"]["roles"]


async def test_foreign_origin(served: Served) -> None:
    """A cookie opens an event stream from the service's own pages alone, with the header that others cannot send."""
    own = served.by_cookie(await served.person())
    for other in (
        {"Origin": "https://evil.example"},
        {"Origin": PORTAL},
        {"Sec-Fetch-Site": "cross-site"},
        {"X-Requested-With": ""},
    ):
        async with served.stream(**(own | other)) as answer:
            assert answer.status_code == 403, other
    async with served.stream(Cookie=own["Cookie"]) as answer:
        assert answer.status_code == 403


async def test_bad_token(served: Served) -> None:
    """Nobody, a bad token and a session that ended get 401 and no event; a token in the address gets 400."""
    person = await served.person()
    await served.sign_in.sessions.revoke_all(person.account)
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, served.by_cookie(person)):
        async with served.stream(**headers) as answer:
            assert answer.status_code == 401
            assert b"UNAUTHENTICATED" in await answer.aread()
    async with httpx2.AsyncClient() as client:
        token = served.token()
        assert (await client.post(f"{served.base}/graphql/stream?access_token={token}")).status_code == 400
        assert (await client.get(f"{served.base}/graphql/stream")).status_code == 405
        body = {"query": FOLLOW}
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await client.post(f"{served.base}/graphql/stream", json=body, headers=bearer)).status_code == 406
        told = await client.post(f"{served.base}/graphql", json=body, headers=bearer)
        assert told.json()["errors"][0]["extensions"]["code"] == "INVALID"


async def test_what_may_be_asked(served: Served) -> None:
    """Subscriptions alone, valid for the caller, in a body that is not too large; else a status, and no event."""
    bearer = {"Authorization": f"Bearer {served.token()}"}
    for query, status, code in (
        ("{ viewer { roles } }", 400, "INVALID"),
        ("subscription { nothing }", 400, "INVALID"),
        ("subscription {", 400, "INVALID"),
        ("#" * 1_100_000, 413, "LIMIT"),
    ):
        async with served.stream(query, **bearer) as answer:
            assert answer.status_code == status
            assert orjson.loads(await answer.aread())["errors"][0]["extensions"]["code"] == code
    assert served.watch._standings() == []


async def test_who_leaves_is_forgotten(served: Served) -> None:
    """A client that goes away makes room at once."""
    bearer = {"Authorization": f"Bearer {served.token()}"}
    async with served.stream(**bearer) as answer:
        await Events(answer).next()
        assert len(served.watch._standings()) == 1
    for _ in range(100):
        if not served.watch._standings():
            break
        await asyncio.sleep(0.05)
    assert served.watch._standings() == []


async def test_who_does_not_keep_up_is_ended(served: Served) -> None:
    """More events wait than are kept for a client: its stream is complete."""
    async with served.stream(**served.by_cookie(await served.person())) as answer:
        events = Events(answer)
        await events.next()
        (standing,) = served.watch._standings()
        for _ in range(served.settings.stream_backlog + 1):
            standing.tell(SessionEvent.RIGHTS)
        last = ("", None)
        while last[0] not in ("complete", "end"):
            last = await events.next()
        assert last == ("complete", None)
