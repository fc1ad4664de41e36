"""Where one is signed in, over HTTP with real sessions: told, ended by oneself, and by an administrator."""

from typing import Any

import orjson

from tests.provider.fixtures import FIND, MakeSite, Site
from tests.provider.running import Running
from tests.provider.serving import Browser

SESSIONS = "{ viewer { access { sessions { id provider agent } } } }"
END = 'mutation { revokeSession(session: "ID") { revoked problems { code } } }'
END_ALL = "mutation { revokeSessions { revoked problems { code } } }"
SIGN_OUT = 'mutation { signOutAccount(id: "ID") { account { id } problems { code } } }'


async def signed_in(site: Site, *who: str) -> list[Browser]:
    """A browser for each, named in its agent."""
    found = []
    for number, each in enumerate(who):
        browser = site.browser()
        browser.client.headers["User-Agent"] = f"Browser {number}"
        await browser.sign_in(each)
        found.append(browser)
    return found


async def data(browser: Browser, query: str) -> Any:
    """The data of an answer without errors."""
    body = orjson.loads((await browser.ask(query)).content)
    assert "errors" not in body, body
    return body["data"]


async def listed(browser: Browser) -> dict[str, str]:
    """The sessions that somebody is told of, by the agent."""
    found = (await data(browser, SESSIONS))["viewer"]["access"]["sessions"]
    assert {each["provider"] for each in found} <= {"university"}
    return {each["agent"]: each["id"] for each in found}


async def test_people_see_their_sessions_and_end_one(site: Site) -> None:
    """Their own are listed, one of them is ended and refused at the next request; another's is as good as none."""
    one, two, other = await signed_in(site, "member-1", "member-1", "member-2")
    mine, others = await listed(one), await listed(other)
    assert (set(mine), set(others)) == ({"Browser 0", "Browser 1"}, {"Browser 2"})
    told = (await data(one, END.replace("ID", others["Browser 2"])))["revokeSession"]
    assert told == {"revoked": 0, "problems": [{"code": "NOT_FOUND"}]}
    assert (await data(one, END.replace("ID", mine["Browser 1"])))["revokeSession"]["revoked"] == 1
    assert (await two.ask()).status_code == 401
    assert set(await listed(one)) == {"Browser 0"}
    assert set(await listed(other)) == {"Browser 2"}
    # One's own, too: it is the last thing that this session is answered.
    assert (await data(one, END.replace("ID", mine["Browser 0"])))["revokeSession"]["revoked"] == 1
    assert (await one.ask()).status_code == 401


async def test_people_end_all_their_sessions(site: Site) -> None:
    """Each of them, that one included by which they ask, and nobody else's."""
    *mine, other = await signed_in(site, "member-1", "member-1", "member-1", "member-2")
    assert (await data(mine[0], END_ALL))["revokeSessions"] == {"revoked": 3, "problems": []}
    assert [(await browser.ask()).status_code for browser in (*mine, other)] == [401, 401, 401, 200]


async def test_an_administrator_signs_somebody_out(site: Site, university: Running) -> None:
    """All real sessions of an account end; who may not do it cannot ask for it; signing in again is not barred."""
    admin, member, again = await signed_in(site, "admin-1", "member-1", "member-1")
    nodes = (await data(admin, FIND.replace("KEY", "member-1")))["accounts"]["nodes"]
    (account,) = [each["id"] for each in nodes if each["issuer"] == university.issuer]
    refused = orjson.loads((await member.ask(SIGN_OUT.replace("ID", account))).content)
    assert "data" not in refused or refused["data"] is None
    assert (await member.ask()).status_code == 200
    assert (await data(admin, SIGN_OUT.replace("ID", account)))["signOutAccount"]["problems"] == []
    assert [(await browser.ask()).status_code for browser in (member, again, admin)] == [401, 401, 200]
    await member.sign_in("member-1")
    assert (await member.ask()).status_code == 200


async def test_an_address_begins_to_sign_in_so_often_in_an_hour(make_site: MakeSite) -> None:
    """Then it gets a page that says so, and nothing is kept; who is signed in goes on."""
    async with make_site(sign_in_tries_per_address=2) as site:
        (browser,) = await signed_in(site, "member-1")
        assert (await browser.step("/auth/login/university")).status_code == 303
        kept = await site.sign_in.sessions._store.collection("sign_ins_under_way").count_documents({})
        refused = await browser.step("/auth/login/university")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
        assert 'role="alert"' in refused.text
        assert await site.sign_in.sessions._store.collection("sign_ins_under_way").count_documents({}) == kept == 1
        assert (await browser.ask()).status_code == 200
