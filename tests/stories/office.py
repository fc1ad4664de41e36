"""A small office for stories: who is there, what they look after, and how to ask in their name.

Everything is made through the graph, as the department would; nothing here looks into the store.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from auth.caller import ANONYMOUS, Caller, Role, caller
from resolvers.history import INSTANTS
from tests.conftest import Ask, Clock

MAKE_UNIT = """
mutation MakeAUnit($input: CreateUnitInput!) {
  createUnit(input: $input) { unit { id } problems { code path message } }
}"""

MAKE_PERSON = """
mutation MakeAPerson($input: CreatePersonInput!) {
  createPerson(input: $input) { person { id } problems { code path message } }
}"""

MAKE_PARTNER = """
mutation MakeAPartner($input: CreatePartnerInput!) {
  createPartner(input: $input) { partner { id code revision } problems { code path message } }
}"""

MAKE_CONTACT = """
mutation MakeAContact($input: CreateContactInput!) {
  createContact(input: $input) { contact { id revision } problems { code path message } }
}"""

REQUEST_VISIT = """
mutation RequestAVisit($input: CreateDelegationInput!) {
  createDelegation(input: $input) { delegation { id code status revision } problems { code path message } }
}"""

PLAN_DAYS = """
mutation PlanDays($input: CreateItineraryInput!) {
  createItinerary(input: $input) {
    itinerary { id code status revision days { id date items { id } } }
    problems { code path message }
  }
}"""

CONFIRM_DAYS = """
mutation ConfirmDays($id: ID!, $overrides: [OverrideInput!]) {
  confirmItinerary(id: $id, overrides: $overrides) {
    itinerary { id status overrides { item reason by { familyName } at } }
    problems { code path message }
  }
}"""

ISSUE_DAYS = """
mutation IssueDays($id: ID!, $partners: [ID!]) {
  issueItinerary(id: $id, partners: $partners) {
    itinerary { status issues issueList { id number status } }
    problems { code path message }
  }
}"""

STEPS = ("assess", "accept", "plan", "confirm", "begin", "complete", "close")


def text(english: str) -> dict[str, str]:
    """A text that is known in English."""
    return {"en": english}


def item(title: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    """An item of a day; instants as clients write them."""
    return {"kind": "MEETING", "title": text(title), "start": start, "end": end, **more}


@dataclass
class Office:
    """Callers by what they are, and the ids of what they look after."""

    ask: Ask
    clock: Clock
    ids: dict[str, str] = field(default_factory=dict)
    head: Caller = ANONYMOUS
    officer: Caller = ANONYMOUS
    colleague: Caller = ANONYMOUS
    coordinator: Caller = ANONYMOUS
    neighbour: Caller = ANONYMOUS
    host: Caller = ANONYMOUS
    member: Caller = ANONYMOUS
    finance: Caller = ANONYMOUS
    auditor: Caller = ANONYMOUS
    leadership: Caller = ANONYMOUS
    ankara: Caller = ANONYMOUS
    tbilisi: Caller = ANONYMOUS
    anonymous: Caller = ANONYMOUS

    async def tells(self, who: Caller, document: str, **variables: Any) -> list[dict[str, str]]:
        """The problems that a mutation tells; nothing was written when there is one."""
        (payload,) = (await self._data(who, document, variables)).values()
        found: list[dict[str, str]] = payload["problems"]
        return found

    async def done(self, who: Caller, document: str, **variables: Any) -> dict[str, Any]:
        """The record that a mutation gives, which had no problem with it."""
        (payload,) = (await self._data(who, document, variables)).values()
        assert payload["problems"] == []
        (record,) = [value for name, value in payload.items() if name != "problems"]
        return record  # type: ignore[no-any-return]  # the one field beside problems

    async def read(self, who: Caller, document: str, **variables: Any) -> Any:
        """What a query with one field answers."""
        (found,) = (await self._data(who, document, variables)).values()
        return found

    async def _data(self, who: Caller, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        answered = await self.ask(who, document, **variables)
        assert answered.errors == [], answered.errors
        # As clients read it: moments are texts.
        found: dict[str, Any] = orjson.loads(orjson.dumps(answered.data, option=INSTANTS, default=str))
        return found

    async def person(self, given: str, family: str, *, by: Caller | None = None, **facts: Any) -> str:
        """A new person's id."""
        facts = {"givenName": given, "familyName": family, "category": "STAFF"} | facts
        return str((await self.done(by or self.head, MAKE_PERSON, input=facts))["id"])

    async def guest(self, given: str, family: str, partner: str, *, by: Caller | None = None, **facts: Any) -> str:
        """A new guest's id; ``partner`` is where the guest comes from, and the coordinator enters whom she awaits."""
        facts = {"category": "GUEST", "partner": partner} | facts
        return await self.person(given, family, by=by or self.coordinator, **facts)

    async def partner(self, name: str, country: str, **facts: Any) -> str:
        """A new partner's id."""
        facts = {"name": text(name), "type": "UNIVERSITY", "country": country} | facts
        return str((await self.done(self.officer, MAKE_PARTNER, input=facts))["id"])

    async def visit(self, title: str, *steps: str, by: Caller | None = None, **facts: Any) -> str:
        """A new visit's id, taken through these steps by the head."""
        facts = {"title": text(title), "dates": {"start": "2026-06-01", "end": "2026-06-03"}} | facts
        made = await self.done(by or self.officer, REQUEST_VISIT, input=facts)
        for step in steps:
            await self.step(self.head, step, made["id"])
        return str(made["id"])

    async def step(self, who: Caller, step: str, visit: str, **given: Any) -> dict[str, Any]:
        """Take a visit one step of its life further."""
        kind = f"{step.capitalize()}DelegationInput"
        takes, passes = (f", $input: {kind}", ", input: $input") if given else ("", "")
        document = (
            f"mutation Step($id: ID!{takes}) {{ {step}Delegation(id: $id{passes}) "
            "{ delegation { id status revision } problems { code path message } } }"
        )
        return await self.done(who, document, id=visit, **({"input": given} if given else {}))

    async def days(self, title: str, *items: dict[str, Any], by: Caller | None = None, **facts: Any) -> dict[str, Any]:
        """A new itinerary, its items put into the days on which they start (in UTC)."""
        dates = sorted({entry["start"][:10] for entry in items})
        planned = [{"date": day, "items": [e for e in items if e["start"].startswith(day)]} for day in dates]
        facts = {"title": text(title), "days": planned} | facts
        return await self.done(by or self.officer, PLAN_DAYS, input=facts)


async def open_office(ask: Ask, clock: Clock) -> Office:
    """The office as every story finds it: two faculties, their people, two partners with a contact each."""
    office = Office(ask, clock, head=caller(Role.HEAD, name="Head"))
    office.officer = caller(Role.OFFICER, name="Officer")
    ids = office.ids
    for key, name in (("physics", "Faculty of Physics"), ("law", "Faculty of Law")):
        facts = {"name": text(name), "abbreviation": key.upper(), "type": "FACULTY"}
        ids[key] = (await office.done(office.head, MAKE_UNIT, input=facts))["id"]
    for key, given, family, unit in (
        ("head", "Leyla", "Quliyeva", None),
        ("officer", "Aysel", "Hüseynova", None),
        ("colleague", "Rəşad", "Əliyev", None),
        ("coordinator", "Nigar", "Məmmədova", "physics"),
        ("neighbour", "Orxan", "Səfərov", "law"),
        ("host", "Kamran", "Abbasov", "physics"),
        ("dean", "Tural", "Babayev", "physics"),
        ("member", "Sevinc", "Rzayeva", "law"),
        ("interpreter", "Elnur", "Həsənov", None),
    ):
        ids[key] = await office.person(given, family, unit=ids[unit] if unit else None)
    office.head = caller(Role.HEAD, person=ids["head"], name="Head")
    office.officer = caller(Role.OFFICER, person=ids["officer"], name="Officer")
    office.colleague = caller(Role.OFFICER, person=ids["colleague"], name="Colleague")
    office.coordinator = _coordinator("coordinator", "physics", ids)
    office.neighbour = _coordinator("neighbour", "law", ids)
    office.host = caller(Role.HOST, person=ids["host"], home_unit=ids["physics"], name="Host")
    office.member = caller(Role.MEMBER, person=ids["member"], home_unit=ids["law"], name="Member")
    office.finance, office.auditor = caller(Role.FINANCE, name="Finance"), caller(Role.AUDITOR, name="Auditor")
    office.leadership = caller(Role.LEADERSHIP, name="Rector")
    for key, name, country in (("ankara", "Ankara University", "TR"), ("tbilisi", "Tbilisi State University", "GE")):
        ids[key] = await office.partner(name, country)
    ids["aylin"] = await office.guest("Aylin", "Kaya", ids["ankara"])
    ids["nino"] = await office.guest("Nino", "Beridze", ids["tbilisi"])
    office.ankara = caller(Role.PARTNER, person=ids["aylin"], partner=ids["ankara"], name="Aylin Kaya")
    office.tbilisi = caller(Role.PARTNER, person=ids["nino"], partner=ids["tbilisi"], name="Nino Beridze")
    return office


def _coordinator(key: str, unit: str, ids: dict[str, str]) -> Caller:
    units = frozenset({ids[unit]})
    return caller(Role.COORDINATOR, person=ids[key], units=units, home_unit=ids[unit], name=key.title())
