"""Token exchange: a portal acts for a person, for some minutes, and stops with either of them."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from auth.accounts import Accounts
from auth.backend import Authenticator
from auth.caller import Role, acting, caller
from auth.exchange import Exchange
from auth.identity import Identity
from auth.marks import Marks
from auth.service_keys import ServiceKeys
from documents.store import Store
from errors import Unauthenticated
from resolvers.account import AccountLedger
from resolvers.context import Services
from schema.graph import Graph
from schema.token import ACCESS_TOKEN, GRANT, token_routes
from schema.view import View
from tests.auth.test_accounts import BIND, HEAD, IDP, PROVIDERS, STAFF, SUSPEND
from tests.auth.test_service_keys import MAKE
from tests.conftest import Ask, Clock, dump
from tests.factories.records import act, made
from tests.world import NOW

FORM = {"grant_type": GRANT, "subject_token_type": ACCESS_TOKEN, "subject_token": "t1"}


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give the rules by which claims become roles."""
    return {"providers": PROVIDERS}


@dataclass
class Tokens:
    """Access tokens that were verified before: this test is about what comes of them."""

    known: dict[str, Identity] = field(default_factory=dict)

    async def identity(self, token: str) -> Identity:
        """Who the token says is there."""
        if token not in self.known:
            msg = "no such token"
            raise Unauthenticated(msg)
        return self.known[token]


@dataclass
class Portals:
    """The endpoint over HTTP, and the process behind it."""

    client: httpx2.AsyncClient
    tokens: Tokens
    accounts: Accounts
    authenticator: Authenticator
    key: str = ""
    account: str = ""

    async def exchange(self, key: str | None = None, **form: str) -> httpx2.Response:
        """Ask for a token."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return await self.client.post("/auth/token", data=FORM | form, headers=headers)

    async def query(self, token: str, query: str) -> httpx2.Response:
        """Ask the graph by a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.post("/graphql", json={"query": query}, headers=headers)


@pytest.fixture
async def portals(services: Services, graph: Graph) -> AsyncIterator[Portals]:
    """Give the endpoint."""
    settings, store, clock, marks = services.settings, services.store, services.clock, Marks(services.store)
    tokens = Tokens()
    accounts = Accounts(settings, store, clock, AccountLedger(services), marks)
    keys = ServiceKeys(settings, store, clock, marks)
    exchange = Exchange(settings, store, clock, keys, accounts, tokens)
    authenticator = Authenticator(settings, store, clock, keys=keys, exchange=exchange)
    view = View(services, graph, authenticator)
    app = Starlette(routes=[Route("/graphql", view.respond, methods=["POST"]), *token_routes(services, exchange)])
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost")
    yield Portals(client, tokens, accounts, authenticator)
    await client.aclose()


async def _opened(ask: Ask, portals: Portals, clock: Clock, **claims: Any) -> tuple[str, str]:
    """A portal of a partner, and somebody with an account and an access token: the partner, and the account."""
    partner = await made(ask, "Partner")
    found = (await ask(HEAD, MAKE, input={"name": "Portal", "partner": partner}))["createServiceAccount"]
    portals.key, portals.account = found["key"], found["serviceAccount"]["id"]
    identity = Identity(
        IDP, "s1", STAFF | claims, clock() + timedelta(hours=1), scopes=frozenset({"korpu"}), client="c"
    )
    portals.tokens.known["t1"] = identity
    account = await portals.accounts.signed_in(identity, provider="university", address="192.0.2.7")
    return partner, account


async def test_a_token_is_the_person_within_the_portal(ask: Ask, portals: Portals, clock: Clock) -> None:
    """It answers as RFC 8693 says, and asks as both at once."""
    partner, account = await _opened(ask, portals, clock)
    answered = await portals.exchange()
    assert (answered.status_code, answered.headers["cache-control"]) == (200, "no-store")
    body = answered.json()
    token = body.pop("access_token")
    assert body == {"issued_token_type": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300}
    who = await portals.authenticator.caller({"authorization": f"Bearer {token}"})
    person = caller(Role.MEMBER, name="Leyla Əliyeva", account=account)
    assert who == acting(caller(Role.PORTAL, partner=partner, name="Portal"), person)
    told = await portals.query(token, "{ viewer { name roles } }")
    assert told.json()["data"]["viewer"]["name"] == "Leyla Əliyeva"
    both = await portals.query(token, "{ partners { nodes { id } } units { nodes { id } } }")
    assert both.json()["data"] == {"partners": {"nodes": [{"id": partner}]}, "units": {"nodes": []}}


async def test_the_token_of_an_officer_reads_what_the_portal_may(ask: Ask, portals: Portals, clock: Clock) -> None:
    """An officer reads all partners, by the portal of one that one, and nothing of the office."""
    partner, account = await _opened(ask, portals, clock)
    person = await made(ask, "Person")
    assert (await ask(HEAD, BIND, id=account, person=person))["bindAccount"]["problems"] == []
    await made(ask, "RoleAssignment", person=person, role="OFFICER")
    await made(ask, "Partner")
    token = (await portals.exchange()).json()["access_token"]
    told = await portals.query(token, "{ partners { nodes { id } } }")
    assert told.json()["data"]["partners"]["nodes"] == [{"id": partner}]
    for query in (
        "{ partners { nodes { notes { id } } } }",
        "{ covers { totalCount } }",
        "{ accounts { totalCount } }",
    ):
        assert (await portals.query(token, query)).json().get("data") is None
    change = 'mutation { createUnit(input: { name: { en: "X" }, abbreviation: "X" }) { problems { code } } }'
    assert (await portals.query(token, change)).json().get("data") is None


async def test_a_token_ends_with_the_portal_with_the_person_and_in_time(
    ask: Ask, portals: Portals, clock: Clock
) -> None:
    """Revoked, suspended or expired: refused at the next request."""
    _, account = await _opened(ask, portals, clock)
    token = (await portals.exchange()).json()["access_token"]
    query = "{ viewer { name } }"
    assert (await portals.query(token, query)).status_code == 200
    clock.now = NOW + timedelta(seconds=300)
    assert (await portals.query(token, query)).status_code == 401
    token = (await portals.exchange()).json()["access_token"]
    assert (await ask(HEAD, SUSPEND, id=account))["suspendAccount"]["problems"] == []
    assert (await portals.query(token, query)).status_code == 401
    assert (await portals.exchange()).json()["error"] == "invalid_grant"
    assert (await act(ask, HEAD, "reinstate", "Account", account))["problems"] == []
    assert (await portals.query(token, query)).status_code == 200
    assert (await act(ask, HEAD, "revoke", "ServiceAccount", portals.account))["problems"] == []
    assert (await portals.query(token, query)).status_code == 401
    assert (await portals.exchange()).status_code == 401


async def test_a_token_never_outlives_the_person_s_own(ask: Ask, portals: Portals, clock: Clock) -> None:
    """Where that has a minute left, it has, too."""
    await _opened(ask, portals, clock)
    clock.now = NOW + timedelta(minutes=59)
    assert (await portals.exchange()).json()["expires_in"] == 60


async def test_neither_token_is_kept(ask: Ask, portals: Portals, clock: Clock, store: Store) -> None:
    """The store holds a hash of the one, and nothing of the other."""
    await _opened(ask, portals, clock)
    portals.tokens.known["canary-7f3a"] = portals.tokens.known["t1"]
    token = (await portals.exchange(subject_token="canary-7f3a")).json()["access_token"]
    kept = str(await dump(store))
    assert token.removeprefix("korput_") not in kept
    assert "canary-7f3a" not in kept


async def test_what_is_wrong_is_said_as_the_rfc_says(ask: Ask, portals: Portals, clock: Clock) -> None:
    """An error code and a status for each, and never a token."""
    await _opened(ask, portals, clock)
    wrong: list[tuple[dict[str, str], int, str]] = [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, 400, "invalid_request"),
        ({"subject_token": ""}, 400, "invalid_request"),
        ({"subject_token": "forged"}, 400, "invalid_grant"),
        ({"actor_token": "x"}, 400, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, 400, "invalid_request"),
        ({"subject_token": "x" * 30_000}, 413, "invalid_request"),
        ({"key": "korpu_a_b"}, 401, "invalid_client"),
        ({"key": "t1"}, 401, "invalid_client"),
    ]
    for form, status, error in wrong:
        answered = await portals.exchange(**form)
        assert (answered.status_code, answered.json()["error"]) == (status, error), form
    plain = await portals.client.post("/auth/token", data=FORM)
    assert (plain.status_code, plain.json()["error"]) == (401, "invalid_client")
    twice = "&".join(f"{name}={value}" for name, value in (*FORM.items(), ("subject_token", "t1")))
    headers = {"Authorization": f"Bearer {portals.key}", "Content-Type": "application/x-www-form-urlencoded"}
    assert (await portals.client.post("/auth/token", content=twice, headers=headers)).status_code == 400
    headers["Content-Type"] = "application/json"
    assert (await portals.client.post("/auth/token", json=FORM, headers=headers)).status_code == 400


async def test_a_portal_shows_its_key_as_client_and_secret_too(ask: Ask, portals: Portals, clock: Clock) -> None:
    """Libraries that know client_secret_basic alone send the halves of the key."""
    await _opened(ask, portals, clock)
    user, _, password = portals.key.rpartition("_")
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    answered = await portals.client.post("/auth/token", data=FORM, headers={"Authorization": f"Basic {basic}"})
    assert answered.status_code == 200
    for sent in ("", "=", base64.b64encode(b"\xff:\xff").decode(), base64.b64encode(b"korpu").decode()):
        answered = await portals.client.post("/auth/token", data=FORM, headers={"Authorization": f"Basic {sent}"})
        assert answered.status_code == 401


async def test_an_exchanged_token_is_not_exchanged_again(ask: Ask, portals: Portals, clock: Clock) -> None:
    """It is neither a key nor a person's own token."""
    await _opened(ask, portals, clock)
    token = (await portals.exchange()).json()["access_token"]
    assert (await portals.exchange(key=token)).status_code == 401
    assert (await portals.exchange(subject_token=token)).json()["error"] == "invalid_grant"
