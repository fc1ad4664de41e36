"""The routes of signing in: to a provider and back, out again, and who one is. Pages work without scripts."""

import asyncio
import base64
import hashlib
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from auth.backchannel import end_sessions
from auth.backend import Authenticator
from auth.browser import (
    HEADER,
    base_of,
    check_own_page,
    read_cookie,
    safe_next,
    session_cookie,
    set_cookie,
    sign_in_cookie,
)
from auth.login import MINUTES, SignInFailed
from auth.sessions import new_id
from auth.signed import Untrue
from auth.signing_in import SignIn
from errors import Answer, NotAllowed, SignInRefused, StoreError, Unauthenticated, Unavailable
from resolvers.context import Services
from schema.tries import too_often
from settings import Settings

log = structlog.get_logger()

FILES: Final = Path(__file__).parent / "door"
STYLE: Final = (FILES / "style.css").read_text("utf-8")
WORDS: Final[dict[str, dict[str, str]]] = tomllib.loads((FILES / "words.toml").read_text("utf-8"))
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}
NO_STORE: Final = {"Cache-Control": "no-store"}
MOST_BYTES: Final = 64_000
STATUS: Final = {"down": 503, "store": 503, "suspended": 403, "barred": 403, "unknown": 404, "busy": 429}
_TEMPLATE = Environment(
    loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).get_template("page.html")


def address_of(request: Request) -> str:
    """The network address that a request comes from."""
    return request.client.host if request.client else ""


def language_of(request: Request, settings: Settings) -> str:
    """The first language of the browser that there is."""
    accepted = request.headers.get("accept-language", "").split(",")
    wanted = [part.partition(";")[0].strip()[:2] for part in accepted]
    return next((found for found in wanted if found in settings.languages), settings.languages[0])


async def _form(request: Request, seconds: float) -> dict[str, str]:
    """The fields of a small form. Raises Untrue for what is none, TimeoutError and ClientDisconnect."""
    body = b""
    async with asyncio.timeout(seconds):
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise Untrue("it is too large")
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=20)
    except ValueError as error:
        raise Untrue("it is no form") from error
    if len(dict(pairs)) < len(pairs):
        raise Untrue("a field came twice")
    return dict(pairs)


class Door:
    """Signing in and out over HTTP."""

    def __init__(self, services: Services, sign_in: SignIn, authenticator: Authenticator) -> None:
        self._services = services
        self._settings = services.settings
        self._sign_in = sign_in
        self._authenticator = authenticator

    def routes(self) -> list[Route]:
        """What is served."""
        return [
            Route("/auth/login/{provider}", self._page_of(self.login), name="login"),
            Route("/auth/callback/{provider}", self._page_of(self.callback), name="callback"),
            Route("/auth/signed-out", self.signed_out, name="signed-out"),
            Route("/auth/logout", self.logout, methods=["POST"], name="logout"),
            Route("/auth/backchannel/{provider}", self.backchannel, methods=["POST"], name="backchannel"),
            Route("/auth/session", self.session, name="session"),
        ]

    async def login(self, request: Request) -> Response:
        """Send a browser to a provider."""
        name = request.path_params["provider"]
        if name not in self._sign_in.issuers:
            raise SignInFailed("unknown")
        if await too_often(self._services, request, "sign-in", self._settings.sign_in_tries_per_address):
            raise SignInFailed("busy")
        cookie = sign_in_cookie(self._settings)
        # One browser keeps one value: what several of its tabs begin at once stays theirs.
        browser = read_cookie(request.headers, cookie) or new_id()
        base = base_of(self._settings, request.headers)
        address = await self._sign_in.logins.begin(name, browser, base, request.query_params.get("next"))
        answer = RedirectResponse(address, 303, NO_STORE)
        answer.headers.append("Set-Cookie", set_cookie(self._settings, cookie, browser, MINUTES * 60))
        return answer

    async def callback(self, request: Request) -> Response:
        """Take a browser back from a provider, and begin a new session."""
        name = request.path_params["provider"]
        if name not in self._sign_in.issuers:
            raise SignInFailed("unknown")
        accounts, address = self._sign_in.accounts, address_of(request)
        browser = read_cookie(request.headers, sign_in_cookie(self._settings)) or ""
        try:
            arrived = await self._sign_in.logins.finish(name, browser, request.query_params.multi_items())
            account = await accounts.signed_in(arrived.identity, provider=name, address=address)
        except SignInRefused as error:
            raise SignInFailed("suspended" if error.reason == "suspended" else "barred", error.reason) from error
        except SignInFailed as error:
            await accounts.refused(provider=name, address=address, reason=error.reason)
            raise
        cookie = await self._sign_in.sessions.start(
            arrived.identity,
            account=account,
            provider=name,
            sid=arrived.sid,
            address=address,
            agent=request.headers.get("user-agent", ""),
        )
        await self._end_former(request)
        answer = RedirectResponse(arrived.next, 303, NO_STORE)
        answer.headers.append("Set-Cookie", set_cookie(self._settings, session_cookie(self._settings), cookie))
        return answer

    async def _end_former(self, request: Request) -> None:
        """End the session that this browser had: nobody keeps the id of who was there before."""
        former = read_cookie(request.headers, session_cookie(self._settings))
        identity = await self._sign_in.sessions.identity(former) if former else None
        if identity is not None and identity.session is not None:
            await self._sign_in.sessions.revoke(identity.session)

    async def logout(self, request: Request) -> Response:
        """End the session of a browser here, and say where the provider's own is ended."""
        base = base_of(self._settings, request.headers)
        cookie = read_cookie(request.headers, session_cookie(self._settings))
        target = f"{base}/auth/signed-out"
        try:
            check_own_page(self._settings, request.headers, header=False)
            if cookie is not None:
                target = await self._ended(request, cookie) or target
        except NotAllowed as error:
            return JSONResponse({"message": str(error.args[0])}, 403, NO_STORE)
        except StoreError:
            return JSONResponse({"message": "The service cannot answer now: try again"}, 503, NO_STORE)
        answer: Response = RedirectResponse(target, 303, NO_STORE)
        if "application/json" in request.headers.get("accept", ""):
            answer = JSONResponse({"next": target}, headers=NO_STORE)
        answer.headers.append("Set-Cookie", set_cookie(self._settings, session_cookie(self._settings), "", 0))
        return answer

    async def _ended(self, request: Request, cookie: str) -> str | None:
        """End a session; the address at the provider to go on to, if there is one."""
        identity = await self._sign_in.sessions.identity(cookie)
        if identity is None or identity.session is None:
            return None
        await self._sign_in.sessions.revoke(identity.session)
        name = next((one.name for one in self._sign_in.providers if one.issuer == identity.issuer), "")
        await self._sign_in.accounts.signed_out(identity, provider=name, address=address_of(request))
        return await self._sign_in.logins.end_address(name, base_of(self._settings, request.headers))

    async def backchannel(self, request: Request) -> Response:
        """Hear from a provider that somebody signed out."""
        issuer = self._sign_in.issuers.get(request.path_params["provider"])
        if issuer is None:
            return JSONResponse({"error": "invalid_request"}, 404, NO_STORE)
        try:
            form = await _form(request, self._settings.request_timeout_seconds)
            await end_sessions(issuer, self._sign_in.sessions, form.get("logout_token", ""), self._services.clock)
        except Untrue as error:
            log.warning("logout token refused", provider=issuer.provider.name, reason=error.why)
            return JSONResponse({"error": "invalid_request"}, 400, NO_STORE)
        except (Unavailable, StoreError, TimeoutError, ClientDisconnect):
            return JSONResponse({"error": "temporarily_unavailable"}, 503, NO_STORE)
        return Response(status_code=200, headers=NO_STORE)

    async def session(self, request: Request) -> Response:
        """Who this browser is, until when, and how one signs in."""
        ways = [
            {"name": one.name, "title": one.title, "login": f"/auth/login/{one.name}"}
            for one in self._sign_in.providers
        ]
        told: dict[str, Any] = {"signedIn": False, "providers": ways, "header": HEADER}
        status, gone = 200, False
        try:
            caller, identity = await self._authenticator.known(request.headers, harmless=True)
            if caller.signed_in:
                roles = sorted(role.value for role in caller.roles)
                told |= {"signedIn": True, "name": caller.name, "roles": roles}
            if identity is not None:
                told["expires"] = identity.expires.isoformat()
        except Unauthenticated:
            gone = "authorization" not in request.headers
            status = 200 if gone else 401
        except Answer as error:
            status = int(error.args[1]) if error.args[1:] else 400
        except StoreError:
            status = 503
        answer = JSONResponse(told, status, NO_STORE | {"Vary": "Authorization, Cookie"})
        if gone:
            answer.headers.append("Set-Cookie", set_cookie(self._settings, session_cookie(self._settings), "", 0))
        return answer

    async def signed_out(self, request: Request) -> Response:
        """The page after signing out."""
        return self._page(request, "signed_out", good=True)

    def _page_of(self, work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A route whose failures are pages."""

        async def answer(request: Request) -> Response:
            try:
                return await work(request)
            except SignInFailed as error:
                provider = request.path_params["provider"][:40]
                log.warning("nobody was signed in", provider=provider, reason=error.reason, why=error.why)
                return self._page(request, error.reason)
            except StoreError:
                return self._page(request, "store")

        return answer

    def _page(self, request: Request, reason: str, *, good: bool = False) -> Response:
        language = language_of(request, self._settings)
        words = WORDS[language]
        tried = self._sign_in.issuers.get(request.path_params.get("provider", ""))
        onward = safe_next(request.query_params.get("next"))
        more = "" if onward == "/" else f"?{urlencode({'next': onward})}"
        links = [
            (f"/auth/login/{one.name}{more}", words["again"].format(title=one.title))
            for one in self._sign_in.providers
            if tried is None or tried.provider is one
        ]
        body = _TEMPLATE.render(
            language=language,
            university=self._settings.university,
            heading=words["out" if good else "failed"],
            message=words[reason].format(title=tried.provider.title if tried else ""),
            good=good,
            links=links,
            # Our own file, whose hash the policy names; nothing of a client is in it.
            style=Markup(STYLE),  # noqa: S704
        )
        status = 200 if good else STATUS.get(reason, 400)
        headers = {**HEADERS, "Content-Language": language}
        later = {503: {"Retry-After": "60"}, 429: {"Retry-After": "3600"}}
        return HTMLResponse(body, status, headers | later.get(status, {}))
