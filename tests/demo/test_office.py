"""The made-up office: the same every time, sound, and with something in it for everybody to see and to miss."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from auth.access import visible
from auth.caller import Role
from demo.draw import facts_of
from demo.load import stamped
from demo.office import DemoPerson, Office, office
from documents.contact import Contact
from documents.cultural_programme import CulturalProgramme
from documents.delegation import Delegation, DelegationStatus, Direction
from documents.itinerary import Audience, Item, ItemKind, Itinerary
from documents.itinerary_issue import ItineraryIssue
from documents.kinds import KINDS, kind_of, tree_of
from documents.partner import Partner, PartnerType
from documents.person import Person, PersonCategory
from documents.proposal import ProposalType
from documents.resource import Resource
from documents.stamp import walk
from documents.store import Stored
from documents.unit import Unit, UnitType
from documents.venue import Venue

TODAY = date(2026, 5, 6)
NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
# A Monday, a Sunday on which the year ends, a leap day, a Saturday.
DAYS = (date(2026, 5, 4), date(2023, 12, 31), date(2028, 2, 29), date(2027, 1, 2))


@cache
def on(day: date) -> Office:
    """Give the office as it is on a day."""
    return office(day)


@cache
def documents() -> dict[str, list[Stored]]:
    """Give the office as it is stored, by kind."""
    found: dict[str, list[Stored]] = {kind: [] for kind in KINDS}
    for document, kind in stamped(office(TODAY).records):
        found[kind].append(document)
    return found


def seen(person: DemoPerson, kind: str) -> list[Stored]:
    """Give the records of a kind that someone has in scope."""
    sight = visible(kind, person.caller(), NOW)
    return [document for document in documents()[kind] if sight is not None and sight.in_scope(document)]


def everyone() -> dict[str, DemoPerson]:
    """Give everyone whom a newcomer signs in as."""
    return {person.key: person for person in on(TODAY).people}


def test_two_runs_make_the_same_office() -> None:
    """Ids, codes, moments and all: nothing comes from a clock or from chance."""
    assert office(TODAY) == office(TODAY)
    assert repr(stamped(office(TODAY).records)) == repr(stamped(office(TODAY).records))


def test_ids_stay_from_day_to_day() -> None:
    """The office moves along with the date, and addresses of its records stay good."""
    tomorrow = on(TODAY + timedelta(days=1))
    assert [record.id for record in on(TODAY).records] == [record.id for record in tomorrow.records]
    assert [record.code for record in on(TODAY).records] == [record.code for record in tomorrow.records]
    assert on(TODAY).all(Delegation)[0].dates != on(TODAY + timedelta(days=7)).all(Delegation)[0].dates


def test_another_seed_makes_other_ids() -> None:
    """Two demonstrations need not share an address."""
    assert not {record.id for record in on(TODAY).records} & {record.id for record in office(TODAY, seed=1).records}


@pytest.mark.parametrize("day", DAYS)
def test_facts_are_facts_on_any_day(day: date) -> None:
    """What a client could not write is not in the office, whichever day it is made on."""
    for record in on(day).records:
        model = facts_of(type(record))
        facts = {name: getattr(record, name) for name in model.model_fields}
        plain = {name: value.model_dump() if hasattr(value, "model_dump") else value for name, value in facts.items()}
        assert model.model_validate(plain).model_dump() == model.model_construct(**facts).model_dump(), record.code


@pytest.mark.parametrize("day", DAYS)
def test_nothing_has_happened_in_the_future(day: date) -> None:
    """What was made, confirmed, issued or archived was so before today; only publication may lie ahead."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for record in on(day).records:
        moments = [record.created_at, record.issued_at, record.archived_at, getattr(record, "confirmed_at", None)]
        assert all(moment is None or moment < midnight for moment in moments), record.code
        assert record.issued_at is None or record.issued_at >= record.created_at, record.code


@pytest.mark.parametrize("day", DAYS)
def test_the_state_of_a_visit_fits_its_days(day: date) -> None:
    """Who is here is here today, what is over lies behind, what is to come lies ahead."""
    over = {"COMPLETED", "CLOSED", "RETURNED", "REPORTED"}
    coming = {"REQUESTED", "ASSESSED", "ACCEPTED", "PLANNING", "CONFIRMED", "PROPOSED", "APPROVED"}
    for visit in on(day).all(Delegation):
        last = visit.dates.end
        assert last is not None
        if visit.status in {"IN_PROGRESS", "TRAVELLING"}:
            assert visit.dates.start <= day <= last
        assert visit.status not in over or last < day, visit.code
        assert visit.status not in coming or visit.dates.start > day, visit.code


def test_every_kind_and_state_is_there() -> None:
    """A newcomer finds an example of everything that a record can be."""
    for kind, model in KINDS.items():
        states = {str(record.status) for record in on(TODAY).all(model)}
        assert states == set(model.lifecycle.states), kind


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        (Unit, "type", UnitType),
        (Person, "category", PersonCategory),
        (Partner, "type", PartnerType),
        (Delegation, "direction", Direction),
        (KINDS["Proposal"], "type", ProposalType),
    ],
)
def test_every_type_is_there(kind: Any, field: str, values: type[StrEnum]) -> None:
    """Units, people, partners, visits and proposals of every type are in the office."""
    assert {getattr(record, field) for record in on(TODAY).all(kind)} == set(values)


def test_the_office_is_about_as_large_as_one() -> None:
    """Some forty partners, some thirty visits within a year before and after, at least eight in three languages."""
    made = on(TODAY)
    assert 40 <= len(made.all(Partner)) <= 50
    assert 30 <= len(made.all(Delegation)) <= 40
    assert all(abs(visit.dates.start - TODAY) < timedelta(days=370) for visit in made.all(Delegation))
    full = [
        plan for plan in made.all(Itinerary) if len(plan.days) > 1 and all(_trilingual(item) for item in items(plan))
    ]
    assert len(full) >= 8


def _trilingual(item: Item) -> bool:
    return all((item.title.az, item.title.en, item.title.ru))


def items(plan: Itinerary | ItineraryIssue) -> list[Item]:
    """Give the items of all days."""
    return [item for day in plan.days for item in day.items]


def test_items_are_of_every_kind_and_for_every_audience() -> None:
    """Transfers, meals and tours, some for everyone and some for the office alone."""
    found = [item for plan in on(TODAY).all(Itinerary) for item in items(plan)]
    assert {item.kind for item in found} == set(ItemKind)
    assert {item.audience for item in found} == set(Audience)


def test_items_name_venues_rooms_and_resources() -> None:
    """Rooms are those of the venue that is named, drivers are people, and programmes have stops at known venues."""
    rooms = {venue.id: {room.id for room in venue.rooms} for venue in on(TODAY).all(Venue)}
    entries = [item for plan in on(TODAY).all(Itinerary) for item in items(plan)]
    places = [item.place for item in entries if item.place and item.place.site]
    places += [stop.place for found in on(TODAY).all(CulturalProgramme) for stop in found.stops if stop.place]
    assert sum(place.site_room is not None for place in places) > 20
    assert all(place.site_room is None or place.site_room in rooms[place.site or ""] for place in places)
    drivers = {resource.id for resource in on(TODAY).all(Resource) if resource.type == "DRIVER" and resource.person}
    assert any(drivers & set(item.resources) for item in entries)


def test_some_programmes_are_templates_and_some_guests_need_ways_without_steps() -> None:
    """A newcomer can copy a template for a visit, and see that a stop does not fit its group."""
    programmes = on(TODAY).all(CulturalProgramme)
    assert {found.template for found in programmes} == {True, False}
    assert all((found.delegation is None) == found.template for found in programmes)
    assert any(person.needs_step_free for person in on(TODAY).all(Person))


def test_ids_and_codes_are_unique() -> None:
    """No two records share an id, a code or a register's identifier; no two elements of a record an id."""
    for kind, model in KINDS.items():
        records = on(TODAY).all(model)
        assert len({record.id for record in records}) == len({record.code for record in records}) == len(records), kind
    keys = Counter(key for document in documents()["Partner"] for key in document["identifier_keys"])
    assert max(keys.values()) == 1
    for record in on(TODAY).records:
        ids = list(_element_ids(record.model_dump()))
        assert len(ids) == len(set(ids)), record.code


def _element_ids(value: Any) -> Iterator[str]:
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict) and "id" in each:
            yield each["id"]
        if isinstance(each, dict | list):
            yield from _element_ids(each)


def test_every_reference_leads_to_a_record_of_its_kind() -> None:
    """Nobody is invited who does not exist."""
    ids = {document["_id"]: kind for kind, found in documents().items() for document in found}
    for kind, found in documents().items():
        for document in found:
            for path, _, value in walk(tree_of(kind).paths, document):
                if path.reference:
                    for target in value if path.many else [value]:
                        assert ids[target] == path.reference == kind_of(target), (document["code"], path.path)
            assert {*document["issued_to"]} <= ids.keys()


def test_every_role_can_be_tried() -> None:
    """There is someone to sign in as for each role of the table, and two for partner."""
    roles = Counter(person.role for person in on(TODAY).people)
    # A guest comes by a link and has no account.
    assert set(roles) == set(Role) - {Role.PROTOCOL, Role.GUEST}
    assert roles[Role.PARTNER] == 2
    people = everyone()
    assert people["officer"].person in {person.id for person in on(TODAY).all(Person)}
    assert people["coordinator"].units == {u.id for u in on(TODAY).all(Unit) if u.code in {"FMM", "ALG"}}
    assert len({person.key for person in on(TODAY).people}) == len(on(TODAY).people)


@pytest.mark.parametrize("key", sorted(everyone()))
def test_everyone_has_something_to_see_and_something_to_miss(key: str) -> None:
    """Each role sees visits, and each but the head's misses some."""
    visits = seen(everyone()[key], "Delegation")
    assert visits
    assert (len(visits) == len(documents()["Delegation"])) == (key == "head")


def test_two_partners_share_a_visit_and_see_their_own_people() -> None:
    """The visit is issued to both, and their members come from both."""
    first, second = everyone()["partner"], everyone()["partner-2"]
    shared = [visit for visit in on(TODAY).all(Delegation) if {first.partner, second.partner} <= set(visit.issued_to)]
    assert shared
    assert {first.partner, second.partner} <= {member.partner for member in shared[0].members}
    issues = [{record["_id"] for record in seen(person, "ItineraryIssue")} for person in (first, second)]
    assert issues[0] & issues[1]
    subsets = [
        {attendee.partner for attendee in item.attendees}
        for issue in on(TODAY).all(ItineraryIssue)
        if issue.delegation == shared[0].id
        for item in items(issue)
        if item.attendees
    ]
    assert any(first.partner in subset and second.partner not in subset for subset in subsets)
    assert any(second.partner in subset and first.partner not in subset for subset in subsets)


def test_restricted_visits_are_for_their_officers() -> None:
    """Two officers each have a restricted visit that the other does not know of."""
    hidden = [
        {visit["_id"] for visit in seen(everyone()[key], "Delegation") if visit["restricted"]}
        for key in ("officer", "officer-2")
    ]
    assert hidden[0] - hidden[1]
    assert hidden[1] - hidden[0]


def test_one_visit_is_under_embargo() -> None:
    """It is published, with address and summary, and nobody sees it before its day."""
    waiting = [v for v in on(TODAY).all(Delegation) if v.published_from is not None and v.published_from > NOW]
    assert waiting
    assert all(visit.slug and visit.summary for visit in waiting)
    public = {visit["_id"] for visit in seen(everyone()["anonymous"], "Delegation")}
    assert public
    assert not public & {visit.id for visit in waiting}


def _overlaps(resource: str) -> set[tuple[str, str, str]]:
    """Give what is taken twice: (resource, visit, visit), half-open as ITIN-1 says."""
    taken: list[tuple[str, str, Item]] = []
    for plan in on(TODAY).all(Itinerary):
        for item in items(plan):
            hosts = [host.person for host in item.hosts]
            room = [f"{item.place.venue}/{item.place.room}"] if item.place and item.place.room else []
            taken += [(what, plan.delegation or "", item) for what in (hosts if resource == "host" else room)]
    return {
        (what, first, second)
        for (what, first, one), (other, second, two) in combinations(taken, 2)
        if what == other and first != second and one.start < two.end and two.start < one.end
    }


def test_clashes_are_waiting_to_be_found() -> None:
    """Two hosts and a room are taken by two visits at one time; one such clash was accepted with a reason."""
    assert len(_overlaps("host")) >= 2
    assert len(_overlaps("room")) >= 1
    accepted = [override for plan in on(TODAY).all(Itinerary) for override in plan.overrides]
    assert [override.reason for override in accepted]
    assert {override.resource for override in accepted} <= {host for host, _, _ in _overlaps("host")}


def test_the_first_issue_differs_from_the_second() -> None:
    """The same elements, by their ids, at other times and places, some of them missing."""
    issues = on(TODAY).all(ItineraryIssue)
    pairs = [(first, second) for second in issues for first in issues if second.previous == first.id]
    assert len(pairs) >= 3
    for first, second in pairs:
        before = {item.id: item for item in items(first)}
        after = {item.id: item for item in items(second)}
        assert before.keys() & after.keys()
        assert any(before[key] != after[key] for key in before.keys() & after.keys()) or before.keys() != after.keys()
        assert first.number + 1 == second.number
        assert first.issued_at is not None
        assert second.issued_at is not None
        assert first.issued_at < second.issued_at


def test_the_plan_counts_its_issues_and_has_moved_on_since_one() -> None:
    """An itinerary knows how many issues there are; one of them was changed after the last."""
    made = on(TODAY)
    issues = Counter(issue.itinerary for issue in made.all(ItineraryIssue))
    assert all(plan.issues == issues[plan.id] for plan in made.all(Itinerary))
    last = {issue.itinerary: issue for issue in made.all(ItineraryIssue) if issue.status == "ISSUED"}
    shifted = [
        plan
        for plan in made.all(Itinerary)
        if plan.id in last and [i.start for i in items(plan)] != [i.start for i in items(last[plan.id])]
    ]
    assert shifted


def test_what_is_written_of_a_visit_is_there() -> None:
    """Gifts, budgets, briefings, press plans, clearances, outcomes, spouses, interpreters, legs: each is somewhere."""
    visits = on(TODAY).all(Delegation)
    for field in (
        "gifts",
        "budget",
        "briefing",
        "press_plan",
        "clearances",
        "outcomes",
        "actions",
        "per_diem",
        "notes",
    ):
        assert any(getattr(visit, field) for visit in visits), field
    members = [member for visit in visits for member in visit.members]
    for field in ("head", "spouse_of", "interpreter", "arrival", "departure", "badge_name"):
        assert any(getattr(member, field) for member in members), field
    assert {visit.level for visit in visits} == {"STATE", "MINISTRY", "RECTOR", "DEAN", "EXPERT"}
    assert all(visit.confirmed_at for visit in visits if visit.status is DelegationStatus.CONFIRMED)


def test_assessments_are_by_several_officers() -> None:
    """A partner is judged by more than one, so that an officer has own and others' to tell apart."""
    assessed = [{a.by for a in partner.assessments} for partner in on(TODAY).all(Partner)]
    assert any(len(authors) > 1 for authors in assessed)


def test_some_contacts_left_and_some_are_unverified() -> None:
    """Contacts have purposes and terms; of those who left, one has no successor."""
    contacts = on(TODAY).all(Contact)
    left = [contact for contact in contacts if contact.status == "LEFT"]
    assert {bool(contact.successor) for contact in left} == {True, False}
    assert all(contact.purposes and contact.term for contact in contacts)


def test_nobody_is_reachable() -> None:
    """Addresses lead nowhere: every domain is one that is reserved for examples."""
    for person in on(TODAY).all(Person):
        assert person.email is None or person.email.endswith(".example")
    for partner in on(TODAY).all(Partner):
        assert all(domain.endswith(".example") for domain in partner.domains)


def test_known_codes_are_there() -> None:
    """Pages of the documentation name these."""
    codes = {record.code for record in on(TODAY).records}
    assert {"PRT-ANKARA", "PRT-WARSAW", "DLG-ANKARA", "DLG-GRAZ22", "DLG-SAKURA", "IRD", "FMM"} <= codes


def test_a_stamped_office_is_stamped_alike_twice() -> None:
    """Stamping changes nothing but what is derived, so that a load that goes on writes what it would have written."""
    made = office(TODAY)
    once = repr(stamped(made.records))
    assert repr(stamped(made.records)) == once
