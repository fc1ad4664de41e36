"""A made-up world: records of every kind, drawn from a seed over the stored paths, so that a new kind needs no word.

Every record is valid, every reference leads somewhere, texts repeat and values are often missing: ties, nulls and
signs that mean something elsewhere are what pages, conditions and shapes must bear.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from auth.caller import INSIDE, Caller, Role, caller
from documents.cipher import Cipher
from documents.delegation import Delegation
from documents.kinds import KINDS, collection_of, tree_of
from documents.labels import identity
from documents.person import Person
from documents.record import Record
from documents.stamp import leaf_key, stamp, stored
from documents.store import DuplicateKeyError, Store
from documents.tree import Path, is_enum
from resolvers.diff import diff
from resolvers.draft import parse
from resolvers.person import duty

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
MOST_DRAWS = 5_000

_STRINGS = (
    "Bakı", "bakı", "Ankara", "Əhməd", "Ismayıl", "İsmayıl", "Ülkər", "Жданов", "Ελένη", "Q", "q", "zz", "A.B", "$ne",
    "$where", "a.b.c", "100%", "(x|y)*", "[a-z]", "back\\slash", "“quoted”", "O'Neil", "C++", "Physics", "physics day",
    "Visit of Ankara", "Summer school", "Room 12", "x", "7", "null", "true", "{}", "é", "ﬁ", "Straße", "STRASSE", "FIZ",
    "RIY", "KIM", "HUQ", "BIO", "TAR", "COG", "FIL", "IQT", "JUR", "SOS", "ŞƏR", "MEX", "PSI", "KIT", "LAB", "BEY",
    "az", "en", "ru", "tr", "zh", "de-AT", "AZ", "TR", "FR", "XK", "AZN", "EUR", "USD", "Asia/Baku", "Europe/Paris",
    "+994125390535", "+905321234567", "+33142685300", "info@bsu.edu.az", "a@example.org", "office.x@uni.example.com",
    "https://bsu.edu.az", "https://example.org/a?b=c", "bsu.edu.az", "bsu-edu.org", "ankara.edu.tr", "0613", "05",
    "011", "GYD", "IST", "CDG", "0000-0002-1825-0097", "948821603", "E10054064", "05dxps055", "03vek6s52", "013meh722",
    "000000012281955X", "A BADEN01", "D MUNCHEN02",
)  # fmt: skip
_POOLS: dict[type, tuple[Any, ...]] = {
    str: _STRINGS,
    bool: (False, True),
    int: (1, 2, 3, 4, 5, 90, 999, 0, -30),
    float: (-89.5, 0.0, 40.375, 49.83),
    date: tuple(date(2026, 4, 28) + timedelta(days=3 * n) for n in range(8)),
    datetime: tuple(NOW + timedelta(hours=13 * n) for n in range(-4, 6)),
    time: (time(9), time(9, 30), time(18, 15)),
    Decimal: (Decimal(0), Decimal("100.50"), Decimal("100.5000"), Decimal("-3.25"), Decimal("99999999999999.9999")),
}


@dataclass
class World:
    """What was stored, by kind and id, in storage form."""

    seed: int
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    database: str = ""

    def ids(self, kind: str) -> list[str]:
        """The ids of a kind, in the order in which they were made."""
        return list(self.records[kind])


@cache
def fitting(model: type[BaseModel], name: str, leaf: type) -> tuple[Any, ...]:
    """The values of the pool that the field takes. Raises LookupError where there is none."""
    info = model.model_fields[name]
    taken: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    adapter: TypeAdapter[Any] = TypeAdapter(taken)
    many = "list" in str(info.annotation)
    kept = []
    for value in tuple(leaf) if is_enum(leaf) else _POOLS[leaf]:  # type: ignore[arg-type]  # is_enum says so
        try:
            adapter.validate_python([value] if many else value)
        except ValidationError:
            continue
        kept.append(value)
    if not kept:
        msg = f"{model.__name__}.{name} takes none of the values of tests/world.py: add one that it takes"
        raise LookupError(msg)
    return tuple(kept)


class Draw:
    """Draws values of paths. ``ids`` are the records that references may lead to."""

    def __init__(self, seed: int, ids: dict[str, list[str]]) -> None:
        self.random = random.Random(seed)  # noqa: S311  # a seed makes a world again; it guards nothing
        self.ids = ids

    def facts(self, model: type[BaseModel], paths: Iterable[Path]) -> dict[str, Any]:
        """Values for these paths of a model, as a client or the service would give them."""
        return {path.name: self.value(model, path) for path in paths if not path.hidden}

    def value(self, model: type[BaseModel], path: Path) -> Any:
        """A value of one path; often null or empty where that is allowed."""
        if path.many:
            return [self._one(model, path) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        return None if path.nullable and self.random.random() < 0.3 else self._one(model, path)

    def _one(self, model: type[BaseModel], path: Path) -> Any:
        if path.reference:
            return self.random.choice(self.ids[path.reference])
        if path.model is None:
            assert path.leaf is not None
            if path.name == "id":
                return "".join(self.random.choice("0123456789abcdef") for _ in range(12))
            return self.random.choice(fitting(model, path.name, path.leaf))
        for _ in range(MOST_DRAWS):
            drawn = self.facts(path.model, path.children)
            try:
                path.model.model_validate(drawn)
            except ValidationError:
                continue
            return drawn
        msg = f"{path.path}: none of {MOST_DRAWS} draws is valid: add fitting values to tests/world.py"
        raise LookupError(msg)

    def record(self, kind: str, record_id: str) -> Record:
        """A valid record of a kind."""
        model, tree = KINDS[kind], tree_of(kind)
        drawn = self.facts(model, [path for path in tree.paths if path.name not in ("id", "code", "status")])
        drawn |= {"id": record_id, "status": self.random.choice(model.lifecycle.states)}
        # Most records are there for someone; moments would hide most of them otherwise.
        drawn["archived_at"] = self.random.choice((None, None, None, None, NOW - timedelta(days=1)))
        day = timedelta(days=1)
        drawn["published_from"] = self.random.choice((None, None, NOW - day, NOW, NOW + day))
        drawn["issued_to"] = sorted(set(self.random.choices(self.ids["Partner"], k=self.random.choice((0, 1, 3)))))
        if "restricted" in drawn:
            drawn["restricted"] = self.random.random() < 0.15
        drawn["created_at"] = NOW - timedelta(days=2)
        return model.model_validate(drawn)

    def past(self, kind: str, document: dict[str, Any]) -> list[dict[str, Any]]:
        """Entries of the history of a document; its change counts are put in place."""
        status = leaf_key(tree_of(kind).path("status"), "")
        counts = {status: 1}
        entries = []
        touched = diff(tree_of(kind), {}, document)
        actions = ("create", "update", "archive", *(step.name for step in KINDS[kind].lifecycle.actions))
        for number in range(self.random.choice((1, 2, 4))):
            moved = self.random.sample(touched, min(len(touched), 6))
            keys = sorted({found.key for found in moved})
            for key in keys:
                counts[key] = counts.get(key, 0) + 1
            entries.append(
                {
                    "_id": f"{document['_id']}-{number}",
                    "kind": kind,
                    "record": document["_id"],
                    "at": NOW - timedelta(hours=self.random.choice((1, 2, 3))),
                    "by": self.random.choice([None, *self.ids["Person"]]),
                    "action": self.random.choice(actions),
                    "number": number + 1,
                    "keys": keys,
                    "changes": [found.stored() for found in moved],
                }
            )
        document["counts"], document["revision"] = counts, len(entries)
        return entries


def _with_duties(documents: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Let the persons know who serves their visits, as the service would."""
    found: dict[str, list[Any]] = {}
    for document in documents["Delegation"].values():
        visit = parse(Delegation, document)
        served = duty(visit)
        for person in {member.person for member in visit.members} if served else ():
            found.setdefault(person, []).append(served)
    for person, visits in found.items():
        record = parse(Person, documents["Person"][person])
        record.visits = visits
        fresh = stamp(record)
        documents["Person"][person] |= {"visits": stored(record)["visits"], "scope": fresh["scope"]}


async def fill(store: Store, cipher: Cipher, *, seed: int = 1, each: int = 12) -> World:
    """Put ``each`` records of every kind, with their history, into a prepared store."""
    ids = {kind: [f"{model.prefix}_{seed:04d}{n:016d}" for n in range(each)] for kind, model in KINDS.items()}
    draw = Draw(seed, ids)
    world = World(seed, {kind: {} for kind in KINDS}, store.db.name)
    # Records that follow another one's scope come after it.
    for kind in sorted(KINDS, key=lambda name: KINDS[name].parent is not None):
        for record_id in ids[kind]:
            world.records[kind][record_id] = await _insert(store, cipher, draw, world, kind, record_id)
    _with_duties(world.records)
    for person_id, document in world.records["Person"].items():
        moved = {"visits": document["visits"], "scope": document["scope"]}
        await store.collection(collection_of("Person")).update_one({"_id": person_id}, {"$set": moved})
    return world


async def _insert(store: Store, cipher: Cipher, draw: Draw, world: World, kind: str, record_id: str) -> dict[str, Any]:
    for _ in range(100):
        record = draw.record(kind, record_id)
        above = getattr(record, record.parent) if record.parent else None
        parent = next((found[above] for found in world.records.values() if above in found), None)
        document = stamp(record, parent)
        entries = draw.past(kind, document)
        sealed = await _sealed(cipher, kind, document)
        try:
            await store.collection(collection_of(kind)).insert_one(sealed)
        except DuplicateKeyError:
            continue
        await store.collection("history").insert_many(entries)
        return sealed
    msg = f"{kind}: 100 draws in a row are taken already: add values to tests/world.py"
    raise LookupError(msg)


async def _sealed(cipher: Cipher, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    secret = [path.name for path in tree_of(kind).paths if identity in path.chain and document[path.name]]
    return document | {name: await cipher.seal(document["_id"], document[name]) for name in secret}


def _most(world: World, token: str, kind: str, among: str) -> str:
    """Whose scope tokens of that relation most records of a kind carry."""
    held = [found for document in world.records[kind].values() for found in document["scope"]]
    return max(world.ids(among), key=lambda record_id: held.count(f"{token}:{record_id}"))


def cast(world: World) -> dict[str, Caller]:
    """A caller of every role, tied to records so that each rule of the table holds for some and not for others."""
    partner = _most(world, "issued", "Delegation", "Partner")
    units = frozenset(world.ids("Unit")[:3])
    persons = {
        Role.HOST: _most(world, "host", "Delegation", "Person"),
        Role.OFFICER: _most(world, "assigned", "Delegation", "Person"),
        Role.MEMBER: _most(world, "self", "Person", "Person"),
    }
    found = {}
    for role in Role:
        person = persons.get(role, world.ids("Person")[1] if role in INSIDE else None)
        found[role.value] = caller(
            role,
            person=person,
            units=units if role is Role.COORDINATOR else frozenset(),
            partner=partner if role in (Role.PARTNER, Role.PORTAL) else None,
            home_unit=world.ids("Unit")[0] if role in INSIDE else None,
            name=role.value,
        )
    found["coordinator and host"] = caller(
        Role.COORDINATOR, Role.HOST, person=persons[Role.HOST], units=units, home_unit=world.ids("Unit")[0], name="both"
    )
    return found
