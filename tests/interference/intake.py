"""The intake page as a door: whoever holds a link learns whether it is taken, and nothing of what lies behind it."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from auth.caller import Role
from documents.intake_link import digest
from resolvers.person import OVER
from schema.intake import GUEST
from tests.interference.drafts import Request
from tests.interference.oracle import Oracle
from tests.interference.profiles import Profile
from tests.interference.twin import COMMANDS, SIDES, Answered, Finding, Twin, difference
from tests.interference.values import NOW
from tests.interference.world import World
from tests.stories.intake import FILLED, Page

# Whoever opens a link is signed in as nobody.
OPENERS: tuple[frozenset[Role], ...] = (frozenset({Role.GUEST}), frozenset())
# Of the reasons not to take a link, so many are tried in each world.
REASONS = 3
TOKEN = "lotus" * 6
UNTAKEN = ("unknown", "revoked", "expired", "used up", "archived", "cancelled", "visit archived", "no visit")
WRONG = FILLED | {"email": "no address", "passport_number": ""}

Steps = tuple[tuple[str, dict[str, str] | None], ...]
TAKEN: Steps = (("GET", None), ("POST", WRONG), ("POST", FILLED), ("GET", None), ("POST", FILLED))
REFUSED: Steps = (("GET", None), ("POST", FILLED))


def opens(profile: Profile) -> bool:
    """Whether somebody of these roles may be a guest with a link."""
    return frozenset(profile.roles) in OPENERS


def _visits(world: World, *, over: bool) -> list[str]:
    """The visits that will not be, or the others."""
    return [
        visit["_id"]
        for visit in world.docs["Delegation"].values()
        if (visit["status"] in OVER) == over and visit["archived_at"] is None
    ]


def _put_away(world: World) -> list[str]:
    return [visit["_id"] for visit in world.docs["Delegation"].values() if visit["archived_at"] is not None]


def _taken(world: World, rng: random.Random) -> dict[str, Any]:
    """A link that is taken: which visit, whose, until when, and how many came before, is anything."""
    most = rng.choice((5, 20, 200))
    return {
        "status": "ACTIVE",
        "archived_at": None,
        "digest": digest(TOKEN),
        "delegation": rng.choice(_visits(world, over=False)),
        "expires_at": NOW + timedelta(minutes=rng.choice((1, 700, 90_000))),
        "most_submissions": most,
        "submissions": rng.choice((1, most - 3)),
        "partner": rng.choice((None, *world.docs["Partner"])),
    }


def _untaken(world: World, rng: random.Random, why: str) -> dict[str, Any] | None:
    """A link that is not taken for some reason; None where a world holds nothing that gives it."""
    found = _taken(world, rng)
    instead = {"cancelled": _visits(world, over=True), "visit archived": _put_away(world), "no visit": ["dlg_none"]}
    if why in instead and not instead[why]:
        return None
    changes: dict[str, dict[str, Any]] = {
        "unknown": {"digest": digest("another")},
        "revoked": {"status": "REVOKED"},
        "expired": {"expires_at": NOW - timedelta(minutes=1)},
        "used up": {"submissions": found["most_submissions"]},
        "archived": {"archived_at": NOW},
    }
    return found | (changes[why] if why in changes else {"delegation": rng.choice(instead[why])})


async def _ask(twin: Twin, page: Page, values: dict[str, str] | None) -> Answered:
    """One request to the page of a side: status, headers and body."""
    COMMANDS.start()
    twin.requests += 1
    twin.chance.start(twin.requests // len(SIDES), Oracle(GUEST, NOW))
    address = f"/intake/{TOKEN}"
    found = await (page.get(address) if values is None else page.post(address, values))
    return Answered(
        {"status": found.status_code, "headers": dict(found.headers), "body": found.text}, COMMANDS.seen, COMMANDS.added
    )


async def _before(twin: Twin, side: str, link: str, rng: random.Random) -> None:
    """On one side, somebody of that name was entered by this link before."""
    known = sorted(twin.world(side).docs["IntakeSubmission"])
    names = {name: FILLED[name] for name in ("given_name", "family_name", "email")}
    about = {"link": link, "status": rng.choice(("SUBMITTED", "CHECKED"))}
    collection = twin.stores[side].collection("intake_submissions")
    await collection.update_one({"_id": known[0]}, {"$set": names | about})


def _cases(twin: Twin, rng: random.Random) -> Iterator[tuple[dict[str, dict[str, Any]], bool]]:
    """Links on both sides that are told alike, and whether they are taken."""
    fresh, used = (_taken(twin.world(side), rng) for side in SIDES)
    yield dict(zip(SIDES, (fresh | {"submissions": 0}, used), strict=True)), True
    for why in rng.sample(UNTAKEN, k=REASONS):
        found = {}
        for side, reason in zip(SIDES, (UNTAKEN[0], why), strict=True):
            link = _untaken(twin.world(side), rng, reason)
            if link is not None:
                found[side] = link
        if len(found) == len(SIDES):
            yield found, False


async def intake(twin: Twin, profile: Profile, rng: random.Random) -> Finding | None:
    """Open and send the page with the same address on both sides. Gives the first thing that differs."""
    pages = {side: Page(twin.views[side].services) for side in SIDES}
    links = {side: sorted(twin.world(side).docs["IntakeLink"]) for side in SIDES}
    try:
        for found, taken in _cases(twin, rng):
            for side in SIDES:
                collection = twin.stores[side].collection("intake_links")
                await collection.update_one({"_id": links[side][0]}, {"$set": found[side]})
            await _before(twin, SIDES[0], links[SIDES[0]][0], rng)
            wrote = {"intake_links", "intake_submissions"}
            for method, values in TAKEN if taken else REFUSED:
                left, right = [await _ask(twin, pages[side], values) for side in SIDES]
                wrote |= left.wrote | right.wrote
                request = Request(f"{method} /intake/{TOKEN}", dict(values or {}), [])
                assert (left.content["status"] in (200, 422)) == taken, f"a link that is {found} answers {left.content}"
                if left.told != right.told:
                    return Finding(profile.name, request, *difference(left.content, right.content))
                if not taken and Counter(left.commands) != Counter(right.commands):
                    return Finding(
                        profile.name, request, "work for an unknown link", str(left.commands), str(right.commands)
                    )
            for side in SIDES:
                await twin.restore(side, wrote)
    finally:
        for page in pages.values():
            await page.client.aclose()
    return None
