"""What people are told of their own access: account, roles and why, sessions and sign-ins; and ending sessions."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth.accounts import Accounts
from auth.caller import Caller, Role, acting, caller
from auth.identity import Identity
from resolvers.account import AccountLedger
from resolvers.context import Services
from tests.auth.test_accounts import BIND, HEAD, IDP, PROVIDERS, STAFF
from tests.conftest import Ask, Clock
from tests.factories.records import made
from tests.world import NOW

ACCESS = """
{
  viewer {
    roles
    access {
      account { id issuer subject name email status firstSeen }
      grounds { role source says id until }
      sessions { id provider address }
      signIns { at outcome address provider reason }
      portal
    }
  }
}"""
END = "mutation ($session: ID!) { revokeSession(session: $session) { revoked problems { code path } } }"
END_ALL = "mutation { revokeSessions { revoked problems { code } } }"
SIGN_OUT = "mutation ($id: ID!) { signOutAccount(id: $id) { account { id } problems { code } } }"


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give the rules by which claims become roles."""
    return {"providers": PROVIDERS}


@dataclass
class Browsers:
    """Sessions of browsers, in memory: what becomes of them is tested where they live."""

    known: dict[str, str] = field(default_factory=dict)

    async def of(self, account: str) -> list[dict[str, Any]]:
        """The sessions of an account."""
        times = {"started": NOW, "seen": NOW, "until": NOW + timedelta(hours=1)}
        told = {"provider": "university", "address": "192.0.2.7", "agent": "Browser"} | times
        return [{"_id": name, **told} for name, whose in self.known.items() if whose == account]

    async def revoke(self, session: str, account: str | None = None) -> bool:
        """End one session."""
        found = self.known.get(session)
        if found is None or account not in (None, found):
            return False
        del self.known[session]
        return True

    async def revoke_all(self, account: str) -> int:
        """End every session of an account."""
        gone = [name for name, whose in self.known.items() if whose == account]
        for name in gone:
            del self.known[name]
        return len(gone)


@pytest.fixture
def browsers(services: Services) -> Browsers:
    """Give browsers in which people are signed in."""
    found = Browsers()
    services.sessions = found
    return found


async def _signed_in(services: Services, subject: str = "s1", claims: Any = STAFF) -> tuple[Accounts, Identity]:
    accounts = Accounts(services.settings, services.store, services.clock, AccountLedger(services))
    identity = Identity(IDP, subject, claims, services.clock() + timedelta(days=3))
    await accounts.signed_in(identity, provider="university", address="192.0.2.7")
    return accounts, identity


async def test_everyone_is_told_all_that_is_held_about_their_access(
    services: Services, ask: Ask, browsers: Browsers, clock: Clock
) -> None:
    """Where each role comes from and until when, the account, where they are signed in, and when they came."""
    accounts, identity = await _signed_in(services)
    account = (await accounts.caller(identity)).account
    assert account is not None
    browsers.known = {"b1": account, "b2": "acc_other"}
    person = await made(ask, "Person")
    await ask(HEAD, BIND, id=account, person=person)
    days = {"start": "2026-05-01", "end": "2026-05-20"}
    reason = "Order 12"
    assignment = await made(ask, "RoleAssignment", person=person, role="OFFICER", period=days, reason=reason)
    other = await made(ask, "Person")
    cover = await made(ask, "Cover", officer=other, by=person, period={"start": "2026-05-04", "end": "2026-05-06"})
    clock.now = NOW + timedelta(minutes=5)
    await accounts.signed_out(identity, address="192.0.2.8")
    told = (await ask(await accounts.caller(identity), ACCESS))["viewer"]["access"]
    assert told["account"]["subject"] == "s1"
    assert told["account"]["firstSeen"] == NOW
    grounds = [(each["role"], each["source"], each["id"], each["until"]) for each in told["grounds"]]
    assert grounds == [
        ("member", "CLAIM", None, None),
        ("officer", "ASSIGNMENT", assignment, "2026-05-20"),
        ("officer", "COVER", cover, "2026-05-06"),
        ("host", "PERSON", None, None),
    ]
    assert told["grounds"][0]["says"] == "eduperson_scoped_affiliation staff@example.edu"
    assert told["grounds"][1]["says"] == reason
    assert [each["id"] for each in told["sessions"]] == ["b1"]
    assert [(each["outcome"], each["address"]) for each in told["signIns"]] == [
        ("SIGNED_OUT", "192.0.2.8"),
        ("SIGNED_IN", "192.0.2.7"),
    ]
    assert told["signIns"][0]["at"] == datetime(2026, 5, 4, 9, 5, tzinfo=UTC)
    assert told["portal"] is None


async def test_who_holds_no_role_is_told_of_their_account(services: Services, ask: Ask) -> None:
    """Also where the kind of accounts is nothing that they have in scope; and nobody is told of another's."""
    accounts, identity = await _signed_in(services, claims={})
    await _signed_in(services, "s2")
    who = await accounts.caller(identity)
    told = (await ask(who, ACCESS))["viewer"]["access"]
    assert (told["account"]["subject"], len(told["signIns"]), told["grounds"]) == ("s1", 1, [])
    nobody = (await ask(caller(), ACCESS))["viewer"]["access"]
    assert nobody == {"account": None, "grounds": [], "sessions": [], "signIns": [], "portal": None}
    by_portal = acting(caller(Role.PORTAL, name="Portal of Graz"), who)
    assert (await ask(by_portal, ACCESS))["viewer"]["access"]["portal"] == "Portal of Graz"


async def test_people_end_their_own_sessions_and_no_others(ask: Ask, browsers: Browsers) -> None:
    """Somebody else's session is as good as none; by a portal nobody ends any."""
    who = Caller(frozenset({Role.ANONYMOUS}), account="acc_me")
    browsers.known = {"b1": "acc_me", "b2": "acc_me", "b3": "acc_other"}
    for foreign in ("b3", "b9"):
        told = (await ask(who, END, session=foreign))["revokeSession"]
        assert told == {"revoked": 0, "problems": [{"code": "NOT_FOUND", "path": "session"}]}
    for nobody in (caller(), caller(Role.HEAD), acting(caller(Role.PORTAL), who)):
        assert (await ask(nobody, END, session="b1")).codes == ["UNAUTHENTICATED"]
        assert (await ask(nobody, END_ALL)).codes == ["UNAUTHENTICATED"]
    assert (await ask(who, END, session="b1"))["revokeSession"] == {"revoked": 1, "problems": []}
    assert browsers.known == {"b2": "acc_me", "b3": "acc_other"}
    assert (await ask(who, END_ALL))["revokeSessions"]["revoked"] == 1
    assert browsers.known == {"b3": "acc_other"}


async def test_an_administrator_signs_somebody_out_everywhere(services: Services, ask: Ask, browsers: Browsers) -> None:
    """Every browser of an account; who may not do so has no such mutation."""
    accounts, identity = await _signed_in(services)
    who = await accounts.caller(identity)
    browsers.known = {"b1": str(who.account), "b2": "acc_other"}
    assert (await ask(who, SIGN_OUT, id=who.account)).data is None
    assert (await ask(caller(Role.ADMIN), SIGN_OUT, id="acc_missing")).codes == ["NOT_FOUND"]
    assert browsers.known.keys() == {"b1", "b2"}
    assert (await ask(caller(Role.ADMIN), SIGN_OUT, id=who.account))["signOutAccount"]["problems"] == []
    assert browsers.known == {"b2": "acc_other"}


async def test_how_many_sign_ins_are_told_is_limited(services: Services, ask: Ask) -> None:
    """None, some, and at most a hundred."""
    accounts, identity = await _signed_in(services)
    who = replace(await accounts.caller(identity))
    for first, codes in ((0, []), (100, []), (101, ["INVALID"]), (-1, ["INVALID"])):
        answered = await ask(who, f"{{ viewer {{ access {{ signIns(first: {first}) {{ at }} }} }} }}")
        assert answered.codes == codes
