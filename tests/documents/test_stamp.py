"""What is kept beside the facts: storage forms, scope tokens, search terms and sort keys."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import bson
import pytest
from bson import CodecOptions, Decimal128
from pydantic import BaseModel

from demo.draw import Draw
from documents.delegation import Delegation, DelegationStatus
from documents.itinerary import Itinerary, ItineraryStatus
from documents.itinerary_issue import ItineraryIssue, ItineraryIssueStatus
from documents.kinds import KINDS, tree_of
from documents.partner import Partner, PartnerStatus
from documents.person import Person, VisitDuty
from documents.record import Record
from documents.stamp import index_models, leaf_key, orders, scope_tokens, sort_keys, stamp, stored, terms, walk
from documents.unit import Unit

DRAW = Draw(1)
MADE_AT = datetime(2026, 5, 4, 9, 30, 15, 123_456, tzinfo=UTC)
SUMMER = {"start": "2026-06-01", "end": "2026-06-03"}


def visit(facts: dict[str, Any] | None = None, **service: Any) -> Delegation:
    """Give a visit that officer prs_o and host prs_h of unit unt_f serve."""
    usual = {
        "title": {"az": "Körpü səfəri", "en": "Bridge visit"},
        "dates": SUMMER,
        "officers": ["prs_o"],
        "hosts": ["prs_h"],
        "host_units": ["unt_f"],
    }
    service = {"status": DelegationStatus.REQUESTED, "owner": "unt_d", "created_at": MADE_AT} | service
    return DRAW.record(Delegation, "visit", usual | (facts or {}), **service)


def plan(items: list[dict[str, Any]] | None = None) -> Itinerary:
    """Give an itinerary of one day."""
    day = {"date": "2026-06-01", "items": items or []}
    facts = {"delegation": "dlg_1", "title": {"en": "Plan"}, "days": [day]}
    return DRAW.record(Itinerary, "plan", facts, status=ItineraryStatus.DRAFT, owner="unt_d", created_at=MADE_AT)


def item(**facts: Any) -> dict[str, Any]:
    """Give an item of an hour."""
    usual = {"kind": "MEETING", "title": {"en": "Talks"}}
    return usual | {"start": "2026-06-01T06:00:00Z", "end": "2026-06-01T07:00:00Z"} | facts


def partner(name: dict[str, str], **facts: Any) -> Partner:
    """Give a partner."""
    usual = {"name": name, "type": "UNIVERSITY", "country": "TR"}
    return DRAW.record(Partner, "partner", usual | facts, status=PartnerStatus.PROSPECT, created_at=MADE_AT)


def test_types_that_bson_lacks_are_kept_in_their_fixed_forms() -> None:
    """Days and times are ISO strings, money is Decimal128, names are plain strings, at any depth."""
    person = DRAW.record(
        Person,
        "person",
        {
            "given_name": "Leyla",
            "family_name": "Fanarova",
            "category": "STAFF",
            "birth_date": date(1990, 2, 28),
            "working_hours": [{"day": "MONDAY", "start": "09:00", "end": "18:30"}],
            "absences": [{"period": {"start": date(2026, 5, 1)}}],
        },
        created_at=MADE_AT,
    )
    document = stored(person)
    assert document["birth_date"] == "1990-02-28"
    assert document["working_hours"] == [{"day": "MONDAY", "start": "09:00:00", "end": "18:30:00"}]
    assert document["absences"][0]["period"] == {"start": "2026-05-01", "end": None}
    assert type(document["category"]) is str
    costs = stored(visit({"budget": [{"line": "Meals", "amount": {"amount": "12.50", "currency": "AZN"}}]}))
    assert costs["budget"][0]["amount"] == {"amount": Decimal128(Decimal("12.50")), "currency": "AZN"}


def test_moments_are_kept_in_utc_to_the_millisecond() -> None:
    """A moment of any zone is the same moment in UTC, cut as the store cuts it."""
    baku = timezone(timedelta(hours=4))
    document = stored(visit(confirmed_at=datetime(2026, 5, 4, 13, 30, 15, 123_456, tzinfo=baku)))
    assert document["confirmed_at"] == document["created_at"] == datetime(2026, 5, 4, 9, 30, 15, 123_000, tzinfo=UTC)
    assert document["confirmed_at"].utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused() -> None:
    """What could be any moment is not stored as one of them."""
    with pytest.raises(ValueError, match="has no time zone: give it one"):
        stored(visit(confirmed_at=datetime(2026, 5, 4)))  # noqa: DTZ001 - the case itself


def test_a_type_without_a_storage_form_is_refused() -> None:
    """What the store would keep in some form of its own does not get there."""
    with pytest.raises(TypeError, match="complex has no storage form"):
        stored(visit(reason=1j))


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_stored(kind: str) -> None:
    """Nothing is left out because it is null or a default; the id is under the store's own name."""
    model = KINDS[kind]
    wanted = {name for name, info in model.model_fields.items() if not info.exclude} - {"id"} | {"_id"}
    facts: dict[str, Any] = {
        "Unit": {"name": {"en": "Law"}, "abbreviation": "FLA", "type": "FACULTY"},
        "Person": {"given_name": "A", "family_name": "B", "category": "GUEST"},
        "Partner": {"name": {"en": "P"}, "type": "CITY", "country": "AT"},
        "Contact": {"partner": "prt_1", "family_name": "B"},
        "Delegation": {"title": {"en": "D"}, "dates": SUMMER},
        "Itinerary": {"title": {"en": "I"}},
        "ItineraryIssue": {"itinerary": "itn_1", "number": 1, "title": {"en": "I"}},
        "CulturalProgramme": {"theme": {"en": "C"}},
        "Venue": {"name": {"en": "V"}},
        "Resource": {"name": {"en": "R"}, "type": "GUIDE"},
        "Proposal": {"type": "MERGE", "reason": "Same name."},
        "Cover": {"officer": "prs_1", "by": "prs_2", "period": SUMMER},
        "IntakeLink": {"delegation": "dlg_1", "expires_at": MADE_AT},
        "IntakeSubmission": {"given_name": "A", "family_name": "B"},
        "Disclosure": {"person": "prs_1", "at": MADE_AT, "reason": "Filing.", "paths": ["PASSPORTS"]},
        "Account": {"issuer": "https://sso.example.edu", "subject": "a1"},
        "RoleAssignment": {"person": "prs_1", "role": "OFFICER", "period": SUMMER},
        "Invitation": {"contact": "con_1", "expires_at": MADE_AT},
        "ServiceAccount": {"name": "Portal"},
        "SignIn": {"at": MADE_AT, "provider": "university", "address": "192.0.2.1", "outcome": "SIGNED_IN"},
    }
    record: Record = DRAW.record(model, "record", facts[kind], created_at=MADE_AT)
    document = stamp(record)
    assert set(document) == wanted
    for name, value in _models(record):
        assert set(_at(document, name)) == set(type(value).model_fields), name


def _models(part: BaseModel, above: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], BaseModel]]:
    found: list[tuple[tuple[str | int, ...], BaseModel]] = []
    for name in type(part).model_fields:
        value = getattr(part, name)
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(each, BaseModel):
                where = (*above, name, *([index] if isinstance(value, list) else []))
                found += [(where, each), *_models(each, where)]
    return found


def _at(document: Any, where: tuple[str | int, ...]) -> dict[str, Any]:
    for step in where:
        document = document[step]
    found: dict[str, Any] = document
    return found


def test_what_is_written_is_what_is_read() -> None:
    """The storage form survives the store's encoding unchanged, so a record read back equals the one written."""
    document = stamp(visit({"notes": [{"text": "Seen."}], "members": [{"person": "prs_1"}]}, confirmed_at=MADE_AT))
    assert bson.decode(bson.encode(document), CodecOptions(tz_aware=True, tzinfo=UTC)) == document


def test_a_record_carries_who_stands_in_which_relation_to_it() -> None:
    """Officers, hosts, host units, the owner and the office each have a token; members of the university none yet."""
    assert stamp(visit())["scope"] == ["assigned:prs_o", "host:prs_h", "office", "unit:unt_d", "unit:unt_f"]


def test_moments_and_states_open_a_record_further() -> None:
    """A confirmed visit is on campus, a published one public, an issued one open to the partners concerned."""
    opened = visit(status=DelegationStatus.CONFIRMED, published_from=MADE_AT, issued_to=["prt_1", "prt_2"])
    assert {"campus", "public", "issued:prt_1", "issued:prt_2"} <= set(stamp(opened)["scope"])
    closed = visit(status=DelegationStatus.PLANNING, published_from=None)
    assert not {"campus", "public"} & set(stamp(closed)["scope"])


def test_a_restricted_record_keeps_officers_and_hosts_alone() -> None:
    """Whatever else it was opened to, only those with a duty remain."""
    hidden = visit({"restricted": True}, status=DelegationStatus.CONFIRMED, published_from=MADE_AT, issued_to=["prt_1"])
    assert stamp(hidden)["scope"] == ["assigned:prs_o", "host:prs_h", "restricted"]


def test_an_archived_record_keeps_duties_and_the_office() -> None:
    """Putting a record away takes it from units, campus, partners and public."""
    away = visit(status=DelegationStatus.CLOSED, published_from=MADE_AT, issued_to=["prt_1"], archived_at=MADE_AT)
    assert stamp(away)["scope"] == ["assigned:prs_o", "host:prs_h", "office"]


def test_a_child_follows_its_parent() -> None:
    """An itinerary is seen by those who serve its visit or host its items, not by whom the visit is open to."""
    above = stamp(visit(status=DelegationStatus.CONFIRMED, published_from=MADE_AT, issued_to=["prt_1"]))
    child = plan([item(hosts=[{"person": "prs_i"}])])
    expected = ["assigned:prs_o", "host:prs_h", "host:prs_i", "office", "unit:unt_d", "unit:unt_f"]
    assert scope_tokens(child, above) == expected


def test_a_child_of_a_restricted_record_is_restricted() -> None:
    """Neither its plan nor an issue of it opens a restricted visit."""
    above = stamp(visit({"restricted": True}))
    assert scope_tokens(plan(), above) == ["assigned:prs_o", "host:prs_h", "restricted"]
    issue = DRAW.record(
        ItineraryIssue,
        "issue",
        {"itinerary": "itn_1", "delegation": "dlg_1", "number": 1, "title": {"en": "Plan"}},
        status=ItineraryIssueStatus.ISSUED,
        issued_to=["prt_1"],
        created_at=MADE_AT,
    )
    assert scope_tokens(issue, above) == ["assigned:prs_o", "host:prs_h", "restricted"]


def test_people_carry_the_officers_of_their_visits() -> None:
    """Care and identity data follow who is assigned to a visit of the person."""
    guest = {"given_name": "A", "family_name": "B", "category": "GUEST", "partner": "prt_1"}
    person = DRAW.record(Person, "guest", guest, id="prs_1", owner="unt_d", created_at=MADE_AT)
    person.visits = [VisitDuty(delegation="dlg_1", officers=["prs_o"])]
    assert scope_tokens(person, None) == ["assigned:prs_o", "office", "partner:prt_1", "self:prs_1", "unit:unt_d"]


def test_terms_are_folded_and_kept_under_their_labels() -> None:
    """A word is found only under the chain of labels that a caller must read to find it."""
    facts = {"purpose": {"ru": "Обмен"}, "briefing": {"en": "Secret"}, "order_number": "17"}
    found = stamp(visit(facts))["terms"]
    assert found == sorted(["open:korpu", "open:seferi", "open:bridge", "open:visit", "shared:obmen", "office:secret"])


def test_terms_below_a_list_under_an_element_rule_say_which_elements() -> None:
    """A title that only the office may read is never among the words that partners search."""
    items = [item(title={"en": "Welcome"}), item(title={"az": "Müşavirə"}, audience="OFFICE")]
    found = terms(tree_of("Itinerary"), stored(plan(items)))
    assert found == ["shared:plan", "shared|days/items=OFFICE:musavire", "shared|days/items=PARTNER:welcome"]


def test_walking_gives_each_value_under_its_key() -> None:
    """Nulls and bookkeeping are passed over; elements that are told apart carry by what."""
    members = [{"person": "prs_1", "partner": "prt_1", "precedence": 1}, {"person": "prs_2"}]
    document = stored(visit({"members": members}))
    found = [(path.path, key, value) for path, key, value in walk(tree_of("Delegation").paths, document)]
    assert ("members.person", "shared|members=prt_1", "prs_1") in found
    assert ("members.person", "shared|members=None", "prs_2") in found
    assert ("title", "open", document["title"]) in found
    assert ("id", "open", document["_id"]) in found
    paths = {path for path, _, _ in found}
    assert not {"scope", "terms", "sort", "created_at", "briefing", "members.arrival"} & paths
    assert [value for path, _, value in found if path == "members.precedence"] == [1]


def test_the_key_of_a_path_is_its_labels_from_the_top() -> None:
    """Two labels on the way down make one key: whoever reads the value reads both."""
    assert leaf_key(tree_of("Delegation").path("gifts.value"), "") == "shared>finance"
    assert leaf_key(tree_of("Partner").path("assessments.text"), "|x=1") == "candid|x=1"


def test_sort_keys_follow_each_alphabet() -> None:
    """In Azerbaijani ə comes after e and x after h; in English neither is a letter of its own."""
    names = ["Zirvə", "Xəzər", "Irmaq", "Həzi", "Ədəb", "Ela", "Fanar"]
    keys = {name: sort_keys(Partner, stored(partner({"az": name})))["name"] for name in names}
    az = sorted(names, key=lambda name: keys[name]["az"])
    en = sorted(names, key=lambda name: keys[name]["en"])
    assert az == ["Ela", "Ədəb", "Fanar", "Həzi", "Xəzər", "Irmaq", "Zirvə"]
    assert en == ["Ədəb", "Ela", "Fanar", "Həzi", "Irmaq", "Xəzər", "Zirvə"]


def test_a_missing_language_sorts_by_the_others() -> None:
    """English stands in first, then Azerbaijani, then Russian, so that no record sorts as if it had no name."""
    both = sort_keys(Partner, stored(partner({"az": "Alma", "en": "Pear"})))["name"]
    assert both["ru"] == sort_keys(Partner, stored(partner({"ru": "Pear"})))["name"]["ru"]
    assert both["az"] != both["en"]
    only = sort_keys(Partner, stored(partner({"ru": "Груша"})))["name"]
    assert only["az"].endswith("Груша")
    assert only["en"].endswith("Груша")


def test_stamping_completes_a_new_record() -> None:
    """Id and code are made where they are missing, and a kind that is always public is published when it is made."""
    unit = DRAW.record(
        Unit, "law", {"name": {"en": "Law"}, "abbreviation": "fla", "type": "FACULTY"}, created_at=MADE_AT
    )
    unit.id = unit.code = ""
    document = stamp(unit)
    assert document["_id"].startswith("unt_")
    assert document["code"] == "FLA"
    assert document["published_from"] == document["created_at"]
    assert "public" in document["scope"]
    assert stamp(visit(published_from=None))["published_from"] is None


def test_a_merged_partner_gives_its_identifiers_up() -> None:
    """What must be unique is free for the partner that it went into; what it is called stays findable."""
    facts = {"identifiers": [{"scheme": "PIC", "value": "948821603"}], "domains": ["a.example"]}
    kept, gone = partner({"en": "Oak"}, **facts), partner({"en": "Oak"}, **facts)
    gone.merged_into = "prt_2"
    assert stamp(kept)["identifier_keys"] == ["PIC:948821603"]
    assert stamp(gone)["identifier_keys"] == []
    assert stamp(gone)["match_keys"] == stamp(kept)["match_keys"] == ["domain:a.example", "name:oak|TR"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_order_has_an_index_that_serves_every_scope(kind: str) -> None:
    """Each order is an index of scope, key and id, and no kind has more indexes than a collection may."""
    indexes = [list(index.document["key"].items()) for index in index_models(KINDS[kind])]
    for order in orders(KINDS[kind]):
        assert [("scope", 1), (order.stored, 1), ("_id", 1)] in indexes
    assert len(indexes) <= 63


def test_times_of_day_keep_their_seconds() -> None:
    """A time is stored in full, so that strings compare as times do."""
    hours = {"day": "FRIDAY", "start": time(9), "end": time(17, 5, 7)}
    facts = {"given_name": "A", "family_name": "B", "category": "STAFF", "working_hours": [hours]}
    document = stored(DRAW.record(Person, "hours", facts, created_at=MADE_AT))
    assert document["working_hours"][0] == {"day": "FRIDAY", "start": "09:00:00", "end": "17:05:07"}
