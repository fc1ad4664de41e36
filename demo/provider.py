"""A small OpenID provider of the demonstration's own: whoever comes chooses a name. Nothing but demo mode has it."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from joserfc import jwt
from joserfc.jwk import ECKey
from markupsafe import Markup
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from auth.caller import Role, caller
from auth.claims import NEVER_CLAIMED
from auth.identity import Identity
from auth.mask import mask
from demo.office import DemoPerson
from documents.account import Account
from errors import SettingsError
from resolvers.account import AccountLedger
from resolvers.change import act
from resolvers.context import Context, Services
from settings import Settings, is_loopback

NAME: Final = "demo"
PATH: Final = "/demo/provider"
CLIENT: Final = "korpu"
SECONDS: Final = 600
MOST_CODES: Final = 1_000
FILES: Final = Path(__file__).parent
STYLE: Final = (FILES / "provider.css").read_text("utf-8")
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# A link, not a form: browsers apply form-action to where a form leads on, too.
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = Environment(
    loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).get_template("provider.html")


# Whom a browser signs in as: portals have keys, guests have links, and an outside body has nothing of the kind.
COMES: Final = frozenset(Role) - {Role.ANONYMOUS, Role.PORTAL, Role.GUEST, Role.PROTOCOL}
# What a claim makes of somebody; who hosts is a member, and the register says whom they host.
RULES: Final = [
    *({"claim": "roles", "value": role.value, "role": role.value} for role in sorted(COMES - NEVER_CLAIMED)),
    {"claim": "roles", "value": Role.HOST.value, "role": Role.MEMBER.value},
]


def issuer_of(settings: Settings) -> str:
    """The name of the provider: where this machine reaches it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}{PATH}"


def check_demo(settings: Settings) -> None:
    """Raises SettingsError anywhere but in demo mode on this machine alone."""
    if settings.mode != "demo" or not is_loopback(settings.host):
        raise SettingsError(
            "KORPU_MODE: the demonstration's provider lets anyone sign in as anybody: "
            "it runs in demo mode on a loopback address alone."
        )


def with_demo_provider(settings: Settings) -> Settings:
    """The settings, with the demonstration's provider as the one to sign in with, where no other is configured."""
    check_demo(settings)
    if settings.providers is not None or settings.providers_file is not None:
        return settings
    provider = {
        "name": NAME,
        "title": "the demonstration",
        "issuer": issuer_of(settings),
        "client_id": CLIENT,
        "client_authentication": "none",
        "scopes": ["openid"],
        "userinfo": False,
        "algorithms": ["ES256"],
        "claims": {"roles": RULES},
    }
    return settings.model_copy(update={"providers": SecretStr(orjson.dumps([provider]).decode())})


def _name(person: DemoPerson) -> str:
    """Somebody's name, without what they are: a provider tells no more."""
    return person.label.partition(",")[0]


async def open_accounts(services: Services, people: Sequence[DemoPerson]) -> None:
    """Everyone whose name can be chosen has an account bound to their person; one that was bound before stays."""
    ledger, now = AccountLedger(services), services.clock()
    head = caller(Role.HEAD, name="the demonstration")
    bind = next(action for action in Account.lifecycle.actions if action.name == "bind")
    for one in people:
        if one.role not in COMES or one.person is None:
            continue
        identity = Identity(issuer_of(services.settings), one.key, {"name": _name(one)}, now)
        account = await ledger.open(identity)
        if account["person"] is None:
            context = Context(services, head, mask(head.roles), now)
            await act(context, "Account", account["_id"], bind, None, {"person": one.person})


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for, until it is taken."""

    person: DemoPerson
    nonce: str
    challenge: str
    redirect: str
    until: float


class DemoProvider:
    """The provider. Its key and its codes live as long as the program."""

    def __init__(self, settings: Settings, people: Sequence[DemoPerson], clock: Callable[[], Any]) -> None:
        check_demo(settings)
        self._issuer = issuer_of(settings)
        self._people = {person.key: person for person in people if person.role in COMES}
        self._clock = clock
        self._key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})
        self._codes: dict[str, Code] = {}

    def routes(self) -> list[Route]:
        """What is served."""
        return [
            Route(f"{PATH}/.well-known/openid-configuration", self.metadata),
            Route(f"{PATH}/keys", self.keys),
            Route(f"{PATH}/authorize", self.authorize, name="demo-authorize"),
            Route(f"{PATH}/token", self.token, methods=["POST"]),
        ]

    async def metadata(self, _: Request) -> Response:
        """What it says of itself."""
        return JSONResponse(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "jwks_uri": f"{self._issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _: Request) -> Response:
        """Its public key."""
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """Let whoever comes choose a name, and lead back with a code."""
        asked = request.query_params
        back = asked.get("redirect_uri", "")
        if asked.get("client_id") != CLIENT or not self._is_ours(back):
            return PlainTextResponse("This provider is for the demonstration on this machine alone", 400)
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return PlainTextResponse("Ask for a code, with PKCE by S256", 400)
        chosen = self._people.get(asked.get("who", ""))
        if chosen is None:
            return self._choice(request)
        now = time.monotonic()
        self._codes = {code: held for code, held in self._codes.items() if held.until > now}
        if len(self._codes) >= MOST_CODES:
            return PlainTextResponse("Too many at once: try again in a minute", 503)
        code = secrets.token_urlsafe(32)
        challenge = asked.get("code_challenge", "")
        self._codes[code] = Code(chosen, asked.get("nonce", ""), challenge, back, now + 60)
        told = urlencode({"code": code, "state": asked.get("state", ""), "iss": self._issuer})
        return RedirectResponse(f"{back}?{told}", 303, {"Cache-Control": "no-store"})

    async def token(self, request: Request) -> Response:
        """An ID token for a code, which is used up by it."""
        given = dict(parse_qsl((await request.body()).decode("latin-1")))
        held = self._codes.pop(given.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if (
            held is None
            or held.until < time.monotonic()
            or held.redirect != given.get("redirect_uri")
            or not secrets.compare_digest(challenge.rstrip(b"=").decode(), held.challenge)
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now, person = int(self._clock().timestamp()), held.person
        claims = {
            "iss": self._issuer,
            "aud": CLIENT,
            "sub": person.key,
            "iat": now,
            "exp": now + SECONDS,
            "nonce": held.nonce,
            "name": _name(person),
            "roles": [person.role.value],
        }
        signed = jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key)
        body = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": signed}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    def _is_ours(self, address: str) -> bool:
        """Whether an address is the callback of the service on this machine."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        return parts.scheme == "http" and is_loopback(host) and parts.path == f"/auth/callback/{NAME}"

    def _choice(self, request: Request) -> Response:
        asked = {name: value for name, value in request.query_params.items() if name != "who"}
        people = [
            (f"{PATH}/authorize?{urlencode(asked | {'who': person.key})}", person.label, person.description)
            for person in self._people.values()
        ]
        # Our own file, whose hash the policy names; nothing of a client is in it.
        body = _PAGE.render(style=Markup(STYLE), people=people)  # noqa: S704
        return HTMLResponse(body, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})
