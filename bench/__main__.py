"""`python -m bench`: what the service costs, beside a floor and beside what one would write without it."""

import argparse
import asyncio
import sys
from pathlib import Path

from bench.contenders import DEEP, FLOOR, IDIOMATIC, OPEN, SERVICE, YOGA_NAME, Place, contenders, node_missing
from bench.knowing import known
from bench.measure import answer, difference, measure
from bench.records import Records, fill, records
from bench.report import SMALLER, Series, knowing, larger, table, targets, verdict, write
from bench.works import Work, works
from documents.embedded import start_embedded
from documents.kinds import prepare
from documents.migrations import check_migrations
from documents.store import connect
from settings import Settings

SMALL, LARGE = 10_000, 100_000
METHOD = "rounds in turn, the least of each server's own processor time"
FILLED = "bench_filled"
# Bulk loading and the making of indexes at the end take the embedded server longer than any request may.
LOADING_SECONDS = 3_600.0


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


async def filled(uri: str, database: str, count: int) -> Records:
    """The records of a database, which is filled first where it is not complete."""
    store = await connect(Settings(database=database, store_timeout_seconds=LOADING_SECONDS), uri)
    try:
        if await store.collection(FILLED).find_one({"_id": count}):
            await prepare(store)
            return records(count)
        say(f"Filling {database} with {count:,} visits …")
        await store.client.drop_database(store.db)
        await check_migrations(store)
        made = await fill(store, count)
        # Afterwards: to make an index of what is there is quicker than to keep it at every insert.
        await prepare(store)
        await store.collection(FILLED).insert_one({"_id": count})
        return made
    finally:
        await store.close()


def _check(work: Work, found: dict[str, object]) -> None:
    """Stop where two contenders do not answer the same."""
    first, *others = found
    for other in others:
        if place := difference(found[first], found[other]):
            raise SystemExit(f"{first} and {other} answer “{work.name}” differently, at {place}")


def series(place: Place, made: Records, rounds: int, names: tuple[str, ...]) -> Series:
    """Every work by every contender; and the service's table beside the open one, where both answer the same."""
    found: Series = []
    places = {kind: made.deep(kind) for kind in DEEP}
    with contenders(place, made, names) as running:
        for work in works(made):
            # Under the open table a partner reads more: that pair is measured as the guest.
            taking = [each for name, each in running.items() if name != OPEN or work.account == "officer"]
            _check(work, {each.name: answer(each, work, places) for each in taking})
            say(f"{made.count:,} visits: {work.name}, {work.account}")
            found.append(measure([(each, work) for each in taking], places, rounds))
        pair = [running[name] for name in (SERVICE, OPEN) if name in running]
        for work in works(made, partner="guest") if len(pair) == 2 else []:
            if work.account == "guest" and not work.deep:
                _check(work, {each.name: answer(each, work, places) for each in pair})
                say(f"{made.count:,} visits: {work.name}, {work.account}")
                found.append(measure([(each, work) for each in pair], places, rounds))
    return found


def beside(uri: str, keys: Path, small: Records, large: Records, rounds: int) -> Series:
    """Every work by the service on the large store and on the small one, in turn, and by the floor on the large one."""
    found: Series = []
    places = {kind: large.deep(kind) for kind in DEEP}
    with (
        contenders(Place(uri, f"bench_{LARGE}", keys), large, (FLOOR, SERVICE)) as on_large,
        contenders(Place(uri, f"bench_{SMALL}", keys), small, (SERVICE,)) as on_small,
    ):
        on_small[SERVICE].name = SMALLER
        for work, same in zip(works(large), works(small), strict=True):
            _check(work, {each.name: answer(each, work, places) for each in on_large.values()})
            say(f"{LARGE:,} visits beside {SMALL:,}: {work.name}, {work.account}")
            taking = [(on_large[FLOOR], work), (on_large[SERVICE], work), (on_small[SERVICE], same)]
            found.append(measure(taking, places, rounds))
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--large", action="store_true", help=f"measure {LARGE:,} visits beside {SMALL:,}: takes long")
    parser.add_argument("--rounds", type=int, default=15, help="how often each contender has its turn")
    parser.add_argument("--home", type=Path, default=Path(".korpu/bench"), help="where the store is kept between runs")
    given = parser.parse_args()
    missing = node_missing()
    if missing:
        say(f"Without {YOGA_NAME}: {missing}.")
    embedded = asyncio.run(start_embedded(given.home, durable=False))
    try:
        all_names = (FLOOR, SERVICE, OPEN, IDIOMATIC, *(() if missing else (YOGA_NAME,)))
        keys = given.home / "keys"
        small = asyncio.run(filled(embedded.uri, f"bench_{SMALL}", SMALL))
        place = Place(embedded.uri, f"bench_{SMALL}", keys)
        found = series(place, small, given.rounds, all_names)
        ways = known(place, small, given.rounds)
        table([*found, ways], f"{SMALL:,} visits, {given.rounds} {METHOD}")
        by_size, rows = {f"{SMALL}": [*found, ways]}, [*targets(found), *knowing(ways)]
        if given.large:
            large = asyncio.run(filled(embedded.uri, f"bench_{LARGE}", LARGE))
            found = beside(embedded.uri, keys, small, large, given.rounds)
            table(found, f"{LARGE:,} visits beside {SMALL:,}, {given.rounds} {METHOD}")
            by_size[f"{LARGE}"] = found
            rows += larger(found)
        write(by_size)
        verdict(rows)
    finally:
        asyncio.run(embedded.stop())


if __name__ == "__main__":
    main()
