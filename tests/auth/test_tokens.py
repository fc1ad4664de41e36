"""Access tokens of a real provider: one that it issues is taken, and whatever else is not, over HTTP."""

import asyncio
import base64
import time
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from joserfc.jwk import RSAKey

from tests.provider.fixtures import Site
from tests.provider.running import AUDIENCE, CLIENT, Running, new_key, part, signed

OFFICER = ["anonymous", "member", "officer"]
NOW = int(time.time())


async def roles(site: Site, token: str) -> list[str]:
    """The roles that a token gives."""
    answer = await site.ask(token)
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["data"]["viewer"]["roles"]
    return found


async def refused(site: Site, token: str) -> None:
    """Check that a token gets 401, a challenge, and nothing of why."""
    answer = await site.ask(token)
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"] == 'Bearer realm="korpu", error="invalid_token"'
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert error["message"] == "The token is not accepted here: sign in again, or get a new one"


async def test_a_token_that_the_provider_issued_is_taken(site: Site, university: Running) -> None:
    """Client credentials at the provider's own token endpoint, then a query with what it gave."""
    assert await roles(site, university.machine()) == ["anonymous"]
    assert await roles(site, university.sign(university.access())) == OFFICER


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 5])
async def test_none_in_any_case(site: Site, university: Running, alg: Any) -> None:
    """A token without a signature, or with a left-over one, is nobody's, however `none` is written."""
    header = {"alg": alg, "kid": "first", "typ": "at+jwt"}
    token = signed(university.key, header, university.access())
    await refused(site, token)
    await refused(site, f"{token.rpartition('.')[0]}.")


async def test_hs256_with_a_public_key(site: Site, university: Running) -> None:
    """The public key is no secret: what was signed with it as one is refused."""
    header = {"alg": "HS256", "kid": university.key.kid, "typ": "at+jwt"}
    body = f"{part(orjson.dumps(header))}.{part(orjson.dumps(university.access()))}"
    for secret in (university.key.as_pem(private=False), orjson.dumps(university.key.as_dict(private=False))):
        code = hmac.HMAC(secret, hashes.SHA256())
        code.update(body.encode())
        await refused(site, f"{body}.{part(code.finalize())}")


async def test_wrong_key_with_the_same_kid(site: Site, university: Running) -> None:
    """The name of a key is not the key."""
    assert university.key.kid is not None
    header = {"alg": "RS256", "kid": university.key.kid, "typ": "at+jwt"}
    await refused(site, signed(new_key(university.key.kid), header, university.access()))


async def test_no_kid(site: Site, university: Running) -> None:
    """A token that names no key is not tried with all of them."""
    await refused(site, signed(university.key, {"alg": "RS256", "typ": "at+jwt"}, university.access()))
    await refused(site, university.sign(university.access(), kid=["first"]))


async def test_keys_that_come_with_the_token_are_ignored(site: Site, university: Running) -> None:
    """`jwk`, `jku` and `x5u` are neither used nor fetched; a good token that has them stays good."""
    own: RSAKey = new_key("own")
    university.control(forget=True)
    for kid in ("first", "own"):
        extra = {
            "jwk": own.as_dict(private=False),
            "jku": f"{university.issuer}/trap",
            "x5u": f"{university.issuer}/trap",
        }
        header = {"alg": "RS256", "kid": university.key.kid if kid == "first" else kid, "typ": "at+jwt"} | extra
        answer = await site.ask(signed(own, header, university.access()))
        assert answer.status_code in (401, 503)
        assert "data" not in answer.json()
    assert "/trap" not in university.control()
    assert await roles(site, university.sign(university.access(), jku=f"{university.issuer}/trap")) == OFFICER
    assert "/trap" not in university.control()


@pytest.mark.parametrize("crit", [["exp"], ["b64"], [], "x", ["http://example.org/unknown"]])
async def test_unknown_crit(site: Site, university: Running, crit: Any) -> None:
    """What must be understood, and is not, refuses the token."""
    await refused(site, university.sign(university.access(), crit=crit))


WRONG: dict[str, dict[str, Any]] = {
    "exp missing": {"exp": None},
    "exp past": {"exp": NOW - 1},
    "exp a string": {"exp": str(NOW + 600)},
    "exp infinite": {"exp": 10**30},
    "exp true": {"exp": True},
    "exp negative": {"exp": -1},
    "nbf in the future": {"nbf": NOW + 900},
    "nbf a string": {"nbf": "0"},
    "iat in the future": {"iat": NOW + 900},
    "iat missing": {"iat": None},
    "iss wrong": {"iss": "https://evil.example"},
    "iss missing": {"iss": None},
    "aud wrong": {"aud": "https://other.example"},
    "aud missing": {"aud": None},
    "aud empty": {"aud": []},
    "aud empty text": {"aud": ""},
    "aud nested": {"aud": [[AUDIENCE]]},
    "aud an object": {"aud": {AUDIENCE: True}},
    "aud mixed": {"aud": [AUDIENCE, 7]},
    "aud within another": {"aud": f"{AUDIENCE}.evil.example"},
    "sub missing": {"sub": None},
    "sub a number": {"sub": 7},
    "sub empty": {"sub": ""},
    "sub a list": {"sub": ["officer-1"]},
    "jti missing": {"jti": None},
    "client missing": {"client_id": None},
}


async def test_a_claim_that_is_wrong(site: Site, university: Running) -> None:
    """Signed by the provider, and one claim is not as it must be: refused."""
    for claims in WRONG.values():
        await refused(site, university.sign(university.access(**claims)))


async def test_exp_infinite_as_json_writes_it(site: Site, university: Running) -> None:
    """Numbers that only some parsers know are refused."""
    good = orjson.dumps(university.access()).decode()
    now = str(university.access()["exp"])
    for written in ("Infinity", "NaN", "1e999", "-1e999"):
        header = {"alg": "RS256", "kid": university.key.kid, "typ": "at+jwt"}
        await refused(site, signed(university.key, header, good.replace(f'"exp":{now}', f'"exp":{written}').encode()))


async def test_iss_as_a_list_or_with_a_trailing_slash(site: Site, university: Running) -> None:
    """The issuer is one text, letter by letter."""
    for issuer in ([university.issuer], f"{university.issuer}/", university.issuer.upper()):
        await refused(site, university.sign(university.access(iss=issuer)))


async def test_aud_may_name_others_too(site: Site, university: Running) -> None:
    """A token for us and somebody else is for us."""
    assert await roles(site, university.sign(university.access(aud=["https://other.example", AUDIENCE]))) == OFFICER


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "logout+jwt", "dpop+jwt", "demo+jwt", "", "at+jwt "])
async def test_typ_wrong_or_missing(site: Site, university: Running, typ: str | None) -> None:
    """What is signed for another use is not taken as an access token."""
    token = university.sign(university.access(), typ)
    if typ == "demo+jwt":
        assert (await site.ask(token)).status_code == 401
    else:
        await refused(site, token)


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_typ_as_it_may_be_written(site: Site, university: Running, typ: str) -> None:
    """A media type has no case, and its first part may be left out (RFC 7515, section 4.1.9)."""
    assert await roles(site, university.sign(university.access(), typ)) == OFFICER


async def test_an_id_token_as_bearer(site: Site, university: Running) -> None:
    """What says who signed in opens nothing, even where its type were right."""
    claims = university.access(aud=CLIENT, nonce="n", client_id=None, jti=None, scope=None)
    for typ in ("JWT", None, "at+jwt"):
        await refused(site, university.sign(claims, typ))


async def test_oversize_garbage_and_deep_nesting(site: Site, university: Running) -> None:
    """Whatever is sent as a token is answered with 401, at once."""
    deep = b'{"a":' * 3000 + b"1" + b"}" * 3000
    header = {"alg": "RS256", "kid": university.key.kid, "typ": "at+jwt"}
    found = [
        university.sign(university.access(more="x" * 13_000)),
        signed(university.key, header, deep),
        signed(university.key, deep, university.access()),
        signed(university.key, header, [university.access()]),
        signed(university.key, header, b"\xff\xfe"),
        "..", "...", "a.b.c", "a.b.c.d.e", "{}", "e30.e30.e30", "=.=.=", "a" * 15_000,
        university.sign(university.access()) + "x",
        university.sign(university.access())[:-1],
        base64.b64encode(b"{}").decode() * 3,
    ]  # fmt: skip
    began = time.monotonic()
    for token in found:
        await refused(site, token)
    assert time.monotonic() - began < 5


async def test_another_signature_or_another_body(site: Site, university: Running) -> None:
    """A token whose claims were changed after it was signed is refused."""
    head, _, sign = university.sign(university.access()).split(".")
    await refused(site, f"{head}.{part(orjson.dumps(university.access(roles=['admin'])))}.{sign}")


@pytest.mark.parametrize("scope", [None, "", "openid", "korpux", "kor pu", ["openid"], 7, "KORPU"])
async def test_scope_missing(site: Site, university: Running, scope: Any) -> None:
    """A good token for something else gets 403 and is told which scope it lacks (RFC 6750, section 3.1)."""
    answer = await site.ask(university.sign(university.access(scope=scope)))
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer realm="korpu", error="insufficient_scope", scope="korpu"'
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "data" not in answer.json()


@pytest.mark.parametrize("name", ["access_token", "ACCESS_TOKEN", "token", "id_token"])
async def test_token_in_a_query_string(site: Site, university: Running, name: str) -> None:
    """A token in an address is refused everywhere, whatever else there is."""
    browser = site.browser()
    for path in ("/graphql", "/schema.graphql", "/auth/session", "/health/live", "/auth/callback/university"):
        answer = await browser.client.post(f"{site.base}{path}?{name}={university.sign(university.access())}", json={})
        assert answer.status_code == 400, path
        assert "never in the address" in answer.text


async def test_a_suspended_caller_is_refused_at_once(site: Site, university: Running) -> None:
    """A token that was taken a moment ago is refused once its account is suspended."""
    token = university.sign(university.access(sub="officer-77"))
    assert await roles(site, token) == OFFICER
    await site.browser().sign_in("officer-77")
    await site.suspend(university.issuer, "officer-77")
    assert (await site.ask(token)).status_code == 401


async def test_a_token_ends_when_it_expires(site: Site, university: Running) -> None:
    """What is remembered of a token is not remembered beyond its end."""
    token = university.sign(university.access(exp=int(time.time()) + 2))
    assert await roles(site, token) == OFFICER
    await asyncio.sleep(2.1)
    await refused(site, token)


async def test_a_bearer_token_goes_before_a_cookie(site: Site, university: Running) -> None:
    """With both, the token says who it is; a bad token is refused although the cookie is good."""
    browser = site.browser()
    await browser.sign_in("officer-1")
    both = await browser.ask(Authorization=f"Bearer {university.sign(university.access(sub='h', roles=['head']))}")
    assert both.json()["data"]["viewer"]["roles"] == ["anonymous", "head", "member"]
    assert (await browser.ask(Authorization="Bearer nonsense")).status_code == 401
    assert await browser.roles() == OFFICER
