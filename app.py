"""The whole application on one page: settings, lifespan, middleware, routes."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from auth.backend import Authenticator
from auth.browser import secure
from auth.mask import check_table, mask_of
from auth.signing_in import SignIn, signing_in
from auth.watch import Watch
from documents.cipher import Cipher
from documents.embedded import start_embedded
from documents.kinds import prepare
from documents.migrations import check_migrations
from documents.store import Store, connect
from errors import Answer, StoreError, Unauthenticated
from resolvers.account import AccountLedger
from resolvers.context import Services
from schema.door import Door
from schema.graph import Graph
from schema.headers import SecurityHeaders
from schema.intake import intake_routes
from schema.socket import Sockets
from schema.sse import EventStreams
from schema.streams import Streams
from schema.token import token_routes
from schema.view import VARY, View
from schema.welcome import welcome_routes
from settings import Settings, load_settings

# What they say below a warning quotes what is stored and sent, cookies and tokens included.
TELLING = ("authlib", "httpcore2", "httpx2", "pymongo")


def utc_now() -> datetime:
    """Now, in UTC and whole milliseconds, as the store keeps instants."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def configure_logs(level: str) -> None:
    """Log lines of JSON. Tracebacks come without the values of variables: those may be anybody's data."""
    for name in TELLING:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
    )


@asynccontextmanager
async def services(settings: Settings, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[Services]:
    """Everything that lives as long as the program: the store, started where none is configured, and the cipher."""
    check_table()
    async with AsyncExitStack() as stack:
        if settings.mongodb_uri is None:
            embedded = await start_embedded(settings.home)
            stack.push_async_callback(embedded.stop)
            uri = embedded.uri
        else:
            uri = settings.mongodb_uri.get_secret_value()
        store: Store = await connect(settings, uri)
        stack.push_async_callback(store.close)
        await check_migrations(store)
        await prepare(store)
        cipher = await Cipher.open(store, settings)
        stack.push_async_callback(cipher.close)
        yield Services(settings, store, cipher, clock)


def routes(found: Services, sign_in: SignIn, watch: Watch, view: View) -> list[BaseRoute]:
    """What is served to everyone, demo or not."""
    authenticator, streams = view.authenticator, Streams(view, watch)

    async def live(_: Request) -> Response:
        return PlainTextResponse("live")

    async def ready(_: Request) -> Response:
        try:
            await found.store.ping()
        except StoreError as error:
            return JSONResponse({"ready": False, "reason": str(error)}, 503)
        return JSONResponse({"ready": True})

    async def sdl(request: Request) -> Response:
        try:
            caller = await authenticator.caller(request.headers, harmless=True)
        except Unauthenticated as error:
            return PlainTextResponse(str(error.args[0]), 401)
        except Answer as error:
            return PlainTextResponse(str(error.args[0]), int(error.args[1]) if error.args[1:] else 400)
        except StoreError as error:
            return PlainTextResponse(str(error), 503)
        schema = await view.schemas.of(mask_of(caller))
        return PlainTextResponse(schema.as_str(), headers={"Cache-Control": "no-store", "Vary": VARY})

    return [
        Route("/graphql", view.respond, methods=["POST"]),
        WebSocketRoute("/graphql", Sockets(streams).serve),
        Route("/graphql/stream", EventStreams(streams).respond, methods=["POST"]),
        Route("/schema.graphql", sdl),
        Route("/health/live", live),
        Route("/health/ready", ready),
        *intake_routes(found),
        *Door(found, sign_in, authenticator).routes(),
        *welcome_routes(found.settings, sign_in),
        *token_routes(found, sign_in.exchange),
    ]


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    more: Callable[[Services], Awaitable[list[Route]]] | None = None,
    compiled: bool = True,
    key_cool_down: float | None = None,
    graph: Graph | None = None,
) -> Starlette:
    """The application; ``more`` adds routes once the services are up, such as those of the demonstration."""
    settings = settings or load_settings()
    configure_logs(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            services(settings, clock) as found,
            signing_in(settings, found.store, clock, AccountLedger(found), key_cool_down) as sign_in,
        ):
            found.sessions = sign_in.sessions
            authenticator = Authenticator(settings, found.store, clock, sign_in=sign_in)
            watch = Watch(settings, authenticator, sign_in.sessions, clock)
            view = View(found, graph or Graph(), authenticator, compiled=compiled)
            app.state.sign_in, app.state.watch = sign_in, watch
            app.router.routes.extend(routes(found, sign_in, watch, view))
            app.router.routes.extend(await more(found) if more else [])
            yield
            await watch.stop()

    return Starlette(lifespan=lifespan, middleware=middleware(settings))


def middleware(settings: Settings) -> list[Middleware]:
    """What stands before every route, the outermost first."""
    found = [
        Middleware(SecurityHeaders, https=secure(settings)),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.trusted_hosts), www_redirect=False),
    ]
    if settings.trusted_proxies:
        found.append(Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)))
    if settings.portal_origins:
        # Portals send bearer tokens. Their browsers are never told that cookies may come along.
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.portal_origins),
                allow_methods=["POST"],
                allow_headers=["Authorization", "Content-Type"],
                expose_headers=["X-Request-Id"],
                max_age=600,
            )
        )
    return found
