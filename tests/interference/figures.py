"""The release ``visitFigures``, worked out from a world by itself: what the fixed tables may tell."""

from typing import Any

from documents.delegation import Direction
from resolvers.suppression import Count, hidden, together, with_totals
from tests.interference.world import World

TOOK_PLACE = {"IN_PROGRESS", "COMPLETED", "CLOSED", "TRAVELLING", "RETURNED", "REPORTED"}
# Quarters that are over by 4 May 2026, the day on which all worlds stand still.
OVER = {2024: 4, 2025: 4, 2026: 1}


def figures(world: World, year: int) -> Any:
    """What the tables of a year tell of a world."""
    counts = [[[0, 0] for _ in Direction] for _ in range(OVER[year])]
    guests: dict[str, set[str]] = {}
    for visit in world.docs["Delegation"].values():
        if visit["restricted"] or visit["status"] not in TOOK_PLACE:
            continue
        first = (visit["actual_dates"] or visit["dates"])["start"]
        if abs(int(visit["dates"]["start"][:4]) - year) > 1:
            # What begins years away from its plan is not looked for.
            continue
        quarter = (int(first[5:7]) - 1) // 3
        if int(first[:4]) != year or quarter >= OVER[year]:
            continue
        cell = counts[quarter][list(Direction).index(Direction(visit["direction"]))]
        cell[0] += 1
        cell[1] += len(visit["members"])
        for member in visit["members"] if visit["direction"] == "INCOMING" else ():
            partner = world.docs["Partner"].get(member["partner"])
            if partner is not None:
                guests.setdefault(partner["country"], set()).add(member["person"])
    cells = with_totals([[Count(*cell) for cell in row] for row in counts])
    kept_back = hidden(cells)
    rows = []
    for n in range(5):
        row = OVER[year] if n == 4 else n
        for j, way in enumerate((*Direction, None)):
            shown = (row, j) in cells and (n == 4 or n < OVER[year]) and (row, j) not in kept_back
            visits = cells[row, j].value if shown else None
            rows.append({"quarter": None if n == 4 else n + 1, "direction": way, "visits": visits})
    people = together({country: len(found) for country, found in guests.items()})
    told = [{"country": country, "guests": count} for country, count in people.items()]
    return {"year": year, "visits": rows, "guests": told}
