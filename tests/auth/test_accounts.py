"""Accounts: who somebody is by issuer and subject, and what they may at their next request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from auth.accounts import Accounts
from auth.caller import Caller, Role, caller
from auth.identity import Identity
from documents.lease import Leases
from documents.store import Store
from errors import SignInRefused, Unauthenticated
from resolvers.account import AccountLedger
from resolvers.context import Services
from tests.conftest import Ask, Clock
from tests.factories.providers import provider_of
from tests.factories.records import act, create, made
from tests.world import NOW

IDP, OTHER = "https://sso.example.edu", "https://proxy.example.org"
STAFF = {"eduperson_scoped_affiliation": ["staff@example.edu"], "name": "Leyla Əliyeva", "email": "leyla@example.edu"}
CLAIMS = {
    "scopes": ["example.edu"],
    "roles": [
        {"claim": "groups", "value": "finance", "role": "finance"},
        {"claim": "groups", "value": "runs-korpu", "role": "admin"},
    ],
}
PROVIDERS = provider_of(IDP, CLAIMS)
FIND = "{ accounts { nodes { id issuer subject status person { id } name email } } }"
BIND = """
mutation ($id: ID!, $person: ID!) {
  bindAccount(id: $id, input: { person: $person }) { account { id person { id } } problems { code path message } }
}"""
SUSPEND = """
mutation ($id: ID!) {
  suspendAccount(id: $id, input: { reason: "Left" }) { account { status } problems { code path message } }
}"""


@pytest.fixture
def overrides() -> Mapping[str, Any]:
    """Give the rules by which claims become roles."""
    return {"providers": PROVIDERS}


@dataclass
class SignIns:
    """Signs people in, and asks who they are as another process would."""

    services: Services
    here: Accounts
    there: Accounts

    def identity(self, subject: str, claims: Mapping[str, Any] = STAFF, issuer: str = IDP) -> Identity:
        """An identity that was verified, good for an hour."""
        return Identity(issuer, subject, claims, self.services.clock() + timedelta(hours=1))

    async def sign_in(self, identity: Identity) -> str:
        """The id of the account."""
        return await self.here.signed_in(identity, provider="university", address="192.0.2.7")

    async def both(self, identity: Identity) -> Caller:
        """The caller that two processes make of an identity: the same one."""
        found = await self.here.caller(identity)
        assert await self.there.caller(identity) == found
        return found


@pytest.fixture
def people(services: Services) -> SignIns:
    """Give two processes' knowledge of who is who, over one store."""
    ledger = AccountLedger(services)

    # Another process: what it read lately is its own.
    elsewhere = replace(services.store, leases=Leases(services.store.leases.seconds))

    def accounts(store: Store) -> Accounts:
        return Accounts(services.settings, store, services.clock, ledger)

    return SignIns(services, accounts(services.store), accounts(elsewhere))


HEAD = caller(Role.HEAD)


async def bound(people: SignIns, ask: Ask, subject: str = "s1", claims: Any = STAFF, **person: Any) -> tuple[Any, str]:
    """An identity with an account that is bound to a new person, and the person."""
    identity = people.identity(subject, claims)
    account = await people.sign_in(identity)
    found = await made(ask, "Person", **person)
    assert (await ask(HEAD, BIND, id=account, person=found))["bindAccount"]["problems"] == []
    return identity, found


async def test_from_identity_to_a_query(people: SignIns, ask: Ask) -> None:
    """Somebody who signs in for the first time gets an account, is a member, and asks as one."""
    identity = people.identity("s1")
    account = await people.sign_in(identity)
    assert await people.sign_in(identity) == account
    who = await people.both(identity)
    assert who == caller(Role.MEMBER, name="Leyla Əliyeva", account=account)
    told = (await ask(who, FIND))["accounts"]["nodes"]
    assert [(one["id"], one["subject"], one["status"]) for one in told] == [(account, "s1", "ACTIVE")]
    assert (await ask(who, "{ viewer { name roles } }"))["viewer"]["roles"] == ["anonymous", "member"]


async def test_without_an_account_claims_count_and_no_person(people: SignIns) -> None:
    """A program with a provider's token that never signed in is what its claims say."""
    assert await people.both(people.identity("program", {"groups": "finance"})) == caller(Role.FINANCE)


async def test_the_same_e_mail_at_two_issuers_is_two_accounts(people: SignIns, ask: Ask) -> None:
    """Nothing follows from an address: whoever brings it along from elsewhere is nobody here."""
    identity, person = await bound(people, ask)
    stranger = people.identity("s1", STAFF, OTHER)
    account = await people.sign_in(stranger)
    assert len((await ask(HEAD, FIND))["accounts"]["nodes"]) == 2
    assert (await people.both(identity)).person == person
    who = await people.both(stranger)
    assert (who.person, who.roles, who.account) == (None, frozenset({Role.ANONYMOUS}), account)


async def test_an_account_with_no_known_claims_holds_nothing(people: SignIns, ask: Ask) -> None:
    """Who is known to the provider and to nobody here sees what is published, and can tell that they are signed in."""
    identity = people.identity("s2", {"groups": ["chess"], "roles": {"head": True}, "name": 7})
    await people.sign_in(identity)
    who = await people.both(identity)
    assert who.roles == frozenset({Role.ANONYMOUS})
    assert who.signed_in
    assert (await ask(who, "{ delegations { totalCount } }"))["delegations"]["totalCount"] == 0


async def test_two_roles_at_once_add_up(people: SignIns, ask: Ask) -> None:
    """One role from a claim and one by assignment are held together."""
    identity, person = await bound(people, ask, claims=STAFF | {"groups": ["finance"]})
    unit = await made(ask, "Unit")
    below = await made(ask, "Unit", parentUnit=unit)
    await made(ask, "RoleAssignment", person=person, role="COORDINATOR", unit=unit)
    who = await people.both(identity)
    assert who.roles == {Role.ANONYMOUS, Role.MEMBER, Role.HOST, Role.FINANCE, Role.COORDINATOR}
    assert who.units == {unit, below}
    assert who.home_unit == unit
    third = await made(ask, "Unit", parentUnit=below)
    assert (await people.both(identity)).units == {unit, below, third}


async def test_a_role_taken_away_is_gone_at_the_next_request(people: SignIns, ask: Ask) -> None:
    """Mid-session, in every process: what was given by the register is taken by it, with history."""
    identity, person = await bound(people, ask)
    assert Role.OFFICER not in (await people.both(identity)).roles
    assignment = await made(ask, "RoleAssignment", person=person, role="OFFICER")
    assert Role.OFFICER in (await people.both(identity)).roles
    assert (await act(ask, HEAD, "end", "RoleAssignment", assignment))["problems"] == []
    assert Role.OFFICER not in (await people.both(identity)).roles
    query = "query($i: ID!) { roleAssignment(id: $i) { status history { nodes { action } } } }"
    told = (await ask(HEAD, query, i=assignment))["roleAssignment"]
    assert [entry["action"] for entry in told["history"]["nodes"]] == ["end", "create"]


async def test_an_assignment_holds_from_its_first_day_to_its_last(people: SignIns, ask: Ask, clock: Clock) -> None:
    """Days are those of the university's zone: it begins and ends at midnight in Baku, with no write."""
    identity, person = await bound(people, ask)
    identity = Identity(IDP, "s1", STAFF, NOW + timedelta(days=30))
    await made(
        ask, "RoleAssignment", person=person, role="OFFICER", period={"start": "2026-05-05", "end": "2026-05-06"}
    )
    held = []
    for moment in ("2026-05-04T19:59:59", "2026-05-04T20:00:00", "2026-05-06T19:59:59", "2026-05-06T20:00:00"):
        clock.now = NOW.fromisoformat(f"{moment}+00:00")
        held.append(Role.OFFICER in (await people.both(identity)).roles)
    assert held == [False, True, True, False]


async def test_a_contact_who_moves_to_another_partner(people: SignIns, ask: Ask, clock: Clock) -> None:
    """They act for the one whom they serve: for the former partner from the end of the term on no longer."""
    identity, person = await bound(people, ask, claims={}, category="GUEST")
    first, second = await made(ask, "Partner"), await made(ask, "Partner")
    await made(ask, "Contact", partner=first, person=person, term={"start": "2025-01-01", "end": "2026-05-05"})
    who = await people.both(identity)
    assert who.roles == {Role.ANONYMOUS, Role.PARTNER}
    assert who.partner == first
    contact = await made(ask, "Contact", partner=second, person=person, term={"start": "2026-05-04"})
    who = await people.both(identity)
    assert who.partner == second
    assert who.partners == {first, second}
    clock.now = NOW + timedelta(days=2)
    identity = people.identity("s1", {})
    assert (await people.both(identity)).partners == {second}
    leave = "mutation($i: ID!) { leaveContact(id: $i) { problems { message } } }"
    assert (await ask(HEAD, leave, i=contact))["leaveContact"]["problems"] == []
    clock.now = NOW + timedelta(days=2, minutes=1)
    assert (await people.both(identity)).roles == {Role.ANONYMOUS}


async def test_a_suspended_officer_with_a_valid_token_is_refused(people: SignIns, ask: Ask, clock: Clock) -> None:
    """At the next request, in every process; at the next sign-in, with an event; and let in again when reinstated."""
    identity, person = await bound(people, ask)
    await made(ask, "RoleAssignment", person=person, role="OFFICER")
    who = await people.both(identity)
    assert Role.OFFICER in who.roles
    assert (await ask(HEAD, SUSPEND, id=who.account))["suspendAccount"]["problems"] == []
    for accounts in (people.here, people.there):
        with pytest.raises(Unauthenticated):
            await accounts.caller(identity)
    clock.now = NOW + timedelta(minutes=1)
    with pytest.raises(SignInRefused, match="suspended"):
        await people.sign_in(identity)
    query = "{ signIns(orderBy: { at: ASC }) { nodes { outcome provider address reason person { id } } } }"
    told = (await ask(HEAD, query))["signIns"]["nodes"]
    assert [event["outcome"] for event in told] == ["SIGNED_IN", "REFUSED"]
    assert told[1]["address"] == "192.0.2.7"
    assert (await act(ask, HEAD, "reinstate", "Account", str(who.account)))["problems"] == []
    assert await people.both(identity) == who


async def test_an_identity_that_has_expired_is_nobody(people: SignIns, clock: Clock) -> None:
    """From the instant of its end on."""
    identity = people.identity("s1")
    clock.now = identity.expires - timedelta(milliseconds=1)
    await people.both(identity)
    clock.now = identity.expires
    with pytest.raises(Unauthenticated, match="expired"):
        await people.here.caller(identity)


async def test_persons_whom_the_office_deals_with_no_longer_get_nothing(people: SignIns, ask: Ask) -> None:
    """What the register gives goes with the person; what the provider says stays."""
    identity, person = await bound(people, ask)
    await made(ask, "RoleAssignment", person=person, role="OFFICER")
    assert (await act(ask, HEAD, "deactivate", "Person", person))["problems"] == []
    assert (await people.both(identity)).roles == {Role.ANONYMOUS, Role.MEMBER}


async def test_nobody_gives_a_role_to_themself(people: SignIns, ask: Ask) -> None:
    """Nor a role that is not theirs to give; nobody binds their own account, or one to somebody above them."""
    own, other = await made(ask, "Person"), await made(ask, "Person")
    head, admin = caller(Role.HEAD, person=own), caller(Role.ADMIN, person=own)
    period = {"start": "2026-05-04"}

    async def codes(who: Caller, **given: Any) -> list[str]:
        found = (await create(ask, who, "RoleAssignment", period=period, **given))["createRoleAssignment"]
        return [problem["path"] for problem in found["problems"]]

    assert await codes(head, person=own, role="OFFICER") == ["person"]
    assert await codes(admin, person=own, role="HEAD") == ["person"]
    assert await codes(head, person=other, role="AUDITOR") == ["role"]
    assert await codes(head, person=other, role="OFFICER", unit=await made(ask, "Unit")) == ["unit"]
    assert await codes(head, person=other, role="COORDINATOR") == ["unit"]
    assert await codes(admin, person=other, role="HEAD") == []
    account = await people.sign_in(people.identity("s1"))
    mine = caller(Role.HEAD, account=account)
    told = (await ask(mine, BIND, id=account, person=other))["bindAccount"]["problems"]
    assert [problem["path"] for problem in told] == ["id"]
    officer = caller(Role.OFFICER)
    told = (await ask(officer, BIND, id=account, person=other))["bindAccount"]["problems"]
    assert [problem["path"] for problem in told] == ["input.person"]
    assert (await ask(officer, BIND, id=account, person=own))["bindAccount"]["problems"] == []


async def test_an_administrator_reads_no_personal_data(people: SignIns, ask: Ask) -> None:
    """Accounts, roles and keys are theirs; persons are as for any member, and sign-ins are the head's."""
    identity, person = await bound(people, ask, birthDate="1980-01-01", category="GUEST")
    await people.both(identity)
    admin = caller(Role.ADMIN)
    (account,) = (await ask(admin, FIND))["accounts"]["nodes"]
    assert (account["subject"], account["person"]) == ("s1", None)
    assert (await ask(admin, "query($i: ID!) { person(id: $i) { familyName } }", i=person))["person"] is None
    assert (await ask(admin, "{ persons { nodes { birthDate } } }"))["persons"]["nodes"] == []
    assert (await ask(admin, "{ signIns { totalCount } }"))["signIns"]["totalCount"] == 0


async def test_many_first_sign_ins_at_once_make_one_account(people: SignIns, ask: Ask) -> None:
    """Ten browsers of one person that come for the first time at once get one account."""
    identity = people.identity("s1")
    found = await asyncio.gather(*(people.sign_in(identity) for _ in range(10)))
    assert len(set(found)) == 1
    assert len((await ask(HEAD, FIND))["accounts"]["nodes"]) == 1
