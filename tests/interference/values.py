"""Values for every stored path, made from the models: a new kind or field gets them without being named here."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from bson import Binary
from pydantic import BaseModel, TypeAdapter, ValidationError

from documents.labels import identity
from documents.tree import Path
from documents.values import Identifier, IdentifierScheme

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
CIPHERTEXT = 6
ATTEMPTS = 80

WORDS = (
    *("anka", "bayraq", "çinar", "dəniz", "ərazi", "fındıq", "göyçay", "gözəl", "ırmaq", "işıq", "körpü", "qala"),
    *("lalə", "nərgiz", "ölkə", "pambıq", "şəki", "turac", "ulduz", "üzüm", "vulkan", "xəzər", "yağış", "zəfəran"),
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "juniper", "krill", "lotus"),
    *("Волга", "Гора", "Дуб", "Жар", "Закат", "Кедр", "Лес", "Мост"),
)
# What a text may have to be; the first of these that a path takes, where it does not take any words.
FORMS: tuple[tuple[str, ...], ...] = (
    ("AZ", "TR", "GE", "DE", "FR", "IT"),
    ("AZN", "EUR", "USD", "TRY"),
    ("az", "en", "ru", "tr", "de"),
    ("Asia/Baku", "Europe/Istanbul", "Europe/Berlin", "UTC"),
    ("GYD", "IST", "VIE", "LHR"),
    ("+994125390535", "+994502123456", "+902122440000", "+4930227350"),
    ("0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"),
    ("anka@example.org", "lotus@example.com", "cedar@example.net", "mail@example.edu"),
    ("https://example.org/a", "https://example.com/b", "https://example.net/c"),
    ("example.org", "example.com", "example.net", "example.edu"),
    ("0613", "0231", "0411", "05"),
)
PLAIN: dict[type, tuple[Any, ...]] = {
    bool: (True, False),
    int: (1, 2, 3, 5, 8, 13, 21),
    float: (-12.5, 0.0, 40.4, 49.8, 51.5),
    Decimal: tuple(map(Decimal, ("0", "10.50", "99.99", "250", "1000"))),
    date: tuple(NOW.date() + timedelta(days=n) for n in (-400, -30, -8, -1, 0, 1, 5, 30, 400)),
    datetime: tuple(NOW + timedelta(hours=n) for n in (-9000, -700, -30, -1, 0, 1, 2, 3, 26, 700)),
    time: (time(9), time(10, 30), time(14), time(18)),
}


def _identifier(rng: random.Random) -> dict[str, Any]:
    made = {
        IdentifierScheme.PIC: f"{rng.randrange(10**8, 10**9)}",
        IdentifierScheme.OID: f"E{rng.randrange(10**7, 10**8)}",
        IdentifierScheme.ERASMUS: f"TR {rng.choice(('ANKARA', 'IZMIR', 'KARS'))}{rng.randrange(10, 99)}",
    }
    scheme = rng.choice(list(made))
    return {"scheme": str(scheme), "value": made[scheme]}


# Value objects whose fields fit together in a way that chance does not find.
FITTING: dict[type[BaseModel], Callable[[random.Random], dict[str, Any]]] = {Identifier: _identifier}


def _item(annotation: Any, marks: list[Any]) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _item(inner, [*more, *marks])
    if origin is Union or origin is UnionType:
        return _item(next(arg for arg in get_args(annotation) if arg is not type(None)), marks)
    if origin is list:
        return _item(get_args(annotation)[0], [])
    return Annotated[(annotation, *marks)] if marks else annotation


@cache
def candidates(model: type[BaseModel], name: str, leaf: type) -> tuple[Any, ...]:
    """Values that a leaf of a model takes; raises TypeError where none are known for it."""
    info = model.model_fields[name]
    adapter = TypeAdapter(_item(info.annotation, list(info.metadata)))

    def takes(value: Any) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    if issubclass(leaf, StrEnum):
        return tuple(str(member) for member in leaf)
    pool = PLAIN.get(leaf, ())
    if leaf is str:
        if takes("Zq xv 7"):
            return ()
        pool = next((form for form in FORMS if all(takes(value) for value in form)), ())
    found = tuple(value for value in pool if takes(value))
    if not found:
        msg = f"{model.__name__}.{name} takes none of the known values: teach tests/interference/values.py one"
        raise TypeError(msg)
    return found


class Values:
    """Draws values. ``ids`` are the ids of each kind that references may name; the first ones are named most."""

    def __init__(self, rng: random.Random, ids: Mapping[str, list[str]]) -> None:
        self.rng = rng
        self.ids = ids

    def text(self) -> str:
        """One to three words."""
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.choice((1, 1, 2, 3))))

    def reference(self, kind: str) -> str:
        """The id of a record of a kind."""
        known = self.ids[kind]
        return self.rng.choice(known[:2] if self.rng.random() < 0.45 else known)

    def of(self, model: type[BaseModel], path: Path) -> Any:
        """A value for a path of a model: null, a list, an object or a leaf."""
        if identity in path.chain and "." not in path.path:
            return Binary(self.rng.randbytes(24), CIPHERTEXT) if self.rng.random() < 0.8 else [] if path.many else None
        if path.many:
            most = 3 if path.element or path.reference else 2
            return [self.one(model, path) for _ in range(self.rng.randint(0, most))]
        if path.nullable and self.rng.random() < 0.3:
            return None
        return self.one(model, path)

    def one(self, model: type[BaseModel], path: Path) -> Any:
        """A value for a path, or for an element of a list."""
        if path.reference:
            return self.reference(path.reference)
        if path.model is not None:
            return self.object(path)
        assert path.leaf is not None
        pool = candidates(model, path.name, path.leaf)
        return self.rng.choice(pool) if pool else self.text()

    def object(self, path: Path) -> dict[str, Any]:
        """An object that its model takes; raises TypeError where chance finds none."""
        model = path.model
        assert model is not None
        if model in FITTING:
            return FITTING[model](self.rng)
        for _ in range(ATTEMPTS):
            found = {child.name: self.of(model, child) for child in path.children}
            if path.element:
                found["id"] = self.element_id()
            try:
                model.model_validate(found)
            except ValidationError:
                continue
            return found
        msg = f"chance finds no {model.__name__}: teach tests/interference/values.py how to make one"
        raise TypeError(msg)

    def element_id(self) -> str:
        """The id of a new element."""
        return "".join(self.rng.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=12))

    def record_id(self, prefix: str) -> str:
        """The id of a new record."""
        return f"{prefix}_{''.join(self.rng.choices('0123456789abcdefghijklmnopqrstuvwxyz', k=20))}"
