"""What comes of guests: links they enter their data by, what they entered, who was told it, and who covers for whom."""

from datetime import date, timedelta
from typing import Any

from demo.draw import Draw, moment
from demo.visits import visits
from documents.cover import Cover, CoverStatus
from documents.delegation import Delegation
from documents.disclosure import Disclosure
from documents.intake_link import IntakeLink, IntakeLinkStatus
from documents.intake_submission import IntakeSubmission, IntakeSubmissionStatus
from documents.partner import Partner
from documents.person import Person

# Key, whose duties, who takes them, days from today, why, state.
COVERS = (
    ("leave", "officer-2", "officer-1", -3, 9, "Annual leave.", "ACTIVE"),
    ("conference", "officer-3", "officer-2", -40, -36, "A conference of the Turkic universities.", "ENDED"),
)
# Key, visit, partner, label, days until it expires, most, came, state, who made it.
LINKS = (
    ("ankara", "ankara-warsaw", "ankara", "Rector's party of Ankara", 12, 8, 3, "ACTIVE", "officer-1"),
    ("warsaw", "ankara-warsaw", "warsaw", "Guests from Warsaw", 12, 8, 1, "ACTIVE", "officer-1"),
    ("tbilisi", "tbilisi-archive", "tbilisi", None, 10, 4, 0, "REVOKED", "officer-2"),
)
SUBMISSIONS: dict[str, dict[str, Any]] = {
    "ozturk": {
        "link": "ankara",
        "given_name": "Selin",
        "family_name": "Denizöz",
        "institution": "Ankara University",
        "position": "Tərcüməçi",
        "language": "az",
        "email": "selin.denizoz@example.org",
        "citizenships": ["TR"],
        "birth_date": date(1988, 3, 14),
        "arrival": {"carrier": "AZAL", "number": "J2 8018", "airport": "GYD", "zone": "Asia/Baku"},
        "diet": "Qoz yemirəm.",
    },
    "wilk": {
        "link": "warsaw",
        "given_name": "Zofia",
        "family_name": "Mostowska",
        "institution": "University of Warsaw",
        "position": "Photographer",
        "language": "en",
        "citizenships": ["PL"],
        "private_phone": "+48221234567",
        "departure": {"carrier": "LOT", "number": "LO 728", "airport": "GYD"},
        "access_needs": "A seat near the door.",
        "needs_step_free": True,
    },
    "kaya": {
        "link": "ankara",
        "given_name": "Мурат",
        "family_name": "Кёпрюджю",
        "institution": "Университет Анкары",
        "position": "Проректор",
        "language": "ru",
    },
    "unknown": {"link": "ankara", "given_name": "A.", "family_name": "Nobody", "language": "en"},
}
DECIDED = {"kaya": ("CHECKED", "guest-ankara-1", None), "unknown": ("REJECTED", None, "Nobody of this name comes.")}
# Key, of whom, who was told, days before today, what for, what.
DISCLOSURES = (
    ("visa", "guest-ankara-0", "officer-1", 9, "Invitation letter for the visa.", ["PASSPORTS"]),
    ("filing", "guest-ankara-2", "officer-1", 8, "Invitation letter for the visa.", ["PASSPORTS"]),
    ("doctor", "guest-ankara-0", "head", 2, "A doctor asked on the telephone.", ["PASSPORTS", "MEDICAL_NOTES"]),
)


def covers(draw: Draw, today: date) -> list[Cover]:
    """One that goes on, and one that was ended."""
    return [
        draw.record(
            Cover,
            key,
            {
                "officer": draw.id(Person, officer),
                "by": draw.id(Person, by),
                "period": {"start": today + timedelta(days=first), "end": today + timedelta(days=last)},
                "reason": reason,
            },
            status=CoverStatus(status),
            created_at=moment(today + timedelta(days=first - 2), "16:20"),
            created_by=draw.id(Person, officer),
        )
        for key, officer, by, first, last, reason, status in COVERS
    ]


def intake(draw: Draw, today: date) -> list[IntakeLink | IntakeSubmission]:
    """Links and what came by them. No address leads to them: those that work are made by asking for one."""
    known = visits(today)
    made: list[IntakeLink | IntakeSubmission] = []
    visit_of = {}
    for key, visit, partner, label, days, most, came, status, officer in LINKS:
        visit_of[key] = draw.id(Delegation, visit)
        made.append(
            draw.record(
                IntakeLink,
                key,
                {
                    "delegation": visit_of[key],
                    "label": label,
                    "partner": draw.id(Partner, partner),
                    "expires_at": moment(today + timedelta(days=days), "23:00"),
                    "most_submissions": most,
                },
                status=IntakeLinkStatus(status),
                submissions=came,
                created_at=known[visit].before(20, "10:40"),
                created_by=draw.id(Person, officer),
            )
        )
    for key, row in SUBMISSIONS.items():
        status, person, reason = DECIDED.get(key, ("SUBMITTED", None, None))
        made.append(
            draw.record(
                IntakeSubmission,
                key,
                {name: value for name, value in row.items() if name != "link"},
                status=IntakeSubmissionStatus(status),
                delegation=visit_of[row["link"]],
                link=draw.id(IntakeLink, row["link"]),
                person=draw.id(Person, person) if person else None,
                reason=reason,
                created_at=known["ankara-warsaw"].before(9, "21:15"),
            )
        )
    return made


def disclosures(draw: Draw, today: date) -> list[Disclosure]:
    """The disclosure log of the last days."""
    return [
        draw.record(
            Disclosure,
            key,
            {
                "person": draw.id(Person, person),
                "by": draw.id(Person, by),
                "at": moment(today - timedelta(days=days), "11:30"),
                "reason": reason,
                "paths": paths,
            },
            owner=None,
            created_at=moment(today - timedelta(days=days), "11:30"),
            created_by=draw.id(Person, by),
        )
        for key, person, by, days, reason, paths in DISCLOSURES
    ]
