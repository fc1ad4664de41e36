"""Partners: which may be the same, what a merge moves and gives back, who is dormant, how future ones are found."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auth.caller import Caller
from documents.kinds import KINDS, collection_of, tree_of
from resolvers.context import Services
from tests.conftest import dump
from tests.stories.office import CONFIRM_DAYS, ISSUE_DAYS, MAKE_CONTACT, MAKE_PARTNER, Office, item, text

OPEN_PROPOSALS = """
query WhatIsToBeDecided {
  proposals(where: { status: { eq: OPEN } }) {
    nodes { id type reason partner { id } candidates { id } }
  }
}"""

MERGE = """
mutation Merge($id: ID!, $into: ID!) {
  mergePartner(id: $id, into: $into) { partner { status mergedInto { id } } problems { code path message } }
}"""

UNMERGE = """
mutation Unmerge($id: ID!) {
  unmergePartner(id: $id) { partner { status mergedInto { id } } problems { code path message } }
}"""

ARCHIVE = """
mutation Archive($id: ID!) {
  archivePartner(id: $id) { partner { id } problems { message } }
}"""

FIND = """
query FindPartners($where: PartnerWhere!) {
  partners(where: $where, orderBy: { nameEn: ASC }) { totalCount nodes { name { en } } }
}"""

# What the store keeps of a record beside its facts: it counts changes and never goes back.
COUNTED = ("revision", "counts")

ROR = {"scheme": "ROR", "value": "https://ror.org/013meh722"}
PIC = {"scheme": "PIC", "value": "999977172"}


def university(name: str, country: str = "AZ", **more: Any) -> dict[str, Any]:
    """Facts of a university."""
    return {"name": text(name), "type": "UNIVERSITY", "country": country} | more


async def proposed(office: Office) -> list[tuple[str, set[str], str]]:
    """Which pairs the office is asked about: the newcomer, whom it may be, and why."""
    found = (await office.read(office.officer, OPEN_PROPOSALS))["nodes"]
    return [
        (entry["partner"]["id"], {candidate["id"] for candidate in entry["candidates"]}, entry["reason"])
        for entry in found
        if entry["type"] == "MERGE"
    ]


async def made(office: Office, who: Caller, facts: dict[str, Any]) -> str:
    """A partner that somebody enters."""
    return str((await office.done(who, MAKE_PARTNER, input=facts))["id"])


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (
            university("Baku State University", domains=["bsu.edu.az"]),
            university("BDU", domains=["BSU.edu.az"]),
            "the same internet domain",
        ),
        (
            university("Bakı Dövlət Universiteti"),
            university("Baku State University", aliases=["baki dovlet  UNIVERSITETI"]),
            "the same name in the same country",
        ),
        (university("Bakı Dövlət Universiteti"), university("Baki Dovlet Universiteti", "TR"), None),
        (university("Baku State University", aliases=["BSU"]), university("Baku Slavic", aliases=["BSU"]), None),
        (
            university("Baku State University", domains=["bsu.edu.az"]),
            university("Baku Slavic University", domains=["bsu-edu.org"]),
            None,
        ),
    ],
)
async def test_partner_1_duplicates_are_proposed_by_domain_then_by_name_and_country_never_by_abbreviation(
    office: Office, first: dict[str, Any], second: dict[str, Any], why: str | None
) -> None:
    """PARTNER-1: both are entered, and the office alone is asked whether they are one."""
    one = await made(office, office.officer, first)
    other = await made(office, office.coordinator, second)
    found = await proposed(office)
    assert found == (
        [] if why is None else [(other, {one}, f"They have {why}. Merge them if they are one institution.")]
    )


async def test_partner_1_an_identifier_is_told_to_who_may_see_its_holder(office: Office) -> None:
    """PARTNER-1: the officer is told which partner holds the identifier, and nothing is written."""
    await made(office, office.officer, university("Oxford", "GB", identifiers=[ROR]))
    (told,) = await office.tells(office.officer, MAKE_PARTNER, input=university("Oxon", "GB", identifiers=[ROR]))
    assert (told["code"], told["path"]) == ("CONFLICT", "identifiers")
    assert "013meh722" in told["message"]
    assert (await office.read(office.officer, FIND, where={"name": {"en": {"eq": "Oxon"}}}))["totalCount"] == 0


async def test_partner_1_an_identifier_of_an_unseen_partner_is_answered_like_a_new_one(office: Office) -> None:
    """PARTNER-1: who may not see the holder gets, byte for byte but for the ids, the answer of a new identifier."""
    hidden = await made(office, office.officer, university("Oxford", "GB", identifiers=[ROR]))
    await office.done(office.officer, ARCHIVE, id=hidden)
    document = """
    mutation Enter($input: CreatePartnerInput!) {
      createPartner(input: $input) {
        partner {
          status permitted name { en } identifiers { scheme value }
          history { nodes { action changes { path } } }
        }
        problems { code path message }
      }
    }"""
    taken = await office.ask(office.coordinator, document, input=university("Isis", "GB", identifiers=[ROR]))
    fresh = await office.ask(office.coordinator, document, input=university("Isis", "FR", identifiers=[PIC]))
    assert taken.errors == fresh.errors == []
    values = [found.data["createPartner"]["partner"].pop("identifiers") for found in (taken, fresh)]
    assert taken.data == fresh.data
    assert values[0] == [{"scheme": "ROR", "value": "013meh722"}]
    # The office learns of it instead.
    ((_, candidates, reason),) = await proposed(office)
    assert candidates == {hidden}
    assert reason.startswith("They have the same identifier.")


async def world(office: Office) -> None:
    """Records of every kind that refer to Ankara, and some that refer to both partners."""
    ids = office.ids
    both = [{"partner": ids["ankara"]}, {"partner": ids["tbilisi"], "role": "CO_ORGANISER"}]
    members = [{"person": ids["aylin"], "partner": ids["ankara"]}, {"person": ids["nino"], "partner": ids["tbilisi"]}]
    visit = await office.visit("Both", partners=both, members=members, by=office.head)
    budget = [{"line": "Hotel", "amount": {"amount": "10", "currency": "EUR"}, "payer": ids["ankara"]}]
    await office.visit("One", partners=both[:1], members=members[:1], budget=budget, by=office.head)
    await office.visit("Secret", partners=both[:1], restricted=True, by=office.head)
    attendees = [{"person": ids["aylin"], "partner": ids["ankara"]}]
    one = item("One", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z", attendees=attendees)
    for plan in (await office.days("Days", one, delegation=visit), await office.days("Final", one)):
        reason = [{"item": plan["days"][0]["items"][0]["id"], "reason": "The same people"}]
        await office.done(office.officer, CONFIRM_DAYS, id=plan["id"], overrides=reason)
        partners = [ids["ankara"], ids["tbilisi"]]
        await office.done(office.officer, ISSUE_DAYS, id=plan["id"], partners=partners)
    finalise = "mutation F($id: ID!) { finaliseItinerary(id: $id) { itinerary { id } problems { message } } }"
    await office.done(office.officer, finalise, id=plan["id"])
    issue = "mutation I($id: ID!) { issueDelegation(id: $id) { delegation { id } problems { message } } }"
    await office.done(office.officer, issue, id=visit)
    await office.done(office.officer, MAKE_CONTACT, input={"partner": ids["ankara"], "familyName": "Kaya"})
    link = """
    mutation Link($visit: ID!, $partner: ID!) {
      createIntakeLink(input: { delegation: $visit, partner: $partner, expiresAt: "2026-05-20T00:00:00Z" }) {
        intakeLink { id }
        problems { message }
      }
    }"""
    await office.done(office.officer, link, visit=visit, partner=ids["ankara"])
    portal = """
    mutation Portal($partner: ID!) {
      createServiceAccount(input: { name: "Portal", partner: $partner }) { serviceAccount { id } problems { message } }
    }"""
    await office.done(office.head, portal, partner=ids["ankara"])
    # Proposals to merge, with Ankara as the newcomer's candidate and beside another one.
    await made(office, office.coordinator, university("Ankara University", "TR"))
    await made(office, office.coordinator, university("Ankara University", "TR"))
    # A new name that Ankara asks for.
    rename = """
    mutation Rename($id: ID!, $revision: String!) {
      updatePartner(id: $id, ifRevision: $revision, patch: { localName: "Ankara Üniversitesi" }) {
        partner { id }
        problems { message }
      }
    }"""
    revision = await office.read(office.ankara, "query R($id: ID!) { partner(id: $id) { revision } }", id=ids["ankara"])
    await office.done(office.ankara, rename, id=ids["ankara"], revision=revision["revision"])
    # One that was merged into Ankara before.
    earlier = await made(office, office.officer, university("Ankara College", "TR"))
    await office.done(office.officer, MERGE, id=earlier, into=ids["ankara"])


async def stored(services: Services) -> dict[str, list[dict[str, Any]]]:
    """Every record of every kind, without what only counts its changes."""
    found = await dump(services.store, *(collection_of(kind) for kind in KINDS))
    return {
        name: [{key: value for key, value in document.items() if key not in COUNTED} for document in documents]
        for name, documents in found.items()
    }


async def test_partner_2_a_merge_re_points_every_reference_and_can_be_taken_back(
    office: Office, services: Services
) -> None:
    """PARTNER-2: of every kind, what was issued and who may see it too; taken back, every stored fact is as before."""
    ids = office.ids
    await world(office)
    before = await stored(services)
    pointing = {name for name, found in before.items() if ids["ankara"] in repr(found)}
    referring = {
        kind for kind in KINDS for path in tree_of(kind).walk() if path.reference == "Partner" and not path.hidden
    }
    assert pointing == {collection_of(kind) for kind in referring}
    listed = "{ itineraryIssues { totalCount } delegations { totalCount } contacts { totalCount } }"
    seen = {name: (await office.ask(who, listed)).data for name, who in partners(office).items()}

    merged = await office.done(office.officer, MERGE, id=ids["ankara"], into=ids["tbilisi"])
    assert merged == {"status": "MERGED", "mergedInto": {"id": ids["tbilisi"]}}
    after = await stored(services)
    for name, documents in after.items():
        # Which pair a proposal was about stays its own mark.
        others = [{**found, "fingerprint": ""} for found in documents if found["_id"] != ids["ankara"]]
        assert ids["ankara"] not in repr(others), name
    assert (await office.ask(office.tbilisi, listed)).data["contacts"] == {"totalCount": 1}
    assert (await office.ask(office.ankara, listed)).data["itineraryIssues"] == {"totalCount": 0}

    restored = await office.done(office.officer, UNMERGE, id=ids["ankara"])
    assert restored == {"status": "PROSPECT", "mergedInto": None}
    assert await stored(services) == before
    assert {name: (await office.ask(who, listed)).data for name, who in partners(office).items()} == seen


def partners(office: Office) -> dict[str, Caller]:
    """Both partners' contacts."""
    return {"ankara": office.ankara, "tbilisi": office.tbilisi}


async def test_partner_2_a_merge_takes_identifiers_along_and_gives_them_back(office: Office) -> None:
    """PARTNER-2: identifiers, domains and aliases go with the merge; a contested one does not stop it."""
    facts = university("Oxon", "GB", domains=["ox.ac.uk"], aliases=["Oxonia"], identifiers=[PIC])
    source = await made(office, office.officer, facts)
    hidden = await made(office, office.officer, university("Oxford", "GB", identifiers=[ROR]))
    await office.done(office.officer, ARCHIVE, id=hidden)
    contested = await made(office, office.coordinator, university("Isis", "GB", identifiers=[ROR]))
    target = office.ids["tbilisi"]
    read = "query P($id: ID!) { partner(id: $id) { identifiers { value } domains aliases } }"
    empty = await office.read(office.officer, read, id=target)

    await office.done(office.officer, MERGE, id=source, into=target)
    await office.done(office.officer, MERGE, id=contested, into=target)
    found = await office.read(office.officer, read, id=target)
    assert [entry["value"] for entry in found["identifiers"]] == ["999977172", "013meh722"]
    assert (found["domains"], found["aliases"]) == (["ox.ac.uk"], ["Oxonia"])
    for partner in (source, contested):
        await office.done(office.officer, UNMERGE, id=partner)
    assert await office.read(office.officer, read, id=target) == empty
    (told,) = await office.tells(office.officer, MAKE_PARTNER, input=university("New", identifiers=[PIC]))
    assert told["code"] == "CONFLICT"


async def test_partner_2_merges_are_taken_back_in_turn(office: Office) -> None:
    """PARTNER-2: into itself, into a merged one, twice, or out of order: refused, and nothing is written."""
    ids = office.ids
    third = await made(office, office.officer, university("Third"))
    assert await office.tells(office.officer, MERGE, id=third, into=third)
    assert await office.tells(office.officer, UNMERGE, id=third)
    await office.done(office.officer, MERGE, id=third, into=ids["ankara"])
    assert await office.tells(office.officer, MERGE, id=third, into=ids["tbilisi"])
    assert await office.tells(office.officer, MERGE, id=ids["tbilisi"], into=third)
    await office.done(office.officer, MERGE, id=ids["ankara"], into=ids["tbilisi"])
    (told,) = await office.tells(office.officer, UNMERGE, id=third)
    assert told["message"] == "The partner it went into was merged itself since: take that merge back first"
    await office.done(office.officer, UNMERGE, id=ids["ankara"])
    await office.done(office.officer, UNMERGE, id=third)


async def test_partner_3_dormant_after_24_calendar_months(office: Office) -> None:
    """PARTNER-3: a visit counts until its last day, 24 months ago to the day, in the university's zone."""
    ids = office.ids
    activate = "mutation A($id: ID!) { activatePartner(id: $id) { partner { id } problems { message } } }"
    dormant = "query D($months: Int! = 24) { dormantPartners(months: $months) { nodes { id } } }"
    for partner in ("ankara", "tbilisi"):
        await office.done(office.officer, activate, id=ids[partner])

    async def sleeping(now: datetime, **given: int) -> set[str]:
        office.clock.now = now
        found = (await office.read(office.officer, dormant, **given))["nodes"]
        return {name for name in ("ankara", "tbilisi") if ids[name] in {entry["id"] for entry in found}}

    at = datetime(2026, 5, 4, 9, tzinfo=UTC)
    assert await sleeping(at) == {"ankara", "tbilisi"}
    dates = {"start": "2024-02-20", "end": "2024-02-29"}
    await office.visit("Leap", partners=[{"partner": ids["ankara"]}], dates=dates)
    await office.visit(
        "Off", "cancel", partners=[{"partner": ids["tbilisi"]}], dates={"start": "2026-01-01", "end": "2026-01-02"}
    )
    assert await sleeping(datetime(2026, 2, 28, 19, 59, tzinfo=UTC)) == {"tbilisi"}
    # In Baku it is the first of March by now.
    assert await sleeping(datetime(2026, 2, 28, 20, 0, tzinfo=UTC)) == {"ankara", "tbilisi"}
    assert await sleeping(datetime(2026, 2, 28, 20, 0, tzinfo=UTC), months=25) == {"tbilisi"}
    assert (await office.ask(office.officer, dormant, months=0)).codes == ["INVALID"]
    assert (await office.ask(office.officer, dormant, months=10**6)).codes == ["INVALID"]


async def test_partner_4_future_partners_are_found_by_what_they_are(office: Office) -> None:
    """PARTNER-4: by field, country, programme, charter, language and our units that work with them already."""
    await made(
        office,
        office.officer,
        university(
            "Padova",
            "IT",
            fieldsOfStudy=["0533"],
            programmes=["Erasmus+ KA171"],
            charterFrom="2021-01-01",
            charterUntil="2027-12-31",
            teachingLanguages=[{"language": "en", "level": "B2"}],
            linkedUnits=[office.ids["physics"]],
        ),
    )
    await made(office, office.officer, university("Pisa", "IT", fieldsOfStudy=["0421"], charterUntil="2025-12-31"))
    for where in (
        {"fieldsOfStudy": {"any": {"startsWith": "053"}}},
        {"country": {"eq": "IT"}, "programmes": {"any": {"eq": "Erasmus+ KA171"}}},
        {"country": {"in": ["IT", "ES"]}, "charterUntil": {"gte": "2026-09-01"}},
        {"teachingLanguages": {"any": {"language": {"eq": "en"}, "level": {"in": ["B1", "B2"]}}}},
        {"linkedUnits": {"any": {"abbreviation": {"eq": "PHYSICS"}}}},
        {"country": {"eq": "IT"}, "not": {"fieldsOfStudy": {"any": {"eq": "0421"}}}},
    ):
        for who in (office.officer, office.coordinator, office.member):
            found = await office.read(who, FIND, where=where)
            assert [entry["name"]["en"] for entry in found["nodes"]] == ["Padova"], where
