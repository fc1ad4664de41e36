"""The page that an invitation leads to: sign in, and accept by a click. Its secret stays out of addresses and logs."""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from auth.signing_in import SignIn
from schema.door import STYLE, language_of
from settings import Settings

FILES: Final = Path(__file__).parent / "welcome"
SCRIPT: Final = (FILES / "take.js").read_text("utf-8")
LOOKS: Final = STYLE + (FILES / "style.css").read_text("utf-8")
WORDS: Final[dict[str, dict[str, str]]] = tomllib.loads((FILES / "words.toml").read_text("utf-8"))
SAID: Final = ("taken", "gone", "another", "ended", "missing", "failed")
_HASH: Final = base64.b64encode(hashlib.sha256(LOOKS.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self'; style-src 'sha256-{_HASH}'; connect-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cache-Control": "no-store",
}
_TEMPLATE = Environment(
    loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).get_template("page.html")


def welcome_routes(settings: Settings, sign_in: SignIn) -> list[Route]:
    """The page and its script: the same for every invitation."""

    async def page(request: Request) -> Response:
        language = language_of(request, settings)
        words = WORDS[language]
        links = [
            (f"/auth/login/{one.name}?next=/invitation", words["again"].format(title=one.title))
            for one in sign_in.providers
        ]
        body = _TEMPLATE.render(
            language=language,
            university=settings.university,
            words=words,
            said=SAID,
            links=links,
            # Our own files, whose hash the policy names; nothing of a client is in them.
            style=Markup(LOOKS),  # noqa: S704
        )
        return HTMLResponse(body, headers={**HEADERS, "Content-Language": language})

    async def script(_: Request) -> Response:
        return Response(SCRIPT, media_type="text/javascript", headers=HEADERS)

    return [Route("/invitation", page), Route("/invitation/take.js", script)]
