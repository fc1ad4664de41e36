"""Cultural programmes: templates, and what visits were shown."""

from datetime import date, timedelta
from typing import Any

from demo.draw import Draw, moment, table, text
from demo.venues import VENUES, sited
from demo.visits import visits
from documents.cultural_programme import CulturalProgramme, CulturalProgrammeStatus
from documents.delegation import Delegation
from documents.person import Person
from documents.resource import Resource

PROGRAMMES = table("programmes")
STOPS = PROGRAMMES.pop("stop")


def _stop(draw: Draw, key: str) -> dict[str, Any]:
    row = STOPS[key]
    place = {"venue": VENUES[key]["name"][1], "room": row.get("room"), "position": VENUES[key]["position"]}
    return {
        "title": text(row["title"]),
        "place": sited(draw, place),
        "guide": draw.id(Person, row["guide"]) if "guide" in row else None,
        "resources": draw.ids(Resource, row.get("resources", [])),
        "starts": row["starts"],
        "minutes": row["minutes"],
        "tickets": row.get("tickets"),
        "cost": {"amount": row["cost"], "currency": "AZN"} if "cost" in row else None,
        "weather_alternative": text(row["weather"]) if "weather" in row else None,
    }


def programmes(draw: Draw, today: date) -> list[CulturalProgramme]:
    """Every programme as a record; one that is called after a visit belongs to it."""
    made = []
    known = visits(today)
    for key, row in PROGRAMMES.items():
        visit = known.get(key)
        officer = draw.id(Person, f"officer-{visit.row['officers'][0]}") if visit else None
        facts: dict[str, Any] = {
            "theme": text(row["theme"]),
            "template": visit is None,
            "delegation": draw.id(Delegation, key) if visit else None,
            "stops": [_stop(draw, stop) for stop in row["stops"]],
            "languages": row["languages"],
        }
        if visit and "feedback" in row:
            at = moment(visit.end + timedelta(days=2), "11:00")
            facts["feedback"] = [{"text": words, "by": officer, "at": at} for words in row["feedback"]]
        created = visit.before(25, "11:30") if visit else moment(today - timedelta(days=380), "11:00")
        made.append(
            draw.record(
                CulturalProgramme,
                key,
                facts,
                status=CulturalProgrammeStatus(row.get("status", "DRAFT")),
                reason=row.get("reason"),
                created_at=created,
                created_by=officer,
            )
        )
    return made
