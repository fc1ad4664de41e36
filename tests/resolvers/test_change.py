"""Change: one transaction each, guarded by what the writer read, within the writer's rights."""

import asyncio
import subprocess
import sys
from typing import Any

from auth.caller import Caller, Role, caller
from auth.mask import mask
from documents.kinds import KINDS, collection_of
from documents.store import Store
from resolvers.context import Services
from tests.conftest import Ask, Clock, dump
from tests.factories.records import HEAD, act, create, made, revision, update
from tests.world import NOW, World, fill

NOBODY = caller()
# What may be done again, and changes nothing then.
REPEATED = {("IntakeSubmission", "check")}
# What a step cannot do without, beside the record.
REQUIRED = {("IntakeSubmission", "reject"): ', reason: "No"'}


async def _stored(services: Services, record_id: str, kind: str = "Delegation") -> dict[str, Any]:
    found = await services.store.collection(collection_of(kind)).find_one({"_id": record_id})
    assert found is not None
    return found


async def _kept(store: Store) -> dict[str, list[Any]]:
    """All that is stored but what is made ahead of a change: keys of encryption, and guards that nobody has taken."""
    return {name: found for name, found in (await dump(store)).items() if name not in ("keys", "resource_days")}


def test_the_rules_of_kinds_come_with_the_application() -> None:
    """Whoever imports the application has what each kind adds to a change."""
    program = "import app; from resolvers.draft import RULES; print(*sorted(RULES))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"Contact", "Delegation", "Itinerary", "Partner", "Proposal"} <= set(found.stdout.split())


async def test_create_keeps_record_history_and_event_together(services: Services, ask: Ask) -> None:
    """A new record is stored with its owner and moment, one entry of the history and one event of the outbox."""
    unit = await made(ask, "Unit")
    person = await made(ask, "Person")
    officer = caller(Role.OFFICER, person=person, home_unit=unit)
    before = await dump(services.store, "history", "outbox")
    answered = await create(ask, officer, "Delegation", "id code owner { id } history { nodes { action by { id } } }")
    found = answered["createDelegation"]["delegation"]
    document = await _stored(services, found["id"])
    assert (document["created_at"], document["created_by"], document["revision"]) == (NOW, person, 1)
    assert found["owner"] == {"id": unit}
    assert found["history"]["nodes"] == [{"action": "create", "by": {"id": person}}]
    after = await dump(services.store, "history", "outbox")
    for name in ("history", "outbox"):
        entry = next(entry for entry in after[name] if entry not in before[name])
        assert (entry["record"], entry["kind"], entry["at"]) == (found["id"], "Delegation", NOW)
        assert len(after[name]) == len(before[name]) + 1


async def test_a_problem_writes_nothing(services: Services, ask: Ask) -> None:
    """All problems are told at once, and neither record nor history nor event is written."""
    visit, person = await made(ask, "Delegation"), await made(ask, "Person")
    before = await _kept(services.store)
    members = [{"person": person, "head": True, "precedence": 1}, {"person": person, "head": True, "precedence": 1}]
    found = await update(ask, HEAD, "Delegation", visit, title={"en": "Changed"}, members={"add": members})
    assert {(problem["code"], problem["path"]) for problem in found["problems"]} == {
        ("INVALID", "members"),
        ("INVALID", "members[1].person"),
    }
    assert found["delegation"] is None
    assert await _kept(services.store) == before


async def test_an_effect_that_fails_takes_the_change_back(services: Services, ask: Ask) -> None:
    """What is found wrong after the record was written undoes the record, too."""
    world = await fill(services.store, services.cipher, seed=4, each=4)
    several, partners = world.ids("Proposal")[0], world.ids("Partner")
    fresh = {
        "status": "OPEN",
        "type": "MERGE",
        "partner": partners[0],
        "candidates": partners[1:3],
        "archived_at": None,
    }
    await services.store.collection("proposals").update_one({"_id": several}, {"$set": fresh})
    before = await _kept(services.store)
    found = await act(ask, HEAD, "accept", "Proposal", several)
    assert [problem["code"] for problem in found["problems"]] == ["CONFLICT"]
    assert await _kept(services.store) == before


async def test_steps_out_of_turn_are_conflicts_that_name_the_valid_ones(services: Services, ask: Ask) -> None:
    """Every action, tried from a state that it does not start from, changes nothing and lists what may follow."""
    world = await fill(services.store, services.cipher, seed=5, each=8)
    before = await _kept(services.store)
    tried = 0
    for kind, model in KINDS.items():
        actions = mask(HEAD.roles).kinds[kind].actions
        for step in model.lifecycle.actions:
            record = _in_other_state(world, kind, step.sources)
            if step.name not in actions or record is None or (kind, step.name) in REPEATED:
                continue
            problems = (await act(ask, HEAD, step.name, kind, record["_id"], REQUIRED.get((kind, step.name), "")))[
                "problems"
            ]
            assert [problem["code"] for problem in problems] == ["CONFLICT"], f"{step.name} {kind}"
            valid = [name for name in model.lifecycle.valid(record["status"]) if name in problems[0]["message"]]
            assert valid == model.lifecycle.valid(record["status"]), problems
            tried += 1
    assert tried > 15
    assert await _kept(services.store) == before


def _in_other_state(world: World, kind: str, sources: tuple[str, ...]) -> dict[str, Any] | None:
    found = (document for document in world.records[kind].values() if document["status"] not in sources)
    return next(found, None)


async def test_a_stale_revision_is_a_conflict(services: Services, ask: Ask) -> None:
    """Who writes on what someone changed meanwhile is told so, and nothing is written."""
    visit = await made(ask, "Delegation")
    read = await revision(ask, HEAD, visit)
    assert (await update(ask, HEAD, "Delegation", visit, read, title={"en": "First"}))["problems"] == []
    before = await _kept(services.store)
    found = await update(ask, HEAD, "Delegation", visit, read, title={"en": "Second"})
    assert [(problem["code"], problem["path"]) for problem in found["problems"]] == [("CONFLICT", "ifRevision")]
    assert await _kept(services.store) == before


async def test_a_hidden_change_is_no_conflict_and_is_kept(services: Services, ask: Ask) -> None:
    """Two who read different parts of a record write at once: neither learns of the other, both changes stay."""
    visit = await made(ask, "Delegation")
    officer, finance = caller(Role.OFFICER, person="prs_a"), caller(Role.FINANCE, person="prs_b")
    read = {who: await revision(ask, who, visit) for who in (officer, finance)}
    line = {"line": "Hotel", "amount": {"amount": "10.50", "currency": "AZN"}}
    found = await update(ask, finance, "Delegation", visit, read[finance], budget={"add": [line]})
    assert found["problems"] == []
    assert await revision(ask, officer, visit) == read[officer]
    found = await update(ask, officer, "Delegation", visit, read[officer], briefing={"en": "Be early"})
    assert found["problems"] == []
    document = await _stored(services, visit)
    assert document["briefing"]["en"] == "Be early"
    assert [entry["line"] for entry in document["budget"]] == ["Hotel"]
    assert document["revision"] == 3


async def test_eight_who_write_at_once_lose_nothing(services: Services, ask: Ask) -> None:
    """Of eight on one revision one wins and seven are told; when those read again and repeat, all eight are kept."""
    visit = await made(ask, "Delegation")

    async def add(number: int, read: str) -> bool:
        note = {"text": f"note {number}"}
        found = await update(ask, HEAD, "Delegation", visit, read, notes={"add": [note]})
        assert {problem["code"] for problem in found["problems"]} <= {"CONFLICT"}
        return not found["problems"]

    read = await revision(ask, HEAD, visit)
    waiting = set(range(8))
    won = await asyncio.gather(*(add(number, read) for number in waiting))
    assert won.count(True) == 1
    waiting = {number for number in waiting if not won[number]}
    while waiting:
        read = await revision(ask, HEAD, visit)
        order = sorted(waiting)
        won = await asyncio.gather(*(add(number, read) for number in order))
        assert any(won)
        waiting -= {number for number, kept in zip(order, won, strict=True) if kept}
    document = await _stored(services, visit)
    assert sorted(note["text"] for note in document["notes"]) == [f"note {number}" for number in range(8)]
    assert document["revision"] == 9
    history = await services.store.collection("history").count_documents({"record": visit})
    assert history == await services.store.collection("outbox").count_documents({"record": visit}) == 9


async def test_a_field_one_may_not_write_rejects_the_whole(services: Services, ask: Ask) -> None:
    """A denied field is named, and what stands beside it is not written either; neither in a new record."""
    officer = caller(Role.OFFICER, person="prs_a")
    visit = await made(ask, "Delegation")
    before = await _kept(services.store)
    line = {"line": "Hotel", "amount": {"amount": "1", "currency": "AZN"}}
    found = await update(ask, officer, "Delegation", visit, title={"en": "Mine"}, budget={"add": [line]})
    assert {problem["code"] for problem in found["problems"]} == {"FORBIDDEN"}
    assert all(problem["path"].startswith("budget") for problem in found["problems"])
    found = (await create(ask, officer, "Delegation", budget=[line]))["createDelegation"]
    assert {problem["code"] for problem in found["problems"]} == {"FORBIDDEN"}
    assert all(problem["path"].startswith("budget") for problem in found["problems"])
    assert await _kept(services.store) == before


async def test_an_unseen_reference_is_an_unknown_one(services: Services, ask: Ask) -> None:
    """Naming a record outside one's scope, one that is none, and one of another kind are answered alike."""
    unit = await made(ask, "Unit")
    hidden = await made(ask, "Partner")
    await act(ask, HEAD, "archive", "Partner", hidden)
    coordinator = caller(Role.COORDINATOR, person="prs_a", units=frozenset({unit}), home_unit=unit)
    before = await _kept(services.store)
    answers = []
    for named in (hidden, "prt_00000000000000000000", "prt_", "no id", unit, "$ne", ""):
        found = (await create(ask, coordinator, "Delegation", partners=[{"partner": named}]))["createDelegation"]
        answers.append(found["problems"])
    assert answers == [answers[0]] * len(answers)
    assert [(problem["code"], problem["path"]) for problem in answers[0]] == [("NOT_FOUND", "partners[0].partner")]
    assert await _kept(services.store) == before


async def test_absent_and_unseen_records_refuse_changes_alike(services: Services, ask: Ask) -> None:
    """Changing what one does not see is like changing what is not there; of what one sees the action is named."""
    visit = await made(ask, "Delegation")
    partner = caller(Role.PARTNER, person="prs_p", partner=await made(ask, "Partner"))
    contact = await made(ask, "Contact", partner=await made(ask, "Partner"))
    query = "mutation($i: ID!) { leaveContact(id: $i) { contact { id } problems { code } } }"
    answers = [await ask(partner, query, i=found) for found in (contact, "cnt_00000000000000000000", visit)]
    assert [answer.errors[0]["message"] for answer in answers] == [answers[0].errors[0]["message"]] * 3
    assert [answer.codes for answer in answers] == [["NOT_FOUND"]] * 3
    coordinator = caller(Role.COORDINATOR, person="prs_a", units=frozenset({await made(ask, "Unit")}))
    await services.store.collection("delegations").update_one({"_id": visit}, {"$addToSet": {"scope": "campus"}})
    query = "mutation($i: ID!) { planDelegation(id: $i) { problems { code } } }"
    answers = [await ask(coordinator, query, i=found) for found in (visit, "dlg_00000000000000000000")]
    assert [answer.codes for answer in answers] == [["FORBIDDEN"], ["NOT_FOUND"]]
    assert "plan" in answers[0].errors[0]["message"]


async def test_hidden_elements_of_a_list_stay(services: Services, ask: Ask) -> None:
    """Who reads some elements of a list adds, changes and removes those; the others are not there to be named."""
    partner = await made(ask, "Partner", assessments=[{"text": "Head's view"}])
    author = await made(ask, "Person")
    officer = caller(Role.OFFICER, person=author)
    hidden = (await _stored(services, partner, "Partner"))["assessments"][0]
    two = {"add": [{"text": "One"}, {"text": "Two"}]}
    assert (await update(ask, officer, "Partner", partner, assessments=two))["problems"] == []
    query = "query($i: ID!) { partner(id: $i) { assessments { id text by { id } } } }"
    seen = (await ask(officer, query, i=partner))["partner"]["assessments"]
    assert [(entry["text"], entry["by"]) for entry in seen] == [("One", {"id": author}), ("Two", {"id": author})]
    for patch in (
        {"remove": [hidden["id"]]},
        {"change": [{"id": hidden["id"], "text": "Mine now"}]},
        {"order": [hidden["id"], seen[0]["id"]]},
    ):
        found = await update(ask, officer, "Partner", partner, assessments=patch)
        assert {problem["code"] for problem in found["problems"]} == {"NOT_FOUND"}
    patch = {"remove": [seen[0]["id"]], "change": [{"id": seen[1]["id"], "text": "Only"}]}
    assert (await update(ask, officer, "Partner", partner, assessments=patch))["problems"] == []
    kept = (await _stored(services, partner, "Partner"))["assessments"]
    assert [entry["text"] for entry in kept] == ["Head's view", "Only"]
    assert kept[0] == hidden


async def test_clearing_a_list_keeps_what_is_hidden(services: Services, ask: Ask) -> None:
    """Null clears the elements that the writer reads, and no others."""
    partner = await made(ask, "Partner", assessments=[{"text": "Head's view"}])
    officer = caller(Role.OFFICER, person=await made(ask, "Person"))
    await update(ask, officer, "Partner", partner, assessments={"add": [{"text": "Mine"}]})
    assert (await update(ask, officer, "Partner", partner, assessments=None))["problems"] == []
    kept = (await _stored(services, partner, "Partner"))["assessments"]
    assert [entry["text"] for entry in kept] == ["Head's view"]


async def test_identity_data_is_stored_encrypted_and_never_read(services: Services, ask: Ask) -> None:
    """Passports and medical notes are nowhere in plain: not in the record, its history, its event, nor an answer."""
    passport = {"number": "P7654321", "country": "AZ", "validUntil": "2030-01-01"}
    person = await made(ask, "Person", passports=[passport], medicalNotes="Zebra fever")
    found = await update(
        ask, HEAD, "Person", person, medicalNotes="Okapi fever", passports=[passport | {"number": "P7654322"}]
    )
    assert found["problems"] == []
    stored = repr(await dump(services.store)).replace("\\x", "")
    for secret in ("P7654321", "Zebra", "Okapi", "P7654322"):
        assert secret not in stored
    document = await _stored(services, person, "Person")
    assert (await services.cipher.reveal(document["passports"]))[0]["number"] == "P7654322"
    assert await services.cipher.reveal(document["medical_notes"]) == "Okapi fever"
    history = "history { nodes { changes { path before after } } }"
    answered = await ask(HEAD, f"query($i: ID!) {{ person(id: $i) {{ {history} withheld }} }}", i=person)
    assert "fever" not in repr(answered.data)
    assert "assport" not in repr(answered.data)
    for field in ("passports { number }", "medicalNotes"):
        refused = await ask(HEAD, f"query($i: ID!) {{ person(id: $i) {{ {field} }} }}", i=person)
        assert refused.codes == ["INVALID"]


async def test_identity_data_is_checked_before_it_is_sealed(services: Services, ask: Ask) -> None:
    """A passport that cannot be right is refused by its place, and nothing is written."""
    before = await _kept(services.store)
    wrong = {"number": "P1", "country": "QQ", "validUntil": "2030-01-01"}
    found = (await create(ask, HEAD, "Person", passports=[wrong]))["createPerson"]
    assert [(problem["code"], problem["path"]) for problem in found["problems"]] == [
        ("INVALID", "passports[0].country")
    ]
    assert await _kept(services.store) == before


async def test_no_key_is_made_for_a_record_that_is_not_there(services: Services, ask: Ask) -> None:
    """Identity data for an absent person is refused as for any absent record, and leaves nothing in the key vault."""
    await ask(HEAD, "{ viewer { name } }")
    before = await dump(services.store)
    query = (
        'mutation($i: ID!) { updatePerson(id: $i, ifRevision: "", patch: {medicalNotes: "x"}) { problems { code } } }'
    )
    assert (await ask(HEAD, query, i="prs_00000000000000000000")).codes == ["NOT_FOUND"]
    assert await dump(services.store) == before


async def test_a_partner_proposes_a_name_and_changes_a_phone(services: Services, ask: Ask) -> None:
    """A partner's change of an e-mail waits for an officer; a phone in the same patch applies at once."""
    partner = await made(ask, "Partner")
    contact = await made(ask, "Contact", partner=partner, emails=["old@example.org"])
    theirs = caller(Role.PARTNER, person=await made(ask, "Person", partner=partner), partner=partner, name="Ankara")
    patch: dict[str, Any] = {"emails": ["new@example.org"], "phones": ["+905321234567"]}
    assert (await update(ask, theirs, "Contact", contact, **patch))["problems"] == []
    document = await _stored(services, contact, "Contact")
    assert (document["emails"], document["phones"]) == (["old@example.org"], ["+905321234567"])
    query = "{ proposals { nodes { id type status contact { id } person { id } source } } }"
    (proposal,) = (await ask(HEAD, query))["proposals"]["nodes"]
    assert proposal | {"id": ""} == {
        "id": "",
        "type": "CHANGE",
        "status": "OPEN",
        "contact": {"id": contact},
        "person": {"id": theirs.person},
        "source": "portal",
    }
    assert (await act(ask, HEAD, "accept", "Proposal", proposal["id"]))["problems"] == []
    assert (await _stored(services, contact, "Contact"))["emails"] == ["new@example.org"]


async def test_publishing_opens_a_record_at_its_moment(services: Services, ask: Ask, clock: Clock) -> None:
    """A published record is everyone's from the end of its embargo on, until it is withdrawn or archived."""
    visit = await made(ask, "Delegation", summary={"en": "Guests come"})
    query = "query($i: ID!) { delegation(id: $i) { summary { en } } }"

    async def public() -> bool:
        return (await ask(NOBODY, query, i=visit))["delegation"] is not None

    assert not await public()
    await act(ask, HEAD, "publish", "Delegation", visit, ', embargo: "2026-06-01T00:00:00+04:00"')
    assert not await public()
    clock.now = NOW.replace(month=5, day=31, hour=19, minute=59)
    assert not await public()
    clock.now = NOW.replace(month=5, day=31, hour=20, minute=0)
    assert await public()
    await act(ask, HEAD, "archive", "Delegation", visit)
    assert not await public()
    await act(ask, HEAD, "restore", "Delegation", visit)
    assert await public()
    await act(ask, HEAD, "unpublish", "Delegation", visit)
    assert not await public()
    history = await services.store.collection("history").distinct("action", {"record": visit})
    assert set(history) == {"create", "publish", "archive", "restore", "unpublish"}


async def test_a_restricted_visit_is_neither_published_nor_issued(services: Services, ask: Ask) -> None:
    """The restriction must be lifted first; nothing is written before."""
    partner = await made(ask, "Partner")
    visit = await made(ask, "Delegation", restricted=True, partners=[{"partner": partner}])
    before = await _kept(services.store)
    for action in ("publish", "issue"):
        problems = (await act(ask, HEAD, action, "Delegation", visit))["problems"]
        assert [problem["code"] for problem in problems] == ["CONFLICT"]
    assert await _kept(services.store) == before


async def test_issuing_opens_a_visit_to_the_partners_named(ask: Ask) -> None:
    """A visit is issued to partners that take part in it, and to no others."""
    guest, other, stranger = [await made(ask, "Partner") for _ in range(3)]
    visit = await made(ask, "Delegation", partners=[{"partner": guest}, {"partner": other}])
    problems = (await act(ask, HEAD, "issue", "Delegation", visit, f', partners: ["{stranger}"]'))["problems"]
    assert [(problem["code"], problem["path"]) for problem in problems] == [("INVALID", "partners[0]")]
    assert (await act(ask, HEAD, "issue", "Delegation", visit, f', partners: ["{guest}"]'))["problems"] == []
    seen = [await _sees(ask, caller(Role.PARTNER, partner=found), visit) for found in (guest, other, stranger)]
    assert seen == [True, False, False]


async def _sees(ask: Ask, who: Caller, visit: str) -> bool:
    return (await ask(who, "query($i: ID!) { delegation(id: $i) { id } }", i=visit))["delegation"] is not None


async def test_a_change_that_changes_nothing_leaves_no_trace(services: Services, ask: Ask) -> None:
    """Writing what stands there already, or archiving twice, adds neither history nor event, and keeps the revision."""
    visit = await made(ask, "Delegation", title={"en": "Same", "az": "Eyni"})
    await act(ask, HEAD, "archive", "Delegation", visit)
    before = await _kept(services.store)
    assert (await update(ask, HEAD, "Delegation", visit, title={"en": "Same"}))["problems"] == []
    await act(ask, HEAD, "archive", "Delegation", visit)
    assert await _kept(services.store) == before
