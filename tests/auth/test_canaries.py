"""No secret, token, cookie or personal datum in logs, errors or addresses, at the most talkative level."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from auth.backchannel import EVENT
from tests.parts import CANARIES
from tests.provider.fixtures import Site
from tests.provider.running import CLIENT, SECRET, Running


@pytest.fixture
def overrides() -> Mapping[str, Any]:
    """Give settings that log everything."""
    return {"log_level": "debug"}


async def test_nothing_secret_is_emitted(
    site: Site, university: Running, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Sign-ins that succeed and fail at each step, tokens good and bad: nothing planted shows anywhere."""
    caplog.set_level(logging.DEBUG)
    browser, bodies = site.browser(), []
    await browser.sign_in("officer-1")
    cookie = browser.cookie()
    assert cookie is not None
    bodies.append((await browser.ask("{ nothing }")).text)
    good = university.sign(university.access(name="Canary officer-1"))
    for token in (good, good[:-9], university.sign(university.access(scope="x")), university.sign({}, "JWT"), "canary"):
        answer = await site.ask(token, "{ nothing }")
        bodies.append(answer.text + str(answer.headers))
    logout = university.sign({"iss": university.issuer, "aud": CLIENT, "sub": "officer-1", "events": {EVENT: {}}})
    address = f"{site.base}/auth/backchannel/university"
    bodies.append((await browser.client.post(address, data={"logout_token": logout})).text)
    for step in ("/token", "/me", "/jwks"):
        university.spoil(step, body=f'{{"error": "invalid_grant", "error_description": "{SECRET} Canary officer-1"}}')
        failed = site.browser()
        bodies.append((await failed.sign_in("officer-1")).text)
        university.mend()
    said = (await browser.sign_out()).text
    out, err = capfd.readouterr()
    emitted = "\n".join([out, err, caplog.text, said, *bodies])
    assert "nobody was signed in" in emitted, "the log is listened to"
    for secret in (SECRET, good, logout, cookie, "Canary officer-1", "example.org"):
        assert secret not in emitted
    assert not CANARIES.search(emitted)
    never = {"access_token", "id_token", "id_token_hint", "refresh_token", "client_secret", "code_verifier"}
    for seen in browser.seen:
        names = {name for name, _ in parse_qsl(urlsplit(seen).query)}
        assert not names & never
        assert cookie not in seen
        assert "eyJ" not in seen
