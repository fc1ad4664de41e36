"""Vehicles, drivers, interpreters, guides and equipment."""

from datetime import date, timedelta

from demo.draw import Draw, moment, table, text
from documents.person import Person
from documents.resource import Resource, ResourceStatus

RESOURCES = table("resources")
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")


def resources(draw: Draw, today: date) -> list[Resource]:
    """Every resource as a record."""
    made = []
    for key, row in RESOURCES.items():
        facts = {name: row[name] for name in ("type", "languages", "seats", "step_free", "plate") if name in row}
        facts["name"] = text(row["name"])
        if "person" in row:
            facts["person"] = draw.id(Person, row["person"])
            facts["phone"] = f"+99450{draw.random('phone', key).randrange(2_000_000, 3_000_000)}"
            facts["working_hours"] = [{"day": day, "start": "08:00", "end": "20:00"} for day in DAYS]
        if "away" in row:
            first = today + timedelta(days=row["away"])
            facts["absences"] = [{"period": {"start": first, "end": first + timedelta(days=6)}, "reason": "Leave"}]
        status = ResourceStatus.RETIRED if row.get("retired") else ResourceStatus.AVAILABLE
        created = moment(today - timedelta(days=410), "10:00")
        made.append(draw.record(Resource, key, facts, status=status, created_at=created))
    return made
