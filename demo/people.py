"""The people: staff, students, guests with their papers and needs, and who comes along with them."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from demo.draw import Draw, moment, table, text
from demo.units import FACULTIES
from documents.folding import fold
from documents.partner import Partner
from documents.person import Person, PersonStatus
from documents.unit import Unit

PEOPLE = table("people")
PARTNERS = table("partners")
STUDENTS = 10
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
DIETS = ("Vegetarian", "Vegan", "No pork, no alcohol", "Kosher", "No nuts: allergy", "No gluten", "No fish")
NEEDS = (
    "Wheelchair: step-free ways only",
    "Hearing aid: a seat in front",
    "Large print",
    "A lift above the first floor",
)
STEP_FREE = (NEEDS[0], NEEDS[3])
MEDICAL = ("Insulin, to be kept cool", "Allergic to penicillin", "Pacemaker: no metal detectors")
CYRILLIC = str.maketrans(dict(zip(PEOPLE["cyrillic"]["from"], PEOPLE["cyrillic"]["to"], strict=True)))
POSTS = {"UNIVERSITY": "guests", "DIPLOMATIC_MISSION": "envoys"}


def guest_keys(partner: str) -> list[str]:
    """The keys of the people of a partner, the highest first."""
    row = PARTNERS[partner]
    count = 0 if row.get("status") == "MERGED" else 6 if row["type"] == "UNIVERSITY" else 3
    return [f"guest-{partner}-{index}" for index in range(count)]


def phone(country: str, number: int) -> str:
    """A telephone number of the right length for a country, in E.164."""
    return f"+{PEOPLE['dials'][country]}{number % 10_000:04d}"


class Names:
    """Gives each person another name of their country's pool, in order."""

    def __init__(self) -> None:
        self.given: dict[str, int] = {}

    def next(self, country: str) -> tuple[str, str, list[dict[str, str]]]:
        """Given name, family name, and the forms of them in the country's own script."""
        index = self.given.get(country, 0)
        self.given[country] = index + 1
        pool = PEOPLE["pools"][country]
        given = pool["given"][index % len(pool["given"])]
        place = (index + index // len(pool["given"])) % len(pool["family"])
        family = pool["family"][place]
        if "native" in pool:
            return given, family, [{"script": pool["script"], "family_name": pool["native"][place]}]
        return given, family, cyrillic(given, family) if country == "AZ" else []


def cyrillic(given: str, family: str) -> list[dict[str, str]]:
    """The forms of an Azerbaijani name as Russian writes it."""
    lowered = (name.replace("I", "\u0131").replace("\u0130", "i").lower() for name in (given, family))
    written = (name.translate(CYRILLIC).capitalize() for name in lowered)
    return [{"script": "CYRILLIC", **dict(zip(("given_name", "family_name"), written, strict=True))}]


def mail(given: str, family: str, domain: str) -> str:
    """A work address made of the folded name."""
    return f"{fold(given)}.{fold(family)}@{domain}.example".replace(" ", "-")


def _staff(draw: Draw, today: date, key: str, row: dict[str, Any], number: int) -> Person:
    random = draw.random("staff", key)
    given, family = row["name"]
    languages = [{"language": "az", "level": "NATIVE"}, {"language": "en", "level": random.choice(("B1", "B2", "C1"))}]
    languages += [{"language": code, "level": "C2"} for code in row.get("languages", ["ru"]) if code != "en"]
    absent = today + timedelta(days=random.randrange(5, 60))
    facts = {
        "given_name": given,
        "family_name": family,
        "name_forms": row.get("forms") or cyrillic(given, family),
        "titles": row.get("titles", []),
        "rank": row.get("rank"),
        "category": "STAFF",
        "unit": draw.id(Unit, row["unit"]),
        "position": text(row["position"]),
        "degree": "DOCTOR" if row.get("titles") else "MASTER",
        "languages": languages,
        "email": mail(given, family, "bsu"),
        "phone": f"+99412555{2000 + number}",
        "working_hours": [{"day": day, "start": "09:00", "end": "18:00"} for day in WEEKDAYS],
        "absences": [{"period": {"start": absent, "end": absent + timedelta(days=random.randrange(10))}}]
        if number % 7 == 0
        else [],
        "citizenships": ["AZ"],
        "birth_date": date(1955 + random.randrange(42), 1 + random.randrange(12), 1 + random.randrange(28)),
        "private_phone": f"+99450555{2000 + number}",
        "home_address": {"lines": [f"Fanar {1 + number}"], "city": "Baku", "country": "AZ"},
        "diet": random.choice(DIETS) if number % 9 == 0 else None,
    }
    return draw.record(Person, key, facts, created_at=moment(today - timedelta(days=990), "10:00"))


def _appointed(names: Names) -> Iterator[tuple[str, dict[str, Any]]]:
    """Deans, coordinators and professors of every faculty: (key, row of staff)."""
    for faculty in FACULTIES:
        posts = [("dean", f"dean-{faculty}", 45), ("coordinator", f"coordinator-{faculty}", 66)]
        posts += [("professor", f"prof-{faculty}-{index}", 55) for index in (1, 2)]
        for post, key, rank in posts:
            given, family, forms = names.next("AZ")
            row = {"name": [given, family], "forms": forms, "unit": faculty, "rank": rank, "titles": ["Prof.", "Dr."]}
            yield key, row | {"position": PEOPLE["positions"][post]}


def _private(random: Random, today: date, country: str, number: int) -> dict[str, Any]:
    """What only few may read of a guest."""
    issued = today - timedelta(days=200 + random.randrange(1500))
    found: dict[str, Any] = {
        "citizenships": [country, *(["IE"] if random.random() < 0.05 else [])],
        "birth_date": date(1952 + random.randrange(45), 1 + random.randrange(12), 1 + random.randrange(28)),
        "private_phone": phone(country, 5000 + number),
        "home_address": {
            "lines": [f"Bridge street {1 + random.randrange(90)}"],
            "city": "Bridgetown",
            "country": country,
        },
        "diet": random.choice(DIETS) if random.random() < 0.4 else None,
        "access_needs": random.choice(NEEDS) if random.random() < 0.1 else None,
        "medical_notes": random.choice(MEDICAL) if random.random() < 0.1 else None,
        "passports": [
            {
                "number": f"{country}{random.randrange(10**6, 10**7)}",
                "country": country,
                "issued_on": issued,
                "valid_until": issued + timedelta(days=3650),
            }
        ],
        "consents": [{"purpose": "Visit", "data": ["diet", "access needs"], "given_on": today - timedelta(days=30)}],
    }
    return found | {"needs_step_free": found["access_needs"] in STEP_FREE or None}


def _guest(draw: Draw, today: date, key: str, names: Names) -> Person:
    random = draw.random(key)
    partner, _, place = key.removeprefix("guest-").rpartition("-")
    index = int(place)
    row = PARTNERS[partner]
    country = row["country"]
    given, family, forms = names.next(country)
    posts = POSTS.get(row["type"], "officials")
    position = PEOPLE["positions"][posts][index]
    academic = row["type"] == "UNIVERSITY" and index in (0, 1, 2, 4)
    facts = {
        "given_name": given,
        "family_name": family,
        "name_forms": forms,
        "form_of_address": text(("", "Your Excellency", "Ваше Превосходительство")) if posts == "envoys" else None,
        "titles": ["Prof.", "Dr."] if academic else [],
        "rank": 100 + index * 10,
        "category": "GUEST",
        "partner": draw.id(Partner, partner),
        "position": text(position),
        "degree": "DOCTOR" if academic else "MASTER",
        "fields_of_study": row.get("isced", []) if academic else [],
        "languages": [{"language": row["language"], "level": "NATIVE"}, {"language": "en", "level": "C1"}],
        "email": mail(given, family, row["domain"]),
        "phone": phone(country, 1000 + random.randrange(3000)),
    }
    number = random.randrange(3000)
    service = {
        "created_at": moment(today - timedelta(days=900), "11:00"),
        "created_by": draw.id(Person, f"officer-{row['officer']}"),
    }
    if partner == "cedar":
        service["status"] = PersonStatus.INACTIVE
    if key == "guest-pecs-5":
        service["archived_at"] = moment(today - timedelta(days=100), "12:00")
    return draw.record(Person, key, facts | _private(random, today, country, number), **service)


def _companion(draw: Draw, today: date, partner: str, number: int) -> Person:
    """The spouse of a partner's first guest."""
    country = PARTNERS[partner]["country"]
    random = draw.random("spouse", partner)
    facts = {
        "given_name": PEOPLE["pools"][country]["given"][number % 6],
        "family_name": PEOPLE["pools"][country]["family"][0],
        "category": "FAMILY",
        "partner": draw.id(Partner, partner),
        "position": text(PEOPLE["positions"]["spouse"]),
        "languages": [{"language": PARTNERS[partner]["language"], "level": "NATIVE"}],
    }
    private = _private(random, today, country, 4000 + number)
    return draw.record(
        Person, f"spouse-{partner}", facts | private, created_at=moment(today - timedelta(days=60), "11:00")
    )


def _student(draw: Draw, today: date, index: int, names: Names) -> Person:
    given, family, forms = names.next("AZ")
    faculty = FACULTIES[index % len(FACULTIES)]
    facts = {
        "given_name": given,
        "family_name": family,
        "name_forms": forms,
        "category": "STUDENT",
        "unit": draw.id(Unit, faculty),
        "position": text(PEOPLE["positions"]["student"]),
        "degree": "BACHELOR",
        "languages": [{"language": "az", "level": "NATIVE"}, {"language": "en", "level": "B2"}],
        "email": mail(given, family, "students.bsu"),
        "citizenships": ["AZ"],
        "birth_date": date(today.year - 21, 1 + index % 12, 1 + index),
    }
    return draw.record(Person, f"student-{index}", facts, created_at=moment(today - timedelta(days=300), "11:00"))


def people(draw: Draw, today: date) -> list[Person]:
    """Everyone: staff, students, the people of every partner, and who accompanies them."""
    names = Names()
    staff = [*PEOPLE["staff"].items(), *_appointed(names)]
    made = [_staff(draw, today, key, row, number) for number, (key, row) in enumerate(staff)]
    made += [_student(draw, today, index, names) for index in range(STUDENTS)]
    made += [_guest(draw, today, key, names) for partner in PARTNERS for key in guest_keys(partner)]
    return made + [
        _companion(draw, today, partner, number) for number, partner in enumerate(("ankara", "graz", "osaka"))
    ]
