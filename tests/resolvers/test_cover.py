"""Cover between officers: duties pass to a colleague on the days of the cover, in the university's zone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auth.backend import Authenticator
from auth.bearer import Claims, issue_token
from auth.caller import Caller, Role
from resolvers.context import Services
from tests.conftest import Clock
from tests.resolvers.test_disclosure import reveal
from tests.stories.office import Office

CREATE = """
mutation MakeACover($input: CreateCoverInput!) {
  createCover(input: $input) { cover { id status } problems { code path message } }
}"""
END = "mutation EndIt($id: ID!) { endCover(id: $id) { cover { id status } problems { code path message } } }"
NEEDS = "query Needs($id: ID!) { person(id: $id) { diet withheld } }"


def days(office: Office, officer: str, by: str, start: str, end: str | None) -> dict[str, Any]:
    """What a cover is made of."""
    return {"officer": office.ids[officer], "by": office.ids[by], "period": {"start": start, "end": end}}


class Door:
    """Who a person is when they sign in, as the service finds out at each request."""

    def __init__(self, services: Services, clock: Clock, kept: float) -> None:
        self.authenticator = Authenticator(services.settings, services.store, clock, kept)
        self.settings = services.settings

    async def enter(self, role: Role, person: str) -> Caller:
        """The caller of a request."""
        token = issue_token(self.settings, Claims((role,), person))
        return await self.authenticator.caller({"authorization": f"Bearer {token}"})


@pytest.fixture
def door(services: Services, clock: Clock) -> Door:
    """Give a door that remembers nobody."""
    return Door(services, clock, 0)


async def test_duties_pass_for_the_days_of_the_cover(office: Office, door: Door) -> None:
    """The colleague reads what the officer assigned reads, from the first minute of the first day to the last one."""
    person = await office.guest("Murat", "Demir", office.ids["ankara"], by=office.head, diet="no meat")
    await office.visit("Visit", members=[{"person": person}], officers=[office.ids["officer"]])
    await office.done(office.officer, CREATE, input=days(office, "officer", "colleague", "2026-05-10", "2026-05-12"))
    # Midnight in Baku is 20:00 in UTC.
    for moment, covers in (
        (datetime(2026, 5, 9, 19, 59, tzinfo=UTC), False),
        (datetime(2026, 5, 9, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 5, 12, 19, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 12, 20, 0, tzinfo=UTC), False),
    ):
        office.clock.now = moment
        colleague = await door.enter(Role.OFFICER, office.ids["colleague"])
        assert (office.ids["officer"] in colleague.duties) is covers, moment
        assert ((await office.read(colleague, NEEDS, id=person))["diet"] == "no meat") is covers
        assert (await reveal(office, colleague, person)).codes == ([] if covers else ["FORBIDDEN"])
        # Nobody else gets them, and the officer keeps them.
        assert office.ids["colleague"] not in (await door.enter(Role.OFFICER, office.ids["officer"])).duties
        assert (await office.read(office.officer, NEEDS, id=person))["diet"] == "no meat"


async def test_a_cover_ends_at_midnight_also_for_who_is_remembered(
    office: Office, services: Services, clock: Clock
) -> None:
    """What was remembered of a caller holds for the day on which it was found out."""
    door = Door(services, clock, 3600)
    await office.done(office.officer, CREATE, input=days(office, "officer", "colleague", "2026-05-04", "2026-05-04"))
    clock.now = datetime(2026, 5, 4, 19, 59, 59, tzinfo=UTC)
    assert office.ids["officer"] in (await door.enter(Role.OFFICER, office.ids["colleague"])).duties
    clock.now = datetime(2026, 5, 4, 20, 0, tzinfo=UTC)
    assert office.ids["officer"] not in (await door.enter(Role.OFFICER, office.ids["colleague"])).duties


async def test_ending_a_cover_ends_it(office: Office, door: Door) -> None:
    """An officer ends their own cover before its last day; it counts no more."""
    made = await office.done(office.officer, CREATE, input=days(office, "officer", "colleague", "2026-05-01", None))
    assert office.ids["officer"] in (await door.enter(Role.OFFICER, office.ids["colleague"])).duties
    assert (await office.ask(office.colleague, END, id=made["id"])).codes == ["FORBIDDEN"]
    assert (await office.done(office.officer, END, id=made["id"]))["status"] == "ENDED"
    assert office.ids["officer"] not in (await door.enter(Role.OFFICER, office.ids["colleague"])).duties


async def test_covers_are_for_officers_and_do_not_chain(office: Office, door: Door) -> None:
    """Who holds no office gets no duties; whom a colleague covers for passes nothing on that is not theirs."""
    for officer, by in (("officer", "colleague"), ("colleague", "member")):
        await office.done(office.head, CREATE, input=days(office, officer, by, "2026-05-01", None))
    ids = office.ids
    assert (await door.enter(Role.MEMBER, ids["member"])).duties == {ids["member"]}
    assert (await door.enter(Role.OFFICER, ids["member"])).duties == {ids["member"], ids["colleague"]}


async def test_an_officer_hands_over_their_own_duties_alone(office: Office) -> None:
    """The head makes any cover, an officer their own; nobody covers for themself."""
    foreign = days(office, "officer", "head", "2026-05-01", None)
    (problem,) = await office.tells(office.colleague, CREATE, input=foreign)
    assert (problem["code"], problem["path"]) == ("FORBIDDEN", "officer")
    assert await office.tells(office.head, CREATE, input=foreign) == []
    (problem,) = await office.tells(
        office.officer, CREATE, input=days(office, "officer", "officer", "2026-05-01", None)
    )
    assert (problem["code"], problem["path"]) == ("INVALID", "by")
