"""A rule is read twice, as a filter of the store and as a decision on a record: both readings agree."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from auth.caller import Caller, Role, caller
from auth.policy import ACTIONS, READ, SCOPE, WRITE
from auth.rules import ALWAYS, NEVER, Rule
from documents.store import Store
from tests.interference.values import NOW

RECORDS = 120
CALLERS = 25
PEOPLE, UNITS, PARTNERS = ("prs_a", "prs_b", "prs_c"), ("unt_a", "unt_b"), ("prt_a", "prt_b")
MOMENTS = (None, NOW - timedelta(days=9), NOW - timedelta(milliseconds=1), NOW, NOW + timedelta(milliseconds=1))


def _tokens() -> list[str]:
    named = [f"{relation}:{person}" for relation in ("assigned", "host", "self") for person in PEOPLE]
    named += [f"unit:{unit}" for unit in UNITS]
    named += [f"{relation}:{partner}" for relation in ("partner", "issued") for partner in PARTNERS]
    return [*named, "office", "campus", "public", "restricted"]


def _record(rng: random.Random, number: int) -> dict[str, Any]:
    visits = [
        {
            "hosts": rng.sample(PEOPLE, k=rng.randint(0, 2)),
            "opens_at": rng.choice(MOMENTS),
            "closes_at": rng.choice(MOMENTS),
        }
        for _ in range(rng.choice((0, 0, 1, 2)))
    ]
    tokens = set(rng.sample(_tokens(), k=rng.randint(0, 5)))
    if "restricted" in tokens:
        # What restricts a record leaves it to those who have a duty in it: no ordinary token stays.
        tokens = {token for token in tokens if token.startswith(("assigned:", "host:", "restricted"))}
    elif tokens - {"restricted"}:
        tokens.add("office")
    record = {"_id": f"r{number}", "scope": sorted(tokens), "published_from": rng.choice(MOMENTS)}
    return record | ({"visits": visits} if rng.random() < 0.8 else {})


def _caller(rng: random.Random) -> Caller:
    return caller(
        *rng.sample(list(Role), k=rng.choice((0, 1, 1, 2, 3))),
        person=rng.choice((None, *PEOPLE)),
        units=frozenset(rng.sample(UNITS, k=rng.randint(0, 2))),
        partner=rng.choice((None, *PARTNERS)),
        covers=frozenset(rng.sample(PEOPLE, k=rng.choice((0, 0, 1)))),
    )


def _rules(roles: frozenset[Role]) -> Iterator[Rule]:
    """Every rule of the table for these roles, each met by a role's scope, and what several come to together."""
    yield from (ALWAYS, NEVER)
    tables = [*SCOPE.values(), *READ.values(), *WRITE.values()]
    tables += [rows for actions in ACTIONS.values() for rows in actions.values()]
    for table in tables:
        total = NEVER
        for role in sorted(roles):
            held = table.get(role, NEVER)
            yield held
            for scope in (rows.get(role, NEVER) for rows in SCOPE.values()):
                yield scope & held
                total |= scope & held
        yield total


async def test_what_a_rule_filters_is_what_it_allows(store: Store) -> None:
    """For records in every relation to callers of every mix of roles, the filter finds those that are allowed."""
    rng = random.Random(7)  # noqa: S311  # what is drawn guards nothing
    records = [_record(rng, number) for number in range(RECORDS)]
    collection = store.collection("records")
    await collection.insert_many(records)
    told: dict[bool, int] = {True: 0, False: 0}
    for _ in range(CALLERS):
        who = _caller(rng)
        for held in set(_rules(who.roles)):
            query = held.filter(who, NOW)
            found = set() if query is None else {r["_id"] async for r in collection.find(query, {"_id": 1})}
            allowed = {record["_id"] for record in records if held.allows(who, record, NOW)}
            assert found == allowed, f"{held} for {who}: {sorted(found ^ allowed)}"
            told[bool(allowed)] += 1
    assert min(told.values()) > CALLERS, f"the rules were hardly put to the test: {told}"


def test_a_rule_that_covers_another_holds_wherever_that_does() -> None:
    """What the algebra takes for granted when it leaves a condition out is true on every generated record."""
    rng = random.Random(8)  # noqa: S311  # what is drawn guards nothing
    records = [_record(rng, number) for number in range(RECORDS)]
    covering = 0
    for _ in range(CALLERS):
        who = _caller(rng)
        held = sorted(set(_rules(who.roles)), key=str)
        for one, other in ((one, other) for one in held for other in held if one.covers(other)):
            covering += one != other
            for record in records:
                assert one.allows(who, record, NOW) or not other.allows(who, record, NOW), (
                    f"{one} over {other}: {record}"
                )
    assert covering > CALLERS


def test_rules_add_up_and_meet() -> None:
    """``|`` holds where either does, ``&`` where both do."""
    rng = random.Random(9)  # noqa: S311  # what is drawn guards nothing
    records = [_record(rng, number) for number in range(RECORDS)]
    for _ in range(CALLERS):
        who = _caller(rng)
        held = sorted(set(_rules(who.roles)), key=str)
        for _ in range(30):
            one, other = rng.choice(held), rng.choice(held)
            for record in rng.sample(records, k=40):
                each = one.allows(who, record, NOW), other.allows(who, record, NOW)
                assert (one | other).allows(who, record, NOW) == any(each), f"{one} | {other}"
                assert (one & other).allows(who, record, NOW) == all(each), f"{one} & {other}"
