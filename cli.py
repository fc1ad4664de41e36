"""`korpu …`: thin; each command calls one function that lives elsewhere."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from starlette.applications import Starlette
from starlette.routing import Route

from app import create_app, services, utc_now
from auth.caller import Role, caller
from auth.check import check_providers
from auth.mask import check_table, mask
from auth.report import report
from demo.crowd import crowd
from demo.load import load, loaded
from demo.office import office
from demo.provider import with_demo_provider
from demo.serve import SEED, Chosen, beginning, choose, demo_routes, fill, token_for
from documents.embedded import start_embedded
from documents.migrations import migrate as run_migrations
from documents.store import Store, connect
from errors import SettingsError, StoreError
from exchange.import_partners import import_partners
from exchange.read import Unreadable
from resolvers.context import Services
from resolvers.itinerary import rebook
from schema.graph import Graph
from settings import Settings, load_settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Körpü: the graph of a department of international relations."
)
imports = typer.Typer(no_args_is_help=True, help="Read records from files.")
app.add_typer(imports, name="import")
console = Console(stderr=True, soft_wrap=True)

SAMPLE = '{ "query": "{ units(first: 3) { nodes { code name { az en ru } } } }" }'


class Server(uvicorn.Server):
    """Says when it is ready, and to those who follow something that it stops."""

    def __init__(self, config: uvicorn.Config, app: Starlette, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._announce = announce

    async def startup(self, sockets: Any = None) -> None:
        """Start to listen, then announce."""
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: Any = None) -> None:
        """Let streams end with the reason; the server itself would wait for them, or break them off."""
        await self._app.state.watch.stop()
        await super().shutdown(sockets)


def server(settings: Settings, app: Starlette, announce: Callable[[], None]) -> Server:
    """The server of an application, as told by the settings."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        # The application reads the headers of proxies, of those alone that are configured.
        proxy_headers=False,
        # What it says below a warning quotes addresses and, of WebSockets, headers and messages: tokens and cookies.
        log_level="warning",
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=10,
        ws_max_size=settings.stream_message_bytes,
        # A few bytes may be unpacked to many.
        ws_per_message_deflate=False,
    )
    return Server(config, app, announce)


def _serve(settings: Settings, announce: Callable[[], None], more: Any = None) -> None:
    serving = server(settings, create_app(settings, more=more), announce)
    # Ctrl-C is how one stops it: nothing went wrong.
    with contextlib.suppress(KeyboardInterrupt):
        serving.run()
    if not serving.started:
        raise typer.Exit(1)


@app.command()
def serve() -> None:
    """Serve the graph."""
    settings = load_settings()
    _serve(settings, lambda: console.print(f"Körpü serves http://{settings.host}:{settings.port}/graphql"))


@app.command()
def demo() -> None:
    """Serve a made-up office on this machine, to try everything; it keeps what you change."""
    settings = load_settings(mode="demo")
    if settings.port == 0:
        settings = settings.model_copy(update={"port": _free_port(settings.host)})
    settings = with_demo_provider(settings)
    address = f"http://{settings.host}:{settings.port}"
    # Who asks for a token in another shell must mean the same folder, which holds what signs it.
    home = "" if settings.home == Settings.model_fields["home"].default else f"KORPU_HOME={settings.home} "

    async def more(found: Services) -> list[Route]:
        return demo_routes(found, await fill(found, console))

    def announce() -> None:
        console.print(f"\n[bold]Körpü is ready at {address}[/bold]  (Ctrl-C stops it; what you change is kept)\n")
        console.print(f"Open [cyan]{address}[/cyan] to choose who you are and to ask, or ask from a shell:\n")
        print(  # noqa: T201  # for the reader of the terminal, unwrapped
            f"  curl -s {address}/graphql -H 'Content-Type: application/json' -d '{SAMPLE}'\n\n"
            "A token for scripts, here of an officer:\n\n"
            f"  curl -s {address}/graphql -H 'Content-Type: application/json' "
            f'-H "Authorization: Bearer $({home}.venv/bin/korpu token officer)" '
            '-d \'{ "query": "{ viewer { name roles } }" }\'\n',
            flush=True,
        )

    _serve(settings, announce, more)


def _free_port(host: str) -> int:
    """A port that nobody listens on: the provider's name holds it, so it must be known before the start."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as found:
        port: int = found.getsockname()[1]
        return port


@app.command()
def token(
    role: Annotated[str, typer.Argument(help="A role, such as officer, partner or member.")],
    partner: Annotated[str | None, typer.Option(help="Code of the partner to act for.")] = None,
    unit: Annotated[str | None, typer.Option(help="Code of the unit to act for.")] = None,
) -> None:
    """Print a bearer token of the demonstration; nothing but demo mode accepts it."""
    settings = load_settings(mode="demo")
    made = office(date(2026, 1, 1), SEED)
    print(token_for(settings, choose(made, Chosen(role, partner, unit))))  # noqa: T201  # the command's answer


@imports.command("partners")
def import_partners_command(
    file: Annotated[Path, typer.Argument(help="An XLSX, CSV or JSON file of institutions.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and write nothing.")] = False,
) -> None:
    """Read institutions from a file; doubtful pairs become proposals for a person."""
    settings = load_settings(**_local())

    async def run(store: Store) -> None:
        with _bar() as bar:
            task = bar.add_task(file.name, total=None)
            done = await import_partners(
                store,
                file,
                dry_run=dry_run,
                clock=utc_now,
                by=None,
                home=settings.home,
                progress=lambda n, total: bar.update(task, completed=n, total=total),
            )
        console.print(str(done))

    _with_store(settings, run)


@app.command("crowd")
def crowd_command(count: Annotated[int, typer.Argument(min=1, help="How many delegations.")]) -> None:
    """Add made-up delegations with itineraries, for measuring; a run that was broken off goes on where it stopped."""
    settings = load_settings(**_local())
    if settings.mode != "demo":
        raise SettingsError("KORPU_MODE: made-up delegations go into a demonstration only: set it to demo")

    async def run(store: Store) -> None:
        made = office(await beginning(store, utc_now().date()), SEED)
        start = await loaded(store, "crowd")
        with _bar() as bar:
            task = bar.add_task("delegations", total=None)
            batches = crowd(count, made.today, SEED, made, start)
            advance: Callable[[int, int], None] = lambda n, _: bar.update(task, completed=n)  # noqa: E731
            await load(store, batches, progress=advance, start=start, name="crowd")
        await rebook(store)

    _with_store(settings, run)


@app.command()
def access() -> None:
    """Print the access table."""
    check_table()
    print(report())  # noqa: T201  # the command's answer


@app.command()
def schema(
    as_: Annotated[str, typer.Option("--as", help="The role whose mask the schema is printed by.")] = "head",
) -> None:
    """Print the schema as a role sees it."""
    if as_ not in {role.value for role in Role}:
        msg = f"--as {as_} is no role: choose one of {', '.join(role.value for role in Role)}"
        raise SettingsError(msg)
    print(Graph().masked(mask(caller(Role(as_)).roles)).as_str())  # noqa: T201  # the command's answer


@app.command()
def migrate() -> None:
    """Bring the stored documents up to this program."""
    settings = load_settings(**_local())

    async def run() -> None:
        async with contextlib.AsyncExitStack() as stack:
            store = await _store(settings, stack)
            done = await run_migrations(store, lambda m, n, total: console.print(f"{n}/{total} {m.name}"))
            console.print(f"{len(done)} migrations done." if done else "Nothing to migrate.")

    asyncio.run(run())


@app.command()
def check() -> None:
    """Check settings, providers, access table and store, and say what is wrong."""
    settings = load_settings(**_local())
    check_table()
    Graph().masked(mask(caller(Role.HEAD).roles))

    async def run(store: Store) -> None:
        await store.db.command("ping")

    _with_store(settings, run)
    if problems := asyncio.run(check_providers(settings)):
        raise SettingsError("\n".join(problems))
    console.print("Settings, providers, access table, schema and store are as they should be.")


def _local() -> dict[str, Any]:
    """Without a store of one's own, commands work on the demonstration's."""
    return {} if "KORPU_MONGODB_URI" in os.environ or "KORPU_MODE" in os.environ else {"mode": "demo"}


async def _store(settings: Settings, stack: contextlib.AsyncExitStack) -> Store:
    if settings.mongodb_uri is None:
        embedded = await start_embedded(settings.home)
        stack.push_async_callback(embedded.stop)
        uri = embedded.uri
    else:
        uri = settings.mongodb_uri.get_secret_value()
    store = await connect(settings, uri)
    stack.push_async_callback(store.close)
    return store


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        async with services(settings) as found:
            await work(found.store)

    asyncio.run(run())


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def main() -> None:
    """Run a command; what is wrong is said in a sentence, not a traceback."""
    try:
        app()
    except (SettingsError, StoreError, Unreadable, ValueError) as error:
        console.print(f"[bold red]korpu:[/bold red] {error}", highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
