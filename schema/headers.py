"""Headers that every answer has, unless it has stricter ones of its own; and addresses that carry a token, refused."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Two years, as the preload lists of browsers ask.
HTTPS_ONLY: Final = "max-age=63072000"
_TOKENS: Final = frozenset({"access_token", "id_token", "authorization", "token"})


class SecurityHeaders:
    """Adds the headers, with Strict-Transport-Security where the service is reached by https."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS) | ({"Strict-Transport-Security": HTTPS_ONLY} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    held.setdefault(name, value)
            await send(message)

        if _carries_token(scope["query_string"]):
            # Addresses are kept in histories and logs (RFC 6750, section 2.3).
            words = "Send the token as “Authorization: Bearer …”, never in the address; take this one back"
            refusal = PlainTextResponse(words, 400, {"Cache-Control": "no-store"})
            await refusal(scope, receive, sending)
            return
        await self._app(scope, receive, sending)


def _carries_token(query: bytes) -> bool:
    names = {name.lower() for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)}
    return not names.isdisjoint(_TOKENS)
