"""Signing in at a real provider, step by step, and everything by which somebody might get in who should not."""

import re
import time
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx2
import orjson
import pytest

from auth.browser import safe_next
from tests.provider.fixtures import Site
from tests.provider.running import CLIENT, Running
from tests.provider.serving import Browser

OFFICER = ["anonymous", "member", "officer"]


async def test_the_whole_way_in_and_out(site: Site) -> None:
    """Login, cookie, query, logout: and the cookie that was copied is worth nothing then."""
    browser = site.browser()
    arrived = await browser.sign_in("officer-1")
    assert (str(arrived.url), arrived.text) == (f"{site.base}/health/live", "live")
    told = await browser.session()
    assert (told["signedIn"], told["roles"], told["name"]) == (True, OFFICER, "Canary officer-1")
    assert await browser.roles() == OFFICER
    copied = browser.cookie()
    assert copied is not None
    left = await browser.sign_out()
    assert left.status_code == 200
    assert browser.cookie() is None
    thief = site.browser()
    thief.keep(copied)
    assert (await thief.ask()).status_code == 401
    # The provider asks whether its own session is to end, and leads back.
    asked = await browser.go(left.json()["next"])
    ended = await browser.submit(asked, logout="yes")
    assert str(ended.url).partition("?")[0] == f"{site.base}/auth/signed-out"
    assert 'role="status"' in ended.text


async def held_at_callback(browser: Browser, who: str = "officer-1") -> str:
    """Go through the provider's pages and stop before its answer reaches the service: gives the address of that."""
    client = browser.client
    page = await browser.step("/auth/login/university?next=/health/live")
    while True:
        while "location" in page.headers:
            address = str(page.url.join(page.headers["location"]))
            if "/auth/callback/" in address:
                return address
            page = await client.get(address, follow_redirects=False)
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action is not None
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        sent = hidden | {"login": who, "password": "any"}
        page = await client.post(str(page.url.join(action[1])), data=sent, follow_redirects=False)


def without(address: str, *names: str, **other: str) -> str:
    """The address with some parameters left out or said otherwise."""
    parts = urlsplit(address)
    query = [(name, other.get(name, value)) for name, value in parse_qsl(parts.query) if name not in names]
    return parts._replace(query="&".join(f"{name}={quote(value, safe='')}" for name, value in query)).geturl()


async def nobody(browser: Browser, answer: httpx2.Response, status: int = 400) -> None:
    """Check that an answer is a page that says what to do, and that nobody was signed in by it."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer.text
    assert 'role="alert"' in answer.text
    assert browser.cookie() is None
    assert (await browser.session())["signedIn"] is False


async def test_login_asks_for_state_nonce_and_pkce(site: Site) -> None:
    """What goes to the provider holds three random values and a challenge, never the verifier or the secret."""
    answers = [await site.browser().step("/auth/login/university") for _ in range(2)]
    asked = [dict(parse_qsl(urlsplit(answer.headers["location"]).query)) for answer in answers]
    for one in asked:
        assert (one["response_type"], one["code_challenge_method"]) == ("code", "S256")
        assert one["redirect_uri"] == f"{site.base}/auth/callback/university"
        assert not {"client_secret", "code_verifier"} & set(one)
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name]) >= 43


@pytest.mark.parametrize("what", ["missing", "mismatched", "twice", "another browser", "no cookie"])
async def test_state_missing_or_mismatched(site: Site, what: str) -> None:
    """Without the very state that this browser was sent out with, a good code signs nobody in."""
    browser = site.browser()
    address = await held_at_callback(browser)
    other = browser
    if what == "missing":
        spoiled = without(address, "state")
    elif what == "mismatched":
        spoiled = without(address, state="x" * 43)
    elif what == "twice":
        spoiled = address + "&state=" + "x" * 43
    else:
        spoiled, other = address, site.browser()
        if what == "another browser":
            await other.step("/auth/login/university")
    await nobody(other, await other.go(spoiled))
    # Whoever tried used nothing up: the browser that began can still end it.
    assert (await browser.go(address)).text == "live"


async def test_state_replayed(site: Site) -> None:
    """A callback is taken once: a second time it signs nobody in, and ends no session."""
    browser = site.browser()
    address = await held_at_callback(browser)
    assert (await browser.go(address)).text == "live"
    cookie = browser.cookie()
    again = await browser.step(address)
    assert again.status_code == 400
    assert "set-cookie" not in again.headers
    assert browser.cookie() == cookie
    assert await browser.roles() == OFFICER


async def test_state_expires(site: Site) -> None:
    """A sign-in that took longer than ten minutes begins again."""
    browser = site.browser()
    address = await held_at_callback(browser)
    found = site.sign_in.sessions._store.collection("sign_ins_under_way")
    async for under_way in found.find({}):
        past = {"$set": {"until": under_way["until"].replace(year=2020)}}
        await found.update_one({"_id": under_way["_id"]}, past)
    await nobody(browser, await browser.go(address))


async def test_several_tabs_at_once(site: Site) -> None:
    """Two sign-ins that were begun in one browser are both ended, in any order; the last one stays."""
    browser = site.browser()
    first, second = await held_at_callback(browser), await held_at_callback(browser)
    assert (await browser.go(second)).text == "live"
    assert (await browser.go(first)).text == "live"
    assert await browser.roles() == OFFICER


async def test_code_replay(site: Site, university: Running) -> None:
    """A code that was used is refused by the provider when it comes with a new state, and signs nobody in."""
    thief, victim = site.browser(), site.browser()
    used = await held_at_callback(victim)
    assert (await victim.go(used)).text == "live"
    own = await held_at_callback(thief, "member-1")
    code = dict(parse_qsl(urlsplit(used).query))["code"]
    await nobody(thief, await thief.go(without(own, code=code)))
    assert university.control()["/token"] >= 2


async def test_code_of_somebody_else_is_tied_to_their_browser(site: Site) -> None:
    """A fresh code that was stolen does not fit the thief's verifier (PKCE)."""
    thief, victim = site.browser(), site.browser()
    stolen = dict(parse_qsl(urlsplit(await held_at_callback(victim)).query))["code"]
    own = await held_at_callback(thief, "member-1")
    await nobody(thief, await thief.go(without(own, code=stolen)))


@pytest.mark.parametrize("issuer", ["missing", "another", "with a slash"])
async def test_issuer_mix_up(site: Site, issuer: str, university: Running) -> None:
    """An answer that does not name the provider's own issuer is not followed up (RFC 9207): no code is sent."""
    browser = site.browser()
    address = await held_at_callback(browser)
    university.control(forget=True)
    names = {"another": "https://evil.example", "with a slash": f"{university.issuer}/"}
    spoiled = without(address, "iss") if issuer == "missing" else without(address, iss=names[issuer])
    await nobody(browser, await browser.go(spoiled))
    assert "/token" not in university.control()


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>alert(1)</script>"])
async def test_the_provider_declines(site: Site, error: str) -> None:
    """What the provider says instead of a code becomes words of ours; nothing of it is shown."""
    browser = site.browser()
    address = without(await held_at_callback(browser), "code") + f"&error={quote(error)}&error_description=CANARY"
    answer = await browser.go(address)
    await nobody(browser, answer)
    assert "CANARY" not in answer.text
    assert error not in answer.text


def id_token(university: Running, sent: str, **claims: Any) -> dict[str, Any]:
    """The claims of an ID token; None leaves one out."""
    now = int(time.time())
    found = {"iss": university.issuer, "aud": CLIENT, "sub": "officer-1", "iat": now, "exp": now + 60, "nonce": sent}
    return {name: value for name, value in (found | claims).items() if value is not None}


async def answered(site: Site, university: Running, claims: dict[str, Any], **header: Any) -> tuple[Browser, Any]:
    """Come back to a service whose provider answers the code with an ID token of these claims."""
    browser = site.browser()
    page = await browser.step("/auth/login/university?next=/health/live")
    asked = dict(parse_qsl(urlsplit(page.headers["location"]).query))
    token = university.sign(id_token(university, asked["nonce"], **claims), header.pop("typ", "JWT"), **header)
    body = orjson.dumps({"access_token": "opaque", "token_type": "Bearer", "id_token": token}).decode()
    userinfo = {"body": orjson.dumps({"sub": "officer-1", "roles": ["officer"]}).decode()}
    university.control(spoiled={"/token": {"body": body}, "/me": userinfo})
    query = f"state={asked['state']}&code=any&iss={quote(university.issuer, safe='')}"
    return browser, await browser.go(f"/auth/callback/university?{query}")


async def test_an_id_token_as_it_should_be_signs_in(site: Site, university: Running) -> None:
    """What the next test spoils is good when it is not spoiled."""
    browser, page = await answered(site, university, {})
    assert page.text == "live"
    assert await browser.roles() == OFFICER


SPOILED_ID_TOKENS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nonce missing": ({"nonce": None}, {}),
    "nonce of another sign-in": ({"nonce": "x" * 43}, {}),
    "another issuer": ({"iss": "https://evil.example"}, {}),
    "no issuer": ({"iss": None}, {}),
    "another audience": ({"aud": "someone-else"}, {}),
    "two audiences without azp": ({"aud": [CLIENT, "someone-else"]}, {}),
    "azp of another": ({"azp": "someone-else"}, {}),
    "expired": ({"exp": int(time.time()) - 100}, {}),
    "from the future": ({"iat": int(time.time()) + 900}, {}),
    "no end": ({"exp": None}, {}),
    "no subject": ({"sub": None}, {}),
    "a subject that is a number": ({"sub": 7}, {}),
    "another subject than userinfo": ({"sub": "head-1"}, {}),
    "at_hash of another token": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, {}),
    "an access token in its place": ({}, {"typ": "at+jwt"}),
    "a logout token in its place": ({}, {"typ": "logout+jwt"}),
    "something critical": ({}, {"crit": ["exp"]}),
}


async def test_nonce_and_the_other_claims_of_an_id_token(site: Site, university: Running) -> None:
    """Signed by the provider's own key and yet not about this sign-in: nobody is signed in."""
    for claims, header in SPOILED_ID_TOKENS.values():
        browser, page = await answered(site, university, claims, **header)
        await nobody(browser, page)


async def test_userinfo_about_somebody_else(site: Site, university: Running) -> None:
    """`userinfo.sub` other than `id_token.sub`: two answers about two people sign in neither."""
    browser = site.browser()
    address = await held_at_callback(browser)
    university.spoil("/me", body='{"sub": "head-1", "roles": ["head"]}')
    await nobody(browser, await browser.go(address))


async def test_session_fixation(site: Site) -> None:
    """A cookie that somebody planted before the sign-in is not the one after it, and is worth nothing."""
    attacker, victim = site.browser(), site.browser()
    await attacker.sign_in("member-9")
    planted = attacker.cookie()
    assert planted is not None
    victim.keep(planted)
    assert (await victim.session())["name"] == "Canary member-9"
    await victim.sign_in("officer-1")
    assert victim.cookie() != planted
    assert await victim.roles() == OFFICER
    assert (await attacker.ask()).status_code == 401
    victim.keep("a" * 43, "korpu")
    assert (await victim.ask()).status_code == 401


ELSEWHERE = [
    "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "%2f%2fevil.example",
    "/%2f%2fevil.example", "/%252f%252fevil.example", "/%5cevil.example", "https://evil.example", "\\\\evil.example",
    "/\n/evil.example", "///evil.example", "/%09/evil.example", "evil.example", "", "/..//evil.example\x00",
    "/auth/logout", "/%25252525255cevil.example", "/" + "a" * 3000, "/ə", "data:text/html,x", "/%2561uth/x",
]  # fmt: skip


async def test_open_redirect_on_next(site: Site) -> None:
    """However it is written, `next` leads nowhere but to a path of this service."""
    for wanted in ELSEWHERE:
        assert safe_next(wanted) == "/"
        await site.browser().step(f"/auth/login/university?next={quote(wanted, safe='')}")
    found = await site.sign_in.sessions._store.collection("sign_ins_under_way").find({}).to_list()
    assert [one["next"] for one in found] == ["/"] * len(ELSEWHERE)


@pytest.mark.parametrize("wanted", ["/", "/health/live", "/?a=b&c=%20d", "/page/app.js#x"])
def test_next_leads_back_to_where_one_was(wanted: str) -> None:
    """A path of this service is kept as it is."""
    assert safe_next(wanted) == wanted


async def test_an_unknown_provider_is_a_page(site: Site) -> None:
    """A mistyped address says so, and leads on."""
    for path in ("/auth/login/nobody", "/auth/callback/nobody?state=x"):
        answer = await site.browser().step(path)
        assert answer.status_code == 404
        assert '<a href="/auth/login/university">' in answer.text


BROKEN: dict[str, dict[str, Any]] = {
    "down": {"drop": True},
    "an error": {"status": 500, "body": "oops"},
    "a page": {"body": "<html>proxy</html>"},
    "a list": {"body": "[]"},
    "nothing": {"body": ""},
    "deep": {"body": "[" * 5000},
    "a redirect": {"status": 302, "headers": {"Location": "/elsewhere"}},
    "endless": {"endless": True},
}
STEPS = ["/.well-known/openid-configuration", "/token", "/jwks", "/me"]


@pytest.mark.parametrize("how", list(BROKEN))
@pytest.mark.parametrize("step", STEPS)
async def test_the_provider_is_down_or_answers_rubbish(site: Site, university: Running, step: str, how: str) -> None:
    """At each step: a page that says so, nobody signed in, and who is signed in already goes on undisturbed."""
    if step == "/.well-known/openid-configuration":
        university.spoil(step, **BROKEN[how])
        browser = site.browser()
        await nobody(browser, await browser.go("/auth/login/university"), 503)
        return
    browser = site.browser()
    address = await held_at_callback(browser)
    university.spoil(step, **BROKEN[how])
    answer = await browser.go(address)
    await nobody(browser, answer, 503)


async def test_a_slow_provider_does_not_hold_up_those_signed_in(site: Site, university: Running) -> None:
    """Its answer is waited for some seconds; meanwhile sessions work, and then a page says that it was too slow."""
    signed_in = site.browser()
    await signed_in.sign_in("officer-1")
    browser = site.browser()
    address = await held_at_callback(browser)
    university.control(spoiled={"*": {"delay": 30_000}})
    began = time.monotonic()
    assert await signed_in.roles() == OFFICER
    assert time.monotonic() - began < 2
    await nobody(browser, await browser.go(address), 503)
    assert time.monotonic() - began < 15
    assert await signed_in.roles() == OFFICER
    assert (await signed_in.sign_out()).status_code == 200


@pytest.mark.parametrize("issuer", ["https://evil.example", "{own}/", None, 7])
async def test_discovery_names_another_issuer(site: Site, university: Running, issuer: Any) -> None:
    """A discovery document is believed only where it calls itself as configured, letter by letter."""
    named = issuer.format(own=university.issuer) if isinstance(issuer, str) else issuer
    found = university.client.get(f"{university.issuer}/.well-known/openid-configuration").json()
    university.spoil("/.well-known/openid-configuration", body=orjson.dumps(found | {"issuer": named}).decode())
    browser = site.browser()
    await nobody(browser, await browser.go("/auth/login/university"), 503)


async def test_discovery_that_advertises_no_signatures_changes_nothing(site: Site, university: Running) -> None:
    """The algorithms taken are the configured ones, whatever the provider says of itself: `none` stays refused."""
    found = university.client.get(f"{university.issuer}/.well-known/openid-configuration").json()
    found |= {"id_token_signing_alg_values_supported": ["none", "HS256"]}
    browser = site.browser()
    university.spoil("/.well-known/openid-configuration", body=orjson.dumps(found).decode())
    page = await browser.step("/auth/login/university")
    asked = dict(parse_qsl(urlsplit(page.headers["location"]).query))
    signed = university.sign(id_token(university, asked["nonce"]), "JWT")
    unsigned = f"eyJhbGciOiJub25lIiwia2lkIjoiZmlyc3QifQ.{signed.split('.')[1]}."
    body = orjson.dumps({"access_token": "opaque", "token_type": "Bearer", "id_token": unsigned}).decode()
    university.spoil("/token", body=body)
    query = f"state={asked['state']}&code=any&iss={quote(university.issuer, safe='')}"
    await nobody(browser, await browser.go(f"/auth/callback/university?{query}"))


async def test_no_id_token_signs_nobody_in(site: Site, university: Running) -> None:
    """An answer with an access token alone says nothing of who came."""
    browser = site.browser()
    address = await held_at_callback(browser)
    university.spoil("/token", body='{"access_token": "opaque", "token_type": "Bearer"}')
    await nobody(browser, await browser.go(address), 503)


async def test_a_suspended_account_is_not_let_in(site: Site, university: Running) -> None:
    """Who is suspended gets a page at sign-in; who is signed in already is refused at once."""
    browser, other = site.browser(), site.browser()
    await browser.sign_in("officer-1")
    await site.suspend(university.issuer, "officer-1")
    assert (await browser.ask()).status_code == 401
    page = await other.sign_in("officer-1")
    await nobody(other, page, 403)
