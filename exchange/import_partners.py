"""`korpu import partners`: a file of institutions becomes partners, and proposals where a person must decide."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from documents.kinds import collection_of
from documents.partner import Partner, PartnerFacts
from documents.proposal import Proposal, ProposalType
from documents.record import Record
from documents.stamp import stored
from documents.store import Store, translated
from errors import StoreBusy
from exchange.checkpoint import (
    Checkpoint,
    end_broken_off,
    keep_checkpoint,
    name_writer,
    prepare_imports,
    read_checkpoint,
    read_settled,
)
from exchange.facts import LOOKED_AT, known, make, merge, unlike_abbreviations
from exchange.match import BY_ROW, Create, Decision, Index, Merge, Propose, Unchanged, Wait
from exchange.partners import COLUMNS, Layout, PartnerRow, Reject, layout, partner_row
from exchange.read import Table, open_table
from exchange.rejects import write_rejects
from resolvers.bulk import Overtaken, changed, made, write
from resolvers.draft import parse
from resolvers.history import Change

# Rows per transaction.
BATCH = 50
# How often someone else may be first before an import gives up.
ATTEMPTS = 20
# A server keeps the transaction of an import that was killed, and its guard, for up to a minute.
PATIENCE_SECONDS = 90.0

Progress = Callable[[int, int], None]
Clock = Callable[[], datetime]
Made = TypeVar("Made", bound=Record)


class Outcome(StrEnum):
    """What became of a row. Each row has one."""

    CREATED = "created"
    MERGED = "merged"
    UNCHANGED = "unchanged"
    PROPOSED = "proposed"
    WAITING = "waiting"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the rows of a file.

    `rows` is the sum of the outcomes: created, merged into a partner, unchanged, proposed to a person without being
    written, waiting in a proposal of an earlier import, rejected. `proposals` counts those that were opened, also for
    rows that were created; `cells` those that were refused in rows that were taken. `rejects` is the file that tells
    of every refused row and cell. `resumed_after` is the row after which a broken-off import went on, or 0.
    """

    rows: int
    created: int
    merged: int
    unchanged: int
    proposed: int
    waiting: int
    rejected: int
    proposals: int
    cells: int
    rejects: Path | None
    ignored_columns: tuple[str, ...]
    resumed_after: int
    dry_run: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read: for each row its number and the institution, or None, and everything that was refused."""

    table: Table
    columns: Layout
    rows: list[tuple[int, PartnerRow | None]]
    refused: list[Reject]


@dataclass(frozen=True, slots=True)
class _Step:
    """One row on its way: what was decided, and the partner that it describes; `id` is what that may be created as."""

    row: PartnerRow
    decision: Decision
    partner: Partner
    domains: tuple[str, ...]
    id: str


async def import_partners(
    store: Store,
    path: Path,
    *,
    dry_run: bool,
    clock: Clock,
    by: str | None,
    home: Path,
    progress: Progress,
) -> Report:
    """Import the institutions of an XLSX, CSV or JSON file, and tell what became of each row (PARTNER-1).

    Each batch of rows is one transaction with its checkpoint: an import that was killed goes on where it stopped, and
    one that is repeated changes nothing. A dry run writes nothing to the store; it too leaves the file of rejects.
    `progress(done, total)` is told of rows. Raises Unreadable for the file, OSError where the rejects can be written
    nowhere, StoreBusy where others keep changing the same partners, and StoreUnavailable.
    """
    started = time.monotonic()
    file = await asyncio.to_thread(_read, path)
    if not dry_run:
        await prepare_imports(store)
        await end_broken_off(store)
    for _ in range(ATTEMPTS):
        run = await _begin(store, file, dry_run=dry_run, clock=clock, by=by)
        resumed_after = run.checkpoint.row
        try:
            await run.finish(progress)
        except Overtaken:
            continue
        break
    else:
        raise StoreBusy("Others kept changing the same partners: import the file again, it goes on where it stopped.")
    refused = sorted([*file.refused, *run.invalid], key=lambda reject: reject.row)
    rejects = await asyncio.to_thread(write_rejects, path, home, file.table.digest, refused)
    counts = Counter(run.checkpoint.counts)
    return Report(
        rows=sum(counts[outcome] for outcome in Outcome),
        **{str(outcome): counts[outcome] for outcome in Outcome},
        proposals=counts["proposals"],
        cells=len([reject for reject in refused if not reject.whole]),
        rejects=rejects,
        ignored_columns=file.columns.ignored,
        resumed_after=resumed_after,
        dry_run=dry_run,
        seconds=time.monotonic() - started,
    )


def _read(path: Path) -> _File:
    table = open_table(path, COLUMNS)
    columns = layout(table)
    rows: list[tuple[int, PartnerRow | None]] = []
    refused: list[Reject] = []
    for row in table.rows():
        partner, rejects = partner_row(row, columns)
        rows.append((row.number, partner))
        refused += rejects
        if partner is not None:
            refused += _unlike_abbreviations(partner, columns)
    return _File(table, columns, rows, refused)


def _unlike_abbreviations(row: PartnerRow, columns: Layout) -> Iterator[Reject]:
    column = columns.columns.get("abbreviations", "")
    for text in unlike_abbreviations(row):
        yield Reject(row.number, column, text, "is no short word of capitals", "write it among the other names")


async def _begin(store: Store, file: _File, *, dry_run: bool, clock: Clock, by: str | None) -> "_Run":
    """Read how far the import has come, and then what is known: later batches of others are noticed by their guard."""
    name = "".join(letter for letter in file.table.path.name if letter.isprintable())[:200]
    checkpoint = await read_checkpoint(store, file.table.digest, name)
    settled = await read_settled(store)
    with translated():
        partners = await store.collection(collection_of("Partner")).find({}, dict.fromkeys(LOOKED_AT, 1)).to_list()
        asked = (
            await store.collection(collection_of("Proposal"))
            .find({"fingerprint": {"$type": "string"}}, {"fingerprint": 1})
            .to_list()
        )
    merged = {found["_id"]: found["merged_into"] for found in partners if found["merged_into"]}
    living = {found["_id"]: known(found) for found in partners if not found["merged_into"]}
    settled = {digest: _last(partner, merged) for digest, partner in settled.items()}
    # What was written as well as proposed is settled; only the rest waits for a person.
    waiting = {found["fingerprint"] for found in asked if settled.get(found["fingerprint"]) not in living}
    index = Index(living.values(), settled=settled, waiting=waiting)
    index.survey((row for _, row in file.rows if row is not None), portals=checkpoint.portals)
    checkpoint.portals = sorted(index.portals)
    return _Run(store, file, index, checkpoint, dry_run=dry_run, clock=clock, by=by)


def _last(partner: str, merged: dict[str, str]) -> str:
    """The partner that this one was merged into in the end."""
    passed = set()
    while partner in merged and partner not in passed:
        passed.add(partner)
        partner = merged[partner]
    return partner


class _Run:
    """One pass over the rows that are left, from what was known when it began."""

    def __init__(
        self,
        store: Store,
        file: _File,
        index: Index,
        checkpoint: Checkpoint,
        *,
        dry_run: bool,
        clock: Clock,
        by: str | None,
    ) -> None:
        self._store, self._file, self._index, self.checkpoint = store, file, index, checkpoint
        self._dry_run, self._clock, self._by = dry_run, clock, by
        self.invalid: list[Reject] = []
        # The session that writes: the driver gives each batch the same one while nobody else needs any.
        self._session: Any = None

    async def finish(self, progress: Progress) -> None:
        """Take the rows that are left, batch by batch. Raises Overtaken."""
        rows, total = self._file.rows, len(self._file.rows)
        done = sum(1 for number, _ in rows if number <= self.checkpoint.row)
        # what was refused before the break is refused again, for the file of rejects
        for _, row in rows[:done]:
            if row is not None:
                self._described(row)
        progress(done, total)
        for start in range(done, total, BATCH):
            batch = rows[start : start + BATCH]
            await self._take(batch, last=start + BATCH >= total)
            progress(start + len(batch), total)
        if done == total:
            await self._take([], last=True)

    async def _take(self, rows: Sequence[tuple[int, PartnerRow | None]], *, last: bool) -> None:
        """Decide some rows and write what comes of them, unless nothing does."""
        steps = [step for _, row in rows if row is not None and (step := self._decided(row))]
        counts = Counter(self.checkpoint.counts)
        counts += Counter(str(_outcome(step.decision)) for step in steps)
        counts[Outcome.REJECTED] += len(rows) - len(steps)
        counts["proposals"] += sum(isinstance(step.decision, Propose) for step in steps)
        self.checkpoint.counts = dict(counts)
        if self._dry_run:
            return
        now = self._clock()
        changes = await self._changes(steps, now)
        settled = {step.row.digest(): found for step in steps if (found := _settled(step))}
        if changes or settled:
            self.checkpoint.finished = False
        if not (changes or settled or (last and not self.checkpoint.finished)):
            return
        at = replace(self.checkpoint, batch=self.checkpoint.batch + 1, finished=last)
        at.row = rows[-1][0] if rows else at.row
        await self._write(at, now, changes, settled)
        self.checkpoint = at

    async def _write(self, at: Checkpoint, now: datetime, changes: list[Change], settled: dict[str, str]) -> None:
        async def also(session: Any) -> None:
            if session.session_id != self._session:
                await name_writer(self._store, session)
                self._session = session.session_id
            await keep_checkpoint(self._store, session, at, settled, now)

        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await write(self._store, now, self._by, changes, also=also)
            except StoreBusy:
                if time.monotonic() > deadline:
                    raise

    def _described(self, row: PartnerRow) -> Partner | None:
        """The partner that a row describes, or None where the store would not have it."""
        try:
            return make(row, self._index.own_domains(row))
        except ValidationError as error:
            self.invalid.append(_invalid(row, self._file.columns, error))
            return None

    def _decided(self, row: PartnerRow) -> _Step | None:
        partner = self._described(row)
        if partner is None:
            return None
        step = _Step(row, self._index.decide(row), partner, self._index.own_domains(row), Partner.new_id())
        self._index.learn(row, step.decision, step.id)
        return step

    async def _changes(self, steps: Sequence[_Step], now: datetime) -> list[Change]:
        """The changes that steps come to, in their order. Raises Overtaken where a partner to merge into is gone."""
        partners = await self._stored({step.decision.id for step in steps if isinstance(step.decision, Merge)})
        changes: list[Change] = []
        for step in steps:
            if _creates(step.decision):
                changes.append(made(_signed(step.partner, step.id, now, self._by)))
                partners[step.id] = changes[-1].document
            if isinstance(step.decision, Propose):
                proposal = _proposal(step, step.decision, self.checkpoint.file)
                changes.append(made(_signed(proposal, Proposal.new_id(), now, self._by)))
            if isinstance(step.decision, Merge):
                before = partners.get(step.decision.id)
                if before is None or before["merged_into"]:
                    raise Overtaken(step.decision.id)
                partner = parse(Partner, before)
                merge(partner, step.row, step.domains)
                if change := changed(before, partner):
                    changes.append(change)
                    partners[step.decision.id] = change.document
        return changes

    async def _stored(self, ids: set[str]) -> dict[str, dict[str, Any]]:
        """Partners as they are stored now, by id; those that this batch makes are not among them."""
        if not ids:
            return {}
        with translated():
            cursor = self._store.collection(collection_of("Partner")).find({"_id": {"$in": sorted(ids)}})
            return {found["_id"]: found for found in await cursor.to_list()}


def _creates(decision: Decision) -> bool:
    return isinstance(decision, Create) or (isinstance(decision, Propose) and decision.create)


def _outcome(decision: Decision) -> Outcome:
    if _creates(decision):
        return Outcome.CREATED
    match decision:
        case Merge():
            return Outcome.MERGED
        case Propose():
            return Outcome.PROPOSED
        case Wait():
            return Outcome.WAITING
    return Outcome.UNCHANGED


def _settled(step: _Step) -> str | None:
    """The partner that a row has newly become."""
    if _creates(step.decision):
        return step.id
    match step.decision:
        case Merge(id=found):
            return found
        case Unchanged(id=found, by=by) if by != BY_ROW:
            return found
    return None


def _signed(record: Made, record_id: str, now: datetime, by: str | None) -> Made:
    record.id, record.created_at, record.created_by = record_id, now, by
    return record


def _proposal(step: _Step, decision: Propose, file: str) -> Proposal:
    """What a person is asked. A row that was not written is kept in it whole, as the partner that it would be."""
    row = step.row
    proposal = Proposal(
        type=ProposalType.MERGE,
        reason=f"{row.names[0][1]} ({row.country}) in row {row.number} of {file}: {decision.why}.",
        candidates=sorted(decision.ids),
        source=f"{file}, row {row.number}",
        fingerprint=row.digest(),
    )
    if decision.create:
        proposal.partner = step.id
    else:
        proposal.target_kind = "Partner"
        facts = PartnerFacts.model_fields.keys() & step.partner.model_fields_set
        proposal.patch = {name: value for name, value in stored(step.partner).items() if name in facts}
    return proposal


def _invalid(row: PartnerRow, columns: Layout, error: ValidationError) -> Reject:
    found = error.errors(include_url=False, include_input=True)[0]
    what = str(found["loc"][0]) if found["loc"] else "name"
    reason, _, remedy = found["msg"].removeprefix("Value error, ").partition(": ")
    column = columns.columns.get(what, "")
    return Reject(row.number, column, str(found["input"])[:200], reason, remedy or "correct it", whole=True)
