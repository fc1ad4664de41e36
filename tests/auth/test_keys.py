"""The keys of a real provider: rotated, retired, away, spoiled; one fetch at a time and at most one in a cool-down."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from auth.keys import Keys, read_keys, usable
from auth.outbound import Outbound, ProviderDown
from errors import Unavailable
from tests.provider.fixtures import KEY_COOL_DOWN, Site
from tests.provider.running import Running, new_key, signed

OFFICER = ["anonymous", "member", "officer"]


async def status(site: Site, token: str) -> int:
    """What a token is answered with; one that is taken gives the roles of an officer."""
    answer = await site.ask(token)
    if answer.status_code == 200:
        assert answer.json()["data"]["viewer"]["roles"] == OFFICER
    return answer.status_code


async def test_rotation(site: Site, university: Running) -> None:
    """A token under a new key is taken after one fetch, without anybody's help."""
    assert await status(site, university.sign(university.access())) == 200
    await asyncio.sleep(KEY_COOL_DOWN)
    university.rotate("second")
    university.control(forget=True)
    assert await status(site, university.sign(university.access())) == 200
    assert university.control()["/jwks"] == 1


async def test_retirement(site: Site, university: Running) -> None:
    """A token under a key that the provider no longer publishes is refused, though it was taken before."""
    former = university.sign(university.access())
    assert await status(site, former) == 200
    await asyncio.sleep(KEY_COOL_DOWN)
    university.rotate("third")
    assert await status(site, university.sign(university.access(sub="officer-2"))) == 200
    assert await status(site, former) in (401, 503)
    await asyncio.sleep(KEY_COOL_DOWN)
    assert await status(site, former) == 401


async def test_endpoint_down(site: Site, university: Running) -> None:
    """Keys that are known go on while the provider is away; unknown ones get 503, which says when to come again."""
    good = university.sign(university.access())
    assert await status(site, good) == 200
    await asyncio.sleep(KEY_COOL_DOWN)
    university.spoil("/jwks", drop=True)
    assert await status(site, university.sign(university.access(sub="officer-2"))) == 200
    assert await status(site, university.sign(university.access(), kid="unknown")) == 503
    assert await status(site, good) == 200


@pytest.mark.parametrize("how", ["down", "rubbish", "empty", "redirect", "error"])
async def test_a_cold_start_without_keys_is_503(site: Site, university: Running, how: str) -> None:
    """Before any key is known nobody can be told whether their token is good: 503 and not 401, and then 200."""
    answers: Mapping[str, Mapping[str, Any]] = {
        "down": {"drop": True},
        "rubbish": {"body": "<html>"},
        "empty": {"body": '{"keys": []}'},
        "redirect": {"status": 302, "headers": {"Location": f"{university.issuer}/jwks?again"}},
        "error": {"status": 500, "body": '{"keys": []}'},
    }
    university.spoil("/jwks", **answers[how])
    answer = await site.ask(university.sign(university.access()))
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    university.mend()
    await asyncio.sleep(KEY_COOL_DOWN)
    assert await status(site, university.sign(university.access())) == 200


async def test_redirect_refused(site: Site, university: Running) -> None:
    """Keys are taken from where discovery says, and from nowhere that this place leads to."""
    elsewhere = {"keys": [new_key("evil").as_dict(private=False)]}
    there = {"/jwks": {"status": 307, "headers": {"Location": f"{university.issuer}/evil"}}}
    university.control(spoiled=there | {"/evil": {"body": orjson.dumps(elsewhere).decode()}}, forget=True)
    assert await status(site, university.sign(university.access())) == 503
    assert "/evil" not in university.control()


def test_private_or_symmetric_keys_ignored() -> None:
    """Of a key set, only public keys for signatures that are strong enough are used, and the odd spoil none."""
    good = new_key("good").as_dict(private=False)
    odd: list[Any] = [
        new_key("private").as_dict(private=True),
        OctKey.generate_key(256, {"kid": "symmetric"}).as_dict(),
        {"kty": "RSA", "kid": "broken", "n": "!!", "e": "AQAB"},
        {"kty": "EC", "kid": "short", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "XYZ", "kid": "unknown"},
        good | {"kid": "encrypts", "use": "enc"},
        good | {"kid": "wraps", "key_ops": ["wrapKey"]},
        good | {"kid": ""},
        {name: value for name, value in good.items() if name != "kid"},
        "key",
        None,
    ]
    assert [one for one in odd if usable(one) is not None] == []
    curve = ECKey.generate_key("P-256", {"kid": "curve"}).as_dict(private=False)
    assert set(read_keys({"keys": [*odd, good, curve]})) == {"good", "curve"}
    with pytest.raises(ProviderDown):
        read_keys({"keys": odd})


async def test_a_private_key_in_the_set_signs_nobody_in(site: Site, university: Running) -> None:
    """A provider that publishes its private key gets no trust for it."""
    leaked: RSAKey = new_key("leaked")
    keys = [university.key.as_dict(private=False), leaked.as_dict(private=True)]
    university.spoil("/jwks", body=orjson.dumps({"keys": keys}).decode())
    header = {"alg": "RS256", "kid": "leaked", "typ": "at+jwt"}
    assert await status(site, signed(leaked, header, university.access())) in (401, 503)
    assert await status(site, university.sign(university.access())) == 200


async def test_two_hundred_at_once_during_a_rotation(site: Site, university: Running) -> None:
    """None wrongly refused, none wrongly served, and one fetch."""
    assert await status(site, university.sign(university.access())) == 200
    await asyncio.sleep(KEY_COOL_DOWN)
    university.rotate("fourth")
    university.control(forget=True)
    good = [university.sign(university.access(sub=f"officer-{number}")) for number in range(200)]
    assert set(await asyncio.gather(*(status(site, token) for token in good))) == {200}
    assert university.control()["/jwks"] == 1


async def test_two_hundred_bogus_ids_fetch_once_in_a_cool_down(site: Site, university: Running) -> None:
    """Unknown ids wait for the end of the cool-down and are refused by one look, and no good token waits for them."""
    good = university.sign(university.access())
    assert await status(site, good) == 200
    university.control(forget=True)
    began = time.monotonic()
    bogus = [university.sign(university.access(), kid=f"bogus-{number}") for number in range(200)]
    found = await asyncio.gather(*(status(site, token) for token in [good, *bogus]))
    assert found[0] == 200
    assert set(found[1:]) == {401}
    assert university.control().get("/jwks", 0) <= 1 + (time.monotonic() - began) / KEY_COOL_DOWN


async def test_whoever_waits_for_a_key_is_bounded_in_number_and_time(
    university: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond so many, and after so long, the answer is 503; known keys are given at once all the while."""
    university.mend()
    outbound = Outbound()

    async def where() -> str:
        return f"{university.issuer}/jwks"

    monkeypatch.setattr("auth.keys.MOST_WAITING", 3)
    keys = Keys(outbound, where, cool_down=5.0, patience=0.3)
    known = university.key.kid
    assert known is not None
    assert await keys.find(known) is not None
    began = time.monotonic()
    waiting = [asyncio.create_task(keys.find(f"bogus-{number}")) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await keys.find("one-too-many")
    assert await keys.find(known) is not None
    assert time.monotonic() - began < 0.3
    assert {type(found) for found in await asyncio.gather(*waiting, return_exceptions=True)} == {Unavailable}
    assert 0.3 <= time.monotonic() - began < 3
    await keys.close()
    await outbound.close()


async def test_keys_are_looked_at_again_in_the_background(university: Running) -> None:
    """Keys that were read long ago still serve while a new look is taken, and what is gone is forgotten by it."""
    university.mend()
    outbound = Outbound()

    async def where() -> str:
        return f"{university.issuer}/jwks"

    keys = Keys(outbound, where, cool_down=0.1, fresh=0.2)
    former = university.key.kid
    assert former is not None
    assert await keys.find(former) is not None
    university.rotate("fifth")
    await asyncio.sleep(0.3)
    assert keys.holds(former)
    for _ in range(100):
        await asyncio.sleep(0.02)
        if not keys.holds(former):
            break
    assert not keys.holds(former)
    assert keys.holds("fifth")
    university.spoil("/jwks", drop=True)
    await asyncio.sleep(0.4)
    with pytest.raises(Unavailable):
        await keys.find("sixth")
    assert keys.holds("fifth")
    university.mend()
    await keys.close()
    await outbound.close()
