"""The partners: identifiers that pass their checks, factsheets, units, and what officers think of them."""

from datetime import date, timedelta
from typing import Any

from demo.draw import Draw, element, moment, table, text
from demo.people import PARTNERS, phone
from documents.partner import Partner, PartnerStatus
from documents.person import Person
from documents.unit import Unit

PHRASES = table("phrases")
CHARTERED = {"AT", "CZ", "DE", "ES", "FR", "GR", "HU", "IT", "LT", "PL", "PT", "RO", "TR"}
ROR_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
PARTS = PHRASES["parts"]


def part_ids(draw: Draw, partner: str) -> list[str]:
    """The ids of a partner's units, as contacts name them."""
    random = draw.random("parts", partner)
    return [element(random) for _ in PARTS]


def ror(number: int) -> str:
    """A ROR ID with right check digits for a number below 2^30."""
    digits = "".join(ROR_DIGITS[number >> shift & 31] for shift in range(25, -1, -5))
    return f"0{digits}{98 - number * 100 % 97:02d}"


def isni(number: int) -> str:
    """An ISNI with a right check character for a number of up to fifteen digits."""
    total = 0
    for digit in f"{number:015d}":
        total = (total + int(digit)) * 2
    return f"{number:015d}{'0123456789X'[(12 - total % 11) % 11]}"


def _identifiers(draw: Draw, key: str, index: int) -> list[dict[str, str]]:
    row = PARTNERS[key]
    if row["type"] not in ("UNIVERSITY", "RESEARCH_INSTITUTE"):
        return []
    random = draw.random("identifiers", key)
    found = {"PIC": f"{100_000_000 + index * 7919}", "ROR": ror(random.randrange(2**30))}
    if "erasmus" in row:
        found |= {"ERASMUS": row["erasmus"], "OID": f"E9999{index:04d}", "SCHAC": f"{row['domain']}.example"}
    if index % 3 == 0:
        found["ISNI"] = isni(900_000_000 + index * 1013)
    return [{"scheme": scheme, "value": value} for scheme, value in found.items()]


def _factsheet(today: date, key: str) -> dict[str, Any]:
    row = PARTNERS[key]
    year = today.year + (today.month > 6)
    autumn = {
        "name": f"{year}/{(year + 1) % 100:02d} autumn",
        "starts_on": date(year, 9, 15),
        "ends_on": date(year + 1, 1, 31),
        "nomination_until": date(year, 4, 30),
        "application_until": date(year, 5, 31),
    }
    spring = {"name": f"{year + 1} spring", "starts_on": date(year + 1, 2, 15), "nomination_until": date(year, 10, 31)}
    office = {
        "purpose": "COORDINATOR",
        "office_name": "International Office",
        "email": f"office@{row['domain']}.example",
    }
    incoming = {
        "purpose": "INCOMING",
        "email": f"incoming@{row['domain']}.example",
        "phone": phone(row["country"], 700),
    }
    return {
        "terms": [autumn, spring],
        "languages": [{"language": "en", "level": "B2"}, {"language": row["language"], "level": "B1"}],
        "grading": text(PHRASES["grading"]),
        "housing": text(PHRASES["housing"]),
        "visa": text(PHRASES["visa"]),
        "contacts": [office, incoming],
    }


def _facts(draw: Draw, today: date, key: str, index: int) -> dict[str, Any]:
    row = PARTNERS[key]
    domain = f"{row['domain']}.example"
    academic = row["type"] == "UNIVERSITY"
    parts = [
        {"id": part, "name": text(name), "website": f"https://{domain}/{name[1].lower().replace(' ', '-')}"}
        for part, name in zip(part_ids(draw, key), PARTS, strict=True)
    ]
    parts[2]["parent_unit"] = parts[0]["id"]
    return {
        "name": text(row["name"]),
        "local_name": row.get("local"),
        "aliases": row.get("aliases", []),
        "type": row["type"],
        "country": row["country"],
        "city": row["city"],
        "address": {"lines": [f"Bridge street {index + 1}"], "city": row["city"], "country": row["country"]},
        "website": f"https://www.{domain}",
        "domains": [domain],
        "identifiers": _identifiers(draw, key, index),
        "charter_until": date(2027, 12, 31) if academic and row["country"] in CHARTERED else None,
        "fields_of_study": row.get("isced", []),
        "teaching_languages": [{"language": row["language"]}, {"language": "en", "level": "B2"}] if academic else [],
        "programmes": row.get("programmes", []),
        "units": parts if academic and not row.get("merged") else [],
        "linked_units": draw.ids(Unit, row.get("linked", [])),
        "factsheet": _factsheet(today, key) if row.get("factsheet") else None,
        "responsible_officer": draw.id(Person, f"officer-{row['officer']}"),
        "assessments": [
            {
                "text": said,
                "by": draw.id(Person, f"officer-{officer}"),
                "at": moment(today - timedelta(days=ago), "16:20"),
            }
            for partner, officer, ago, said in PHRASES["assessments"]
            if partner == key
        ],
        "tags": row.get("tags", []),
        "notes": [
            {
                "text": "Checked name and address against their web site.",
                "by": draw.id(Person, f"officer-{row['officer']}"),
                "at": moment(today - timedelta(days=20 + index), "11:40"),
            }
        ]
        if index % 4 == 0
        else [],
    }


def partners(draw: Draw, today: date) -> list[Partner]:
    """Every partner, of every type and in every state."""
    made = []
    for index, (key, row) in enumerate(PARTNERS.items()):
        created = today - timedelta(days=930 - index * 3)
        service: dict[str, Any] = {
            "status": PartnerStatus(row.get("status", "ACTIVE")),
            "created_at": moment(created, "10:15"),
            "created_by": draw.id(Person, f"officer-{row['officer']}"),
        }
        if "code" in row:
            service["code"] = f"PRT-{row['code']}"
        if "published" in row:
            service["published_from"] = moment(today + timedelta(days=row["published"]), "09:00")
        if "merged" in row:
            service["merged_into"] = draw.id(Partner, row["merged"])
        if key == "cedar":
            service["archived_at"] = moment(today - timedelta(days=50), "17:00")
        made.append(draw.record(Partner, key, _facts(draw, today, key, index), **service))
    return made
