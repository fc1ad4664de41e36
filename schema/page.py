"""The query page that demo mode serves at `/`: fixed files, held in memory, that speak to this service and no other."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

FILES: Final = Path(__file__).parent / "page"
START: Final = "index.html"
CONTENT_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Scripts build the page from text nodes alone, so Trusted Types can refuse every way of turning a string into markup.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Kept by the browser but asked about each time: a page of one release never runs with a script of another.
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    content_type: str
    etag: str


def read_assets(folder: Path = FILES) -> dict[str, Asset]:
    """Give the files of `folder` by name. Raises ValueError for a file whose content type is not listed."""
    assets = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in CONTENT_TYPES:
            message = f"{path.name} has no content type: add {path.suffix!r} to CONTENT_TYPES in schema/page.py"
            raise ValueError(message)
        body = path.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        assets[path.name] = Asset(body, CONTENT_TYPES[path.suffix], etag)
    return assets


def page_routes() -> list[Route]:
    """Give the routes of the query page, `/` and `/page/{name}`. Raises what `read_assets` raises."""
    assets = read_assets()

    async def start(request: Request) -> Response:
        return _answer(request, assets[START])

    async def asset(request: Request) -> Response:
        found = assets.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("Not Found", status_code=404, headers=HEADERS)
        return _answer(request, found)

    return [Route("/", start, name="page"), Route("/page/{name}", asset, name="page-asset")]


def _answer(request: Request, asset: Asset) -> Response:
    """Answer with the file, or with 304 where the browser holds it already (RFC 9110, sections 13.1.2 and 15.4.5)."""
    headers = {**HEADERS, "ETag": asset.etag}
    held = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if asset.etag in held or "*" in held:
        return Response(status_code=304, headers=headers)
    return Response(asset.body, media_type=asset.content_type, headers=headers)
