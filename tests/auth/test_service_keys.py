"""Service accounts: keys that are shown once, expire, are exchanged with an overlap, and are revoked at once."""

from datetime import timedelta
from typing import Any

import pytest

from auth.backend import Authenticator
from auth.caller import Caller, Role, caller
from documents.store import Store
from errors import Unauthenticated
from resolvers.context import Services
from tests.conftest import Ask, Clock, Http, dump
from tests.factories.records import act, made
from tests.world import NOW

ADMIN = caller(Role.ADMIN)
HEAD = caller(Role.HEAD)
MAKE = """
mutation ($input: CreateServiceAccountInput!) {
  createServiceAccount(input: $input) { key serviceAccount { id keys { id expiresAt } } problems { code path } }
}"""
ROTATE = """
mutation ($id: ID!) {
  rotateServiceAccount(id: $id) { key serviceAccount { keys { id expiresAt } } problems { code path message } }
}"""


@pytest.fixture
def gates(services: Services) -> list[Authenticator]:
    """Give two processes that take credentials, over one store."""
    return [Authenticator(services.settings, services.store, services.clock) for _ in range(2)]


async def _made(ask: Ask, who: Caller = HEAD, **given: Any) -> tuple[str, str]:
    """A new account's id and key."""
    found = (await ask(who, MAKE, input={"name": "Portal of Ankara"} | given))["createServiceAccount"]
    assert found["problems"] == []
    return found["serviceAccount"]["id"], found["key"]


async def _known(gates: list[Authenticator], key: str) -> Caller | None:
    """The caller that each process makes of a key; None where each refuses it."""
    found: list[Caller | None] = []
    for gate in gates:
        try:
            found.append(await gate.caller({"authorization": f"Bearer {key}"}))
        except Unauthenticated:
            found.append(None)
    assert found[0] == found[1]
    return found[0]


async def test_a_key_is_the_portal_of_its_partner_or_of_what_is_published(
    ask: Ask, gates: list[Authenticator], http: Http
) -> None:
    """One with a partner reads what was issued to them; one without reads what is published."""
    partner = await made(ask, "Partner")
    _, key = await _made(ask, partner=partner)
    assert await _known(gates, key) == caller(Role.PORTAL, partner=partner, name="Portal of Ankara")
    _, other = await _made(ask, ADMIN, name="Website")
    assert await _known(gates, other) == caller(Role.PORTAL, name="Website")
    told = await http.post({"query": "{ partners { nodes { id } } }"}, Authorization=f"Bearer {key}")
    assert told.json()["data"]["partners"]["nodes"] == [{"id": partner}]
    told = await http.post({"query": "{ partners { nodes { id } } }"}, Authorization=f"Bearer {other}")
    assert told.json()["data"]["partners"]["nodes"] == []


async def test_a_key_is_shown_once_and_kept_as_a_hash(ask: Ask, store: Store, gates: list[Authenticator]) -> None:
    """Neither the store, nor the history, nor anybody's answer holds its secret."""
    account, key = await _made(ask)
    secret = key.rpartition("_")[2]
    assert secret not in str(await dump(store))
    query = "query($i: ID!) { serviceAccount(id: $i) { keys { id } history { nodes { changes { after } } } } }"
    told = await ask(HEAD, query, i=account)
    assert secret not in str(told.data)
    assert await _known(gates, key) is not None


async def test_other_keys_are_refused_alike(ask: Ask, gates: list[Authenticator]) -> None:
    """A wrong secret, another key's, a shortened or lengthened one: the same words, which do not say why."""
    account, key = await _made(ask)
    _, other = await _made(ask)
    start, _, secret = key.rpartition("_")
    wrong = [
        f"{start}_{other.rpartition('_')[2]}",
        key[:-1],
        f"{key}a",
        f"{start}_",
        f"{start}_{secret.upper()}",
        f"korpu_{account}_{secret}",
        "korpu_",
        "korpu___",
        f"korpu_{secret}",
        f"{key}_x",
        "korpu_" + "x" * 5_000,
    ]
    said = set()
    for text in wrong:
        with pytest.raises(Unauthenticated) as refused:
            await gates[0].caller({"authorization": f"Bearer {text}"})
        said.add(str(refused.value))
    assert len(said) == 1


async def test_a_key_expires_to_the_instant(ask: Ask, gates: list[Authenticator], clock: Clock) -> None:
    """Also where a process has just taken it."""
    _, key = await _made(ask)
    clock.now = NOW + timedelta(days=365, milliseconds=-1)
    assert await _known(gates, key) is not None
    clock.now = NOW + timedelta(days=365)
    assert await _known(gates, key) is None


async def test_a_new_key_leaves_the_former_one_some_days(ask: Ask, gates: list[Authenticator], clock: Clock) -> None:
    """Two are taken during the change, never three; then the new one alone."""
    account, first = await _made(ask)
    found = (await ask(ADMIN, ROTATE, id=account))["rotateServiceAccount"]
    second = found["key"]
    assert len(found["serviceAccount"]["keys"]) == 2
    assert await _known(gates, first) == await _known(gates, second)
    third = (await ask(ADMIN, ROTATE, id=account))["rotateServiceAccount"]["key"]
    assert await _known(gates, first) is None
    assert await _known(gates, second) is not None
    clock.now = NOW + timedelta(days=14)
    assert await _known(gates, second) is None
    assert await _known(gates, third) is not None


async def test_revoking_is_at_once_and_for_good(ask: Ask, gates: list[Authenticator]) -> None:
    """The next request is refused, in every process, and no other key is made."""
    account, key = await _made(ask)
    assert await _known(gates, key) is not None
    assert (await act(ask, ADMIN, "revoke", "ServiceAccount", account))["problems"] == []
    assert await _known(gates, key) is None
    told = (await ask(ADMIN, ROTATE, id=account))["rotateServiceAccount"]
    assert (told["key"], [problem["code"] for problem in told["problems"]]) == (None, ["CONFLICT"])


async def test_the_key_of_a_partner_that_was_merged_is_the_others(ask: Ask, gates: list[Authenticator]) -> None:
    """PARTNER-2: what pointed to the one points to the other, keys too."""
    one, other = await made(ask, "Partner"), await made(ask, "Partner")
    _, key = await _made(ask, partner=one)
    assert await _known(gates, key) == caller(Role.PORTAL, partner=one, name="Portal of Ankara")
    merge = "mutation($i: ID!, $o: ID!) { mergePartner(id: $i, into: $o) { problems { message } } }"
    assert (await ask(HEAD, merge, i=one, o=other))["mergePartner"]["problems"] == []
    assert await _known(gates, key) == caller(Role.PORTAL, partner=other, name="Portal of Ankara")


@pytest.mark.parametrize("role", [Role.OFFICER, Role.MEMBER, Role.PARTNER, Role.COORDINATOR, Role.ANONYMOUS])
async def test_keys_are_for_administrators_and_the_head(ask: Ask, role: Role) -> None:
    """For others there is no such mutation; for most, no such kind."""
    answered = await ask(caller(role), MAKE, input={"name": "x"})
    assert answered.codes
    assert answered.data is None
