"""Demo tokens: taken in demo mode alone, and only as they were signed here."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from auth.backend import Authenticator
from auth.bearer import Claims, issue_token, read_token
from auth.caller import ANONYMOUS, Role, caller
from errors import Unauthenticated
from resolvers.context import Services
from settings import Settings, load_settings
from tests.conftest import Ask, Http
from tests.factories.records import made

BODY: dict[str, Any] = {
    "iss": "korpu-demo",
    "aud": "korpu",
    "sub": "prs_a",
    "roles": ["head"],
    "units": [],
    "partner": None,
    "name": "Head",
}
HEADER = {"alg": "HS256", "typ": "demo+jwt"}


@pytest.fixture
def settings(home: Path) -> Settings:
    """Give the settings of demo mode."""
    return load_settings(mode="demo", home=home)


def _signed(settings: Settings, body: Mapping[str, Any] = BODY, header: Mapping[str, Any] = HEADER) -> str:
    key = OctKey.import_key(settings.signing_secret)
    return jwt.encode(dict(header), dict(body), key, algorithms=[header["alg"]])


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


@pytest.mark.parametrize("role", list(Role))
def test_a_token_says_what_was_put_in(role: Role, settings: Settings) -> None:
    """Roles, person, units, partner and name come out of a token as they were signed."""
    claims = Claims((role, Role.MEMBER), "prs_a", ("unt_a", "unt_b"), "prt_a", "Ləman “L” Əliyeva")
    assert read_token(settings, issue_token(settings, claims)) == claims
    assert read_token(settings, issue_token(settings, Claims((role,)))) == Claims((role,))


def _forged(settings: Settings) -> dict[str, str]:
    """Tokens that must not be taken, by what is wrong with them."""
    good = _signed(settings)
    head, body, sign = good.split(".")
    without = {name: {key: value for key, value in BODY.items() if key != name} for name in BODY}
    rsa = RSAKey.generate_key(2048)
    return {
        "empty": "",
        "dots alone": "..",
        "four parts": f"{good}.x",
        "two parts": f"{head}.{body}",
        "no signature": f"{head}.{body}.",
        "another signature": f"{head}.{body}.{'A' if sign[0] != 'A' else 'B'}{sign[1:]}",
        "another body": f"{head}.{_part(BODY | {'roles': ['admin']})}.{sign}",
        "no algorithm": f"{_part({'alg': 'none', 'typ': 'demo+jwt'})}.{body}.",
        "algorithm in capitals": f"{_part({'alg': 'NONE', 'typ': 'demo+jwt'})}.{body}.",
        "another algorithm": _signed(settings, header=HEADER | {"alg": "HS512"}),
        "a public key": jwt.encode(HEADER | {"alg": "RS256"}, BODY, rsa),
        "another secret": jwt.encode(HEADER, BODY, OctKey.import_key("x" * 40)),
        "the secret, shortened": jwt.encode(HEADER, BODY, OctKey.import_key(settings.signing_secret[:-1])),
        "a key of its own": f"{_part(HEADER | {'jwk': {'kty': 'oct', 'k': 'eA'}})}.{body}.{sign}",
        "something critical": f"{_part(HEADER | {'crit': ['exp']})}.{body}.{sign}",
        "another type": _signed(settings, header=HEADER | {"typ": "JWT"}),
        "another issuer": _signed(settings, BODY | {"iss": "korpu"}),
        "for someone else": _signed(settings, BODY | {"aud": "else"}),
        "an unknown role": _signed(settings, BODY | {"roles": ["head", "root"]}),
        "roles that are no list": _signed(settings, BODY | {"roles": 5}),
        "long": _signed(settings, BODY | {"name": "x" * 4000}),
        "nested": f"{head}.{base64.urlsafe_b64encode(b'[' * 900 + b']' * 900).decode()}.{sign}",
        "no base64": f"{head}.ə.{sign}",
        "text": "head",
    } | {f"without {name}": _signed(settings, found) for name, found in without.items()}


def test_only_what_was_signed_here_is_taken(settings: Settings) -> None:
    """Whatever else is refused with the same words, which do not say why."""
    assert read_token(settings, _signed(settings)).roles == (Role.HEAD,)
    for what, token in _forged(settings).items():
        with pytest.raises(Unauthenticated, match="The token is not accepted here: get a new one") as refused:
            read_token(settings, token)
        assert token[:20] not in str(refused.value) or not token, what


def test_production_takes_no_demo_token(settings: Settings) -> None:
    """A token of the demonstration is worth nothing where people sign in."""
    production = settings.model_copy(update={"mode": "production"})
    with pytest.raises(Unauthenticated):
        read_token(production, issue_token(settings, Claims((Role.HEAD,))))


async def test_requests_without_and_with_bad_credentials(http: Http, settings: Settings) -> None:
    """No credentials are nobody's; bad ones are refused with 401, a challenge, a code, and nothing of why."""
    query = {"query": "{ viewer { roles } }"}
    assert (await http.post(query)).json() == {"data": {"viewer": {"roles": ["anonymous"]}}}
    good = issue_token(settings, Claims((Role.FINANCE,)))
    for form in (f"Bearer {good}", f"bearer {good}", f"BEARER {good}"):
        answered = await http.post(query, Authorization=form)
        assert answered.json()["data"]["viewer"]["roles"] == ["anonymous", "finance", "member"]
    bodies = []
    for form in ("", "Bearer", "Bearer ", f"Basic {good}", good, f"Token {good}", "Bearer nonsense", f"Bearer {good}x"):
        answered = await http.post(query, Authorization=form)
        assert answered.status_code == 401, form
        assert answered.headers["www-authenticate"] == 'Bearer realm="korpu", error="invalid_token"'
        (error,) = answered.json()["errors"]
        assert error.pop("extensions") == {"code": "UNAUTHENTICATED", "requestId": answered.headers["x-request-id"]}
        bodies.append(error["message"])
        assert "data" not in answered.json()
    assert len(set(bodies)) == 2
    forged = [
        await http.post(query, Authorization=f"Bearer {token}")
        for token in _forged(settings).values()
        if token.isascii()
    ]
    assert {answered.status_code for answered in forged} == {401}


async def test_what_a_token_gives_follows_the_unit_tree(services: Services, ask: Ask) -> None:
    """A coordinator holds the units named and all below them; others hold none; what they make is the first one's."""
    top = await made(ask, "Unit")
    middle = await made(ask, "Unit", parentUnit=top)
    bottom = await made(ask, "Unit", parentUnit=middle)
    await made(ask, "Unit")
    authenticator = Authenticator(services.settings, services.store, services.clock)

    async def held(*roles: Role) -> Any:
        token = issue_token(services.settings, Claims(roles, "prs_a", (top,), None, "C"))
        return await authenticator.caller({"authorization": f"Bearer {token}"})

    units = frozenset({top, middle, bottom})
    assert await held(Role.COORDINATOR) == caller(
        Role.COORDINATOR, person="prs_a", units=units, home_unit=top, name="C"
    )
    assert (await held(Role.OFFICER)).units == frozenset()
    assert (await held(Role.OFFICER)).home_unit == top
    assert await authenticator.caller({}) == ANONYMOUS


async def test_a_cycle_in_the_unit_tree_ends(services: Services, ask: Ask) -> None:
    """Units that stand in each other are gathered once."""
    one, two = await made(ask, "Unit"), await made(ask, "Unit")
    for unit, parent in ((one, two), (two, one)):
        await services.store.collection("units").update_one({"_id": unit}, {"$set": {"parent_unit": parent}})
    token = issue_token(services.settings, Claims((Role.COORDINATOR,), None, (one,)))
    found = await Authenticator(services.settings, services.store).caller({"authorization": f"Bearer {token}"})
    assert found.units == {one, two}
