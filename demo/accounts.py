"""Who signs in to the office: accounts, the roles that were given, contacts who were invited, portals, and who came."""

from datetime import date, datetime, timedelta
from typing import Any

from demo.draw import Draw, moment
from documents.account import Account, AccountStatus, account_key
from documents.contact import Contact
from documents.invitation import Invitation, InvitationStatus
from documents.partner import Partner
from documents.person import Person
from documents.role_assignment import RoleAssignment, RoleAssignmentStatus
from documents.service_account import ServiceAccount, ServiceAccountStatus, ServiceKey
from documents.sign_in import SignIn, SignInOutcome
from documents.unit import Unit

UNIVERSITY = "https://sso.bsu.example"
ELSEWHERE = "https://proxy.academic-id.example"
# Key, person, provider, state; the last two are nobody of the register yet, or were sent away.
ACCOUNTS = (
    *((key, key, UNIVERSITY, "ACTIVE") for key in ("head", "officer-1", "officer-2", "officer-3", "admin", "auditor")),
    *((key, key, UNIVERSITY, "ACTIVE") for key in ("finance", "ranking", "vr-int", "member", "dean-FMM")),
    ("coordinator-FMM", "coordinator-FMM", UNIVERSITY, "ACTIVE"),
    ("ankara", "guest-ankara-3", ELSEWHERE, "ACTIVE"),
    ("warsaw", "guest-warsaw-3", ELSEWHERE, "ACTIVE"),
    ("newcomer", None, ELSEWHERE, "ACTIVE"),
    ("former", "student-3", UNIVERSITY, "SUSPENDED"),
)
# Key, person, role, unit, first day and last day from today, by whom, by what decision, state.
ROLES: tuple[tuple[str, str, str, str | None, int, int | None, str | None, str, str], ...] = (
    ("head", "head", "HEAD", None, -900, None, "admin", "Rektorun 14 saylı əmri", "ACTIVE"),
    ("officer-1", "officer-1", "OFFICER", None, -800, None, "head", "Order 31 of the rector", "ACTIVE"),
    ("officer-2", "officer-2", "OFFICER", None, -500, None, "head", "Order 77 of the rector", "ACTIVE"),
    ("officer-3", "officer-3", "OFFICER", None, -300, 65, "head", "Приказ № 12, на время отпуска", "ACTIVE"),
    ("coordinator", "coordinator-FMM", "COORDINATOR", "FMM", -400, 330, "head", "Council of the faculty", "ACTIVE"),
    ("former", "prof-FMM-1", "COORDINATOR", "FMM", -1200, -401, "head", "Council of the faculty", "ENDED"),
    ("vr-int", "vr-int", "LEADERSHIP", None, -700, None, "admin", "Rector's order 3", "ACTIVE"),
    ("ranking", "ranking", "RANKING", None, -600, None, "head", "Quality council", "ACTIVE"),
    ("finance", "finance", "FINANCE", None, -600, None, "head", "Head of finance", "ACTIVE"),
    ("auditor", "auditor", "AUDITOR", None, -200, 165, "admin", "Audit plan of the year", "ACTIVE"),
    # The first administrator was one by a claim, and made the second.
    ("admin", "admin", "ADMIN", None, -900, None, None, "IT centre", "ACTIVE"),
)
# Key, contact, hours until it expires, state, who took it.
INVITATIONS = (
    ("ankara", "guest-ankara-3", -24 * 90, "ACCEPTED", "ankara"),
    ("warsaw", "guest-warsaw-3", -24 * 60, "ACCEPTED", "warsaw"),
    ("graz", "guest-graz-3", 24 * 9, "OPEN", None),
    ("lyon", "guest-lyon-3", 24 * 3, "REVOKED", None),
)
# Key, what it is called, partner, days until each of its keys expires, state.
SERVICES = (
    ("graz", "Portal of Graz Linden University", "graz", (9, 360), "ACTIVE"),
    ("website", "The university's website", None, (200,), "ACTIVE"),
    ("trial", "Trial of the student union", None, (20,), "REVOKED"),
)
# Account, hours before yesterday evening, what came of it.
CAME = (
    ("officer-1", 0, "SIGNED_IN"),
    ("head", 1, "SIGNED_IN"),
    ("ankara", 3, "SIGNED_IN"),
    ("officer-1", 16, "SIGNED_OUT"),
    ("former", 20, "REFUSED"),
    ("officer-1", 24, "SIGNED_IN"),
    ("newcomer", 27, "SIGNED_IN"),
    ("coordinator-FMM", 49, "SIGNED_IN"),
    (None, 50, "REFUSED"),
)


def _subject(draw: Draw, key: str) -> str:
    """What a provider calls somebody: nothing that says who it is."""
    return f"{draw.random('subject', key).getrandbits(96):024x}"


def accounts(draw: Draw, today: date, people: dict[str, Person]) -> list[Account]:
    """Everyone who ever signed in."""
    made = []
    for number, (key, person_key, issuer, status) in enumerate(ACCOUNTS):
        person = people[draw.id(Person, person_key)] if person_key else None
        seen = moment(today - timedelta(days=300 - 9 * number), "09:12")
        facts: dict[str, Any] = {"issuer": issuer, "subject": _subject(draw, key)}
        facts["name"] = person.full_name if person else "T. Yolçu"
        facts["email"] = person.email if person else None
        account = draw.record(
            Account,
            key,
            facts,
            status=AccountStatus(status),
            person=person.id if person else None,
            first_seen=seen,
            reason="Graduated." if status == "SUSPENDED" else None,
            owner=None,
            created_at=seen,
        )
        account.key = account_key(issuer, facts["subject"])
        made.append(account)
    return made


def roles(draw: Draw, today: date) -> list[RoleAssignment]:
    """Who is what, by whose decision; the former coordinator too."""
    made = []
    for key, person, role, unit, first, last, by, reason, status in ROLES:
        end = None if last is None else today + timedelta(days=last)
        facts = {
            "person": draw.id(Person, person),
            "role": role,
            "unit": draw.id(Unit, unit) if unit else None,
            "period": {"start": today + timedelta(days=first), "end": end},
            "reason": reason,
        }
        giver = draw.id(Person, by) if by else None
        service = {"status": RoleAssignmentStatus(status), "by": giver, "created_by": giver}
        at = moment(today + timedelta(days=first - 1), "15:00")
        made.append(draw.record(RoleAssignment, key, facts, created_at=at, **service))
    return made


def invitations(draw: Draw, today: date) -> list[Invitation]:
    """Contacts who were invited. No address leads to these: those that work are made by asking for one."""
    now = moment(today, "09:00")
    return [
        draw.record(
            Invitation,
            key,
            {"contact": draw.id(Contact, contact), "expires_at": now + timedelta(hours=hours)},
            status=InvitationStatus(status),
            account=draw.id(Account, taker) if taker else None,
            accepted_at=now + timedelta(hours=hours - 50) if taker else None,
            created_at=now + timedelta(hours=hours - 24 * 14),
            created_by=draw.id(Person, "officer-1"),
        )
        for key, contact, hours, status, taker in INVITATIONS
    ]


def services(draw: Draw, today: date) -> list[ServiceAccount]:
    """Portals. No key opens these: those that work are made by asking for one."""
    now = moment(today, "09:00")
    made = []
    for key, name, partner, days, status in SERVICES:
        random = draw.random("keys", key)
        kept = [
            ServiceKey(
                id=f"{random.getrandbits(48):012x}",
                made_at=now - timedelta(days=365 - left),
                expires_at=now + timedelta(days=left),
            )
            for left in days
        ]
        made.append(
            draw.record(
                ServiceAccount,
                key,
                {"name": name, "partner": draw.id(Partner, partner) if partner else None},
                status=ServiceAccountStatus(status),
                keys=kept,
                created_at=now - timedelta(days=365 - days[0]),
                created_by=draw.id(Person, "admin"),
            )
        )
    return made


def sign_ins(draw: Draw, today: date) -> list[SignIn]:
    """Who came in the last days, was refused, or left."""
    found = {key: (person, issuer) for key, person, issuer, _ in ACCOUNTS}
    made = []
    for number, (key, hours, outcome) in enumerate(CAME):
        person, issuer = found[key] if key else (None, ELSEWHERE)
        at: datetime = moment(today - timedelta(days=1), "17:55") - timedelta(hours=hours)
        refused = "suspended" if key else "state"
        facts = {
            "account": draw.id(Account, key) if key else None,
            "person": draw.id(Person, person) if person else None,
            "at": at,
            "provider": "university" if issuer == UNIVERSITY else "academic-id",
            "address": f"192.0.2.{11 + number}",
            "outcome": SignInOutcome(outcome),
            "reason": refused if outcome == "REFUSED" else None,
        }
        made.append(draw.record(SignIn, f"{key}-{number}", facts, owner=None, created_at=at))
    return made
