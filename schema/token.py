"""POST /auth/token: a portal exchanges a person's access token for one of Körpü's own (RFC 8693)."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.exchange import Exchange, NotAPortal
from errors import NotAllowed, StoreError, Unauthenticated, Unavailable
from resolvers.context import Services
from schema.tries import too_often

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # the name of a type
JWT = "urn:ietf:params:oauth:token-type:jwt"
FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 20_000
# Neither is kept by anybody on the way (RFC 6749, section 5.1).
HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Refused(Exception):
    """An error of RFC 6749, section 5.2."""

    def __init__(self, error: str, says: str, status: int = 400) -> None:
        super().__init__(says)
        self.error = error
        self.status = status


def token_routes(services: Services, exchange: Exchange) -> list[Route]:
    """The endpoint, for portals alone."""

    async def token(request: Request) -> Response:
        try:
            if await too_often(services, request, "token", services.settings.token_tries_per_address):
                raise _Refused("slow_down", "Too many requests from this address: try again in an hour", 429)  # noqa: TRY301
            key = _key(request)
            given = await _given(request)
            issued, seconds = await exchange.issue(key, _subject_token(given))
        except _Refused as refused:
            return _refusal(refused)
        except NotAPortal:
            return _refusal(_Refused("invalid_client", "The key is not accepted here", 401))
        except (Unauthenticated, NotAllowed):
            return _refusal(_Refused("invalid_grant", "The person's token is not accepted here"))
        except Unavailable:
            return _refusal(_Refused("temporarily_unavailable", "The provider does not answer: try again later", 503))
        except StoreError:
            return _refusal(_Refused("temporarily_unavailable", "The store does not answer: try again later", 503))
        body = {
            "access_token": issued,
            "issued_token_type": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": seconds,
        }
        return JSONResponse(body, headers=HEADERS)

    return [Route("/auth/token", token, methods=["POST"])]


def _refusal(refused: _Refused) -> Response:
    headers = HEADERS | ({"WWW-Authenticate": 'Basic realm="korpu"'} if refused.status == 401 else {})
    return JSONResponse({"error": refused.error, "error_description": str(refused)}, refused.status, headers)


def _key(request: Request) -> str:
    """The key of the portal: as a bearer token, or halved into user and password (RFC 6749, section 2.3.1)."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and sent:
        return sent
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(sent, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = password = ""
        return f"{unquote(user)}_{unquote(password)}"
    raise _Refused("invalid_client", "Send the key of the portal as “Authorization: Bearer korpu_…”", 401)


async def _given(request: Request) -> dict[str, str]:
    """The form, each parameter once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise _Refused("invalid_request", f"Send the request as {FORM}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _Refused("invalid_request", f"The request has more than {MOST_BYTES} bytes", 413)
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=30)
    except (UnicodeDecodeError, ValueError):
        raise _Refused("invalid_request", "The request is no form") from None
    if any(len(values) > 1 for values in found.values()):
        raise _Refused("invalid_request", "A parameter is there twice")
    return {name: values[0] for name, values in found.items()}


def _subject_token(given: dict[str, Any]) -> str:
    if given.get("grant_type") != GRANT:
        raise _Refused("unsupported_grant_type", f"grant_type must be {GRANT}")
    if given.get("subject_token_type") not in (ACCESS_TOKEN, JWT):
        raise _Refused("invalid_request", f"subject_token_type must be {ACCESS_TOKEN} or {JWT}")
    if given.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise _Refused("invalid_request", f"requested_token_type must be {ACCESS_TOKEN}, or left out")
    if "actor_token" in given or "scope" in given:
        raise _Refused("invalid_request", "actor_token and scope are not taken: the key says who acts, and what may be")
    if not given.get("subject_token"):
        raise _Refused("invalid_request", "subject_token is missing: send the person's access token")
    return str(given["subject_token"])
