"""What is special about itineraries: confirming, issuing, and what they take meanwhile (ITIN-1 to ITIN-3)."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from auth.access import fetch
from documents.itinerary import Day, Itinerary, ItineraryStatus, Override, named
from documents.itinerary_issue import ItineraryIssue
from documents.kinds import collection_of
from documents.store import Store
from resolvers.bookings import (
    BOOKINGS,
    Booking,
    Taken,
    booked,
    bookings,
    other_clashes,
    own_clashes,
    people_behind,
    prepare_guards,
    release,
    rewrite,
    touch_guards,
)
from resolvers.change import Outcome, change, out_of_turn
from resolvers.clashes import busy
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules, make, parse, remake, told
from resolvers.load import Load, rows
from resolvers.moves import local
from resolvers.person import OVER
from resolvers.places import check_rooms, name_places
from resolvers.problem import ProblemCode

BATCH = 1_000


async def confirm(
    context: Context, record_id: str, if_revision: str | None, overrides: list[Mapping[str, Any]]
) -> Outcome:
    """Take the people and rooms of an itinerary. A hard clash blocks unless its item is overridden with a reason."""
    record = await fetch(context.store, "Itinerary", record_id, context.caller, context.now, action="confirm")
    planned = bookings(parse(Itinerary, record))
    await prepare_guards(context.store, planned, await people_behind(context.store, planned))

    async def work(draft: Draft) -> None:
        if draft.document["status"] != ItineraryStatus.DRAFT:
            message = out_of_turn("Itinerary", "confirm", draft.document["status"])
            draft.problem(ProblemCode.CONFLICT, "id", message)
            return
        visit = await _visit(draft)
        sight = context.sight("Delegation")
        # Of a visit out of sight nothing is told: the plan is confirmed, and takes nothing while the visit is over.
        if visit is not None and visit["status"] in OVER and sight is not None and sight.in_scope(visit):
            message = f"The visit is {visit['status']}: its days cannot be confirmed"
            draft.problem(ProblemCode.CONFLICT, "id", message)
            return
        itinerary = parse(Itinerary, draft.document)
        reasons = _reasons(draft, itinerary, overrides)
        found = bookings(itinerary)
        same = await people_behind(context.store, found, draft.session)
        await touch_guards(context.store, found, same, draft.session)
        taken = own_clashes(found, same, itinerary.id)
        taken += await other_clashes(context.store, found, same, itinerary.id, draft.session)
        standing = {(item, same.get(what, what)) for item, what in await _standing(draft, found)}
        told_of = set()
        for clash in taken:
            what = same.get(clash.booking.resource, clash.booking.resource)
            key, beside = (clash.booking.item, what), (clash.item, what)
            if not clash.firm or (key in standing and (clash.itinerary != itinerary.id or beside in standing)):
                continue
            if clash.booking.item not in reasons:
                draft.problem(ProblemCode.CONFLICT, _place(itinerary, clash), await busy(draft.context, clash))
            elif key not in told_of:
                told_of.add(key)
                entry = Override(item=key[0], resource=clash.booking.resource, reason=reasons[clash.booking.item])
                kept = {**entry.model_dump(), "by": context.caller.person, "at": context.now}
                draft.document["overrides"].append(kept)
        draft.document["status"] = str(ItineraryStatus.CONFIRMED)

    return await change(context, "Itinerary", record_id, "confirm", if_revision, work)


def _reasons(draft: Draft, itinerary: Itinerary, overrides: list[Mapping[str, Any]]) -> dict[str, str]:
    """The reasons given, by item."""
    items = {item.id for day in itinerary.days for item in day.items}
    found = {}
    for index, given in enumerate(overrides):
        if given["item"] not in items:
            message = "There is no such item: read the itinerary again"
            draft.problem(ProblemCode.NOT_FOUND, f"overrides[{index}].item", message)
        try:
            found[given["item"]] = Override(item=given["item"], resource="", reason=given["reason"]).reason
        except ValidationError as error:
            message = told(error.errors(include_url=False, include_input=False)[0]).message
            draft.problem(ProblemCode.INVALID, f"overrides[{index}].reason", message)
    return found


async def _standing(draft: Draft, found: list[Booking]) -> set[tuple[str, str]]:
    """Which overrides, as (item, resource), still stand: a booking that moved since is accepted anew."""
    accepted = {(entry["item"], entry["resource"]) for entry in draft.document["overrides"]}
    held = await _held(draft, found)
    return {(booking.item, booking.resource) for booking in held} & accepted


async def _held(draft: Draft, found: list[Booking]) -> set[Booking]:
    """Those of an itinerary's bookings that it holds firmly."""
    query = {"itinerary": draft.document["_id"], "firm": True}
    kept = await draft.context.store.collection(BOOKINGS).find(query, session=draft.session).to_list()
    held = {(b["item"], b["resource"], b["start"], b["end"]) for b in kept}
    return {b for b in found if (b.item, b.resource, b.start, b.end) in held}


def _place(itinerary: Itinerary, clash: Taken) -> str:
    day = next(day for day in itinerary.days if any(item.id == clash.booking.item for item in day.items))
    return f"days[{day.id}].items[{clash.booking.item}]"


async def check(draft: Draft) -> None:
    """Items stand in their day; a final itinerary stays; a change of what it takes makes it a draft again."""
    itinerary: Itinerary = draft.model()
    before = draft.before.get("status")
    if draft.action == "update" and before == ItineraryStatus.FINAL:
        draft.problem(ProblemCode.CONFLICT, "id", "A final itinerary does not change: reopen it first")
    days = [day.date for day in itinerary.days]
    for day in itinerary.days:
        if days.count(day.date) > 1:
            draft.problem(ProblemCode.INVALID, "days", f"{day.date} stands there twice: put its items into one day")
        for item in day.items:
            try:
                begins = str(local(item.start, item.zone).date())
            except OverflowError:
                begins = "no day of the calendar"
            if begins != str(day.date):
                message = f"This item begins on {begins} in {item.zone}, not on {day.date}: move it or its day"
                draft.problem(ProblemCode.INVALID, f"days[{day.id}].items[{item.id}].start", message)
        day.items.sort(key=lambda item: (item.start, item.end))
    entries = [(f"days[{day.id}].items[{item.id}]", item) for day in itinerary.days for item in day.items]
    await check_rooms(draft, entries, [item for day in draft.before.get("days") or () for item in day["items"]])
    itinerary.days.sort(key=lambda day: day.date)
    firm_states = (ItineraryStatus.CONFIRMED, ItineraryStatus.ISSUED)
    if draft.action == "restore" and draft.before["archived_at"] is not None and itinerary.status in firm_states:
        # What it took was given up when it was archived.
        itinerary.status = ItineraryStatus.DRAFT
    if draft.action == "update" and itinerary.status in firm_states:
        old = set(bookings(parse(Itinerary, draft.before)))
        if not set(bookings(itinerary)) <= old:
            itinerary.status = ItineraryStatus.DRAFT


async def keep_bookings(draft: Draft) -> None:
    """After a change: the bookings follow the items. What was firm and is unchanged stays firm."""
    if draft.action in ("issue", "finalise"):
        return
    itinerary: Itinerary = draft.model()
    store, session = draft.context.store, draft.session
    visit = await _visit(draft)
    if itinerary.archived_at is not None or (visit is not None and visit["status"] in OVER):
        await release(store, [itinerary.id], session)
        return
    found = list(dict.fromkeys(bookings(itinerary)))
    # Who comes in by an answer has met the guards there.
    answered = draft.action == "answer" and itinerary.status is not ItineraryStatus.DRAFT
    firm = set(found) if draft.action == "confirm" or answered else await _held(draft, found)
    await rewrite(store, itinerary.id, found, firm, session)


async def issue(context: Context, record_id: str, if_revision: str | None, partners: list[str]) -> Outcome:
    """Make an immutable, numbered issue for the partners concerned."""

    async def work(draft: Draft) -> None:
        status = draft.document["status"]
        if status not in (ItineraryStatus.CONFIRMED, ItineraryStatus.ISSUED):
            draft.problem(ProblemCode.CONFLICT, "id", out_of_turn("Itinerary", "issue", status))
            return
        visit = await _visit(draft)
        if "restricted" in draft.before["scope"]:
            message = "The itinerary of a restricted visit cannot be issued: lift the restriction first"
            draft.problem(ProblemCode.CONFLICT, "id", message)
        concerned = {entry["partner"] for entry in visit["partners"]} if visit else await _partners(draft, partners)
        for index, partner in enumerate(partners):
            if partner not in concerned and visit is not None:
                message = "This partner takes no part in the visit: add it to the visit's partners first"
                draft.problem(ProblemCode.INVALID, f"partners[{index}]", message)
            elif partner not in concerned:
                message = "There is no such Partner for you: check the id"
                draft.problem(ProblemCode.NOT_FOUND, f"partners[{index}]", message)
        draft.arguments = {"partners": sorted(set(partners) or concerned)}
        draft.document["status"] = str(ItineraryStatus.ISSUED)
        draft.document["issues"] += 1

    return await change(context, "Itinerary", record_id, "issue", if_revision, work)


async def _visit(draft: Draft) -> dict[str, Any] | None:
    found = draft.document["delegation"]
    if found is None:
        return None
    collection = draft.context.store.collection(collection_of("Delegation"))
    visit: dict[str, Any] | None = await collection.find_one({"_id": found}, session=draft.session)
    return visit


async def _partners(draft: Draft, ids: list[str]) -> set[str]:
    """Which of these partners the caller has in scope."""
    found = await rows(draft.context, Load("Partner"), {"_id": {"$in": ids}}) if ids else []
    return {row.doc["_id"] for row in found}


async def _make_issue(draft: Draft) -> None:
    itinerary: Itinerary = draft.model()
    store = draft.context.store.collection(collection_of("ItineraryIssue"))
    latest = await store.find_one({"itinerary": itinerary.id}, sort=[("number", -1)], session=draft.session)
    copy = ItineraryIssue(
        itinerary=itinerary.id,
        delegation=itinerary.delegation,
        number=itinerary.issues,
        title=itinerary.title,
        days=await _named(draft, itinerary.days),
        previous=latest["_id"] if latest else None,
        owner=itinerary.owner,
        issued_to=list(draft.arguments["partners"]),
        issued_at=draft.context.now,
    )
    await make(draft, copy)

    async def supersede(made: Draft) -> None:
        made.document["status"] = "SUPERSEDED"

    # An issue stays the newest one for a partner to whom the later one does not go.
    current = {"itinerary": itinerary.id, "status": "ISSUED", "_id": {"$ne": copy.id}}
    for earlier in await store.find(current, sort=[("number", 1)], session=draft.session).to_list():
        if set(earlier["issued_to"]) <= set(copy.issued_to):
            await remake(draft, "ItineraryIssue", earlier["_id"], "supersede", supersede)


async def _named(draft: Draft, days: list[Day]) -> list[Day]:
    """The days with our people and venues by name: partners read an issue without having them in scope."""
    wanted = sorted({person for day in days for item in day.items for _, person in item.ours()})
    persons = draft.context.store.collection(collection_of("Person"))
    found = await persons.find({"_id": {"$in": wanted}}, session=draft.session).to_list()
    copies = named(days, {person["_id"]: f"{person['given_name']} {person['family_name']}" for person in found})
    await name_places(draft, [item.place for day in copies for item in day.items])
    return copies


async def effect(draft: Draft) -> None:
    """What follows a change of an itinerary, in its transaction."""
    await keep_bookings(draft)
    if draft.action == "issue":
        await _make_issue(draft)


RULES["Itinerary"] = Rules(check=check, effect=effect)


async def rebook(store: Store) -> None:
    """Write the bookings of every itinerary anew, from its items and its state: after records were put in in bulk."""
    collection = store.collection(collection_of("Itinerary"))
    over = store.collection(collection_of("Delegation")).find({"status": {"$in": sorted(OVER)}}, {"_id": 1})
    gone = [document["_id"] async for document in over]
    documents: list[dict[str, Any]] = []
    await store.collection(BOOKINGS).delete_many({})
    async for document in collection.find({"archived_at": None, "delegation": {"$nin": gone}}):
        itinerary = parse(Itinerary, document)
        firm = itinerary.status is not ItineraryStatus.DRAFT
        documents += [booked(itinerary.id, booking, firm=firm) for booking in dict.fromkeys(bookings(itinerary))]
        if len(documents) > BATCH:
            await store.collection(BOOKINGS).insert_many(documents)
            documents = []
    if documents:
        await store.collection(BOOKINGS).insert_many(documents)
