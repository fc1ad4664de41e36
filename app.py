"""The whole application on one page: settings, lifespan, middleware, routes."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from auth.accounts import Accounts
from auth.backend import Authenticator
from auth.exchange import Exchange, NoTokens
from auth.marks import Marks
from auth.mask import check_table, mask_of
from auth.service_keys import ServiceKeys
from documents.cipher import Cipher
from documents.embedded import start_embedded
from documents.kinds import prepare
from documents.migrations import check_migrations
from documents.store import Store, connect
from errors import StoreError, Unauthenticated
from resolvers.account import AccountLedger
from resolvers.context import Services
from schema.graph import Graph
from schema.intake import intake_routes
from schema.token import token_routes
from schema.view import View
from settings import Settings, load_settings


def utc_now() -> datetime:
    """Now, in UTC and whole milliseconds, as the store keeps instants."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def configure_logs(level: str) -> None:
    """Log lines of JSON. Tracebacks come without the values of variables: those may be anybody's data."""
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


def routes(found: Services, *, compiled: bool = True) -> list[Route]:
    """What is served to everyone, demo or not."""
    settings, store, clock, marks = found.settings, found.store, found.clock, Marks(found.store)
    accounts = Accounts(settings, store, clock, AccountLedger(found), marks)
    keys = ServiceKeys(settings, store, clock, marks)
    exchange = Exchange(settings, store, clock, keys, accounts, NoTokens())
    authenticator = Authenticator(settings, store, clock, keys=keys, exchange=exchange)
    view = View(found, Graph(), authenticator, compiled=compiled)

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
            caller = await authenticator.caller(request.headers)
        except Unauthenticated as error:
            return PlainTextResponse(str(error), 401)
        schema = await view.schemas.of(mask_of(caller))
        return PlainTextResponse(schema.as_str(), headers={"Cache-Control": "no-store", "Vary": "Authorization"})

    return [
        Route("/graphql", view.respond, methods=["POST"]),
        Route("/schema.graphql", sdl),
        Route("/health/live", live),
        Route("/health/ready", ready),
        *intake_routes(found),
        *token_routes(exchange),
    ]


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    more: Callable[[Services], Awaitable[list[Route]]] | None = None,
    compiled: bool = True,
) -> Starlette:
    """The application; ``more`` adds routes once the services are up, such as those of the demonstration."""
    settings = settings or load_settings()
    configure_logs(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with services(settings, clock) as found:
            app.router.routes.extend(routes(found, compiled=compiled))
            app.router.routes.extend(await more(found) if more else [])
            yield

    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.trusted_hosts), www_redirect=False)
    return Starlette(lifespan=lifespan, middleware=[hosts])
