"""The university's units."""

from datetime import date, timedelta

from demo.draw import Draw, moment, table, text
from documents.person import Person
from documents.unit import Unit, UnitStatus, UnitType

UNITS = table("units")
FACULTIES = tuple(code for code, row in UNITS.items() if row["type"] == UnitType.FACULTY)


def below(code: str) -> list[str]:
    """The codes of a unit and of all units below it."""
    return [code, *(found for child, row in UNITS.items() if row.get("above") == code for found in below(child))]


def units(draw: Draw, today: date) -> list[Unit]:
    """Every unit; faculties are led by their dean and have a coordinator."""
    made = []
    for index, (code, row) in enumerate(UNITS.items()):
        faculty = code in FACULTIES
        head = f"dean-{code}" if faculty else row.get("head")
        facts = {
            "name": text(row["name"]),
            "abbreviation": code,
            "type": row["type"],
            "parent_unit": draw.id(Unit, row["above"]) if "above" in row else None,
            "head": draw.id(Person, head) if head else None,
            "coordinator": draw.id(Person, f"coordinator-{code}") if faculty else None,
            "email": f"{code.lower()}@bsu.example",
            "phone": f"+99412555{1000 + index}",
            "website": f"https://bsu.example/{code.lower()}",
            "address": {"lines": ["Körpü 23"], "city": "Baku", "postal_code": "AZ 1148", "country": "AZ"},
            "room": row.get("room"),
        }
        service = {
            "owner": draw.id(Unit, code),
            "status": UnitStatus.CLOSED if row.get("closed") else UnitStatus.ACTIVE,
            "created_at": moment(today - timedelta(days=1000), "09:00"),
            "created_by": draw.id(Person, "admin"),
        }
        made.append(draw.record(Unit, code, facts, **service))
    return made
