"""The contacts at partners, and what the office is asked to decide about both."""

from datetime import date, timedelta
from typing import Any

from demo.draw import Draw, moment
from demo.partners import part_ids
from demo.people import PARTNERS, PEOPLE, guest_keys
from documents.contact import Contact, ContactStatus
from documents.partner import Partner
from documents.person import Person
from documents.proposal import Proposal, ProposalStatus
from documents.unit import Unit

PURPOSES = (["SIGNATORY"], ["COORDINATOR", "INCOMING"], ["OUTGOING", "FINANCE"], ["IT"])
# Which of a partner's people are contacts, by their place: the rector, the head of office, the coordinator.
PLACES = (0, 3, 5)
EXCHANGE = 2
LEFT = ("ankara", "graz", "lyon", "pecs", "osaka", "cairo")


def contacts(draw: Draw, today: date, people: dict[str, Person]) -> list[Contact]:
    """Up to four contacts of each partner: verified, not yet verified, and some who left."""
    made = []
    for index, (partner, row) in enumerate(PARTNERS.items()):
        keys = guest_keys(partner)
        chosen = [keys[place] for place in PLACES if place < len(keys)] if len(keys) == 6 else keys[:2]
        for place, key in enumerate(chosen):
            person = people[draw.id(Person, key)]
            verified = place == 0 or (index + place) % 3
            made.append(
                draw.record(
                    Contact,
                    key,
                    {
                        "partner": draw.id(Partner, partner),
                        "person": person.id,
                        "given_name": person.given_name,
                        "family_name": person.family_name,
                        "title": " ".join(person.titles) or None,
                        "position": person.position.model_dump() if person.position else None,
                        "partner_unit": part_ids(draw, partner)[0] if place and len(keys) == 6 else None,
                        "purposes": PURPOSES[place % len(PURPOSES)],
                        "emails": [person.email],
                        "phones": [person.phone],
                        "languages": ["en", row["language"]],
                        "term": {"start": today - timedelta(days=800 - index * 5)},
                    },
                    # The coordinator for exchange is looked after by the faculty, everybody else by the department.
                    owner=draw.id(Unit, row["linked"][0] if place == EXCHANGE and "linked" in row else "IRD"),
                    status=ContactStatus.VERIFIED if verified else ContactStatus.UNVERIFIED,
                    created_at=moment(today - timedelta(days=700 - index), "12:05"),
                    created_by=draw.id(Person, f"officer-{row['officer']}"),
                )
            )
        if partner in LEFT:
            made.append(_left(draw, today, partner, chosen[1]))
    return made


def _left(draw: Draw, today: date, partner: str, successor: str) -> Contact:
    """Someone who left; every other one has a successor."""
    pool = PEOPLE["pools"][PARTNERS[partner]["country"]]
    facts = {
        "partner": draw.id(Partner, partner),
        "given_name": pool["given"][-1],
        "family_name": pool["family"][-2],
        "purposes": ["COORDINATOR"],
        "emails": [f"former@{PARTNERS[partner]['domain']}.example"],
        "term": {"start": today - timedelta(days=1500), "end": today - timedelta(days=150)},
    }
    return draw.record(
        Contact,
        f"left-{partner}",
        facts,
        status=ContactStatus.LEFT,
        successor=draw.id(Contact, successor) if partner != "lyon" else None,
        leaving_note="Moved to another faculty; knows our agreement well.",
        archived_at=moment(today - timedelta(days=90), "10:00") if partner == "pecs" else None,
        created_at=moment(today - timedelta(days=800), "12:05"),
    )


def proposals(draw: Draw, today: date) -> list[Proposal]:
    """Mergers, changes by partners and missing successors: open, accepted and rejected."""
    ankara, double, lyon = draw.ids(Partner, "ankara ankara-double lyon")
    coordinator, warsaw = draw.ids(Contact, "guest-ankara-5 guest-warsaw-3")
    rows: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "merge-ankara": (
            "ACCEPTED",
            {"type": "MERGE", "reason": "Same name and country.", "candidates": [ankara, double], "answer": "Merged."},
            {"source": "import", "fingerprint": f"demo:{ankara}:{double}"},
        ),
        "merge-beacons": (
            "OPEN",
            {
                "type": "MERGE",
                "reason": "Both call themselves an institute of winds and lights.",
                "candidates": draw.ids(Partner, "winds beacons"),
            },
            {"source": "import", "fingerprint": "demo:winds:beacons"},
        ),
        "change-name": (
            "OPEN",
            {"type": "CHANGE", "reason": "The partner asks to change its contact's name.", "contact": coordinator},
            {
                "source": "portal",
                "target_kind": "Contact",
                "target_id": coordinator,
                "patch": {"family_name": "Köprücü-Deniz"},
            },
        ),
        "change-mail": (
            "REJECTED",
            {
                "type": "CHANGE",
                "reason": "The partner asks to change its contact's address.",
                "contact": warsaw,
                "answer": "The address bounces.",
            },
            {
                "source": "portal",
                "target_kind": "Contact",
                "target_id": warsaw,
                "patch": {"emails": ["old@amber-warsaw.example"]},
            },
        ),
        "successor-lyon": (
            "OPEN",
            {
                "type": "SUCCESSOR",
                "reason": "The coordinator left without a successor.",
                "partner": lyon,
                "contact": draw.id(Contact, "left-lyon"),
            },
            {"source": "leave"},
        ),
    }
    return [
        draw.record(
            Proposal,
            key,
            facts,
            status=ProposalStatus(status),
            created_at=moment(today - timedelta(days=3 + 4 * number), "09:30"),
            **service,
        )
        for number, (key, (status, facts, service)) in enumerate(rows.items())
    ]
