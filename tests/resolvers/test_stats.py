"""Figures: counts of the caller's own scope in groups, and the fixed tables over everything but restricted visits."""

from typing import Any

from resolvers.context import Services
from tests.resolvers.test_moments import PUBLISH, RESTRICT, REVISION
from tests.stories.office import Office

STATS = """
query Stats($where: DelegationWhere, $by: DelegationBy, $archived: Boolean! = false) {
  delegationStats(where: $where, by: $by, archived: $archived) {
    total
    groups { count key { status direction dates owner { code name { en } } } }
  }
}"""

FIGURES = """
query Figures($year: Int!) {
  visitFigures(year: $year) { year visits { quarter direction visits } guests { country guests } }
}"""


async def counted(office: Office, who: Any, key: str, by: Any, **more: Any) -> dict[Any, int]:
    """The counts of a grouping by one path."""
    found = await office.read(who, STATS, by={key: by}, **more)
    assert found["total"] == sum(group["count"] for group in found["groups"])
    return {
        (value["code"] if isinstance(value := group["key"][key], dict) else value): group["count"]
        for group in found["groups"]
    }


async def test_records_are_counted_in_groups_of_ones_own_scope(office: Office) -> None:
    """By a state, by quarter of the first day, under the conditions of the list; others count what they see."""
    for title, start in (("One", "2026-02-01"), ("Two", "2026-03-31"), ("Three", "2026-04-01")):
        await office.visit(title, "assess", dates={"start": start, "end": start})
    await office.visit("Four")
    guest = {"person": office.ids["aylin"], "partner": office.ids["ankara"]}
    await office.visit("Five", "assess", "accept", "plan", "confirm", members=[guest])
    officer = office.officer
    assert await counted(office, officer, "status", True) == {"ASSESSED": 3, "CONFIRMED": 1, "REQUESTED": 1}
    assert await counted(office, officer, "dates", "QUARTER") == {"2026-Q1": 2, "2026-Q2": 3}
    assert await counted(office, officer, "dates", "MONTH") == {"2026-02": 1, "2026-03": 1, "2026-04": 1, "2026-06": 2}
    assert await counted(office, officer, "dates", "YEAR", where={"status": {"eq": "ASSESSED"}}) == {"2026": 3}
    assert await counted(office, office.member, "status", True) == {"CONFIRMED": 1}
    assert (await office.read(officer, STATS))["groups"] == [
        {"count": 5, "key": dict.fromkeys(("status", "direction", "dates", "owner"))}
    ]


async def test_groups_join_through_scope(office: Office) -> None:
    """Records are grouped by the record they refer to, read as the caller reads it."""
    await office.visit("Ours", by=office.coordinator)
    await office.visit("Another")
    assert await counted(office, office.officer, "owner", True) == {None: 1, "PHYSICS": 1}


async def test_a_path_that_is_not_always_read_makes_no_groups(office: Office) -> None:
    """Whoever reads the state of some visits only cannot group by it; the database would tell it of the others."""
    document = "{ delegationStats(by: { status: true }) { total } }"
    for who in (office.ankara, office.anonymous):
        assert (await office.ask(who, document)).codes == ["INVALID"]
    published = await office.visit("Public")
    await office.done(office.officer, PUBLISH, id=published)
    assert (await office.read(office.anonymous, "{ delegationStats(by: { dates: YEAR }) { total } }"))["total"] == 1


async def test_too_many_groups_are_refused(office: Office, services: Services) -> None:
    """The number of groups has a limit, which counts what the caller is told, not what is stored."""
    object.__setattr__(services.settings, "max_groups", 2)
    for day in ("2026-01-01", "2026-02-01"):
        await office.visit("One", dates={"start": day, "end": day})
    assert await counted(office, office.officer, "dates", "MONTH") == {"2026-01": 1, "2026-02": 1}
    await office.visit("Two")
    answered = await office.ask(office.officer, STATS, by={"dates": "MONTH"})
    assert answered.codes == ["LIMIT"]


async def _received(office: Office, title: str, day: str, guests: list[str], **facts: Any) -> str:
    members = [{"person": guest, "partner": office.ids["ankara"]} for guest in guests]
    return await office.visit(
        title,
        *("assess", "accept", "plan", "confirm", "begin"),
        by=office.head,
        dates={"start": day, "end": day},
        members=members,
        **facts,
    )


async def test_fixed_tables_count_what_their_reader_does_not_see(office: Office) -> None:
    """The public learns how many visits took place; restricted ones, those not over and small groups are left out."""
    guests = [await office.guest(f"Guest{n}", "Kaya", office.ids["ankara"]) for n in range(6)]
    for n in range(2):
        await _received(office, f"Winter {n}", "2025-02-01", guests)
        await _received(office, f"Autumn {n}", "2025-10-01", guests)
    hidden = await _received(office, "Hidden", "2025-02-02", guests)
    revision = (await office.read(office.head, REVISION, id=hidden))["revision"]
    await office.done(office.head, RESTRICT, id=hidden, revision=revision, restricted=True)
    found = await office.read(office.anonymous, FIGURES, year=2025)
    shown = {(row["quarter"], row["direction"]): row["visits"] for row in found["visits"]}
    assert shown[1, "INCOMING"] == 2
    assert shown[2, None] == 0
    assert shown[None, None] == 4
    assert found["guests"] == [{"country": "TR", "guests": 6}]
    await _received(office, "Small", "2025-05-01", guests[:1])
    shown = {
        (row["quarter"], row["direction"]): row["visits"]
        for row in (await office.read(office.member, FIGURES, year=2025))["visits"]
    }
    assert shown[2, "INCOMING"] is None
    assert shown[2, None] is None
    assert list(shown.values()).count(None) >= 4
    unfinished = (await office.read(office.member, FIGURES, year=2026))["visits"]
    assert {row["visits"] for row in unfinished if row["quarter"] == 2} == {None}


async def test_figures_of_no_year_are_refused(office: Office) -> None:
    """A year lies between the first one and this one."""
    assert (await office.ask(office.anonymous, FIGURES, year=2031)).codes == ["INVALID"]


async def test_menu_counts_tell_diets_without_names(office: Office) -> None:
    """Who reads needs learns how many eat what, however it is spelled; for others all count as if nothing was said."""
    diets = ("No meat", "no meat", "No nuts", None)
    guests = [
        await office.guest(
            f"Guest{n}", "Kaya", office.ids["ankara"], by=office.head, **({"diet": diet} if diet else {})
        )
        for n, diet in enumerate(diets)
    ]
    visit = await office.visit(
        "Visit",
        by=office.head,
        officers=[office.ids["officer"]],
        hostUnits=[office.ids["physics"]],
        members=[{"person": guest} for guest in guests],
    )
    document = "query Menu($id: ID!) { delegation(id: $id) { menuCounts { diet count } } }"
    told = [{"diet": "No meat", "count": 2}, {"diet": "No nuts", "count": 1}, {"diet": None, "count": 1}]
    for who in (office.officer, office.head):
        assert (await office.read(who, document, id=visit))["menuCounts"] == told
    for who in (office.colleague, office.coordinator):
        assert (await office.read(who, document, id=visit))["menuCounts"] == [{"diet": None, "count": 4}]
    assert (await office.ask(office.member, document, id=visit)).codes == ["INVALID"]
