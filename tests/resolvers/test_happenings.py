"""Front page: what happens in some days, public addresses, and texts in one language."""

from typing import Any

import pytest

from auth.access import all_of, visible
from auth.caller import caller
from documents.delegation import Delegation
from resolvers.happenings import Asked, _windows
from tests.documents.test_indexes import NOW, declared
from tests.resolvers.test_moments import PUBLISH, RESTRICT, REVISION, UNPUBLISH
from tests.stories.office import REQUEST_VISIT, Office

HAPPENINGS = """
query Happenings($from: Date!, $to: Date!, $first: Int, $after: String) {
  happenings(from: $from, to: $to, first: $first, after: $after) {
    nodes { kind id slug title { in(language: RU) } start end place summary { az } record { id } }
    endCursor
    hasNextPage
  }
}"""

FRONT_PAGE = """
query FrontPage($language: Language!) {
  happenings(from: "2026-06-01", to: "2026-06-08") {
    nodes { slug title { in(language: $language) } start record { ... on Delegation { summary { in(language: AZ) } } } }
  }
  delegationBySlug(slug: "week-of-physics") { title { in(language: $language) az } summary { in(language: RU) } }
}"""


async def shown(office: Office, who: Any, start: str, end: str, **more: Any) -> list[str]:
    """The titles of what happens in some days."""
    found = await office.read(who, HAPPENINGS, **{"from": start, "to": end, **more})
    return [line["title"]["in"] for line in found["nodes"]]


async def published(office: Office, title: str, first: str, last: str | None) -> str:
    """A public visit on some days."""
    visit = await office.visit(title, dates={"start": first, "end": last})
    await office.done(office.officer, PUBLISH, id=visit)
    return visit


async def test_both_days_are_included(office: Office) -> None:
    """What touches one of the days asked for shows, the first and the last included, in the order of first days."""
    await published(office, "Before", "2026-05-25", "2026-05-31")
    await published(office, "Lasting", "2026-05-20", "2026-06-01")
    await published(office, "Within", "2026-06-07", None)
    await published(office, "After", "2026-06-08", "2026-06-09")
    await office.visit("Hidden", dates={"start": "2026-06-06", "end": "2026-06-06"})
    assert await shown(office, office.anonymous, "2026-06-01", "2026-06-07") == ["Lasting", "Within"]
    assert await shown(office, office.officer, "2026-06-01", "2026-06-07") == ["Lasting", "Hidden", "Within"]


@pytest.mark.parametrize("first", [1, 2, 3])
async def test_pages_of_what_happens_follow_each_other(office: Office, first: int) -> None:
    """Taken some at a time, everything shows once, in order: what lasts into the days, and several of one day."""
    days = ["2026-05-20", "2026-05-30", "2026-05-30", "2026-06-01", "2026-06-01", "2026-06-01", "2026-06-02"]
    for n, day in enumerate(days):
        await published(office, f"{day} {n}", day, "2026-06-09")
    await published(office, "Over", "2026-05-30", "2026-05-31")
    await published(office, "Of one day", "2026-05-30", None)
    found: list[str] = []
    page: dict[str, Any] = {"endCursor": None, "hasNextPage": True}
    while page["hasNextPage"]:
        asked = {"from": "2026-06-01", "to": "2026-06-08", "first": first, "after": page["endCursor"]}
        page = await office.read(office.anonymous, HAPPENINGS, **asked)
        found += [line["title"]["in"] for line in page["nodes"]]
    assert [title.partition(" ")[0] for title in found] == days
    assert len(set(found)) == len(days)


def test_the_days_of_a_front_page_are_found_by_an_index() -> None:
    """Each query of it is one range of days, by which an index of the kind goes, and has no “or” in it.

    The embedded server reads the whole collection for an “or”, and takes the first condition that has an index.
    """
    says = Delegation.happens
    assert says is not None
    sight = visible("Delegation", caller(), NOW)
    assert sight is not None
    led = {next(iter(index.document["key"])) for index in declared("Delegation")}
    for seek in (None, {"day": "2026-05-30", "id": "dlg_1"}, {"day": "2026-06-01", "id": "dlg_1"}):
        asked = Asked("2026-06-01", "2026-06-08", 20)
        queries = [all_of([window, sight.filter()]) for window in _windows(says, asked, "2026-04-01", seek)]
        assert len(queries) in (2, 3)
        for query in queries:
            assert next(iter(query)) == "dates.start"
            assert not any(name.startswith("$") for name in query)
    assert "dates.start" in led


async def test_a_front_page_takes_one_anonymous_query(office: Office) -> None:
    """Happenings and the news of a visit come in the language asked for, or in another one where there is none."""
    facts = {"title": {"en": "Week of Physics", "ru": "Неделя физики"}, "summary": {"az": "Fizika həftəsi"}}
    days = {"dates": {"start": "2026-06-01", "end": "2026-06-03"}}
    visit = (await office.done(office.officer, REQUEST_VISIT, input=facts | days))["id"]
    await office.done(office.officer, PUBLISH, id=visit)
    for language, title in (("RU", "Неделя физики"), ("AZ", "Week of Physics"), ("EN", "Week of Physics")):
        answered = await office.ask(office.anonymous, FRONT_PAGE, language=language)
        assert answered.errors == []
        assert answered.data["happenings"]["nodes"] == [
            {
                "slug": "week-of-physics",
                "title": {"in": title},
                "start": "2026-06-01",
                "record": {"summary": {"in": "Fizika həftəsi"}},
            }
        ]
        assert answered["delegationBySlug"] == {
            "title": {"in": title, "az": None},
            "summary": {"in": "Fizika həftəsi"},
        }


async def test_an_address_taken_gets_letters_unless_hidden(office: Office) -> None:
    """Two public visits of one title have two addresses; that a restricted visit has one shows to nobody else."""
    hidden = await office.visit("Bridge", by=office.head, slug="bridge")
    revision = (await office.read(office.head, REVISION, id=hidden))["revision"]
    await office.done(office.head, RESTRICT, id=hidden, revision=revision, restricted=True)
    slugs = []
    for _ in range(2):
        visit = await published(office, "Bridge", "2026-06-01", None)
        slugs.append(
            (await office.read(office.anonymous, "query S($id: ID!) { delegation(id: $id) { slug } }", id=visit))[
                "slug"
            ]
        )
    assert slugs[0] == "bridge"
    assert slugs[1].startswith("bridge-")
    by_slug = "query B($slug: String!) { delegationBySlug(slug: $slug) { id } }"
    assert (await office.read(office.anonymous, by_slug, slug=slugs[1]))["id"] == visit
    await office.done(office.officer, UNPUBLISH, id=visit)
    assert await office.read(office.anonymous, by_slug, slug=slugs[1]) is None


async def test_a_window_too_wide_is_refused(office: Office) -> None:
    """Days must run forward, and not too many at once."""
    for start, end in (("2026-06-02", "2026-06-01"), ("9999-12-30", "9999-12-31"), ("2026-01-01", "2027-01-01")):
        answered = await office.ask(office.anonymous, HAPPENINGS, **{"from": start, "to": end})
        assert answered.codes == ["INVALID"]
