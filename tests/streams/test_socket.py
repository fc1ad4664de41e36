"""WebSockets: who may open one, what is said on it, and what is too much; over real sockets to the real service."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from auth.caller import Role
from auth.watch import SessionEvent
from tests.streams.following import FOLLOW, MEMBER, PORTAL, Served


async def refused(served: Served, **more: Any) -> int:
    """The status by which an upgrade is refused."""
    with pytest.raises(InvalidStatus) as caught:
        async with served.socket(**more):
            pass
    return caught.value.response.status_code


async def test_a_browser_follows_its_own_access(served: Served) -> None:
    """By the cookie of the upgrade: how things stand, then that one signed in elsewhere, and that this ended."""
    person = await served.person()
    async with served.socket(origin=served.base, Cookie=f"korpu={person.cookie}") as socket:
        await socket.begin()
        await socket.subscribe()
        first = await socket.event()
        assert (first["event"], first["roles"], first["session"]) == ("CURRENT", MEMBER, None)
        assert first["until"] is not None
        await served.person()
        came = await socket.event()
        assert (came["event"], came["roles"]) == ("SIGNED_IN", MEMBER)
        assert await served.sign_in.sessions.revoke(came["session"], person.account)
        left = await socket.event()
        assert (left["event"], left["session"]) == ("SIGNED_OUT", came["session"])
        await socket.say({"id": "1", "type": "complete"})
        await socket.follow()


async def test_foreign_origin(served: Served) -> None:
    """A page of another site opens no WebSocket, with a cookie or without; it is refused before it is accepted."""
    person = await served.person()
    cookie = {"Cookie": f"korpu={person.cookie}"}
    for origin in ("https://evil.example", "null", f"{served.base}.evil.example", "http://localhost"):
        assert await refused(served, origin=origin) == 403
        assert await refused(served, origin=origin, **cookie) == 403
        assert await refused(served, origin=origin, Authorization=f"Bearer {served.token()}") == 403
    assert await refused(served, **cookie) == 403
    assert await refused(served, origin=served.base, **cookie, **{"Sec-Fetch-Site": "cross-site"}) == 403
    async with served.socket(origin=served.base, **cookie) as socket:
        await socket.begin()


async def test_portals_come_with_tokens_and_no_cookie(served: Served) -> None:
    """A portal's page opens a WebSocket by a token; a cookie that its browser sends along is not looked at."""
    person = await served.person()
    async with served.socket(origin=PORTAL, Cookie=f"korpu={person.cookie}") as socket:
        await socket.say({"type": "connection_init"})
        assert (await socket.closed())[0] == 4403
    async with served.socket(origin=PORTAL) as socket:
        await socket.begin(served.token())
        await socket.follow()


@pytest.mark.parametrize("protocol", ["graphql-ws", "graphql", "graphql-transport-ws2"])
async def test_other_protocols_are_not_spoken(served: Served, protocol: str) -> None:
    """The former graphql-ws least of all."""
    assert await refused(served, protocol=protocol) == 403


async def test_a_token_in_the_address_is_refused(served: Served) -> None:
    """Addresses are kept in logs: a WebSocket whose address carries a token is not accepted."""
    assert await refused(served, path=f"/graphql?access_token={served.token()}") == 400
    assert await refused(served, path="/graphql?Token=x", origin=served.base) == 400


async def test_no_init(served: Served) -> None:
    """Who says nothing, or only pings, is closed with 4408; who asks first, with 4401."""
    async with served.socket() as socket:
        assert (await socket.closed())[0] == 4408
    async with served.socket() as socket:
        for _ in range(20):
            await socket.say({"type": "ping"})
            await asyncio.sleep(0.05)
        assert (await socket.closed())[0] == 4408
    for message in ({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}, {"id": "1", "type": "complete"}):
        async with served.socket() as socket:
            await socket.say(message)
            assert (await socket.closed())[0] == 4401


async def test_bad_token(served: Served) -> None:
    """Unknown, broken and foreign tokens and keys, another scheme, a session that ended, and nobody: 4403."""
    good = served.token()
    person = await served.person()
    await served.sign_in.sessions.revoke_all(person.account)
    for value in (
        f"Bearer {good[:-4]}",
        "Bearer x",
        "Bearer ",
        "Basic eA==",
        "",
        "Bearer korpu_x_y",
        "Bearer korput_x",
    ):
        async with served.socket() as socket:
            await socket.say({"type": "connection_init", "payload": {"authorization": value}})
            code, reason = await socket.closed()
            assert code == 4403, value
            assert good not in reason
    for headers in ({}, {"Authorization": "Bearer x"}, {"Cookie": f"korpu={person.cookie}"}):
        async with served.socket(origin=served.base, **headers) as socket:
            await socket.say({"type": "connection_init"})
            assert (await socket.closed())[0] == 4403, headers
    payloads: list[Any] = ["x", [], {"Authorization": 5}, {"Authorization": good, "authorization": good}]
    for given in payloads:
        async with served.socket() as socket:
            await socket.say({"type": "connection_init", "payload": given})
            assert (await socket.closed())[0] in (4400, 4403), given


async def test_a_token_goes_before_a_cookie(served: Served) -> None:
    """In connection_init before the header, and in the header before the cookie."""
    person = await served.person()
    head, officer = served.token(Role.HEAD), served.token(Role.OFFICER)
    cookie = {"Cookie": f"korpu={person.cookie}"}
    for headers, token, role in (
        (cookie, None, "member"),
        (cookie | {"Authorization": f"Bearer {head}"}, None, "head"),
        (cookie | {"Authorization": f"Bearer {head}"}, officer, "officer"),
    ):
        async with served.socket(origin=served.base, **headers) as socket:
            await socket.begin(token)
            await socket.subscribe()
            assert role in (await socket.event())["roles"]


async def test_the_protocol_is_kept(served: Served) -> None:
    """Pings are answered, a second init closes with 4429, a second operation of an id with 4409."""
    async with served.socket() as socket:
        await socket.say({"type": "ping", "payload": {"any": "thing"}})
        assert await socket.hear() == {"type": "pong"}
        await socket.begin(served.token())
        await socket.say({"type": "pong"})
        await socket.say({"id": "unknown", "type": "complete"})
        await socket.say({"type": "ping"})
        assert await socket.hear() == {"type": "pong"}
        await socket.say({"type": "connection_init"})
        assert (await socket.closed())[0] == 4429
    async with served.socket() as socket:
        await socket.begin(served.token())
        await socket.follow("same")
        await socket.subscribe(name="same")
        assert (await socket.closed())[0] == 4409


@pytest.mark.parametrize(
    "message",
    [
        "x",
        "[]",
        "5",
        "{}",
        '{"type": 5}',
        '{"type": "start"}',
        '{"type": "next", "id": "1"}',
        '{"type": "connection_ack"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 5, "payload": {"query": "{ a }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}',
        '{"type": "subscribe", "id": "1", "payload": "x"}',
        '{"type": "complete"}',
        "[" * 2000,
        f'{{"type": "complete", "id": "{"x" * 101}"}}',
        b'{"type": "ping"}',
    ],
)
async def test_bad_messages(served: Served, message: Any) -> None:
    """What is no message of the protocol closes with 4400, before and after init."""
    for begun in (True, False):
        async with served.socket() as socket:
            if begun:
                await socket.begin(served.token())
            await socket.say(message)
            assert (await socket.closed())[0] in ((4400,) if begun else (4400, 4401))


async def test_messages_that_are_too_large(served: Served) -> None:
    """They close with 1009, in one piece or in many."""
    large = '{"type": "ping", "payload": {"x": "' + "x" * 5000 + '"}}'
    async with served.socket() as socket:
        await socket.begin(served.token())
        await socket.say(large)
        assert (await socket.closed())[0] == 1009
    async with served.socket() as socket:
        await socket.begin(served.token())
        await socket.connection.send(large[at : at + 100] for at in range(0, len(large), 100))
        assert (await socket.closed())[0] == 1009


async def test_operations_of_a_socket_are_limited(served: Served) -> None:
    """One more than are taken gets LIMIT, the others go on, and a completed one makes room."""
    async with served.socket() as socket:
        await socket.begin(served.token())
        for name in "abc":
            await socket.follow(name)
        await socket.subscribe(name="d")
        assert await socket.errors() == ["LIMIT"]
        await socket.say({"id": "a", "type": "complete"})
        await socket.follow("d")


async def test_streams_of_a_caller_are_limited(served: Served) -> None:
    """Sockets and event streams of one account count together, whichever session opened them; others have their own."""
    first, second = await served.person(), await served.person()
    assert first.account == second.account
    async with served.following(first), served.following(second), served.following(second):
        async with served.stream(**served.by_cookie(first)) as answer:
            assert answer.status_code == 200
            async with served.socket(origin=served.base, Cookie=f"korpu={first.cookie}") as socket:
                await socket.say({"type": "connection_init"})
                assert (await socket.closed())[0] == 4429
            async with served.stream(**served.by_cookie(second)) as refusal:
                assert refusal.status_code == 429
            other = await served.person("s2")
            async with served.following(other):
                pass
        await asyncio.sleep(0.3)
        async with served.following(first):
            pass


async def test_what_may_be_asked(served: Served) -> None:
    """Subscriptions alone, valid for the caller and within the limits, each with its code; the socket stays."""
    asked: list[tuple[Any, str]] = [
        ({"query": "{ viewer { roles } }"}, "INVALID"),
        ({"query": "mutation { revokeSessions { revoked } }"}, "INVALID"),
        ({"query": "subscription { nothing }"}, "INVALID"),
        ({"query": "subscription {"}, "INVALID"),
        ({"query": 5}, "INVALID"),
        ({"query": FOLLOW, "more": 1}, "INVALID"),
        ({"query": FOLLOW, "variables": []}, "INVALID"),
        ({"query": f"subscription A {FOLLOW[12:]} subscription B {FOLLOW[12:]}", "operationName": "C"}, "INVALID"),
        ({"query": "subscription { a: sessionChanged { at } b: sessionChanged { at } }"}, "INVALID"),
        ({"query": "subscription { sessionChanged { " + " ".join(f"a{n}: at" for n in range(70)) + " } }"}, "LIMIT"),
    ]
    async with served.socket() as socket:
        await socket.begin(served.token(Role.HEAD))
        for payload, code in asked:
            await socket.say({"id": "1", "type": "subscribe", "payload": payload})
            assert await socket.errors() == [code], payload
        await socket.follow()


async def test_who_does_not_keep_up_is_closed(served: Served) -> None:
    """More events wait than are kept for a client: it is closed with 1013, and one beside it goes on."""
    slow, quick = await served.person("s1"), await served.person("s2")
    async with served.following(slow) as socket, served.following(quick) as other:
        (standing,) = [one for one in served.watch._standings() if one.account == slow.account]
        for _ in range(served.settings.stream_backlog + 1):
            standing.tell(SessionEvent.RIGHTS)
        assert (await socket.closed())[0] == 1013
        (beside,) = served.watch._standings()
        beside.tell(SessionEvent.RIGHTS)
        assert (await other.event())["event"] == "RIGHTS"


async def test_who_does_not_read_is_closed(served: Served) -> None:
    """What the network takes no more waits for a while, and then the stream ends: nothing grows without end."""
    person = await served.person()
    names = " ".join(f"a{n}: roles" for n in range(55))
    async with served.socket(origin=served.base, Cookie=f"korpu={person.cookie}") as socket:
        await socket.begin()
        await socket.subscribe("subscription { sessionChanged { event " + names + " } }")
        await socket.hear()
        socket.connection.transport.pause_reading()
        (standing,) = served.watch._standings()
        for _ in range(100_000):
            standing.tell(SessionEvent.RIGHTS)
            await asyncio.sleep(0)
            if standing.over.done():
                break
        assert standing.over.done()
        for _ in range(100):
            if not served.watch._standings():
                break
            await asyncio.sleep(0.05)
        assert served.watch._standings() == []
        socket.connection.transport.abort()
