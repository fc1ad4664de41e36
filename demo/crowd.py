"""A crowd of visits, to see how the service does at size: batch after batch, each made from the seed and its number."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from demo.draw import CODE_ALPHABET, ID_ALPHABET, Draw, element, moment, table, text, token
from demo.office import Office
from demo.people import PEOPLE
from demo.units import FACULTIES
from documents.delegation import (
    Delegation,
    DelegationPartner,
    DelegationStatus,
    Direction,
    Member,
    PartnerRole,
    VisitLevel,
)
from documents.itinerary import Audience, Day, Host, HostAnswer, Item, ItemKind, Itinerary, ItineraryStatus, Place
from documents.itinerary_issue import ItineraryIssue, ItineraryIssueStatus
from documents.partner import Partner, PartnerStatus, PartnerType
from documents.person import Person, PersonCategory
from documents.record import Record
from documents.unit import Unit
from documents.values import Identifier, IdentifierScheme, Period, Text

BATCH = 100
PARTNERS = 5
PERSONS = 12
TRAVELLERS = 6
MEMBERS = 6
DAYS = 3

CROWD = table("crowd")
PLACES = {name: Place.model_validate(place) for name, place in table("scenes")["places"].items()}
ITEMS = [
    (ItemKind(kind), PLACES[place], hour, Text.model_validate(text(title)))
    for kind, place, hour, title in CROWD["items"]
]
PURPOSES = [Text.model_validate(text(purpose)) for purpose in CROWD["purposes"]]
AUDIENCES = {ItemKind.LECTURE: Audience.PUBLIC, ItemKind.CEREMONY: Audience.CAMPUS}

_GONE = ("CLOSED",) * 6 + ("COMPLETED", "CANCELLED", "DECLINED")
_COMING = ("REQUESTED", "ASSESSED", "ACCEPTED", "PLANNING", "PLANNING", "CONFIRMED", "CONFIRMED", "CONFIRMED")
_TRIPS = {True: ("REPORTED", "RETURNED"), False: ("PROPOSED", "APPROVED")}
# Odd, so that multiplying by it modulo the number of codes gives each number a code of its own.
_SPREAD = 715_827_883


def crowd(count: int, today: date, seed: int, office: Office, start: int = 0) -> Iterator[list[Record]]:
    """Batches of visits, ``count`` in all, from batch number ``start`` on.

    A batch holds the partners, people, itineraries and issues of its visits; officers, hosts and units are those of
    the office. Facts are put together from validated parts and are not validated again.
    """
    taken = frozenset(record.code for record in office.records)
    for number in range(start, -(-count // BATCH)):
        yield _Batch(number, today, Draw(seed), office, taken).records(min(BATCH, count - number * BATCH))


class _Batch:
    """Makes the records of one batch."""

    def __init__(self, number: int, today: date, draw: Draw, office: Office, taken: frozenset[str]) -> None:
        self.number = number
        self.today = today
        self.random: Random = draw.random("crowd", number)
        self.taken = taken
        self.made: dict[type[Record], int] = {}
        self.our = Draw(office.seed)

    @cached_property
    def officers(self) -> list[str]:
        return self.our.ids(Person, [f"officer-{number}" for number in range(1, 6)])

    @cached_property
    def hosts(self) -> list[str]:
        return self.our.ids(Person, [f"{post}-{unit}" for unit in FACULTIES for post in ("dean", "coordinator")])

    @cached_property
    def faculties(self) -> list[str]:
        return self.our.ids(Unit, FACULTIES)

    @cached_property
    def department(self) -> str:
        return self.our.id(Unit, "IRD")

    def service(self, kind: type[Record], created: date) -> dict[str, Any]:
        """What the service adds to every record; codes never repeat, neither here nor those of the office."""
        index = self.made.get(kind, 0)
        self.made[kind] = index + 1
        index += self.number * BATCH * 4
        while (code := _code(kind, index)) in self.taken:
            index += 2**29
        return {
            "id": f"{kind.prefix}_{token(self.random, ID_ALPHABET, 20)}",
            "code": code,
            "owner": self.department,
            "created_at": datetime(created.year, created.month, created.day, 6, 30, tzinfo=UTC),
            "created_by": self.officers[index % 5],
        }

    def records(self, count: int) -> list[Record]:
        """The records of ``count`` visits."""
        partners = [self.partner(index) for index in range(PARTNERS)]
        guests = [[self.person(index, partner) for index in range(PERSONS)] for partner in partners]
        travellers = [self.person(index, None) for index in range(TRAVELLERS)]
        made: list[Record] = [*partners, *(person for group in guests for person in group), *travellers]
        for index in range(count):
            place = self.random.randrange(PARTNERS)
            made += self.visit(index, partners[place], guests[place], travellers)
        return made

    def partner(self, index: int) -> Partner:
        """A university."""
        city = CROWD["cities"][(self.number + index * 3) % len(CROWD["cities"])]
        order = self.number * PARTNERS + index
        name = Text(
            az=f"{city} Universiteti {order}", en=f"University of {city} {order}", ru=f"Университет {city} {order}"
        )
        return Partner.model_construct(
            name=name,
            type=PartnerType.UNIVERSITY,
            status=PartnerStatus.ACTIVE,
            country=CROWD["countries"][order % len(CROWD["countries"])],
            city=city,
            domains=[f"crowd-{order}.example"],
            identifiers=[Identifier(scheme=IdentifierScheme.PIC, value=str(200_000_000 + order))],
            linked_units=[self.faculties[order % len(self.faculties)]],
            responsible_officer=self.officers[order % 5],
            **self.service(Partner, self.today - timedelta(days=1600)),
        )

    def person(self, index: int, partner: Partner | None) -> Person:
        """One of a partner's people, or one of ours who travels."""
        country = partner.country if partner else "AZ"
        pool = PEOPLE["pools"][country]
        given, family = self.random.choice(pool["given"]), self.random.choice(pool["family"])
        return Person.model_construct(
            given_name=given,
            family_name=family,
            category=PersonCategory.GUEST if partner else PersonCategory.STAFF,
            partner=partner.id if partner else None,
            unit=None if partner else self.faculties[index % len(self.faculties)],
            rank=100 + index,
            citizenships=[country],
            birth_date=date(1955 + self.random.randrange(45), 1 + index, 1 + self.random.randrange(28)),
            diet="Vegetarian" if self.random.random() < 0.2 else None,
            **self.service(Person, self.today - timedelta(days=1600)),
        )

    def visit(self, index: int, partner: Partner, guests: list[Person], travellers: list[Person]) -> list[Record]:
        """A visit with its itinerary, and with issues where it has come so far."""
        random = self.random
        start = self.today + timedelta(days=random.randrange(-1500, 300))
        end = start + timedelta(days=DAYS - 1)
        outgoing = random.random() < 0.1
        over = end < self.today
        states = _TRIPS[over] if outgoing else _GONE if over else _COMING
        status = DelegationStatus(random.choice(states))
        certain = status in Delegation.lifecycle.members
        restricted = random.random() < 0.03
        made = min(start - timedelta(days=60), self.today - timedelta(days=2))
        confirmed = moment(made + timedelta(days=1), "10:00") if certain and not outgoing else None
        subject = CROWD["subjects"][index % len(CROWD["subjects"])]
        title = Text(**{lang: f"{words}, {partner.city} {start.year}" for lang, words in text(subject).items()})
        hosts = random.sample(self.hosts, 2)
        going = random.sample(travellers if outgoing else guests, MEMBERS)
        issued = certain and not restricted
        visit = Delegation.model_construct(
            status=status,
            direction=Direction.OUTGOING if outgoing else Direction.INCOMING,
            level=VisitLevel.DEAN if index % 4 == 0 else VisitLevel.EXPERT,
            restricted=restricted,
            title=title,
            purpose=PURPOSES[index % len(PURPOSES)],
            partners=[
                DelegationPartner.model_construct(id=element(random), partner=partner.id, role=PartnerRole.GUEST)
            ],
            host_units=[self.faculties[index % len(self.faculties)]],
            officers=[self.officers[index % 5]],
            hosts=hosts,
            dates=Period.model_construct(start=start, end=end),
            actual_dates=Period.model_construct(start=start, end=end) if over and certain else None,
            members=[self.member(place, person) for place, person in enumerate(going)],
            confirmed_at=confirmed,
            issued_at=confirmed if issued else None,
            issued_to=[partner.id] if issued else [],
            published_from=confirmed if issued and index % 5 == 0 else None,
            **self.service(Delegation, made),
        )
        return [visit, *self.plan(visit, hosts, issues=(1 + (index % 3 == 0)) if issued else 0)]

    def member(self, place: int, person: Person) -> Member:
        """A member, in protocol order."""
        return Member.model_construct(
            id=element(self.random), person=person.id, partner=person.partner, precedence=place + 1, head=place == 0
        )

    def plan(self, visit: Delegation, hosts: list[str], *, issues: int) -> list[Record]:
        """The itinerary of a visit and its issues; an earlier issue lacks the last item."""
        days = [self.day(visit.dates.start + timedelta(days=index), index, hosts) for index in range(DAYS)]
        state = ItineraryStatus.ISSUED if issues else ItineraryStatus.DRAFT
        created = visit.created_at.date()
        facts: dict[str, Any] = {"delegation": visit.id, "title": visit.title, "days": days}
        service = self.service(Itinerary, created)
        plan = Itinerary.model_construct(status=state, issues=issues, issued_at=visit.issued_at, **facts, **service)
        found: list[ItineraryIssue] = []
        for number in range(1, issues + 1):
            last = number == issues
            shorter = days[-1].model_copy(update={"items": days[-1].items[:-1]})
            issue = ItineraryIssue.model_construct(
                itinerary=plan.id,
                number=number,
                previous=found[-1].id if found else None,
                status=ItineraryIssueStatus.ISSUED if last else ItineraryIssueStatus.SUPERSEDED,
                issued_at=visit.issued_at,
                issued_to=visit.issued_to,
                **facts | {"days": days if last else [*days[:-1], shorter]},
                **self.service(ItineraryIssue, created),
            )
            found.append(issue)
        return [plan, *found]

    def day(self, day: date, index: int, hosts: list[str]) -> Day:
        """One day of five items."""
        midnight = moment(day, "00:00")
        items = [self.item(midnight, place, hosts) for place in range(index * 5, index * 5 + 5)]
        return Day.model_construct(id=element(self.random), date=day, title=None, items=items)

    def item(self, midnight: datetime, place: int, hosts: list[str]) -> Item:
        """One item, hosted by one of the visit's hosts."""
        kind, where, hour, title = ITEMS[place]
        start = midnight + timedelta(hours=hour, minutes=15 * self.random.randrange(3))
        host = Host.model_construct(id=element(self.random), person=hosts[place % 2], answer=HostAnswer.ACCEPTED)
        return Item.model_construct(
            id=element(self.random),
            kind=kind,
            title=title,
            start=start,
            end=start + timedelta(minutes=60),
            place=where,
            hosts=[host],
            audience=Audience.OFFICE if place == 10 else AUDIENCES.get(kind, Audience.PARTNER),
        )


def _code(kind: type[Record], index: int) -> str:
    number = (index + 1) * _SPREAD % 2**30
    return f"{kind.prefix.upper()}-" + "".join(CODE_ALPHABET[number >> shift & 31] for shift in range(25, -1, -5))
