"""Back-channel logout: the provider ends sessions, and nobody else does; by tokens of its own key, over HTTP."""

import asyncio
import time
from typing import Any

import httpx2
import orjson
import pytest

from auth.backchannel import EVENT
from tests.provider.fixtures import Site
from tests.provider.running import AUDIENCE, CLIENT, Running, new_key, signed
from tests.provider.serving import Browser

OFFICER = ["anonymous", "member", "officer"]


def claims(university: Running, **other: Any) -> dict[str, Any]:
    """The claims of a good logout token; None leaves one out."""
    now = int(time.time())
    found = {
        "iss": university.issuer,
        "aud": CLIENT,
        "sub": "officer-1",
        "iat": now,
        "exp": now + 120,
        "jti": f"logout-{time.monotonic_ns()}",
        "events": {EVENT: {}},
    }
    return {name: value for name, value in (found | other).items() if value is not None}


async def post(site: Site, token: str, **form: str) -> httpx2.Response:
    """Send a logout token as a provider does."""
    browser = site.browser()
    return await browser.client.post(f"{site.base}/auth/backchannel/university", data={"logout_token": token} | form)


async def ended(browser: Browser) -> bool:
    """Whether the session of a browser is over."""
    return (await browser.ask()).status_code == 401


async def sid_of(site: Site, browser: Browser) -> str:
    """The provider's name of a browser's session."""
    assert (await browser.session())["signedIn"]
    found = await site.sign_in.sessions._store.collection("sessions").find({}).sort("started", -1).to_list()
    sid: str = found[0]["sid"]
    return sid


async def test_the_provider_itself_ends_the_session(site: Site) -> None:
    """Signing out at the provider's own page ends the session here, by a token that the provider made."""
    browser = site.browser()
    await browser.sign_in()
    kept = browser.cookie()
    assert kept is not None
    issuer = site.sign_in.issuers["university"]
    address = (await issuer.metadata()).end_session_endpoint
    assert address is not None
    page = await browser.client.get(f"{address}?client_id={CLIENT}")
    await browser.submit(page, logout="yes")
    for _ in range(100):
        if await ended(browser):
            break
        await asyncio.sleep(0.05)
    browser.keep(kept)
    assert await ended(browser)


async def test_sid_ends_one_session_and_sub_all(site: Site, university: Running) -> None:
    """A token with a `sid` ends that session alone; a sub-only one ends all sessions of the person, and no other's."""
    first, second, other = site.browser(), site.browser(), site.browser()
    await first.sign_in()
    sid = await sid_of(site, first)
    await second.sign_in()
    await other.sign_in("member-1")
    answer = await post(site, university.sign(claims(university, sid=sid), "logout+jwt"))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert await ended(first)
    assert not await ended(second)
    await first.sign_in()
    assert (await post(site, university.sign(claims(university), "logout+jwt"))).status_code == 200
    assert await ended(first)
    assert await ended(second)
    assert not await ended(other)


async def test_idempotent(site: Site, university: Running) -> None:
    """A logout of somebody who is not signed in, or no longer, is answered like any other."""
    for _ in range(2):
        assert (await post(site, university.sign(claims(university), "logout+jwt"))).status_code == 200
    token = university.sign(claims(university, sub="never-here", sid="never-there"), "logout+jwt")
    assert (await post(site, token)).status_code == 200


NOT_TAKEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "with nonce": ({"nonce": "n"}, {}),
    "with an empty nonce": ({"nonce": ""}, {}),
    "without sid and sub": ({"sub": None}, {}),
    "sub a list": ({"sub": ["officer-1"]}, {}),
    "sid a number": ({"sid": 5}, {}),
    "without events": ({"events": None}, {}),
    "wrong events": ({"events": {"http://schemas.openid.net/event/other": {}}}, {}),
    "events a list": ({"events": [EVENT]}, {}),
    "event no object": ({"events": {EVENT: True}}, {}),
    "without jti": ({"jti": None}, {}),
    "stale iat": ({"iat": int(time.time()) - 3600}, {}),
    "iat in the future": ({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, {}),
    "without exp": ({"exp": None}, {}),
    "expired": ({"exp": int(time.time()) - 5}, {}),
    "lasts for ever": ({"exp": int(time.time()) + 10**8}, {}),
    "wrong aud": ({"aud": AUDIENCE}, {}),
    "wrong iss": ({"iss": "https://evil.example"}, {}),
    "wrong typ": ({}, {"typ": "at+jwt"}),
    "no typ": ({}, {"typ": None}),
    "unsigned": ({}, {"alg": "none"}),
}


async def test_logout_tokens_that_are_not_taken(site: Site, university: Running) -> None:
    """With nonce, without sid and sub, wrong events, stale, wrong aud or typ …: 400, and the session goes on."""
    browser = site.browser()
    await browser.sign_in()
    for what, (other, header) in NOT_TAKEN.items():
        answer = await post(site, university.sign(claims(university, **other), **({"typ": "logout+jwt"} | header)))
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"}), what
    evil = signed(
        new_key("first"), {"alg": "RS256", "kid": university.key.kid, "typ": "logout+jwt"}, claims(university)
    )
    good = university.sign(claims(university), "logout+jwt")
    for token in (evil, "", "x", "a" * 20_000):
        assert (await post(site, token)).status_code == 400
    assert (await site.browser().client.post(f"{site.base}/auth/backchannel/nobody", data={})).status_code == 404
    twice = await browser.client.post(
        f"{site.base}/auth/backchannel/university", content=f"logout_token={good}&logout_token={good}"
    )
    assert twice.status_code == 400
    assert (
        await browser.client.post(f"{site.base}/auth/backchannel/university", content=b"x" * 99_999)
    ).status_code == 400
    assert await browser.roles() == OFFICER


async def test_an_id_token_in_its_place(site: Site, university: Running) -> None:
    """What the provider gives at every sign-in must not end sessions."""
    browser = site.browser()
    await browser.sign_in()
    for typ in ("JWT", None, "logout+jwt"):
        token = university.sign(claims(university, events=None, nonce="n", jti=None), typ)
        assert (await post(site, token)).status_code == 400
    assert not await ended(browser)


async def test_replayed_jti(site: Site, university: Running) -> None:
    """A logout token works once: whoever kept it cannot end the next session."""
    browser = site.browser()
    await browser.sign_in()
    token = university.sign(claims(university), "logout+jwt")
    assert (await post(site, token)).status_code == 200
    await browser.sign_in()
    answers = await asyncio.gather(*(post(site, token) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {400}
    assert not await ended(browser)


async def test_keys_that_cannot_be_had_are_no_refusal(site: Site, university: Running) -> None:
    """The provider is told to come again, so that no logout is lost."""
    university.spoil("/jwks", drop=True)
    token = university.sign(claims(university), "logout+jwt")
    assert (await post(site, token)).status_code == 503


@pytest.mark.parametrize("at_once", [200])
async def test_revocation_during_two_hundred_requests(site: Site, university: Running, at_once: int) -> None:
    """Requests that were sent after a revocation are refused, all of them; those of another session are all served."""
    gone, stays = site.browser(), site.browser()
    await gone.sign_in("officer-1")
    await stays.sign_in("member-1")
    before = [asyncio.create_task(gone.ask()) for _ in range(at_once // 2)]
    token = university.sign(claims(university), "logout+jwt")
    other = [asyncio.create_task(stays.ask()) for _ in range(at_once)]
    assert (await post(site, token)).status_code == 200
    # The 401 takes the cookie away: send it all the same.
    cookie = {"Cookie": f"korpu={gone.cookie() or 'x' * 43}"}
    after = [asyncio.create_task(gone.ask(**cookie)) for _ in range(at_once)]
    assert {answer.status_code for answer in await asyncio.gather(*before)} <= {200, 401}
    assert {answer.status_code for answer in await asyncio.gather(*after)} == {401}
    assert {orjson.dumps(answer.json()["data"]["viewer"]["roles"]) for answer in await asyncio.gather(*other)} == {
        b'["anonymous","member"]'
    }
