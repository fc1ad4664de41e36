"""The browser's rules: cookies, origins, headers, and what one may ask with them, over HTTP."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx2
import orjson
import pytest
from starlette.testclient import TestClient

from app import create_app
from settings import load_settings
from tests.provider.fixtures import Site
from tests.provider.running import Running
from tests.provider.serving import Browser

MEMBER = ["anonymous", "member"]
PORTAL = "https://portal.example.edu"


@pytest.fixture
def overrides() -> Mapping[str, Any]:
    """Give settings with one portal."""
    return {"portal_origins": PORTAL, "session_idle_minutes": 30, "session_hours": 2}


async def moved(site: Site, **by: timedelta) -> None:
    """Make the one session older: its instants lie further back by this much."""
    sessions = site.sign_in.sessions._store.collection("sessions")
    (found,) = await sessions.find({}).to_list()
    await sessions.update_one({"_id": found["_id"]}, {"$set": {name: found[name] - much for name, much in by.items()}})
    await asyncio.sleep(site.sign_in.sessions._store.leases.seconds)


def cookies(answer: httpx2.Response) -> list[str]:
    """The cookies that an answer sets."""
    return answer.headers.get_list("set-cookie")


async def last_step(browser: Browser) -> httpx2.Response:
    """The callback's own answer at the end of a sign-in."""
    page = await browser.sign_in("member-1")
    return next(one for one in page.history if "/auth/callback/" in str(one.url))


async def test_cookie_flags(site: Site) -> None:
    """The session's cookie is random, for this host and all its paths, out of reach for scripts."""
    (cookie,) = cookies(await last_step(site.browser()))
    assert re.fullmatch(r"korpu=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Lax", cookie)


def test_cookie_flags_by_https(university: Running, store_uri: str, tmp_path: Any, graph: Any) -> None:
    """By https the cookies have the __Host- prefix and are Secure, and browsers are told to stay with https."""
    settings = load_settings(
        mode="demo",
        home=tmp_path,
        mongodb_uri=store_uri,
        database="flags",
        public_url="https://korpu.example.edu",
        trusted_hosts="korpu.example.edu",
        providers=orjson.dumps([university.configured()]).decode(),
    )
    university.mend()
    with TestClient(create_app(settings, graph=graph), base_url="https://korpu.example.edu") as client:
        answer = client.get("/auth/login/university", follow_redirects=False)
        cookie = answer.headers["set-cookie"]
        assert re.fullmatch(
            r"__Host-korpu-sign-in=[\w-]{43}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure", cookie
        )
        assert answer.headers["strict-transport-security"] == "max-age=63072000"
        assert (
            "redirect_uri=https%3A%2F%2Fkorpu.example.edu%2Fauth%2Fcallback%2Funiversity" in answer.headers["location"]
        )


async def test_idle_expiry(site: Site) -> None:
    """A session that nobody used for its idle time is over; one that is used is not."""
    browser = site.browser()
    await browser.sign_in("member-1")
    minutes = timedelta(minutes=29)
    for _ in range(3):
        await moved(site, seen=minutes, until=minutes)
        assert await browser.roles() == MEMBER
    await moved(site, seen=timedelta(minutes=31), until=timedelta(minutes=31))
    answer = await browser.ask()
    assert answer.status_code == 401
    assert cookies(answer) == ["korpu=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"]
    assert await browser.roles() == ["anonymous"]


async def test_absolute_expiry(site: Site) -> None:
    """A session ends in any case, however much it is used."""
    browser = site.browser()
    await browser.sign_in("member-1")
    await moved(site, ends=timedelta(minutes=119), seen=timedelta(minutes=2))
    assert await browser.roles() == MEMBER
    (found,) = await site.sign_in.sessions._store.collection("sessions").find({}).to_list()
    assert found["until"] == found["ends"]
    assert await site.sign_in.sessions.until(found["_id"]) == found["ends"]
    await moved(site, ends=timedelta(minutes=2), until=timedelta(minutes=2))
    assert (await browser.ask()).status_code == 401
    assert await site.sign_in.sessions.until(found["_id"]) is None


async def test_use_is_written_once_a_minute(site: Site) -> None:
    """Two hundred requests at once by one session are all served, and write nothing."""
    browser = site.browser()
    await browser.sign_in("member-1")
    sessions = site.sign_in.sessions._store.collection("sessions")
    before = await sessions.find({}).to_list()
    answers = await asyncio.gather(*(browser.ask() for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200}
    assert await sessions.find({}).to_list() == before


async def test_logout_only_by_post(site: Site) -> None:
    """A picture or a link on another page signs nobody out, and neither does another site's form."""
    browser = site.browser()
    await browser.sign_in("member-1")
    assert (await browser.step("/auth/logout")).status_code == 405
    foreign: list[Mapping[str, str]] = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ]
    for headers in foreign:
        assert (await browser.sign_out(**headers)).status_code == 403
    assert (await browser.client.post(f"{site.base}/auth/logout")).status_code == 403
    assert await browser.roles() == MEMBER
    form = await browser.sign_out(Accept="text/html")
    assert form.status_code == 303
    assert cookies(form) == ["korpu=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"]
    assert (await browser.sign_out()).status_code == 200


FOREIGN: dict[str, Mapping[str, str]] = {
    "another origin": {"Origin": "https://evil.example"},
    "a portal's origin": {"Origin": PORTAL},
    "another port": {"Origin": "http://localhost:1"},
    "https of the same host": {"Origin": "https://localhost"},
    "no origin that is told": {"Origin": "null"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another host of the site": {"Sec-Fetch-Site": "same-site"},
    "no page at all": {"Origin": "", "Sec-Fetch-Site": "none"},
    "neither origin nor site": {"Origin": ""},
    "without the header": {"X-Requested-With": ""},
}


@pytest.mark.parametrize("what", list(FOREIGN))
async def test_cross_site_post_refused(site: Site, what: str) -> None:
    """With a cookie, a post that may come from elsewhere is refused, whatever it asks; from here it is answered."""
    browser = site.browser()
    await browser.sign_in("member-1")
    answer = await browser.ask(**FOREIGN[what])
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "data" not in answer.json()
    assert "access-control-allow-credentials" not in answer.headers
    assert (await browser.ask(**{"Sec-Fetch-Site": "same-origin"})).status_code == 200
    assert (await browser.ask(**{"Origin": "", "Sec-Fetch-Site": "same-origin"})).status_code == 200


async def test_no_queries_by_get_and_no_forms(site: Site) -> None:
    """A link asks nothing, and what a plain form can send is no query."""
    browser = site.browser()
    await browser.sign_in("member-1")
    assert (await browser.step("/graphql?query={viewer{name}}")).status_code == 405
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert (await browser.ask(**{"Content-Type": kind})).status_code == 415


async def test_cors_lists_exact_origins_without_credentials(site: Site, university: Running) -> None:
    """A portal that is configured may ask with a token; others may not, and cookies are never let along."""
    client = site.browser().client
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    asked = await client.options(f"{site.base}/graphql", headers=wanted | {"Origin": PORTAL})
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in asked.headers
    token = university.sign(university.access(roles=["member"]))
    headers = {"Authorization": f"Bearer {token}", "Origin": PORTAL}
    answer = await client.post(f"{site.base}/graphql", json={"query": "{ viewer { roles } }"}, headers=headers)
    assert answer.json() == {"data": {"viewer": {"roles": MEMBER}}}
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert "Origin" in answer.headers["vary"]
    for origin in ("https://evil.example", f"{PORTAL}.evil.example", PORTAL.replace("https", "http"), "null"):
        refused = await client.options(f"{site.base}/graphql", headers=wanted | {"Origin": origin})
        assert refused.status_code == 400
        assert "access-control-allow-origin" not in refused.headers
    other = wanted | {"Origin": PORTAL, "Access-Control-Request-Headers": "x-requested-with"}
    assert (await client.options(f"{site.base}/graphql", headers=other)).status_code == 400


async def test_security_headers_are_on_every_answer(site: Site) -> None:
    """Pages, answers and refusals alike: not framed, not sniffed, no referrer, and nothing runs but what is named."""
    browser = site.browser()
    answers = [
        await browser.ask(),
        *[
            await browser.step(path)
            for path in (
                "/nowhere",
                "/health/live",
                "/auth/session",
                "/auth/signed-out",
                "/auth/login/nobody",
                "/graphql",
            )
        ],
        await browser.client.get(f"{site.base}/health/live", headers={"Host": "evil.example"}),
        await browser.step("/health/live?access_token=x"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "strict-transport-security" not in answer.headers
    assert answers[-2].status_code == 400
    for path in ("/auth/session", "/auth/login/university", "/auth/login/nobody", "/auth/callback/university?state=x"):
        assert (await browser.step(path)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("proxies", "seen"), [("", "127.0.0.1"), ("10.0.0.0/8", "127.0.0.1"), ("127.0.0.1", "198.51.100.7")]
)
async def test_proxy_headers_only_from_configured_proxies(
    make_site: Callable[..., Any], proxies: str, seen: str
) -> None:
    """Where somebody signs in from is what a configured proxy says, and what nobody else says."""
    async with make_site(trusted_proxies=proxies) as site:
        browser = site.browser()
        browser.client.headers["X-Forwarded-For"] = "198.51.100.7"
        await browser.sign_in("member-1")
        (found,) = await site.sign_in.sessions._store.collection("sessions").find({}).to_list()
        assert found["address"] == seen


async def test_sessions_are_listed_and_revoked(site: Site) -> None:
    """Somebody sees where they are signed in, and ends one or all; nobody ends another's."""
    one, two, other = site.browser(), site.browser(), site.browser()
    for browser, who in ((one, "member-1"), (two, "member-1"), (other, "member-2")):
        browser.client.headers["User-Agent"] = f"Browser of {who}"
        await browser.sign_in(who)
    sessions = site.sign_in.sessions
    stored = await sessions._store.collection("sessions").find({}).sort("started", 1).to_list()
    mine, others = stored[0]["account"], stored[2]["account"]
    listed = await sessions.of(mine)
    assert [found["_id"] for found in listed] == [stored[1]["_id"], stored[0]["_id"]]
    assert set(listed[0]) == {"_id", "provider", "started", "seen", "until", "address", "agent"}
    assert listed[0]["agent"] == "Browser of member-1"
    assert not await sessions.revoke(stored[0]["_id"], others)
    assert await one.roles() == MEMBER
    assert await sessions.revoke(stored[0]["_id"], mine)
    assert (await one.ask()).status_code == 401
    assert await two.roles() == MEMBER
    assert await sessions.revoke_all(mine) == 1
    assert (await two.ask()).status_code == 401
    assert await other.roles() == MEMBER


async def test_the_store_holds_no_cookie(site: Site) -> None:
    """Whoever reads the store cannot take over a session or a sign-in under way."""
    browser = site.browser()
    await browser.sign_in("member-1")
    await browser.step("/auth/login/university")
    held = [browser.cookie(), browser.cookie("korpu-sign-in")]
    store = site.sign_in.sessions._store
    for name in await store.db.list_collection_names():
        text = str(await store.collection(name).find({}).to_list())
        assert not [value for value in held if value is None or value in text], name


async def test_two_hundred_sessions_at_once(site: Site) -> None:
    """Sessions do not mix: each is answered as its own person."""
    browsers = [site.browser() for _ in range(4)]
    for number, browser in enumerate(browsers):
        await browser.sign_in(f"member-{number}")
    names = await asyncio.gather(*(browsers[n % 4].ask() for n in range(200)))
    assert [answer.json()["data"]["viewer"]["name"] for answer in names] == [
        f"Canary member-{n % 4}" for n in range(200)
    ]
