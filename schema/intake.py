"""The page of an intake link: guests without an account enter their data, and read nothing back (VISIT-1).

Plain HTML and a plain form: it works without scripts, and its policy allows none.
"""

import asyncio
import base64
import gettext
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pycountry
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from auth.caller import Role, caller
from auth.mask import mask
from documents.folding import sort_key
from documents.intake_submission import IntakeSubmissionFacts
from errors import StoreError
from resolvers.context import Context, Services
from resolvers.intake_link import taken_link, tries
from resolvers.intake_submission import submit
from resolvers.problem import ProblemCode
from schema.tries import too_often

FILES: Final = Path(__file__).parent / "intake"
FORM: Final = "application/x-www-form-urlencoded"
MOST_BYTES: Final = 64_000
MOST_FIELDS: Final = 60
STYLE: Final = (FILES / "style.css").read_text("utf-8")
WORDS: Final[dict[str, dict[str, str]]] = tomllib.loads((FILES / "words.toml").read_text("utf-8"))
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The address is a secret: no other site is told it, and nothing that was entered stays on a shared computer.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
GUEST: Final = caller(Role.GUEST, name="Guest")

# Where a value of the form goes: the name of the field, and its place in what is written.
PLACES: Final[dict[str, tuple[str, ...]]] = {
    "given_name": ("given_name",),
    "family_name": ("family_name",),
    "institution": ("institution",),
    "position": ("position",),
    "email": ("email",),
    "private_phone": ("private_phone",),
    "birth_date": ("birth_date",),
    "citizenship": ("citizenships", "0"),
    "citizenship_2": ("citizenships", "1"),
    **{
        f"{leg}_{name}": (leg, name)
        for leg in ("arrival", "departure")
        for name in ("carrier", "number", "airport", "at")
    },
    "diet": ("diet",),
    "access_needs": ("access_needs",),
    "needs_step_free": ("needs_step_free",),
    "passport_number": ("passports", "0", "number"),
    "passport_country": ("passports", "0", "country"),
    "passport_issued_on": ("passports", "0", "issued_on"),
    "passport_valid_until": ("passports", "0", "valid_until"),
    "medical_notes": ("medical_notes",),
}
REQUIRED: Final = frozenset({"given_name", "family_name"})
GROUPS: Final = (
    ("person", tuple(PLACES)[:9]),
    ("arrival", tuple(name for name in PLACES if name.startswith("arrival"))),
    ("departure", tuple(name for name in PLACES if name.startswith("departure"))),
    ("needs", ("diet", "access_needs", "needs_step_free")),
    ("identity", tuple(PLACES)[-5:]),
)
TYPES: Final[Mapping[str, str]] = {
    "email": "email",
    "private_phone": "tel",
    "birth_date": "date",
    "citizenship": "country",
    "citizenship_2": "country",
    "arrival_at": "datetime-local",
    "departure_at": "datetime-local",
    "diet": "textarea",
    "access_needs": "textarea",
    "needs_step_free": "checkbox",
    "passport_country": "country",
    "passport_issued_on": "date",
    "passport_valid_until": "date",
    "medical_notes": "textarea",
}
_TEMPLATE = Environment(
    loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).get_template("page.html")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form, in a language."""

    name: str
    label: str
    type: str
    required: bool
    hint: str


def _fields(language: str) -> dict[str, Field]:
    words, found = WORDS[language], {}
    for name in PLACES:
        word = name if name in words else name.partition("_")[2]
        kind = TYPES.get(name, "text")
        found[name] = Field(name, words[word], kind, name in REQUIRED, words.get(f"{word}_hint", ""))
    return found


@cache
def countries(language: str) -> list[tuple[str, str]]:
    """Code and name of every country, by name (ISO 3166-1)."""
    translated = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
    named = [(found.alpha_2, translated.gettext(found.name)) for found in pycountry.countries]
    return sorted(named, key=lambda entry: sort_key(entry[1], language))


def _language(request: Request, languages: list[str]) -> str:
    """The language that was chosen, or the first one of the browser that there is."""
    wanted = [request.query_params.get("lang", "")]
    wanted += [part.partition(";")[0].strip()[:2] for part in request.headers.get("accept-language", "").split(",")]
    return next((found for found in wanted if found in languages), languages[0])


def _page(
    services: Services,
    language: str,
    state: str,
    status: int,
    *,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    words, fields = WORDS[language], _fields(language)
    body = _TEMPLATE.render(
        state=state,
        language=language,
        languages=[(code, WORDS[code]["name"]) for code in services.settings.languages],
        university=services.settings.university,
        words=words,
        heading=words["title"] if state == "form" else words[f"{state}_title"],
        message=words.get(state, ""),
        # Our own file, whose hash the policy names; nothing of a client is in it.
        style=Markup(STYLE),  # noqa: S704
        fields=list(fields.values()),
        groups=[{"legend": words[name], "fields": [fields[each] for each in held]} for name, held in GROUPS],
        countries=countries(language),
        values=values or {},
        errors=errors or {},
    )
    headers = {**HEADERS, "Content-Language": language}
    return HTMLResponse(body, status, headers | ({"Retry-After": "3600"} if state == "busy" else {}))


def facts(values: Mapping[str, str], language: str, zone: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What a form writes, by stored names, and the words for what is wrong with it, by field."""
    found: dict[str, Any] = {"language": language}
    wrong = {name: "error_required" for name in REQUIRED if name not in values}
    for name in (name for name in PLACES if name in values):
        try:
            _put(found, name, values[name], zone)
        except (ValueError, OverflowError):
            wrong[name] = "error_invalid"
    try:
        IntakeSubmissionFacts.model_validate(found)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = _field_of(problem["loc"], values)
            missing = problem["type"] == "missing" and name.startswith("passport_")
            wrong.setdefault(name, "error_passport" if missing else "error_invalid")
    return found, wrong


def _put(found: dict[str, Any], name: str, value: str, zone: str) -> None:
    """Put one value in its place. Raises ValueError or OverflowError for a moment that is none."""
    top, *rest = PLACES[name]
    if top == "passports":
        found.setdefault(top, [{}])[0][rest[-1]] = value
    elif top == "citizenships":
        found.setdefault(top, []).append(value)
    elif rest == ["at"]:
        moment = datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        found.setdefault(top, {}).update(at=moment, zone=zone)
    elif rest:
        found.setdefault(top, {})[rest[0]] = value
    else:
        found[top] = True if top == "needs_step_free" else value


def _field_of(place: tuple[str | int, ...], values: Mapping[str, str]) -> str:
    """The field of the form that a place in what is written comes from."""
    if place[0] == "citizenships" and "citizenship" not in values:
        return "citizenship_2"
    at = tuple(map(str, place))
    return next((name for name, held in PLACES.items() if held == at[: len(held)]), "family_name")


async def _body(request: Request, seconds: float) -> bytes | None:
    """The body; None as soon as it grows too large. Raises TimeoutError for one that takes too long to come."""
    chunks, size = [], 0
    async with asyncio.timeout(seconds):
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_BYTES:
                return None
            chunks.append(chunk)
    return b"".join(chunks)


def _entered(body: bytes) -> dict[str, str]:
    """The fields of a form that hold something; nothing where the body is no form."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return {}
    return {name: value.strip() for name, value in pairs if name in PLACES and value.strip()}


async def _allowed(services: Services, request: Request, token: str) -> bool:
    """Whether neither the link nor the address was used too often this hour. Addresses are not kept as they are."""
    settings = services.settings
    if await too_often(services, request, "intake", settings.intake_tries_per_address):
        return False
    return await tries(services.store, f"link {token}", services.clock()) <= settings.intake_tries_per_link


async def _answer(services: Services, request: Request) -> Response:
    """The page that a request gets. A link that is not taken, for whatever reason, gets the same one."""
    language = _language(request, services.settings.languages)
    token = request.path_params["token"]
    if not await _allowed(services, request, token):
        return _page(services, language, "busy", 429)
    body = await _body(request, services.settings.request_timeout_seconds)
    if body is None:
        return _page(services, language, "large", 413)
    if await taken_link(services.store, token, services.clock()) is None:
        return _page(services, language, "closed", 404)
    if request.method == "POST":
        return await _received(services, language, token, _entered(body))
    return _page(services, language, "form", 200)


async def _received(services: Services, language: str, token: str, values: Mapping[str, str]) -> Response:
    """The page after a form was sent: that it was received and no more, or the form with what is wrong with it."""
    written, wrong = facts(values, language, services.settings.zone)
    if not wrong:
        context = Context(services, GUEST, mask(GUEST.roles), services.clock())
        _, problems = await submit(context, token, written)
        if any(problem.code is ProblemCode.NOT_FOUND for problem in problems):
            # Others took the last place meanwhile.
            return _page(services, language, "closed", 404)
        if not problems:
            return _page(services, language, "received", 200)
        wrong = {"family_name": "error_invalid"}
    told = {name: WORDS[language][word] for name, word in wrong.items()}
    return _page(services, language, "form", 422, values=values, errors=told)


def intake_routes(services: Services) -> list[Route]:
    """The route of the intake page, `/intake/{token}`."""

    async def page(request: Request) -> Response:
        if request.method == "POST" and request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
            return PlainTextResponse("Send the form as the page does", 415, headers=HEADERS)
        try:
            return await _answer(services, request)
        except (StoreError, TimeoutError, ClientDisconnect):
            return PlainTextResponse("Try again in a minute", 503, headers=HEADERS)

    return [Route("/intake/{token}", page, methods=["GET", "POST"], name="intake")]
