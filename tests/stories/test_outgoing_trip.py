"""An outgoing trip from its proposal to its report: who orders it, who pays, and who may read what it costs."""

from datetime import timedelta

from auth.caller import Caller
from tests.stories.office import REQUEST_VISIT, Office, text

READ_TRIP = """
query ReadTheTrip($id: ID!) {
  delegation(id: $id) { status direction title { en } actualDates { start end } withheld }
}"""

READ_ORDER = """
query ReadTheOrder($id: ID!) { delegation(id: $id) { orderNumber outcomes { text { en } } } }"""

READ_MONEY = """
query ReadTheMoney($id: ID!) {
  delegation(id: $id) { perDiem { amount currency } budget { line amount { amount currency } } revision }
}"""

ADD_BUDGET = """
mutation AddBudget($id: ID!, $revision: String!, $lines: [BudgetLineInput!]!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: { budget: { add: $lines } }) {
    delegation { budget { line amount { amount } } }
    problems { code path message }
  }
}"""

HISTORY = """
query WhatHappened($id: ID!) {
  delegation(id: $id) { history(first: 100) { nodes { action changes { path before after } } } }
}"""

PER_DIEM = {"amount": "120", "currency": "EUR"}
HOTEL = {"line": "Hotel", "amount": {"amount": "480", "currency": "EUR"}}


async def refused(office: Office, who: Caller, document: str, trip: str) -> str:
    """What somebody is told who has no such field."""
    answered = await office.ask(who, document, id=trip)
    assert answered.codes[:1] == ["INVALID"]
    return str(answered.errors[0]["message"])


async def test_a_trip_from_its_proposal_to_its_report(office: Office) -> None:
    """Proposed, ordered, travelling, back, reported; finance reads the money, and a member that there is a trip."""
    ids, head, coordinator, finance = office.ids, office.head, office.coordinator, office.finance

    # When the coordinator of Physics proposes that two colleagues go to Ankara
    proposed = await office.done(
        coordinator,
        REQUEST_VISIT,
        input={
            "direction": "OUTGOING",
            "title": text("Physicists to Ankara"),
            "hostUnits": [ids["physics"]],
            "partners": [{"partner": ids["ankara"]}],
            "dates": {"start": "2026-06-08", "end": "2026-06-11"},
            "members": [
                {"person": ids["dean"], "precedence": 1, "head": True},
                {"person": ids["host"], "precedence": 2},
            ],
        },
    )
    trip = proposed["id"]
    # then it is proposed, and a member of the university does not find it.
    assert proposed["status"] == "PROPOSED"
    assert await office.read(office.member, READ_TRIP, id=trip) is None

    # When the coordinator looks for a way to approve it herself, there is none in her graph, nor in the officer's.
    for who in (coordinator, office.officer):
        answered = await office.ask(
            who, "mutation Approve($id: ID!) { approveDelegation(id: $id) { problems { path } } }", id=trip
        )
        assert "approveDelegation" in answered.errors[0]["message"]
    # When the head orders the trip
    office.clock.now += timedelta(days=1)
    approved = await office.step(head, "approve", trip, orderNumber="T-118", perDiem=PER_DIEM)
    # then it is approved under its number, and the university knows of it.
    assert approved["status"] == "APPROVED"
    assert (await office.read(coordinator, READ_ORDER, id=trip))["orderNumber"] == "T-118"
    assert (await office.read(office.member, READ_TRIP, id=trip))["title"] == text("Physicists to Ankara")

    # When finance looks, they read the daily allowance, and put the hotel into the budget,
    money = await office.read(finance, READ_MONEY, id=trip)
    assert (money["perDiem"], money["budget"]) == (PER_DIEM, [])
    put = await office.done(finance, ADD_BUDGET, id=trip, revision=money["revision"], lines=[HOTEL])
    assert put["budget"] == [{"line": "Hotel", "amount": {"amount": "480"}}]
    # which the head reads as well, and an officer who is not assigned to it does not:
    assert (await office.read(head, READ_MONEY, id=trip))["budget"] == [HOTEL]
    unread = await office.read(office.officer, READ_MONEY, id=trip)
    assert (unread["perDiem"], unread["budget"]) == (None, None)
    assert set((await office.read(office.officer, READ_TRIP, id=trip))["withheld"]) >= {"perDiem", "budget"}
    # the graph of a member, a coordinator or a partner has no money at all.
    for who in (office.member, coordinator, office.ankara, office.anonymous):
        assert "perDiem" in await refused(office, who, READ_MONEY, trip)
    # Nor has finance's the number of the order.
    assert "orderNumber" in await refused(office, finance, READ_ORDER, trip)

    # When they leave, and come back a day late
    office.clock.now += timedelta(days=34)
    left = await office.step(coordinator, "depart", trip, actualDates={"start": "2026-06-08"})
    assert left["status"] == "TRAVELLING"
    office.clock.now += timedelta(days=4)
    back = await office.step(coordinator, "return", trip, actualDates={"start": "2026-06-08", "end": "2026-06-12"})
    assert back["status"] == "RETURNED"
    # and the coordinator hands in the report
    told = {"text": text("A joint laboratory from autumn on")}
    reported = await office.step(coordinator, "report", trip, outcomes=[told])
    # then the trip is reported, with its actual days for everybody, and what came of it for those who work on it.
    assert reported["status"] == "REPORTED"
    known = await office.read(office.member, READ_TRIP, id=trip)
    assert (known["status"], known["actualDates"]) == ("REPORTED", {"start": "2026-06-08", "end": "2026-06-12"})
    assert (await office.read(coordinator, READ_ORDER, id=trip))["outcomes"] == [told]

    # The history tells the head of every step, and of the money;
    history = (await office.read(head, HISTORY, id=trip))["history"]["nodes"]
    assert [entry["action"] for entry in reversed(history)] == [
        "create", "approve", "update", "depart", "return", "report",
    ]  # fmt: skip
    assert any(change["path"].startswith("perDiem") for entry in history for change in entry["changes"])
    # a member reads the steps without a word of it.
    history = (await office.read(office.member, HISTORY, id=trip))["history"]["nodes"]
    assert [entry["action"] for entry in reversed(history)] == ["create", "approve", "depart", "return", "report"]
    for secret in ("perDiem", "budget", "Hotel", "120", "480", "T-118", "laboratory"):
        assert secret not in str(history), secret
