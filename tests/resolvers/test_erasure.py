"""Erasure and encryption: what a stolen copy of the store holds, and what is left when a person's key is gone."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth.backend import Authenticator
from documents.cipher import ERASED_WITHIN_SECONDS
from documents.embedded import start_embedded
from errors import Erased
from resolvers.context import Services
from resolvers.intake_submission import submit
from schema.graph import Graph
from schema.intake import GUEST
from schema.view import View
from settings import load_settings
from tests.conftest import Clock, asking, dump, opened
from tests.resolvers.test_disclosure import NOTES, NUMBER, PASSPORT, REVEAL, log, member, reveal
from tests.stories.intake import CREATE_LINK, link_facts
from tests.stories.office import Office, open_office

ERASE = """
mutation Erase($id: ID!, $reason: String!) {
  erasePerson(id: $id, reason: $reason) {
    person { id erasedAt erasedBecause diet } problems { code path message }
  }
}"""
UPDATE = """
mutation UpdateAPerson($id: ID!, $revision: String!, $patch: PersonPatch!) {
  updatePerson(id: $id, ifRevision: $revision, patch: $patch) { person { id } problems { code path message } }
}"""
REVISION = "query R($id: ID!) { person(id: $id) { revision } }"
PAST = "query H($id: ID!) { person(id: $id) { history { nodes { action changes { path before after } } } } }"
DIET = "neither nuts nor kiwi"


async def change(office: Office, person: str, **patch: Any) -> None:
    """Change a person as the head."""
    revision = (await office.read(office.head, REVISION, id=person))["revision"]
    await office.done(office.head, UPDATE, id=person, revision=revision, patch=patch)


async def test_erasing_leaves_nothing_to_read(office: Office, services: Services) -> None:
    """Record, history and outbox hold no care or identity value; what was erased is revealed as nothing, and logged."""
    person = await member(office)
    await change(office, person, diet=DIET, medicalNotes="allergic to dust")
    await change(office, person, diet="no fish")
    sealed = await services.store.collection("persons").find_one({"_id": person})
    gone = await office.done(office.head, ERASE, id=person, reason="The visit is long over")
    assert (gone["erasedBecause"], gone["diet"]) == ("The visit is long over", None)
    assert gone["erasedAt"] == "2026-05-04T09:00:00Z"
    (told,) = (await reveal(office, office.head, person, "To see"))["revealPerson"]["revealed"]
    assert told == {"id": person, "passports": None, "medicalNotes": None}
    assert len(await log(office)) == 1
    past = await office.read(office.head, PAST, id=person)
    changes = [found for entry in past["history"]["nodes"] for found in entry["changes"]]
    assert "erasedAt" in {found["path"] for found in changes}
    assert {(found["before"], found["after"]) for found in changes if found["path"] == "diet"} == {(None, None)}
    kept = str(await dump(services.store))
    assert [word for word in (NUMBER, NOTES, DIET, "no fish", "dust") if word in kept] == []
    # A copy of the record from before: its ciphertext is no good any more.
    assert sealed is not None
    await asyncio.sleep(ERASED_WITHIN_SECONDS)
    for name in ("passports", "medical_notes"):
        with pytest.raises(Erased):
            await services.cipher.reveal(sealed[name])


async def test_another_copy_of_the_service_forgets_within_the_time_set(
    office: Office, services: Services, store_uri: str, graph: Graph, clock: Clock
) -> None:
    """One that has just revealed a person, with a key cache of its own, reveals nothing a second after the erasure."""
    person = await member(office)
    sealed = (await services.store.collection("persons").find_one({"_id": person}) or {})["passports"]
    async with opened(services.settings, store_uri, clock) as other:
        there = asking(View(other, graph, Authenticator(other.settings, other.store)))
        query = {"id": person, "reason": "Visa", "fields": ["PASSPORTS"]}
        before = (await there(office.head, REVEAL, **query))["revealPerson"]["revealed"]
        assert before[0]["passports"] == [PASSPORT]
        await office.done(office.head, ERASE, id=person, reason="Asked for")
        await asyncio.sleep(ERASED_WITHIN_SECONDS)
        after = (await there(office.head, REVEAL, **query))["revealPerson"]["revealed"]
        assert after[0]["passports"] is None
        with pytest.raises(Erased):
            await other.cipher.reveal(sealed)


async def test_erasing_can_be_repeated_and_new_data_entered(office: Office) -> None:
    """Whoever was erased may enter data again, under a new key, and be erased again."""
    person = await member(office)
    for _ in range(2):
        await office.done(office.head, ERASE, id=person, reason="Asked for")
        await change(office, person, passports=[PASSPORT])
        (told,) = (await reveal(office, office.head, person, "Visa", "PASSPORTS"))["revealPerson"]["revealed"]
        assert told["passports"] == [PASSPORT]


async def test_a_break_after_the_key_is_gone_is_ended_by_a_second_try(
    office: Office, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key goes first: what breaks off then says of no record that it was erased, and nothing is readable."""
    person = await member(office)

    async def broken(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("resolvers.erasure.forget", broken)
        assert (await office.ask(office.head, ERASE, id=person, reason="Asked for")).codes == ["INTERNAL"]
    kept = await services.store.collection("persons").find_one({"_id": person})
    assert kept is not None
    assert kept["erased_at"] is None
    with pytest.raises(Erased):
        await services.cipher.reveal(kept["passports"])
    assert (await office.done(office.head, ERASE, id=person, reason="Asked for"))["erasedAt"] is not None


async def test_only_the_head_erases_and_says_why(office: Office) -> None:
    """An officer, even the one assigned, finds no such mutation; the head gives a reason."""
    person = await member(office)
    assert (await office.ask(office.officer, ERASE, id=person, reason="x")).codes == ["INVALID"]
    (problem,) = await office.tells(office.head, ERASE, id=person, reason=" ")
    assert (problem["code"], problem["path"]) == ("INVALID", "reason")
    (told,) = (await reveal(office, office.head, person, "Visa", "PASSPORTS"))["revealPerson"]["revealed"]
    assert told["passports"] == [PASSPORT]


@pytest.fixture
async def stolen(tmp_path: Path, home: Path, clock: Clock) -> AsyncIterator[tuple[Path, Services]]:
    """Give an embedded store of its own, and the folder of its files."""
    embedded = await start_embedded(tmp_path / "store")
    settings = load_settings(mode="demo", home=home, database="stolen")
    async with opened(settings, embedded.uri, clock) as found:
        yield tmp_path / "store", found
    await embedded.stop()


def held(folder: Path, words: Mapping[str, str]) -> set[str]:
    """Which of the words stand in some file of a folder, in any of the forms in which text is kept."""
    forms = {name: [word.encode(code) for code in ("utf-8", "utf-16-le")] for name, word in words.items()}
    bodies = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {name for name, found in forms.items() if any(form in body for body in bodies for form in found)}


async def test_a_copy_of_the_stores_files_tells_no_passport_and_no_medical_note(
    stolen: tuple[Path, Services], graph: Graph, clock: Clock
) -> None:
    """Every byte of the folder, journal included, and of everything that is stored is searched for what was planted.

    The search finds what is not secret, so it would find the rest.
    """
    folder, services = stolen
    ask = asking(View(services, graph, Authenticator(services.settings, services.store)))
    office = await open_office(ask, clock)
    # Compression could hide a word from the search in the files: what is random is kept as it is.
    words = {"number": "Q7V2K9X4M1", "note": "zolmitriptan-83521", "marker": "Wq9Zt3Rb7Lk2Vx5N", "guest": "P4T8Y6H3W2"}
    passport = PASSPORT | {"number": words["number"]}
    person = await office.guest(
        "Murat", "Demir", office.ids["ankara"], by=office.head,
        passports=[passport], medicalNotes=words["note"], tags=[words["marker"]],
    )  # fmt: skip
    visit = await office.visit("Visit", officers=[office.ids["officer"]], members=[{"person": person}])
    made = (await ask(office.officer, CREATE_LINK, input=link_facts(visit)))["createIntakeLink"]
    view = View(services, graph, Authenticator(services.settings, services.store))
    facts = {
        "given_name": "Ayşe",
        "family_name": "Kara",
        "passports": [{"number": words["guest"], "country": "TR", "valid_until": "2031-05-01"}],
        "medical_notes": words["note"],
    }
    _, problems = await submit(view.context(GUEST), made["url"].rpartition("/")[2], facts)
    assert problems == []
    await change(office, person, medicalNotes=f"{words['note']} again")
    await reveal(office, office.head, person)
    await office.done(office.head, ERASE, id=person, reason="Asked for")
    stored = json.dumps(await dump(services.store), default=str, ensure_ascii=False)
    assert {name for name, word in words.items() if word in stored} == {"marker"}
    assert held(folder, words) == {"marker"}
