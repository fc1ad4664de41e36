"""A believable office: made-up records for trying the service, the same for the same day and seed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from auth.caller import Caller, Role, caller
from demo.accounts import accounts, invitations, roles, services, sign_ins
from demo.contacts import contacts, proposals
from demo.days import itineraries
from demo.draw import Draw, moment, table
from demo.guests import covers, disclosures, intake
from demo.partners import partners
from demo.people import people
from demo.programmes import programmes
from demo.resources import resources
from demo.units import below, units
from demo.venues import venues
from demo.visits import delegations
from documents.partner import Partner
from documents.person import Person
from documents.record import Record
from documents.unit import Unit

ROLES = table("roles")
PUBLISHED_PEOPLE = ("rector", "vr-int", "vr-sci", "vr-edu", "head")
Kind = TypeVar("Kind", bound=Record)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone to sign in as: ``key`` is unique, ``units`` are their own and those below."""

    key: str
    role: Role
    person: str | None
    units: frozenset[str]
    partner: str | None
    label: str
    description: str

    def caller(self) -> Caller:
        """The caller that this person is."""
        return caller(self.role, person=self.person, units=self.units, partner=self.partner, name=self.label)


@dataclass(frozen=True, slots=True)
class Office:
    """The records, parents before children, and whom to sign in as."""

    seed: int
    today: date
    records: list[Record]
    people: list[DemoPerson]

    def all(self, kind: type[Kind]) -> list[Kind]:
        """The records of a kind."""
        return [record for record in self.records if isinstance(record, kind)]


def office(today: date, seed: int = 2026) -> Office:
    """The office as it is on a day. Nothing in it depends on a clock: it is the same on every machine."""
    draw = Draw(seed)
    persons = people(draw, today)
    by_id = {person.id: person for person in persons}
    for key in PUBLISHED_PEOPLE:
        by_id[draw.id(Person, key)].published_from = moment(today - timedelta(days=365), "09:00")
    records: list[Record] = [
        *units(draw, today),
        *persons,
        *partners(draw, today),
        *contacts(draw, today, by_id),
        *delegations(draw, today, by_id),
        *venues(draw, today),
        *resources(draw, today),
        *itineraries(draw, today, by_id),
        *programmes(draw, today),
        *proposals(draw, today),
        *covers(draw, today),
        *intake(draw, today),
        *disclosures(draw, today),
        *accounts(draw, today, by_id),
        *roles(draw, today),
        *invitations(draw, today),
        *services(draw, today),
        *sign_ins(draw, today),
    ]
    return Office(seed, today, records, [_demo_person(draw, by_id, key) for key in ROLES])


def _demo_person(draw: Draw, persons: dict[str, Person], key: str) -> DemoPerson:
    row = ROLES[key]
    person = persons[draw.id(Person, row["person"])] if "person" in row else None
    name = f"{person.given_name} {person.family_name}, " if person else ""
    return DemoPerson(
        key=key,
        role=Role(row.get("role", key)),
        person=person.id if person else None,
        units=frozenset(draw.ids(Unit, below(row["unit"]))) if "unit" in row else frozenset(),
        partner=draw.id(Partner, row["partner"]) if "partner" in row else None,
        label=f"{name}{row['label']}",
        description=row["description"],
    )
