"""What browsers are trusted with: cookies, and the signs by which a request comes from this service's own pages."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.requests import cookie_parser

from auth.provider import origin_of
from errors import NotAllowed
from settings import Settings

# What a form of another site cannot send. Its value says nothing.
HEADER: Final = "x-requested-with"
LONGEST_NEXT: Final = 2_000
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def base_of(settings: Settings, headers: Mapping[str, str]) -> str:
    """The address by which this service was reached, without a slash at its end.

    As configured; in a demonstration whatever name of this machine the browser used, since cookies belong to names.
    """
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    return f"http://{headers.get('host', '')}"


def secure(settings: Settings) -> bool:
    """Whether browsers reach this service by https."""
    return settings.public_url is not None and settings.public_url.startswith("https://")


def session_cookie(settings: Settings) -> str:
    """The name of the cookie of sessions. Browsers take the prefix by https alone (RFC 6265bis, section 4.1.3.2)."""
    return "__Host-korpu" if secure(settings) else "korpu"


def sign_in_cookie(settings: Settings) -> str:
    """The name of the cookie that ties a sign-in under way to a browser."""
    return "__Host-korpu-sign-in" if secure(settings) else "korpu-sign-in"


def read_cookie(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a cookie that this service may have set; "" for one that it cannot have."""
    value = cookie_parser(headers.get("cookie", "")).get(name)
    if value is None or _COOKIE.fullmatch(value):
        return value
    return ""


def set_cookie(settings: Settings, name: str, value: str, seconds: int | None = None) -> str:
    """A Set-Cookie header; for the time of the browser's run unless seconds are given, and 0 removes the cookie."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}{age}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure(settings) else ''}"


def check_own_page(settings: Settings, headers: Mapping[str, str], *, header: bool = True) -> None:
    """Refuse what another site may have sent with this browser's cookie. Raises NotAllowed.

    The request names this service's own origin, by Sec-Fetch-Site or Origin, and, unless it comes from a form of ours,
    carries a header that no other site can add without asking first.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    own = origin_of(base_of(settings, headers))
    foreign = (site is not None and site != "same-origin") or (origin is not None and origin != own)
    if foreign or (site is None and origin is None):
        raise NotAllowed("With a cookie, requests come from this service's own pages: elsewhere send a bearer token")
    if header and not headers.get(HEADER):
        raise NotAllowed("With a cookie, send the header X-Requested-With too: other sites cannot")


def safe_next(value: str | None) -> str:
    """A path of this service to go on to; `/` for anything that might lead elsewhere, however it is written."""
    if value is None or len(value) > LONGEST_NEXT:
        return "/"
    read = value
    for _ in range(4):
        parts = urlsplit(read)
        odd = not read.isprintable() or "\\" in read or not read.startswith("/") or read.startswith("//")
        if odd or parts.scheme or parts.netloc or parts.path.startswith("/auth/"):
            return "/"
        if (fresh := unquote(read)) == read:
            return value if value.isascii() and " " not in value else "/"
        read = fresh
    return "/"
