"""Demo tokens: signed statements of who someone is, taken in demo mode alone."""

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.util import json_b64decode

from auth.caller import Role
from errors import Unauthenticated
from settings import Settings

ISSUER = "korpu-demo"
TYPE = "demo+jwt"
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of its bearer."""

    roles: tuple[Role, ...]
    person: str | None = None
    units: tuple[str, ...] = ()
    partner: str | None = None
    name: str = ""


def _key(settings: Settings) -> OctKey:
    return OctKey.import_key(settings.signing_secret)


def issue_token(settings: Settings, claims: Claims) -> str:
    """A signed demo token. It does not expire: it is worth nothing outside this machine's demonstration."""
    body = {
        "iss": ISSUER,
        "aud": "korpu",
        "sub": claims.person or "nobody",
        "roles": [role.value for role in claims.roles],
        "units": list(claims.units),
        "partner": claims.partner,
        "name": claims.name,
    }
    return jwt.encode({"alg": "HS256", "typ": TYPE}, body, _key(settings))


def is_demo_token(settings: Settings, token: str) -> bool:
    """Whether a token says that it is one of the demonstration. Whether it is true is another question."""
    if settings.mode != "demo":
        return False
    try:
        head = json_b64decode(token.partition(".")[0].encode())
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and head.get("typ") == TYPE


def read_token(settings: Settings, token: str) -> Claims:
    """The claims of a demo token; raises Unauthenticated, telling nothing of why."""
    refused = Unauthenticated("The token is not accepted here: get a new one with `korpu token ROLE`")
    if settings.mode != "demo" or len(token) > LONGEST or token.count(".") != 2:
        raise refused
    try:
        decoded = jwt.decode(token, _key(settings), algorithms=["HS256"])
    except (JoseError, ValueError, RecursionError) as error:
        raise refused from error
    body: dict[str, Any] = decoded.claims
    if decoded.header.get("typ") != TYPE or body.get("iss") != ISSUER or body.get("aud") != "korpu":
        raise refused
    try:
        roles = tuple(Role(role) for role in body["roles"])
        person = body["sub"] if body["sub"] != "nobody" else None
        return Claims(roles, person, tuple(body["units"]), body["partner"], str(body["name"]))
    except (KeyError, TypeError, ValueError) as error:
        raise refused from error
