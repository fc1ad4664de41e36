"""What is special about partners: duplicates (PARTNER-1), merges (PARTNER-2), dormant ones (PARTNER-3)."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from auth.access import fetch
from documents.kinds import KINDS, collection_of, tree_of
from documents.partner import Partner, PartnerStatus
from documents.proposal import Proposal, ProposalType
from documents.store import translated
from documents.tree import Path
from errors import Invalid
from resolvers.change import change
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules, Work, make, remake
from resolvers.person import OVER
from resolvers.problem import Problem, ProblemCode, Problems

Outcome = tuple[str | None, list[Problem]]
MERGES = "merges"
MOST_REPOINTED = 2_000
MOST_MONTHS = 1_200
GAINS = ("identifiers", "domains", "aliases")


async def check(draft: Draft) -> None:
    """An identifier belongs to one partner. Where another has it, that is told only to who may see that other one."""
    partner: Partner = draft.model()
    if draft.action == "unmerge" and draft.arguments:
        # The one it went into gives up what it gained before this one takes its identifiers back.
        await remake(draft, "Partner", draft.arguments["into"], "unmerge", _losing(draft.arguments["gained"]))
    partner.contested = sorted(set(partner.contested) & {f"{i.scheme}:{i.value}" for i in partner.identifiers})
    partner.bookkeeping()
    added = set(partner.identifier_keys) - set(draft.before.get("identifier_keys", ()))
    if not added or draft.action in ("merge", "unmerge"):
        return
    collection = draft.context.store.collection(collection_of("Partner"))
    query = {"identifier_keys": {"$in": sorted(added)}, "_id": {"$ne": partner.id}}
    sight = draft.context.sight("Partner")
    for other in await collection.find(query, session=draft.session).to_list():
        taken = added & set(other["identifier_keys"])
        if sight is not None and sight.in_scope(other):
            message = (
                f"{', '.join(sorted(taken))} is already held by partner {other['code']}: merge the two, or correct it"
            )
            draft.problem(ProblemCode.CONFLICT, "identifiers", message)
        else:
            # To who may not see the other partner the answer is that of a new one; the office is asked instead.
            partner.contested = sorted({*partner.contested, *taken})


async def effect(draft: Draft) -> None:
    """Ask the office about what may be the same institution, once for each pair."""
    partner: Partner = draft.model()
    if draft.action not in ("create", "update"):
        return
    fresh = set(partner.match_keys) - set(draft.before.get("match_keys", ()))
    contested = set(partner.contested) - set(draft.before.get("contested", ()))
    collection = draft.context.store.collection(collection_of("Partner"))
    for keys, path, why in (
        (contested, "identifier_keys", "the same identifier"),
        ({key for key in fresh if key.startswith("domain:")}, "match_keys", "the same internet domain"),
        ({key for key in fresh if key.startswith("name:")}, "match_keys", "the same name in the same country"),
    ):
        query = {path: {"$in": sorted(keys)}, "_id": {"$ne": partner.id}, "merged_into": None}
        found = await collection.find(query, {"_id": 1}, session=draft.session, limit=10).to_list() if keys else []
        if found:
            await _propose(draft, partner, sorted(other["_id"] for other in found), why)
            return


async def _propose(draft: Draft, partner: Partner, others: list[str], why: str) -> None:
    fingerprint = "|".join(("pair", *sorted((partner.id, *others))))
    proposals = draft.context.store.collection(collection_of("Proposal"))
    if await proposals.find_one({"fingerprint": fingerprint}, {"_id": 1}, session=draft.session):
        return
    reason = f"They have {why}. Merge them if they are one institution."
    proposal = Proposal(type=ProposalType.MERGE, reason=reason, partner=partner.id, candidates=others)
    proposal.fingerprint = fingerprint
    await make(draft, proposal)


def _pointing(paths: tuple[Path, ...]) -> list[str]:
    return [found.path for path in paths for found in path.walk() if found.reference == "Partner"]


async def merge(context: Context, record_id: str, into: str, *, session: Any = None) -> Outcome:
    """Re-point every reference from one partner to another, in one change (PARTNER-2). `unmerge` takes it back."""
    await fetch(context.store, "Partner", into, context.caller, context.now, action="merge", session=session)

    async def work(draft: Draft) -> None:
        target = await context.store.collection(collection_of("Partner")).find_one({"_id": into}, session=draft.session)
        if into == record_id or target is None or target["merged_into"] is not None:
            message = "Merge into another partner that is not merged itself"
            draft.problem(ProblemCode.INVALID, "into", message)
        if draft.document["merged_into"] is not None:
            draft.problem(ProblemCode.CONFLICT, "id", "This partner is merged already: unmerge it first")
        draft.arguments = {"into": into, "status": draft.document["status"]}
        draft.document["status"], draft.document["merged_into"] = str(PartnerStatus.MERGED), into

    return await change(context, "Partner", record_id, "merge", None, work, session=session)


async def unmerge(context: Context, record_id: str) -> Outcome:
    """Take a merge back: every reference that it moved points to the partner again."""

    async def work(draft: Draft) -> None:
        entry = await context.store.collection(MERGES).find_one({"source": record_id}, session=draft.session)
        if entry is None:
            draft.problem(ProblemCode.CONFLICT, "id", "This partner is not merged: there is nothing to take back")
            return
        partners = context.store.collection(collection_of("Partner"))
        later = await partners.find_one({"_id": entry["into"]}, session=draft.session)
        if later is None or later["merged_into"] is not None:
            message = "The partner it went into was merged itself since: take that merge back first"
            draft.problem(ProblemCode.CONFLICT, "id", message)
            return
        draft.arguments = entry
        draft.document["status"], draft.document["merged_into"] = entry["status"], None

    return await change(context, "Partner", record_id, "unmerge", None, work)


async def merging(draft: Draft) -> None:
    """The rest of a merge or of taking it back, in its transaction.

    Only the partner that is merged has arguments: the others are changed in the course of it.
    """
    if draft.action == "merge" and draft.arguments:
        await _merged(draft)
    elif draft.action == "unmerge" and draft.arguments:
        await _unmerged(draft)
    else:
        await effect(draft)


async def _merged(draft: Draft) -> None:
    source, into = draft.document["_id"], draft.arguments["into"]
    moved: list[dict[str, Any]] = []
    for kind in KINDS:
        paths = [*_pointing(tree_of(kind).paths), "issued_to"]
        query = {"$or": [{path: source} for path in paths], "_id": {"$ne": source}}
        collection = draft.context.store.collection(collection_of(kind))
        found = await collection.find(query, session=draft.session, limit=MOST_REPOINTED + 1).to_list()
        if len(moved) + len(found) > MOST_REPOINTED:
            message = f"More than {MOST_REPOINTED} records point to this partner: ask the administrator"
            raise Problems(Problem(ProblemCode.LIMIT, "id", message))
        for record in found:
            places: list[list[Any]] = []

            async def repoint(made: Draft, places: list[list[Any]] = places) -> None:
                _repoint(made.document, source, into, [], places)

            await remake(draft, kind, record["_id"], "merge", repoint, judged=False)
            moved.append({"kind": kind, "record": record["_id"], "places": places})
    gained: dict[str, Any] = {}

    async def gain(made: Draft) -> None:
        for name in GAINS:
            gained[name] = [value for value in draft.document[name] if value not in made.document[name]]
            made.document[name] = [*made.document[name], *gained[name]]
        # What a third partner holds stays contested, whoever else claims it.
        made.document["contested"] = sorted({*made.document["contested"], *draft.document["contested"]})

    await remake(draft, "Partner", into, "merge", gain)
    entry: dict[str, Any] = {"_id": uuid4().hex, "source": source, "into": into, "status": draft.arguments["status"]}
    entry |= {"moved": moved, "gained": gained}
    await draft.context.store.collection(MERGES).insert_one(entry, session=draft.session)


def _repoint(value: Any, source: str, into: str, at: list[Any], places: list[list[Any]]) -> None:
    """Replace a reference wherever it stands in a stored record, and note where that was: elements by their id."""
    if isinstance(value, list) and source in value and into in value:
        places.append([*at, value.index(source), "gone"])
        value.remove(source)
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in list(pairs):
        if key in ("scope", "terms", "sort", "counts", "patch"):
            continue
        step = below["id"] if isinstance(value, list) and isinstance(below, dict) and "id" in below else key
        if below == source:
            value[key] = into
            places.append([*at, source if isinstance(value, list) else key])
        elif isinstance(below, dict | list):
            _repoint(below, source, into, [*at, step], places)


def _losing(gained: Mapping[str, list[Any]]) -> Work:
    async def lose(made: Draft) -> None:
        for name in GAINS:
            made.document[name] = [value for value in made.document[name] if value not in gained[name]]

    return lose


async def _unmerged(draft: Draft) -> None:
    entry: Mapping[str, Any] = draft.arguments
    for moved in entry["moved"]:

        async def back(made: Draft, places: list[list[Any]] = moved["places"]) -> None:
            for place in places:
                _point_back(made.document, place, entry["source"], entry["into"])

        await remake(draft, moved["kind"], moved["record"], "unmerge", back, judged=False)

    await draft.context.store.collection(MERGES).delete_one({"_id": entry["_id"]}, session=draft.session)


def _point_back(value: Any, place: list[Any], source: str, into: str) -> None:
    """Undo one replacement, where the reference still points where the merge made it point."""
    step, *rest = place
    if isinstance(value, list):
        if not rest:
            if into in value:
                value[value.index(into)] = source
            return
        if rest == ["gone"]:
            if source not in value:
                value.insert(step, source)
            return
        below = next((item for item in value if isinstance(item, dict) and item.get("id") == step), None)
        if below is not None:
            _point_back(below, rest, source, into)
    elif isinstance(value, dict) and not rest:
        if value.get(step) == into:
            value[step] = source
    elif isinstance(value, dict) and value.get(step) is not None:
        _point_back(value[step], rest, source, into)


async def awake(context: Context, months: int) -> list[str]:
    """Partners that some visit in the caller's scope concerned within that many calendar months (PARTNER-3).

    A visit counts until its last day; one that was declined or cancelled does not count. Raises Invalid.
    """
    if not 1 <= months <= MOST_MONTHS:
        msg = f"months is {months}: give a number from 1 to {MOST_MONTHS}"
        raise Invalid(msg)
    sight = context.sight("Delegation")
    since: date = context.now.astimezone(ZoneInfo(context.settings.zone)).date() - relativedelta(months=months)
    lasts = [
        found
        for path in ("dates", "actual_dates")
        for found in ({f"{path}.start": {"$gte": since.isoformat()}}, {f"{path}.end": {"$gte": since.isoformat()}})
    ]
    recent: dict[str, Any] = {"status": {"$nin": sorted(OVER)}, "$or": lasts}
    query: dict[str, Any] = {"$and": [recent, sight.filter()]} if sight else {"_id": {"$in": []}}
    with translated():
        cursor = context.store.collection(collection_of("Delegation")).find(query, {"partners.partner": 1})
        found = await cursor.to_list()
    return sorted({entry["partner"] for document in found for entry in document.get("partners", ())})


RULES["Partner"] = Rules(check=check, effect=merging)
