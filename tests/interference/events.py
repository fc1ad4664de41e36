"""The outboxes of two worlds: what their records' histories leave there, and how records came and went."""

import random
from collections.abc import Iterable
from datetime import timedelta

from auth.policy import SCOPE
from auth.rules import NEVER
from resolvers.history import SCOPED
from tests.interference.oracle import Oracle, Stored
from tests.interference.values import NOW, Values

TOKENS = ("campus", "public", "office")


def event(entry: Stored, before: Stored, after: Stored) -> Stored:
    """The event of an entry of the history; ``before`` and ``after`` are what scope looks at."""
    labels = {key.partition("|")[0] for key in entry["keys"]} | ({SCOPED} if before != after else set())
    return {
        **{name: entry[name] for name in ("_id", "kind", "record", "at", "action", "keys")},
        "labels": sorted(labels),
        "scope_before": before["scope"],
        "scope_after": after["scope"],
        "published_before": before["published_from"],
        "published_after": after["published_from"],
        "who": sorted({*before["scope"], *after["scope"]}),
    }


def events(document: Stored, entries: Iterable[Stored], values: Values) -> list[Stored]:
    """The events of a record; with some of them it comes into other scopes, or leaves them."""
    found = []
    for entry in entries:
        now = {"scope": document["scope"], "published_from": document["published_from"]}
        other = moved(now, values) if values.rng.random() < 0.35 else now
        found.append(event(entry, other, now) if values.rng.random() < 0.7 else event(entry, now, other))
    return found


def moved(now: Stored, values: Values) -> Stored:
    """Another scope than a record has now: more or fewer of those who see it."""
    rng: random.Random = values.rng
    some = [*rng.sample(TOKENS, k=rng.choice((0, 1, 2))), f"partner:{values.reference('Partner')}"]
    published = now["published_from"] or values.rng.choice((None, NOW - timedelta(days=90)))
    kept = (token for token in now["scope"] if rng.random() < 0.5)
    # What is open to anybody but officers assigned and hosts is open to the office.
    return {"scope": sorted({*some, *kept, "office"}), "published_from": published}


def side(found: Stored, name: str) -> Stored:
    """What scope looked at before or after an event."""
    return {"scope": found[f"scope_{name}"], "published_from": found[f"published_{name}"]}


def _open(oracle: Oracle, found: Stored, name: str) -> bool:
    record = side(found, name) | {"visits": []}
    rows = SCOPE[found["kind"]]
    own = any(rows.get(role, NEVER).allows(oracle.caller, record, found["at"]) for role in oracle.caller.roles)
    return own and (oracle.portal is None or _open(oracle.portal, found, name))


def other_events(
    oracle: Oracle, known: Iterable[Stored], document: Stored | None, entries: Iterable[Stored], *, seen: bool
) -> list[Stored]:
    """The events of a record in the other world: those that show are there, and others are as they may be."""
    by_id = {found["_id"]: found for found in known}
    made = []
    for entry in entries:
        if document is not None and entry["_id"] not in by_id:
            now = {"scope": document["scope"], "published_from": document["published_from"]}
            made.append(event(entry, now, now))
        elif seen:
            found = by_id[entry["_id"]]
            made.append(event(entry, *(side(found, name) for name in ("before", "after"))))
    there = {found["_id"] for found in made}
    for found in by_id.values():
        before, after = _open(oracle, found, "before"), _open(oracle, found, "after")
        shows = (after and not before) if seen else (before and not after)
        if shows and found["_id"] not in there:
            keys = oracle.read_keys(found["kind"], found["keys"], document) if seen and document else ()
            made.append(found | {"keys": sorted(keys)})
    return made
