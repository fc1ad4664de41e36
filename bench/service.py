"""The service under measure; on request, with a table that opens every label to every role and every element."""

from typing import Any

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from app import create_app
from auth import mask
from auth.caller import Role
from auth.rules import ALWAYS
from bench.serve import CPU, Told, serve, told
from documents.labels import LABELS, system
from resolvers.context import Services
from settings import Settings, load_settings


def settings(given: Told) -> Settings:
    """The service's settings for a contender."""
    return load_settings(
        mode="demo",
        home=given.home,
        mongodb_uri=SecretStr(given.uri),
        database=given.database,
        log_level="error",
        providers=given.providers or None,
    )


def open_table() -> None:
    """Hand the masks another table before the first is made: every label always for every role, no element rules."""
    found: Any = mask
    found.READ = {label: {} if label is system else dict.fromkeys(Role, ALWAYS) for label in LABELS}
    found.AUTHORED, found.ELEMENTS = {}, {}


def app(given: Told) -> Starlette:
    """The service."""

    async def more(_: Services) -> list[Route]:
        return [CPU]

    return create_app(settings(given), more=more)


if __name__ == "__main__":
    given = told()
    if given.open:
        open_table()
    serve(app(given))
