"""Putting the office and the crowd into a store: once, completely, and without what may not be kept plain."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from demo.crowd import crowd
from demo.load import load, loaded, withhold
from demo.office import office
from documents.delegation import Delegation
from documents.intake_submission import IntakeSubmission
from documents.itinerary import Itinerary
from documents.kinds import KINDS, collection_of, prepare
from documents.person import Person
from documents.store import Store, Stored

TODAY = date(2026, 5, 6)


class Interrupted(Exception):
    """The load was broken off."""


async def counts(store: Store) -> dict[str, int]:
    """Give how many records of each kind are stored."""
    return {kind: await store.collection(collection_of(kind)).count_documents({}) for kind in KINDS}


def ignore(batches: int, records: int) -> None:
    """Show nobody how far it is."""


async def test_loading_twice_stores_everything_once(store: Store) -> None:
    """A second load finds all there, under its own name by what was noted and under another by the ids."""
    await prepare(store)
    made = office(TODAY)
    assert await load(store, [made.records], progress=ignore) == len(made.records)
    once = await counts(store)
    assert sum(once.values()) == len(made.records)
    assert await load(store, [office(TODAY).records], progress=ignore) == 0
    assert await load(store, [office(TODAY).records], progress=ignore, name="again") == 0
    assert await counts(store) == once


async def test_a_load_that_was_broken_off_goes_on(store: Store) -> None:
    """What is stored in the end is what an undisturbed load stores, and finished batches are passed over."""
    await prepare(store)
    made = office(TODAY)
    left = iter(range(100))

    async def breaking(document: Stored, person_id: str) -> Stored:
        if next(left, None) is None:
            raise Interrupted
        return await withhold(document, person_id)

    told: list[tuple[int, int]] = []
    first = crowd(250, TODAY, 7, made)
    with pytest.raises(Interrupted):
        await load(store, first, progress=lambda *done: told.append(done), name="crowd", seal=breaking)
    # The second batch got as far as its partners.
    assert [batches for batches, _ in told] == [1]
    assert (await counts(store))["Partner"] == 10
    assert (await counts(store))["Delegation"] == 100
    begin = await loaded(store, "crowd")
    assert begin == 1
    rest = crowd(250, TODAY, 7, made, start=begin)
    added = await load(store, rest, progress=ignore, start=begin, name="crowd")
    wanted = [record for batch in crowd(250, TODAY, 7, made) for record in batch]
    assert await counts(store) == {kind: sum(type(r).__name__ == kind for r in wanted) for kind in KINDS}
    assert added == len(wanted) - told[0][1] - 5


async def test_a_load_cannot_leave_a_hole(store: Store) -> None:
    """Beginning after the batch that is next is refused."""
    await prepare(store)
    with pytest.raises(ValueError, match="stopped before batch 0: begin there, not at 3"):
        await load(store, [], progress=ignore, start=3, name="crowd")


async def test_a_batch_that_lacks_a_member_or_a_parent_is_refused(store: Store) -> None:
    """Scope could not be worked out, so nothing is stored."""
    await prepare(store)
    made = office(TODAY)
    with pytest.raises(ValueError, match="comes without its member prs_"):
        await load(store, [list(made.all(Delegation))], progress=ignore)
    with pytest.raises(ValueError, match="comes without its delegation dlg_"):
        await load(store, [list(made.all(Itinerary))], progress=ignore)
    assert not any((await counts(store)).values())


async def test_without_a_seal_identity_data_is_not_stored(store: Store) -> None:
    """No passport and no medical note lies in the store in plain form."""
    await prepare(store)
    made = office(TODAY)
    assert any(person.passports for person in made.all(Person))
    await load(store, [made.records], progress=ignore)
    persons = store.collection("persons")
    assert await persons.count_documents({"passports": {"$ne": []}}) == 0
    assert await persons.count_documents({"medical_notes": {"$ne": None}}) == 0


async def test_a_seal_gets_whoever_has_identity_data_and_what_it_gives_is_stored(store: Store) -> None:
    """What encrypts identity data sees the stored form and the id, and has the last word."""
    await prepare(store)
    sealed: list[str] = []

    async def seal(document: Stored, person_id: str) -> Stored:
        sealed.append(person_id)
        return document | {"passports": [f"{len(document['passports'])} sealed"], "medical_notes": None}

    made = office(TODAY)
    await load(store, [made.records], progress=ignore, seal=seal)
    assert sorted(sealed) == sorted(found.id for found in (*made.all(Person), *made.all(IntakeSubmission)))
    assert await store.collection("persons").count_documents({"passports": "1 sealed"}) > 100


async def test_people_know_who_serves_their_visits(store: Store) -> None:
    """Members carry their visits' officers and hosts, and the officers stand in their scope."""
    await prepare(store)
    made = office(TODAY)
    await load(store, [made.records], progress=ignore)
    visit = next(visit for visit in made.all(Delegation) if visit.code == "DLG-ANKARA")
    found: Any = await store.collection("persons").find_one({"_id": visit.members[0].person})
    duty = next(duty for duty in found["visits"] if duty["delegation"] == visit.id)
    assert duty["officers"] == sorted(visit.officers)
    assert set(visit.hosts) <= set(duty["hosts"])
    assert duty["opens_at"] == visit.confirmed_at
    last = visit.dates.end
    assert last is not None
    ends = datetime(last.year, last.month, last.day, tzinfo=UTC)
    assert 7 <= (duty["closes_at"] - ends).total_seconds() / 86_400 <= 8
    assert {f"assigned:{officer}" for officer in visit.officers} <= set(found["scope"])


async def test_what_is_loaded_looks_as_if_it_had_been_written(store: Store) -> None:
    """Every record has its first revision, and parts of a visit follow its scope."""
    await prepare(store)
    await load(store, [office(TODAY).records], progress=ignore)
    for kind in KINDS:
        records = await store.collection(collection_of(kind)).find({}).to_list()
        assert {record["revision"] for record in records} == {1}, kind
        assert all(list(record["counts"].values()) == [1] for record in records), kind
    visits = {visit["_id"]: visit for visit in await store.collection("delegations").find({}).to_list()}
    for issue in await store.collection("itinerary_issues").find({}).to_list():
        duties = {token for token in visits[issue["delegation"]]["scope"] if token.startswith(("assigned:", "host:"))}
        assert duties <= set(issue["scope"])
