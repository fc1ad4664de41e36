"""Patches: what is absent stays, null clears, and a list changes element by element."""

from typing import Any

import pytest

from auth.caller import Role, caller
from documents.kinds import collection_of
from resolvers.context import Services
from tests.conftest import Ask
from tests.factories.records import HEAD, made, update
from tests.world import NOW


async def _changed(services: Services, ask: Ask, kind: str, record_id: str, **patch: Any) -> dict[str, Any]:
    """The stored record after a patch that is taken."""
    assert (await update(ask, HEAD, kind, record_id, **patch))["problems"] == []
    found = await services.store.collection(collection_of(kind)).find_one({"_id": record_id})
    assert found is not None
    return found


async def test_what_is_absent_stays_and_null_clears(services: Services, ask: Ask) -> None:
    """A patch touches what it names: the rest stays, and null takes away what need not be there."""
    person = await made(ask, "Person", pronunciation="lay-LA", rank=3, titles=["Dr."], degree="DOCTOR")
    before = await services.store.collection("persons").find_one({"_id": person})
    assert before is not None
    after = await _changed(services, ask, "Person", person, rank=4, pronunciation=None, titles=None)
    assert (after["rank"], after["pronunciation"], after["titles"]) == (4, None, [])
    moved = {name for name in after if after[name] != before[name]}
    assert moved == {"rank", "pronunciation", "titles", "revision", "counts"}


async def test_what_must_be_there_cannot_be_cleared(ask: Ask) -> None:
    """Null for what a record needs is a problem at its place."""
    person = await made(ask, "Person")
    for patch in ({"familyName": None}, {"category": None}):
        found = await update(ask, HEAD, "Person", person, **patch)
        assert [(problem["code"], problem["path"]) for problem in found["problems"]] == [("INVALID", *patch)]


async def test_a_text_changes_language_by_language(services: Services, ask: Ask) -> None:
    """A language that is not given stays; null takes it away, as long as another is left."""
    visit = await made(ask, "Delegation", title={"en": "Visit", "az": "Səfər"})
    after = await _changed(services, ask, "Delegation", visit, title={"ru": "Визит", "en": None})
    assert after["title"] == {"az": "Səfər", "en": None, "ru": "Визит"}
    found = await update(ask, HEAD, "Delegation", visit, title={"ru": None, "az": None})
    assert [(problem["code"], problem["path"]) for problem in found["problems"]] == [("INVALID", "title")]
    assert (await _changed(services, ask, "Delegation", visit, title={"ru": "Визит"}))["revision"] == after["revision"]


async def test_a_value_is_replaced_whole_and_a_part_field_by_field(services: Services, ask: Ask) -> None:
    """An address, an amount or a period is one value; a factsheet is a part whose fields change on their own."""
    partner = await made(ask, "Partner", address={"city": "Ankara", "country": "TR"})
    after = await _changed(services, ask, "Partner", partner, address={"city": "İzmir"})
    assert (after["address"]["city"], after["address"]["country"]) == ("İzmir", None)
    after = await _changed(services, ask, "Partner", partner, factsheet={"visa": {"en": "Needed"}})
    after = await _changed(services, ask, "Partner", partner, factsheet={"housing": {"en": "Dormitory"}})
    assert (after["factsheet"]["visa"]["en"], after["factsheet"]["housing"]["en"]) == ("Needed", "Dormitory")
    assert (await _changed(services, ask, "Partner", partner, factsheet=None))["factsheet"] is None


async def test_lists_of_values_are_replaced(services: Services, ask: Ask) -> None:
    """A list without ids is given whole, and its order is kept."""
    person = await made(ask, "Person", citizenships=["AZ", "TR"])
    assert (await _changed(services, ask, "Person", person, citizenships=["TR", "AZ"]))["citizenships"] == ["TR", "AZ"]
    assert (await _changed(services, ask, "Person", person, citizenships=[]))["citizenships"] == []


@pytest.fixture
async def notes(services: Services, ask: Ask) -> tuple[str, list[str]]:
    """Give a visit with the notes a, b, c and d, and their ids."""
    visit = await made(ask, "Delegation", notes=[{"text": text} for text in "abcd"])
    found = await services.store.collection("delegations").find_one({"_id": visit})
    assert found is not None
    return visit, [note["id"] for note in found["notes"]]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({}, "abcd"),
        ({"add": [{"text": "e"}, {"text": "f"}]}, "abcdef"),
        ({"remove": [1, 3]}, "ac"),
        ({"change": [{"id": 2, "text": "C"}]}, "abCd"),
        ({"order": [3, 2, 1, 0]}, "dcba"),
        ({"order": [3, 0]}, "dbca"),
        ({"order": [1, 1]}, "abcd"),
        ({"order": []}, "abcd"),
        ({"remove": [0], "order": [3, 1]}, "dcb"),
        ({"remove": [0], "change": [{"id": 0, "text": "A"}]}, "bcd"),
        ({"add": [{"text": "e"}], "order": [2, 0], "change": [{"id": 3, "text": "D"}], "remove": [1]}, "caDe"),
    ],
)
async def test_a_list_changes_element_by_element(
    patch: dict[str, Any], expected: str, notes: tuple[str, list[str]], services: Services, ask: Ask
) -> None:
    """Elements are added at the end, changed, removed and ordered by ids; those not named stay in their places."""
    visit, ids = notes
    named = {
        key: [
            ids[entry] if isinstance(entry, int) else {**entry, **({"id": ids[entry["id"]]} if "id" in entry else {})}
            for entry in entries
        ]
        for key, entries in patch.items()
    }
    after = await _changed(services, ask, "Delegation", visit, notes=named)
    assert "".join(note["text"] for note in after["notes"]) == expected
    kept = {note["id"] for note in after["notes"]}
    assert len(kept) == len(after["notes"])


async def test_elements_that_are_not_there_are_named(notes: tuple[str, list[str]], ask: Ask) -> None:
    """Every id that is no element of the list is a problem at its place, and nothing is written."""
    visit, ids = notes
    patch = {"change": [{"id": "zzz", "text": "Z"}], "remove": [ids[0], "yyy"], "order": ["xxx"]}
    found = await update(ask, HEAD, "Delegation", visit, notes=patch)
    assert [(problem["code"], problem["path"]) for problem in found["problems"]] == [
        ("NOT_FOUND", "notes.change[0].id"),
        ("NOT_FOUND", "notes.remove[1]"),
        ("NOT_FOUND", "notes.order[0]"),
    ]
    answered = await ask(HEAD, "query($i: ID!) { delegation(id: $i) { notes { text } } }", i=visit)
    assert [note["text"] for note in answered["delegation"]["notes"]] == list("abcd")


async def test_author_and_moment_are_the_services(services: Services, ask: Ask) -> None:
    """Who wrote a note and when is filled in; no input takes it."""
    person = await made(ask, "Person")
    visit = await made(ask, "Delegation")
    officer = caller(Role.OFFICER, person=person)
    assert (await update(ask, officer, "Delegation", visit, notes={"add": [{"text": "x"}]}))["problems"] == []
    found = await services.store.collection("delegations").find_one({"_id": visit})
    assert found is not None
    (note,) = found["notes"]
    assert (note["by"], note["at"]) == (person, NOW)
    query = "mutation($i: ID!, $p: DelegationPatch!)"
    query += ' { updateDelegation(id: $i, ifRevision: "", patch: $p) { problems { code } } }'
    for wrong in ({"by": person}, {"at": "2026-01-01T00:00:00Z"}, {"id": "mine"}):
        answered = await ask(officer, query, i=visit, p={"notes": {"add": [{"text": "x"} | wrong]}})
        assert answered.codes == ["INVALID"]
        assert next(iter(wrong)) in answered.errors[0]["message"]


async def test_lists_within_lists(services: Services, ask: Ask) -> None:
    """An item of a day is changed through its day, by both their ids; a whole day is added with its items."""
    item = {
        "kind": "MEETING",
        "title": {"en": "Talk"},
        "start": "2026-05-10T06:00:00Z",
        "end": "2026-05-10T07:00:00Z",
    }
    later = item | {"start": "2026-05-11T06:00:00Z", "end": "2026-05-11T07:00:00Z"}
    plan = await made(ask, "Itinerary", days=[{"date": "2026-05-10", "items": [item]}])
    stored = await services.store.collection("itineraries").find_one({"_id": plan})
    assert stored is not None
    day, talk = stored["days"][0]["id"], stored["days"][0]["items"][0]["id"]
    query = "query($i: ID!) { itinerary(id: $i) { revision } }"
    read = (await ask(HEAD, query, i=plan))["itinerary"]["revision"]
    items = {"change": [{"id": talk, "title": {"az": "Söhbət"}}], "add": [item | {"title": {"en": "Second"}}]}
    patch = {"days": {"change": [{"id": day, "items": items}], "add": [{"date": "2026-05-11", "items": [later]}]}}
    assert (await update(ask, HEAD, "Itinerary", plan, read, **patch))["problems"] == []
    stored = await services.store.collection("itineraries").find_one({"_id": plan})
    assert stored is not None
    titles = [[entry["title"]["en"] for entry in found["items"]] for found in stored["days"]]
    assert titles == [["Talk", "Second"], ["Talk"]]
    assert stored["days"][0]["items"][0]["title"] == {"az": "Söhbət", "en": "Talk", "ru": None}
