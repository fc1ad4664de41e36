"""Streams of people who came by a real provider: its logouts and its tokens hold for what is open, too."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed

from auth.caller import Role
from schema.token import ACCESS_TOKEN, GRANT
from tests.auth.test_backchannel import claims, post
from tests.auth.test_service_keys import MAKE
from tests.conftest import Clock
from tests.provider.fixtures import Site
from tests.provider.running import Running
from tests.provider.serving import Browser, bearer
from tests.streams.following import Events, Served


@pytest.fixture
def overrides() -> Mapping[str, Any]:
    """Give settings by which streams are looked at often, and everything is logged."""
    return {"stream_check_seconds": 0.2, "log_level": "debug"}


def served_at(site: Site) -> Served:
    """The same service, for those who follow."""
    settings = site.app.state.watch._authenticator._settings
    return Served(settings, site.app, int(site.base.rpartition(":")[2]), Clock(), "")


def cookie(browser: Browser) -> dict[str, str]:
    """What a page in this browser sends when it opens a WebSocket."""
    return {"Cookie": f"korpu={browser.cookie()}"}


async def test_open_subscriptions_close(site: Site, university: Running) -> None:
    """A logout token of the provider ends the person's streams within moments, and nobody else's."""
    served, browser, other = served_at(site), site.browser(), site.browser()
    await browser.sign_in("officer-1")
    await other.sign_in("member-1")
    own = cookie(browser) | {"Origin": site.base, "X-Requested-With": "korpu"}
    async with (
        served.socket(origin=site.base, **cookie(browser)) as socket,
        served.socket(origin=site.base, **cookie(other)) as beside,
        served.stream(**own) as answer,
    ):
        events = Events(answer)
        await events.next()
        for one in (socket, beside):
            await one.begin()
            await one.follow()
        began = time.monotonic()
        assert (await post(site, university.sign(claims(university), "logout+jwt"))).status_code == 200
        assert await socket.errors() == ["UNAUTHENTICATED"]
        assert (await socket.closed())[0] == 4403
        assert (await events.next())[1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await events.next() == ("complete", None)
        assert time.monotonic() - began < 3
        await beside.follow("2")


async def test_expiry_mid_stream_of_an_access_token(site: Site, university: Running) -> None:
    """When the token's time is over, the socket closes with 4401; it says so beforehand."""
    served = served_at(site)
    token = university.sign(university.access(exp=int(time.time()) + 3))
    async with served.socket() as socket:
        await socket.begin(token)
        await socket.subscribe()
        first = await socket.event()
        assert "officer" in first["roles"]
        assert first["until"] is not None
        assert await socket.errors() == ["UNAUTHENTICATED"]
        assert (await socket.closed())[0] == 4401


async def test_bad_token_of_the_provider(site: Site, university: Running) -> None:
    """What is refused in a request is refused here: expired, for others, without our scope, an ID token."""
    served = served_at(site)
    for token in (
        university.sign(university.access(exp=int(time.time()) - 5)),
        university.sign(university.access(aud="https://other.example")),
        university.sign(university.access(scope="openid")),
        university.sign(university.access(), typ="JWT"),
        university.sign(university.access())[:-8],
    ):
        async with served.socket() as socket:
            await socket.say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
            assert (await socket.closed())[0] == 4403
        async with served.stream(Authorization=f"Bearer {token}") as answer:
            assert answer.status_code in (401, 403)


async def test_a_suspended_account_mid_stream_by_a_valid_token(site: Site, university: Running) -> None:
    """The token is good for long, and the account is not: the socket closes."""
    served, browser = served_at(site), site.browser()
    await browser.sign_in("officer-1")
    async with served.socket() as socket:
        await socket.begin(university.sign(university.access()))
        await socket.follow()
        await site.suspend(university.issuer, "officer-1")
        assert (await socket.closed())[0] == 4403


async def test_a_portal_that_acts_for_somebody_mid_stream(site: Site, university: Running) -> None:
    """An exchanged token opens a stream within what both may; it ends with the portal's key as with the person."""
    served, browser = served_at(site), site.browser()
    await browser.sign_in("officer-1")

    async def ask(query: str, **variables: Any) -> Any:
        content = orjson.dumps({"query": query, "variables": variables})
        return (await browser.client.post(f"{site.base}/graphql", content=content, headers=bearer(site.head))).json()

    given = {"type": "UNIVERSITY", "country": "AT", "name": {"en": "Graz"}}
    made = await ask(
        "mutation ($input: CreatePartnerInput!) { createPartner(input: $input) { partner { id } } }", input=given
    )
    given = {"name": "Portal of Graz", "partner": made["data"]["createPartner"]["partner"]["id"]}
    made = (await ask(MAKE, input=given))["data"]["createServiceAccount"]
    form = {
        "grant_type": GRANT,
        "subject_token_type": ACCESS_TOKEN,
        "subject_token": university.sign(university.access()),
    }
    headers = {"Authorization": f"Bearer {made['key']}"}
    token = (await browser.client.post(f"{site.base}/auth/token", data=form, headers=headers)).json()["access_token"]
    async with served.socket() as socket:
        await socket.begin(token)
        await socket.follow()
        account = made["serviceAccount"]["id"]
        await ask("mutation ($id: ID!) { revokeServiceAccount(id: $id) { problems { code } } }", id=account)
        assert await socket.errors() == ["UNAUTHENTICATED"]
        assert (await socket.closed())[0] == 4403


async def test_nothing_secret_is_emitted(
    site: Site, university: Running, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Cookies and tokens of upgrades and of connection_init show in no log, taken or not."""
    served, browser = served_at(site), site.browser()
    caplog.set_level(logging.DEBUG)
    await browser.sign_in("officer-1")
    good = university.sign(university.access(name="Canary officer-1"))
    for token in (good, good[:-9], served.token(Role.HEAD)):
        async with served.socket(origin=site.base, **cookie(browser)) as socket:
            await socket.say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
            with suppress(ConnectionClosed):
                await socket.hear()
                await socket.say({"type": "subscribe", "id": "1", "payload": {"query": token}})
                await socket.hear()
                await socket.say(token)
            await socket.closed()
    await browser.go("/auth/callback/university?state=unknown")
    out, err = capfd.readouterr()
    emitted = f"{out}\n{err}\n{caplog.text}"
    assert "nobody was signed in" in emitted, "the log is listened to"
    for secret in (good, good[:-9], browser.cookie() or "-", "Canary officer-1"):
        assert secret not in emitted
