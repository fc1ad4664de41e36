"""Many requests at once, by one session and by two hundred, while keys change and sessions end."""

import asyncio
import time
from typing import Any

import httpx2

from auth.browser import HEADER
from auth.identity import Identity
from tests.provider.fixtures import KEY_COOL_DOWN, Site
from tests.provider.running import Running

AT_ONCE = 200
QUERY = {"query": "{ viewer { roles } }"}
OFFICER = ["anonymous", "member", "officer"]
Outcome = tuple[float, float, int]


async def sessions_of(site: Site, university: Running, many: int, subject: str) -> tuple[str, list[str]]:
    """Real sessions of somebody, as the callback makes them: the account, and the cookies."""
    claims = university.access(sub=subject)
    ends = site.app.state.sign_in.sessions._clock().replace(year=2100)
    identity = Identity(university.issuer, subject, claims, ends)
    account = await site.sign_in.accounts.signed_in(identity, provider="university", address="127.0.0.1")
    start = site.sign_in.sessions.start
    told: dict[str, Any] = {"provider": "university", "sid": None, "address": "127.0.0.1", "agent": "Test"}
    return account, [await start(identity, account=account, **told) for _ in range(many)]


def headers(site: Site, cookie: str) -> dict[str, str]:
    """What the page of the service sends."""
    return {"Cookie": f"korpu={cookie}", "Origin": site.base, HEADER: "korpu"}


async def test_two_hundred_at_once_while_a_key_changes_and_sessions_end(site: Site, university: Running) -> None:
    """200 by one session, 200 by one each of 200, 200 tokens of a key of just now: none is wrongly judged.

    Half of the 200 sessions end meanwhile. The key changes within the cool-down, in which the provider is asked once.
    """
    _, (one,) = await sessions_of(site, university, 1, "officer-1")
    stays, staying = await sessions_of(site, university, AT_ONCE // 2, "officer-2")
    ends, ending = await sessions_of(site, university, AT_ONCE // 2, "officer-3")
    assert stays != ends
    async with httpx2.AsyncClient(base_url=site.base, timeout=30, trust_env=False) as client:

        async def ask(sent: dict[str, str]) -> Outcome:
            began = time.monotonic()
            answer = await client.post("/graphql", json=QUERY, headers=sent)
            if answer.status_code == 200:
                assert answer.json()["data"]["viewer"]["roles"] == OFFICER
            return began, time.monotonic(), answer.status_code

        async def by_token(**claims: Any) -> Outcome:
            return await ask({"Authorization": f"Bearer {university.sign(university.access(**claims))}"})

        former = university.sign(university.access(sub="officer-4"))
        assert (await by_token())[2] == 200
        university.control(forget=True)
        looked = time.monotonic()
        university.rotate(f"hurried-{time.monotonic()}")
        by_one = [asyncio.create_task(ask(headers(site, one))) for _ in range(AT_ONCE)]
        stay = [asyncio.create_task(ask(headers(site, cookie))) for cookie in staying]
        end = [asyncio.create_task(ask(headers(site, cookie))) for cookie in ending]
        fresh = [asyncio.create_task(by_token(sub=f"officer-{n}")) for n in range(AT_ONCE)]
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        assert await site.sign_in.sessions.revoke_all(ends) == AT_ONCE // 2
        done = time.monotonic()
        end += [asyncio.create_task(ask(headers(site, cookie))) for cookie in ending]
        assert {status for _, _, status in await asyncio.gather(*by_one, *stay)} == {200}
        assert {status for _, _, status in await asyncio.gather(*fresh)} == {200}
        ended = await asyncio.gather(*end)
        assert {status for _, over, status in ended if over < begun} <= {200}
        assert {status for began, _, status in ended if began > done} == {401}
        assert {status for _, _, status in ended} <= {200, 401}
        assert university.control()["/jwks"] <= 1 + (time.monotonic() - looked) / KEY_COOL_DOWN
        # Its key is published no more.
        assert (await ask({"Authorization": f"Bearer {former}"}))[2] == 401


async def test_a_key_of_just_now_waits_for_the_end_of_the_cool_down(site: Site, university: Running) -> None:
    """It is taken then, after one look; a key that nobody has is refused after the same look."""
    assert (await site.ask(university.sign(university.access()))).status_code == 200
    university.control(forget=True)
    began = time.monotonic()
    university.rotate(f"new-{began}")
    good, bogus = university.sign(university.access()), university.sign(university.access(), kid="bogus")
    answers = await asyncio.gather(*(site.ask(token) for token in (good, bogus, good)))
    assert [answer.status_code for answer in answers] == [200, 401, 200]
    assert time.monotonic() - began < 2 * KEY_COOL_DOWN + 1
    assert university.control()["/jwks"] == 1
