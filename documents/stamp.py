"""What the service keeps beside the facts of a record, derived from them at each write.

Scope tokens (who stands in which relation to it), search terms and sort keys. Terms and change counts are kept under
*keys*: the label chain of a path, and for lists whose elements are told apart, by what. ``shared|members=prt_1`` is
what happened to the members that come from partner ``prt_1``. Keys hold no dots: they name fields of a document.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from bson import Binary, Decimal128
from pydantic import BaseModel
from pymongo import ASCENDING, IndexModel

from documents.folding import sort_key, words
from documents.record import Record, Storage
from documents.tree import Path, Tree, is_text, tree
from documents.values import Period, in_words

LANGUAGES = ("az", "en", "ru")
INHERITED = ("assigned:", "host:", "unit:", "protocol:")


@dataclass(frozen=True, slots=True)
class Order:
    """An order that a kind can be asked for: its name in the graph, the path it reveals, where its key is stored."""

    name: str
    path: Path
    stored: str


@cache
def orders(model: type[Record]) -> tuple[Order, ...]:
    """Every order of a kind: its code, and its sortable paths (texts once per language)."""
    found = []
    for path in tree(model).paths:
        if path.name == "code":
            found.append(Order("code", path, "code"))
        if "sortable" not in path.traits:
            continue
        if is_text(path):
            found += [Order(f"{path.name}_{lang}", path, f"sort.{path.name}.{lang}") for lang in LANGUAGES]
        elif path.model is Period:
            found.append(Order(path.name, path, f"{path.name}.start"))
        elif path.leaf is str:
            found.append(Order(path.name, path, f"sort.{path.name}"))
        else:
            found.append(Order(path.name, path, path.name))
    return tuple(found)


def index_models(model: type[Record]) -> list[IndexModel]:
    """The indexes of a kind: two per order that serve every scope, those of lookups, and the kind's own.

    A record carries the tokens that open it, so equality on ``scope``, then the order, then ``_id`` for the seek
    serves every role but those who have all records in scope: for them the order comes first.
    """
    derived = [
        IndexModel([("scope", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("terms", ASCENDING)]),
        IndexModel([("code", ASCENDING)], unique=True),
    ]
    derived += [
        IndexModel([("scope", ASCENDING), (order.stored, ASCENDING), ("_id", ASCENDING)]) for order in orders(model)
    ]
    derived += [
        IndexModel([(order.stored, ASCENDING), ("_id", ASCENDING)]) for order in orders(model) if order.name != "code"
    ]
    if "slug" in model.model_fields:
        derived.append(IndexModel([("slug", ASCENDING)]))
    settings: type[Storage] = model.Settings
    return derived + list(settings.indexes)


def walk(paths: tuple[Path, ...], document: Mapping[str, Any], key: str = "") -> Iterator[tuple[Path, str, Any]]:
    """Every stored leaf, value object and list of them in a document: (path, key, value)."""
    for path in paths:
        value = document.get("_id" if path.path == "id" else path.name)
        if path.hidden or value is None:
            continue
        if path.children and not path.value:
            for item in value if path.many else (value,):
                yield from walk(path.children, item, extend(path, key, item))
        else:
            yield path, leaf_key(path, key), value


def extend(path: Path, key: str, item: Mapping[str, Any]) -> str:
    """The group part of the key below an element of a list that is told apart."""
    return f"{key}|{group_name(path)}={item.get(path.apart)}" if path.apart else key


def group_name(path: Path) -> str:
    """How a key names a list whose elements are told apart."""
    return path.path.replace(".", "/")


def leaf_key(path: Path, groups: str) -> str:
    """The key of a path within its groups."""
    return ">".join(label.name for label in path.chain) + groups


def _texts(path: Path, value: Any) -> Iterator[str]:
    for item in value if path.many else (value,):
        if isinstance(item, str):
            yield item
        elif is_text(path):
            yield from (item[lang] for lang in LANGUAGES if item.get(lang))


def terms(kind: Tree, document: Mapping[str, Any]) -> list[str]:
    """The folded words of every searchable path, each under its key."""
    found = set()
    for path, key, value in walk(_searchable(kind), document):
        found |= {f"{key}:{word}" for text in _texts(path, value) for word in words(text)}
    return sorted(found)


@cache
def _searchable(kind: Tree) -> tuple[Path, ...]:
    """The paths of a kind without those that nothing searchable lies below: most of a record need not be walked."""
    return _leading_to_searchable(kind.paths)


def _leading_to_searchable(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    found = []
    for path in paths:
        if "searchable" in path.traits:
            found.append(path)
        elif not path.value and (below := _leading_to_searchable(path.children)):
            found.append(replace(path, children=below))
    return tuple(found)


def sort_keys(model: type[Record], document: Mapping[str, Any]) -> dict[str, Any]:
    """The sort keys of every sortable text; a missing language falls back on the others."""
    found: dict[str, Any] = {}
    for order in orders(model):
        value = document.get(order.path.name)
        if order.path.name in found or not order.stored.startswith("sort."):
            continue
        if isinstance(value, Mapping):
            instead = in_words(value)
            found[order.path.name] = {lang: sort_key(value.get(lang) or instead, lang) for lang in LANGUAGES}
        else:
            found[order.path.name] = sort_key(value or "", "en")
    return found


def scope_tokens(record: Record, parent: Mapping[str, Any] | None) -> list[str]:
    """The tokens that say who stands in which relation to a record.

    ``parent`` is the stored record that this one belongs to. A restricted record keeps only officers assigned and
    hosts; an archived one, the office.
    """
    facts = record.scope_facts()
    if parent is not None:
        facts |= {token for token in parent["scope"] if token.startswith((*INHERITED, "restricted"))}
    duties = {token for token in facts if token.startswith(("assigned:", "host:"))}
    if "restricted" in facts:
        return sorted(duties | {"restricted"})
    if record.archived_at is not None:
        return sorted(duties | {"office"})
    tokens = facts | {"office"}
    if record.owner:
        tokens.add(f"unit:{record.owner}")
    if str(record.status) in record.lifecycle.members:
        tokens.add("campus")
    if record.published_from is not None:
        tokens.add("public")
    return sorted(tokens | {f"issued:{partner}" for partner in record.issued_to})


def stored(record: Record) -> dict[str, Any]:
    """A record in storage form: what is written to the store. Every field is there, and the id is ``_id``.

    Raises ValueError for a moment without a time zone and TypeError for a type that has no storage form.
    """
    document: dict[str, Any] = {"_id": record.id, **_form(record)}
    del document["id"]
    return document


# Ciphertext, which the store gives back as Binary, stays as it is.
_PLAIN = frozenset({str, int, float, bool, type(None), Decimal128, Binary})


def _form(value: Any) -> Any:
    kind = type(value)
    return value if kind in _PLAIN else _FORMS[kind](value)


def _model_form(model: type[BaseModel]) -> Callable[[Any], dict[str, Any]]:
    names = tuple(name for name, info in model.model_fields.items() if not info.exclude)

    def form(value: BaseModel) -> dict[str, Any]:
        values = value.__dict__
        return {name: values[name] if type(values[name]) in _PLAIN else _form(values[name]) for name in names}

    return form


def _instant(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: give it one, such as datetime.now(UTC)")
    # The store keeps milliseconds; cutting here keeps what is written equal to what is read.
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


class _Forms(dict[type, Callable[[Any], Any]]):
    """How values of a type are stored, worked out when the type is first met."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        if issubclass(kind, BaseModel):
            form: Callable[[Any], Any] = _model_form(kind)
        elif issubclass(kind, StrEnum):
            form = str
        else:
            raise TypeError(f"{kind.__name__} has no storage form: give it one in documents/stamp.py")
        self[kind] = form
        return form


_FORMS = _Forms(
    {
        datetime: _instant,
        date: date.isoformat,
        time: time.isoformat,
        Decimal: Decimal128,
        list: lambda values: [_form(value) for value in values],
        dict: lambda values: {key: _form(value) for key, value in values.items()},
    }
)


def stamp(record: Record, parent: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Derive everything that is kept beside the facts, and give the record in storage form."""
    if not record.id:
        record.id = record.new_id()
    if not record.code:
        record.code = record.code_fact()
    if str(record.status) in record.lifecycle.public and record.published_from is None:
        record.published_from = record.created_at
    record.bookkeeping()
    record.scope = scope_tokens(record, parent)
    document = stored(record)
    document["terms"] = terms(tree(type(record)), document)
    document["sort"] = sort_keys(type(record), document)
    return document
