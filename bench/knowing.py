"""What it costs to know the caller: the same query by a demo token, by a session and by a provider's access token.

The sessions and tokens are real ones; the provider is no more than what the service asks of it: discovery and keys.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson
from joserfc import jwt
from joserfc.jwk import RSAKey

from auth.bearer import Claims, issue_token
from auth.browser import HEADER, session_cookie
from auth.caller import Role
from auth.identity import Identity
from auth.sessions import SESSIONS, Sessions
from bench.contenders import HOUSE, Place
from bench.measure import Contender, Figure, answer, difference, measure, python, started
from bench.records import Records
from bench.serve import Told
from bench.service import settings
from bench.works import Work, works
from demo.load import stamped
from documents.account import Account, account_key
from documents.kinds import collection_of
from documents.store import connect

BY_TOKEN, BY_SESSION, BY_BEARER = "korpu, demo token", "korpu, session", "korpu, provider's token"
WORK = "one by id"
AUDIENCE = "korpu-bench"
LASTS = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A provider that says what it is, and which key it has."""

    address: str
    key: RSAKey

    def configured(self) -> str:
        """How the service is told of it."""
        roles = [{"claim": "roles", "value": "officer", "role": "officer"}]
        found = {"name": "bench", "title": "Bench", "issuer": self.address, "client_id": "bench", "audience": AUDIENCE}
        return orjson.dumps([found | {"client_authentication": "none", "claims": {"roles": roles}}]).decode()

    def claims(self, subject: str) -> dict[str, Any]:
        """What it says of somebody."""
        now = int(time.time())
        found = {"iss": self.address, "aud": AUDIENCE, "sub": subject, "client_id": "bench", "jti": "one"}
        return found | {"scope": "korpu", "roles": ["officer"], "iat": now, "exp": now + int(LASTS.total_seconds())}

    def token(self, subject: str) -> str:
        """An access token."""
        header = {"alg": "RS256", "typ": "at+jwt", "kid": "bench"}
        return jwt.encode(header, self.claims(subject), self.key)


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Serve discovery and keys, as long as the block lasts."""
    key = RSAKey.generate_key(2048, {"kid": "bench", "use": "sig", "alg": "RS256"})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the keys, or with where they are."""
            base = f"http://127.0.0.1:{server.server_port}"
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            told: dict[str, Any] = {"issuer": base} | {name: f"{base}/{name}" for name in names}
            if self.path == "/jwks_uri":
                told = {"keys": [key.as_dict(private=False)]}
            body = orjson.dumps(told)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Issuer(f"http://127.0.0.1:{server.server_port}", key)
        finally:
            server.shutdown()


class Signed(Contender):
    """The service, asked by something else than a demo token."""

    def __init__(self, name: str, port: int, sent: dict[str, str]) -> None:
        super().__init__(name, port, {}, {})
        self._sent = sent

    def headers(self, work: Work) -> dict[str, str]:
        """The headers of a request, whatever the work's account."""
        del work
        return self._sent | {"Content-Type": "application/json"}


async def _signed_in(told: Told, made: Records, found: Issuer) -> str:
    """An account of the officer, with a session: the session's cookie. What an earlier run left is taken out."""
    known = settings(told)
    store = await connect(known, told.uri)
    try:
        subject, ends = "officer", datetime.now(UTC) + LASTS
        account = Account(
            issuer=found.address,
            subject=subject,
            key=account_key(found.address, subject),
            person=made.accounts["officer"].person,
            first_seen=datetime.now(UTC),
        )
        accounts = store.collection(collection_of("Account"))
        await accounts.delete_many({})
        await store.collection(SESSIONS).delete_many({})
        ((document, _),) = stamped([account])
        await accounts.insert_one(document)
        identity = Identity(found.address, subject, found.claims(subject), ends)
        sessions = Sessions(known, store, lambda: datetime.now(UTC))
        return await sessions.start(
            identity, account=account.id, provider="bench", sid=None, address="127.0.0.1", agent="bench"
        )
    finally:
        await store.close()


@contextmanager
def knowing(place: Place, made: Records) -> Iterator[list[Contender]]:
    """One service, asked in three ways."""
    with issuer() as found, ExitStack() as stack:
        told = Told(place.uri, place.database, {}, str(place.home), providers=found.configured())
        cookie = asyncio.run(_signed_in(told, made, found))
        environment = {"PYTHONPATH": str(HOUSE)}
        port = stack.enter_context(started(python("service", asdict(told)), environment))
        own = {"Origin": f"http://127.0.0.1:{port}", HEADER: "korpu"}
        by_session = {"Cookie": f"{session_cookie(settings(told))}={cookie}"} | own
        # Whoever is bound to a person may host, too: the same roles, so that the query is the same.
        person = made.accounts["officer"].person
        token = issue_token(settings(told), Claims((Role.OFFICER, Role.HOST), person))
        yield [
            stack.enter_context(closing(each))
            for each in (
                Signed(BY_TOKEN, port, {"Authorization": f"Bearer {token}"}),
                Signed(BY_SESSION, port, by_session),
                Signed(BY_BEARER, port, {"Authorization": f"Bearer {found.token('officer')}"}),
            )
        ]


def known(place: Place, made: Records, rounds: int) -> dict[str, Figure]:
    """What each way takes. Raises RuntimeError where they do not answer the same."""
    (work,) = (each for each in works(made) if each.name == WORK)
    with knowing(place, made) as ways:
        first, *others = ways
        for other in others:
            if where := difference(answer(first, work, {}), answer(other, work, {})):
                raise RuntimeError(f"{first.name} and {other.name} answer “{work.name}” differently, at {where}")
        # What is compared here differs by little.
        return measure([(each, work) for each in ways], {}, 3 * rounds)
