"""Invitations: a contact's account becomes their person by a link that works once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auth.accounts import Accounts
from auth.caller import Caller, Role, caller
from auth.identity import Identity
from documents.store import Store
from resolvers.account import AccountLedger
from resolvers.context import Services
from tests.conftest import Ask, Clock, dump
from tests.factories.records import act, made
from tests.world import NOW

OFFICER = caller(Role.OFFICER)
INVITE = """
mutation ($input: CreateInvitationInput!) {
  createInvitation(input: $input) { url invitation { id status } problems { code path message } }
}"""
ACCEPT = "mutation ($token: String!) { acceptInvitation(token: $token) { accepted problems { code path message } } }"
NO_SUCH = [{"code": "NOT_FOUND", "path": "token"}]


class Guests:
    """People of a partner who sign in by a provider that says nothing of them."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.accounts = Accounts(services.settings, services.store, services.clock, AccountLedger(services))

    async def caller(self, subject: str) -> Caller:
        """Somebody who has just signed in."""
        identity = Identity("https://proxy.example.org", subject, {}, self.services.clock() + timedelta(hours=1))
        await self.accounts.signed_in(identity, provider="proxy", address="192.0.2.1")
        return await self.accounts.caller(identity)


@pytest.fixture
def guests(services: Services) -> Guests:
    """Give people who sign in from elsewhere."""
    return Guests(services)


async def _contact(ask: Ask, **given: Any) -> tuple[str, str, str]:
    partner = await made(ask, "Partner")
    person = await made(ask, "Person", category="GUEST", partner=partner)
    return await made(ask, "Contact", **{"partner": partner, "person": person} | given), person, partner


async def _invited(ask: Ask, contact: str, hours: int = 24) -> tuple[str, str]:
    """The id and the token of a new invitation."""
    until = (NOW + timedelta(hours=hours)).isoformat()
    found = (await ask(OFFICER, INVITE, input={"contact": contact, "expiresAt": until}))["createInvitation"]
    assert found["problems"] == []
    return found["invitation"]["id"], found["url"].partition("#")[2]


async def _taken(ask: Ask, who: Caller, token: str) -> list[dict[str, str]]:
    """What is wrong with taking an invitation, without the words."""
    found = (await ask(who, ACCEPT, token=token))["acceptInvitation"]
    assert found["accepted"] == (not found["problems"])
    return [{"code": problem["code"], "path": problem["path"]} for problem in found["problems"]]


async def test_an_invitation_makes_an_account_the_contacts_person(ask: Ask, guests: Guests) -> None:
    """From the next request on they act for their partner, as long as their term lasts."""
    contact, person, partner = await _contact(ask)
    invitation, token = await _invited(ask, contact)
    who = await guests.caller("g1")
    assert who.roles == {Role.ANONYMOUS}
    assert await _taken(ask, who, token) == []
    known = await guests.caller("g1")
    assert known.roles == {Role.ANONYMOUS, Role.PARTNER}
    assert (known.person, known.partner, known.account) == (person, partner, who.account)
    query = "query($i: ID!) { invitation(id: $i) { status account { id } history { nodes { action by { id } } } } }"
    told = (await ask(OFFICER, query, i=invitation))["invitation"]
    assert (told["status"], told["account"]) == ("ACCEPTED", {"id": who.account})
    assert [entry["by"] for entry in told["history"]["nodes"]] == [{"id": person}, None]
    leave = "mutation($i: ID!) { leaveContact(id: $i) { problems { message } } }"
    assert (await ask(OFFICER, leave, i=contact))["leaveContact"]["problems"] == []
    assert (await guests.caller("g1")).roles == {Role.ANONYMOUS}


async def test_what_is_not_taken_is_answered_alike(ask: Ask, guests: Guests, clock: Clock) -> None:
    """Taken, withdrawn, too old, never there, or of a contact who has left: an address is no oracle."""
    who = await guests.caller("g1")
    contact, _, _ = await _contact(ask)
    _, used = await _invited(ask, contact)
    assert await _taken(ask, await guests.caller("g0"), used) == []
    revoked, token = await _invited(ask, contact)
    assert (await act(ask, OFFICER, "revoke", "Invitation", revoked))["problems"] == []
    gone, _, _ = await _contact(ask)
    _, left = await _invited(ask, gone)
    leave = "mutation($i: ID!) { leaveContact(id: $i) { problems { message } } }"
    await ask(OFFICER, leave, i=gone)
    answers = [(await ask(who, ACCEPT, token=each)).data for each in (used, token, left, "x" * 32, "", "$ne")]
    _, old = await _invited(ask, contact, hours=1)
    clock.now = NOW + timedelta(hours=1)
    answers.append((await ask(replace(who), ACCEPT, token=old)).data)
    assert all(answer == answers[0] for answer in answers)
    assert await _taken(ask, who, old) == NO_SUCH


async def test_nobody_takes_an_invitation_without_an_account(ask: Ask) -> None:
    """A demo token, a key and nobody at all have none."""
    contact, _, _ = await _contact(ask)
    _, token = await _invited(ask, contact)
    for who in (caller(), caller(Role.PORTAL), caller(Role.MEMBER)):
        assert (await ask(who, ACCEPT, token=token)).codes == ["UNAUTHENTICATED"]


async def test_an_account_that_is_somebody_else_takes_none(ask: Ask, guests: Guests) -> None:
    """Whoever is one person of the register does not become another by a link; the link stays open."""
    contact, _, _ = await _contact(ask)
    other, _, _ = await _contact(ask)
    who = await guests.caller("g1")
    assert await _taken(ask, who, (await _invited(ask, contact))[1]) == []
    _, token = await _invited(ask, other)
    assert await _taken(ask, await guests.caller("g1"), token) == [{"code": "CONFLICT", "path": "token"}]
    assert await _taken(ask, await guests.caller("g2"), token) == []


async def test_whom_to_invite(ask: Ask) -> None:
    """A contact who serves and is known as a person, within the days that are set."""
    contact, _, partner = await _contact(ask)
    nameless = await made(ask, "Contact", partner=partner)
    over, _, _ = await _contact(ask, term={"start": "2025-01-01", "end": "2026-05-03"})

    async def wrong(contact: str, hours: int) -> list[str]:
        until = (NOW + timedelta(hours=hours)).isoformat()
        found = (await ask(OFFICER, INVITE, input={"contact": contact, "expiresAt": until}))["createInvitation"]
        assert (found["url"] is None) == bool(found["problems"])
        return [problem["path"] for problem in found["problems"]]

    assert await wrong(nameless, 1) == ["contact"]
    assert await wrong(over, 1) == ["contact"]
    assert await wrong(contact, 0) == ["expiresAt"]
    assert await wrong(contact, 24 * 14 + 1) == ["expiresAt"]
    assert await wrong(contact, 24 * 14) == []


async def test_an_address_is_shown_once(ask: Ask, store: Store) -> None:
    """The store keeps a hash of its secret part, which stands behind a #: no server hears of it by following it."""
    contact, _, _ = await _contact(ask)
    _, token = await _invited(ask, contact)
    assert token not in str(await dump(store))


async def test_of_many_who_take_it_at_once_one_gets_it(ask: Ask, guests: Guests) -> None:
    """Eight accounts with the same address: one is bound, and the others are told that there is no such invitation."""
    contact, person, _ = await _contact(ask)
    _, token = await _invited(ask, contact)
    who = [await guests.caller(f"g{number}") for number in range(8)]
    found = await asyncio.gather(*(_taken(ask, each, token) for each in who))
    assert sorted(found, key=len) == [[], *[NO_SUCH] * 7]
    known = [await guests.caller(f"g{number}") for number in range(8)]
    assert [each.person for each in known].count(person) == 1
