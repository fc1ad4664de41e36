"""Opaque, signed places in a list. A cursor holds only what its reader was shown, and serves one list of one caller."""

import base64
import hashlib
import hmac
from typing import Any

import orjson

from errors import Invalid
from resolvers.context import Context

SEAL = 16


def sealed(context: Context, purpose: str, parts: list[Any]) -> str:
    """A cursor that holds these parts, good for one purpose."""
    body = orjson.dumps(parts, option=orjson.OPT_UTC_Z)
    return base64.urlsafe_b64encode(_seal(context, purpose, body) + body).rstrip(b"=").decode()


def opened(context: Context, purpose: str, cursor: str, place: str = "after") -> list[Any]:
    """The parts of a cursor. Raises Invalid for one of another purpose, or of nobody's making."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if hmac.compare_digest(raw[:SEAL], _seal(context, purpose, raw[SEAL:])):
            found: list[Any] = orjson.loads(raw[SEAL:])
            return found
    except (ValueError, TypeError):
        pass
    msg = f"{place} is no cursor of this list for you: take one from an answer to the same query, or begin anew"
    raise Invalid(msg)


def _seal(context: Context, purpose: str, body: bytes) -> bytes:
    key = context.settings.signing_secret.encode()
    return hmac.new(key, b"place" + purpose.encode() + b"\0" + body, hashlib.sha256).digest()[:SEAL]
