"""Token exchange end to end: a real provider's access token, a portal's key, and the whole service over HTTP."""

from typing import Any

import httpx2
import orjson
import pytest

from schema.token import ACCESS_TOKEN, GRANT
from tests.provider.fixtures import MakeSite, Site
from tests.provider.running import Running

MAKE = """mutation { createServiceAccount(input: { name: "Portal", partner: "ID" }) {
  key serviceAccount { id } problems { code } } }"""
PARTNER = """mutation { createPartner(input: { name: { en: "NAME" }, type: UNIVERSITY, country: "TR" }) {
  partner { id } problems { code } } }"""
REVOKE = 'mutation { revokeServiceAccount(id: "ID") { problems { code } } }'
PARTNERS = "{ partners { nodes { id } } }"


async def data(site: Site, token: str, query: str) -> Any:
    """The data of an answer without errors."""
    body = orjson.loads((await site.ask(token, query)).content)
    assert "errors" not in body, body
    return body["data"]


async def portal(site: Site, name: str = "Ankara") -> tuple[str, str, str]:
    """A partner and its portal: the partner, the account and the key."""
    partner = (await data(site, site.head, PARTNER.replace("NAME", name)))["createPartner"]["partner"]["id"]
    found = (await data(site, site.head, MAKE.replace("ID", partner)))["createServiceAccount"]
    return partner, found["serviceAccount"]["id"], found["key"]


async def exchange(site: Site, key: str, token: str) -> httpx2.Response:
    """What the portal is answered to a person's token."""
    form = {"grant_type": GRANT, "subject_token_type": ACCESS_TOKEN, "subject_token": token}
    client = (site.browsers or [site.browser()])[0].client
    return await client.post(f"{site.base}/auth/token", data=form, headers={"Authorization": f"Bearer {key}"})


async def seen(site: Site, token: str) -> set[str]:
    """The partners that a token reads."""
    return {each["id"] for each in (await data(site, token, PARTNERS))["partners"]["nodes"]}


async def test_a_token_that_the_provider_issued_is_exchanged(site: Site, university: Running) -> None:
    """The provider's own token endpoint, then ours: and who holds no role does not get the portal's by it."""
    partner, _, key = await portal(site)
    answer = await exchange(site, key, university.machine())
    assert answer.status_code == 200, answer.text
    assert await seen(site, key) == {partner}
    assert await seen(site, answer.json()["access_token"]) == set()


async def test_an_exchanged_token_never_exceeds_either(site: Site, university: Running) -> None:
    """An officer reads all partners, the portal one; together one, and nothing of the office. Nor do they write."""
    browser = site.browser()
    await browser.sign_in("officer-1")
    partner, _, key = await portal(site)
    other, _, _ = await portal(site, "Graz")
    own = university.sign(university.access())
    token = (await exchange(site, key, own)).json()["access_token"]
    assert await seen(site, own) == {partner, other}
    assert await seen(site, token) == {partner}
    told = await data(site, token, "{ viewer { access { account { subject } portal } } }")
    assert told["viewer"]["access"] == {"account": {"subject": "officer-1"}, "portal": "Portal"}
    for query in ("{ accounts { totalCount } }", "{ partners { nodes { notes { id } } } }", PARTNER):
        assert orjson.loads((await site.ask(token, query)).content).get("data") is None
    ended = await site.ask(token, "mutation { revokeSessions { revoked } }")
    assert ended.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await browser.ask()).status_code == 200


@pytest.mark.parametrize("how", ["key", "person"])
async def test_what_was_exchanged_ends_with_either(site: Site, university: Running, how: str) -> None:
    """The key is revoked, or the person suspended: the token is refused at the next request, and no new one given."""
    browser = site.browser()
    await browser.sign_in("officer-1")
    _, account, key = await portal(site)
    own = university.sign(university.access())
    token = (await exchange(site, key, own)).json()["access_token"]
    assert (await site.ask(token)).status_code == 200
    if how == "key":
        assert (await data(site, site.head, REVOKE.replace("ID", account)))["revokeServiceAccount"]["problems"] == []
    else:
        await site.suspend(university.issuer, "officer-1")
    assert (await site.ask(token)).status_code == 401
    assert (await site.ask(own)).status_code == (200 if how == "key" else 401)
    refused = await exchange(site, key, own)
    assert refused.json()["error"] == ("invalid_client" if how == "key" else "invalid_grant")


async def test_what_cannot_be_exchanged(site: Site, university: Running) -> None:
    """A token without our scope, an ID token, one for others; and while its keys cannot be had, later."""
    _, _, key = await portal(site)
    wrong = [
        university.sign(university.access(scope="other")),
        university.sign(university.access(), typ="JWT"),
        university.sign(university.access(aud="https://other.example")),
    ]
    for token in wrong:
        refused = await exchange(site, key, token)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_while_the_provider_is_away_the_answer_is_later(site: Site, university: Running) -> None:
    """Before any key of the provider is known nobody can be told whether a token is good."""
    _, _, key = await portal(site)
    university.spoil("/jwks", drop=True)
    later = await exchange(site, key, university.sign(university.access()))
    assert (later.status_code, later.json()["error"]) == (503, "temporarily_unavailable")


async def test_an_address_exchanges_so_often_in_an_hour(make_site: MakeSite, university: Running) -> None:
    """Then it is told to slow down, whatever it sends, and the graph is served as before."""
    async with make_site(token_tries_per_address=3) as site:
        _, _, key = await portal(site)
        token = university.machine()
        answers = [await exchange(site, key, token) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[3].json()["error"] == "slow_down"
        assert (await exchange(site, "korpu_a_b", token)).status_code == 429
        assert (await site.ask(key)).status_code == 200
