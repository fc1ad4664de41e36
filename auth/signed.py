"""Signed statements of a provider (RFC 7515, 7519): what makes one good, whatever it is for."""

import base64
import binascii
import math
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from auth.discovery import Discovery
from errors import Unauthenticated

LONGEST: Final = 16_000
LEEWAY_SECONDS: Final = 30
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


class Untrue(Unauthenticated):
    """A token is not to be believed. Why is not told to who sent it."""

    def __init__(self, why: str) -> None:
        super().__init__("The token is not accepted here: sign in again, or get a new one")
        self.why = why


class _Registry(jws.JWSRegistry):
    """Headers that are not known, such as jku and x5u, are not looked at and never followed."""

    max_header_length = 4_000


def _part(segment: str) -> dict[str, Any]:
    """The JSON object of one part. Too deep a nesting is refused by the parser."""
    try:
        found = orjson.loads(base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise Untrue("it cannot be read") from error
    if not isinstance(found, dict):
        raise Untrue("it is no JSON object")
    return found


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token in compact form, believed not yet. Raises Untrue."""
    if len(token) > LONGEST or not token.isascii() or token.count(".") != 2:
        raise Untrue("it is no signed token")
    head, body, _ = token.split(".")
    return _part(head), _part(body)


async def verified(
    token: str, found: tuple[dict[str, Any], dict[str, Any]], issuer: Discovery, types: Collection[str] | None
) -> dict[str, Any]:
    """The claims of a token that the provider signed. Raises Untrue, and Unavailable where there are no keys.

    ``found`` is what `parts` gave; ``types`` are the values of `typ` that are taken, None where any or none will do.
    """
    header, claims = found
    provider = issuer.provider
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in provider.algorithms:
        raise Untrue("its algorithm is not allowed")
    if not isinstance(kid, str) or not kid:
        raise Untrue("it names no key")
    if "crit" in header or "b64" in header:
        raise Untrue("it asks for what is not known")
    if types is not None and not _is_of(header.get("typ"), types):
        raise Untrue("it is of another type")
    key = await issuer.keys.find(kid)
    if key is None:
        raise Untrue("its key is unknown")
    if key.get("alg") not in (None, algorithm):
        raise Untrue("its key is for another algorithm")
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise Untrue("its signature is wrong") from error
    return claims


def _is_of(value: Any, types: Collection[str]) -> bool:
    """Whether a `typ` is one of these, with or without `application/` before it (RFC 7515, section 4.1.9)."""
    return isinstance(value, str) and value.lower().removeprefix("application/") in {one.lower() for one in types}


def instant(claims: Mapping[str, Any], name: str) -> float:
    """An instant of the claims, in seconds. Raises Untrue where it is missing or no number."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Untrue(f"its {name} is no instant")
    if not 0 <= value <= LATEST:
        raise Untrue(f"its {name} is no instant of our age")
    return float(value)


def text(claims: Mapping[str, Any], name: str) -> str:
    """A text of the claims that is not empty. Raises Untrue."""
    value = claims.get(name)
    if not isinstance(value, str) or not value or len(value) > 500:
        raise Untrue(f"its {name} is no text")
    return value


def check_times(claims: Mapping[str, Any], now: datetime) -> datetime:
    """When the token ends. Raises Untrue for one that ended, has no end, or is from the future."""
    expires, at = instant(claims, "exp"), now.timestamp()
    if expires <= at:
        raise Untrue("it has expired")
    if instant(claims, "iat") > at + LEEWAY_SECONDS:
        raise Untrue("it is from the future")
    if "nbf" in claims and instant(claims, "nbf") > at + LEEWAY_SECONDS:
        raise Untrue("it is not good yet")
    return datetime.fromtimestamp(expires, UTC)


def check_issuer(claims: Mapping[str, Any], issuer: str) -> None:
    """Raises Untrue unless the issuer is this one, letter by letter."""
    if claims.get("iss") != issuer:
        raise Untrue("another issuer made it")


def check_audience(claims: Mapping[str, Any], audience: str) -> None:
    """Raises Untrue unless the token is for this audience, alone or among others."""
    value = claims.get("aud")
    held = [value] if isinstance(value, str) else value
    if not isinstance(held, list) or not all(isinstance(one, str) for one in held) or audience not in held:
        raise Untrue("it is for someone else")
