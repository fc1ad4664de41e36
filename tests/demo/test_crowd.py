"""The crowd: any number of visits, each batch from its number alone."""

import json
from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import pytest

from demo.crowd import BATCH, crowd
from demo.draw import facts_of
from demo.load import stamped
from demo.office import Office, office
from documents.delegation import Delegation
from documents.itinerary import Itinerary
from documents.itinerary_issue import ItineraryIssue
from documents.kinds import tree_of
from documents.partner import Partner
from documents.person import Person
from documents.record import Record
from documents.stamp import walk

TODAY = date(2026, 5, 6)


@cache
def around() -> Office:
    """Give the office that the crowd visits."""
    return office(TODAY)


@cache
def batches(count: int, start: int = 0, seed: int = 7) -> list[list[Record]]:
    """Give the batches of so many visits."""
    return list(crowd(count, TODAY, seed, around(), start=start))


def test_a_batch_depends_on_seed_and_number_alone() -> None:
    """It is the same whether made in order, by itself, or in a larger crowd."""
    alone = next(crowd(300, TODAY, 7, around(), start=2))
    assert alone == batches(300)[2] == next(crowd(1000, TODAY, 7, office(TODAY), start=2))
    assert alone != batches(300)[1]
    assert alone != next(crowd(300, TODAY, 8, around(), start=2))


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1, 3 * BATCH - 1])
def test_there_are_as_many_visits_as_asked_for(count: int) -> None:
    """The last batch holds the rest."""
    visits = [record for batch in batches(count) for record in batch if isinstance(record, Delegation)]
    assert len(visits) == count


def test_facts_need_no_second_look() -> None:
    """What is put together without validation is what validation would have given."""
    for record in batches(BATCH)[0]:
        model = facts_of(type(record))
        facts = {name: getattr(record, name) for name in model.model_fields}
        plain = model.model_construct(**facts).model_dump()
        assert model.model_validate(plain).model_dump() == plain, record.code


def test_ids_codes_and_identifiers_never_repeat() -> None:
    """Neither in the crowd nor between it and the office."""
    records = [record for batch in batches(300) for record in batch] + around().records
    assert max(Counter(record.id for record in records).values()) == 1
    assert max(Counter(record.code for record in records).values()) == 1
    found = [
        f"{i.scheme}:{i.value}" for r in records if isinstance(r, Partner) and not r.merged_into for i in r.identifiers
    ]
    assert max(Counter(found).values()) == 1


def test_references_stay_within_the_batch_and_the_office() -> None:
    """A batch can be loaded when the office is there, whatever other batches are."""
    known = {record.id: type(record).__name__ for record in (*around().records, *batches(300)[1])}
    for document, kind in stamped(batches(300)[1]):
        for path, _, value in walk(tree_of(kind).paths, document):
            if path.reference:
                assert all(known[target] == path.reference for target in (value if path.many else [value])), path.path


def test_a_visit_has_members_and_three_full_days() -> None:
    """Six members, and fifteen items in three languages; an issue where it was issued."""
    batch = batches(BATCH)[0]
    for plan in (record for record in batch if isinstance(record, Itinerary)):
        assert [len(day.items) for day in plan.days] == [5, 5, 5]
        assert all(item.title.az and item.title.en and item.title.ru for day in plan.days for item in day.items)
        assert plan.issues == sum(isinstance(r, ItineraryIssue) and r.itinerary == plan.id for r in batch)
    assert all(len(visit.members) == 6 for visit in batch if isinstance(visit, Delegation))
    people = Counter(m.person for visit in batch if isinstance(visit, Delegation) for m in visit.members)
    assert people.total() > len(people)
    assert set(people) <= {person.id for person in batch if isinstance(person, Person)}


def test_a_page_of_fifty_is_about_200_kilobytes() -> None:
    """So much JSON are fifty visits with members and full itineraries."""
    documents = stamped(batches(BATCH)[0])
    plans = {document["delegation"]: document for document, kind in documents if kind == "Itinerary"}
    visits = [document for document, kind in documents if kind == "Delegation"][:50]
    text = json.dumps([_shown(visit, plans[visit["_id"]]) for visit in visits], ensure_ascii=False, default=str)
    assert 150_000 < len(text.encode()) < 260_000


def _shown(visit: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    members = [
        {name: member[name] for name in ("person", "partner", "precedence", "head")} for member in visit["members"]
    ]
    fields = ("kind", "title", "start", "end")
    days = [
        {
            "date": day["date"],
            "items": [
                {name: item[name] for name in fields} | {"place": {k: item["place"][k] for k in ("venue", "room")}}
                for item in day["items"]
            ],
        }
        for day in plan["days"]
    ]
    shown = {name: visit[name] for name in ("_id", "code", "title", "dates", "status")}
    return shown | {"members": members, "itinerary": {"title": plan["title"], "days": days}}
