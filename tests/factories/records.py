"""Makes single records through the service, as clients do: the fewest facts that are valid, and those a test names."""

import itertools
from typing import Any

from auth.caller import Caller, Role, caller
from schema.names import singular
from tests.conftest import Answered, Ask

HEAD = caller(Role.HEAD)
_NUMBER = itertools.count(1)


def facts(kind: str) -> dict[str, Any]:
    """The fewest facts of a kind; what must be unique differs each time."""
    number = next(_NUMBER)
    known: dict[str, dict[str, Any]] = {
        "Unit": {"name": {"en": f"Unit {number}"}, "abbreviation": f"U{number}", "type": "FACULTY"},
        "Person": {"givenName": "Leyla", "familyName": "Əliyeva", "category": "STAFF"},
        "Partner": {"name": {"en": f"University {number}"}, "type": "UNIVERSITY", "country": "TR"},
        "Contact": {"familyName": "Yılmaz"},
        "Delegation": {"title": {"en": "Visit"}, "dates": {"start": "2026-05-10", "end": "2026-05-12"}},
        "Itinerary": {"title": {"en": "Days of the visit"}},
        "Venue": {"name": {"en": f"House {number}"}},
        "Resource": {"name": {"en": f"Minibus {number}"}, "type": "VEHICLE"},
        "CulturalProgramme": {"theme": {"en": "A day in Baku"}},
        "Cover": {"period": {"start": "2026-05-10", "end": "2026-05-12"}},
        "RoleAssignment": {"period": {"start": "2026-05-04"}, "role": "OFFICER"},
        "Invitation": {"expiresAt": "2026-05-10T00:00:00Z"},
        "ServiceAccount": {"name": f"Portal {number}"},
        "IntakeLink": {"expiresAt": "2026-05-20T00:00:00Z"},
    }
    return known[kind]


async def create(ask: Ask, who: Caller, kind: str, selection: str = "id", **given: Any) -> Answered:
    """The answer to creating a record of a kind."""
    name = singular(kind)
    query = (
        f"mutation($i: Create{kind}Input!) {{ create{kind}(input: $i)"
        f" {{ {name} {{ {selection} }} problems {{ code path message }} }} }}"
    )
    return await ask(who, query, i=facts(kind) | given)


async def made(ask: Ask, kind: str, who: Caller = HEAD, **given: Any) -> str:
    """The id of a new record of a kind."""
    found = (await create(ask, who, kind, **given))[f"create{kind}"]
    assert found["problems"] == []
    return str(found[singular(kind)]["id"])


async def revision(ask: Ask, who: Caller, record_id: str) -> str:
    """The caller's revision of a record."""
    query = "query($i: ID!) { node(id: $i) { ... on Delegation { revision } ... on Partner { revision }"
    query += " ... on Person { revision } ... on Unit { revision }"
    if who.roles & {Role.HEAD, Role.OFFICER, Role.PARTNER, Role.COORDINATOR}:
        query += " ... on Contact { revision }"
    return str((await ask(who, query + " } }", i=record_id))["node"]["revision"])


async def update(ask: Ask, who: Caller, kind: str, record_id: str, if_revision: str | None = None, **patch: Any) -> Any:
    """The payload of changing a record: of its present revision, or of a given one."""
    query = (
        f"mutation($i: ID!, $r: String!, $p: {kind}Patch!) {{ update{kind}(id: $i, ifRevision: $r, patch: $p)"
        f" {{ {singular(kind)} {{ id revision }} problems {{ code path message }} }} }}"
    )
    known = if_revision or await revision(ask, who, record_id)
    return (await ask(who, query, i=record_id, r=known, p=patch))[f"update{kind}"]


async def act(ask: Ask, who: Caller, action: str, kind: str, record_id: str, arguments: str = "") -> Any:
    """The payload of an action on a record."""
    query = (
        f"mutation($i: ID!) {{ {action}{kind}(id: $i{arguments})"
        f" {{ {singular(kind)} {{ id }} problems {{ code path message }} }} }}"
    )
    return (await ask(who, query, i=record_id))[f"{action}{kind}"]
