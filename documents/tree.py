"""The stored paths of a kind, read off its model once: what every other layer walks instead of listing fields again."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from documents.labels import Apart, ByService, Label, Reference, Trait, system
from documents.record import Element, Facts, Part, Record, graphql_name
from documents.values import Text, Value


@dataclass(frozen=True, eq=False, slots=True)
class Path:
    """One stored path of a kind.

    ``chain`` is every label from the top down, each once; ``many`` says that it is a list; ``lists`` are the paths of
    the lists on the way to it, itself included; ``leaf`` is the scalar type, or None where there are ``children``.
    """

    name: str
    path: str
    graphql: str
    chain: tuple[Label, ...]
    many: bool
    nullable: bool
    leaf: type | None
    model: type[BaseModel] | None
    reference: str | None
    fills: str | None
    traits: frozenset[str]
    apart: str | None
    fact: bool
    required: bool
    description: str
    lists: tuple[str, ...]
    children: tuple["Path", ...]

    @property
    def element(self) -> bool:
        """Whether it is a list whose elements have ids."""
        return self.many and self.model is not None and issubclass(self.model, Element)

    @property
    def stored(self) -> str:
        """Where the store keeps it: its dotted name, but ``_id`` for the record's id."""
        return "_id" if self.path == "id" else self.path

    @property
    def value(self) -> bool:
        """Whether it is a value object: no labels below it."""
        return self.model is not None and issubclass(self.model, Value)

    @property
    def hidden(self) -> bool:
        """Whether it is bookkeeping that nobody reads."""
        return system in self.chain

    def walk(self) -> Iterator["Path"]:
        """This path and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def child(self, name: str) -> "Path":
        """The child of that stored name."""
        return next(child for child in self.children if child.name == name)


@dataclass(frozen=True, eq=False, slots=True)
class Tree:
    """All stored paths of a kind."""

    kind: str
    model: type[Record]
    paths: tuple[Path, ...]

    def walk(self) -> Iterator[Path]:
        """Every path, parents before children."""
        for path in self.paths:
            yield from path.walk()

    def path(self, dotted: str) -> Path:
        """The path of that dotted stored name; raises KeyError."""
        for found in self.walk():
            if found.path == dotted:
                return found
        raise KeyError(dotted)


def _unwrap(annotation: Any) -> tuple[Any, list[Any], bool, bool]:
    """Take ``Annotated``, ``| None`` and ``list[…]`` off: (inner type, marks, nullable, many)."""
    marks: list[Any] = []
    nullable = many = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *found = get_args(annotation)
            marks += found
        elif origin is Union or origin is types.UnionType:
            rest = [arg for arg in get_args(annotation) if arg is not type(None)]
            nullable = nullable or len(rest) < len(get_args(annotation))
            if len(rest) != 1:
                msg = f"{annotation} is no storage form: use one type, or one type | None"
                raise TypeError(msg)
            annotation = rest[0]
        elif origin is list:
            many = True
            annotation = get_args(annotation)[0]
        else:
            return annotation, marks, nullable, many


def _path(name: str, info: FieldInfo, above: "Path | None", *, facts: frozenset[str]) -> Path:
    inner, marks, nullable, many = _unwrap(info.annotation)
    marks += info.metadata
    labels = [mark for mark in marks if isinstance(mark, Label)]
    dotted = f"{above.path}.{name}" if above else name
    chain = above.chain if above else ()
    chain += tuple(label for label in labels if label not in chain)
    model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    traits = frozenset(mark.name for mark in marks if isinstance(mark, Trait))
    lists = (*(above.lists if above else ()), *([dotted] if many else []))
    stub = Path(
        name=name,
        path=dotted,
        graphql=graphql_name(name),
        chain=chain,
        many=many,
        nullable=nullable,
        leaf=None if model else inner,
        model=model,
        reference=next((mark.kind for mark in marks if isinstance(mark, Reference)), None),
        fills=next((mark.fills for mark in marks if isinstance(mark, ByService)), None),
        traits=traits,
        apart=next((mark.field for mark in marks if isinstance(mark, Apart)), None),
        fact=above.fact and above.fills is None if above else name in facts,
        required=info.is_required(),
        description=info.description or "",
        lists=lists,
        children=(),
    )
    if model is None or system in chain:
        return stub
    children = tuple(_path(child, found, stub, facts=facts) for child, found in model.model_fields.items())
    values = {field: getattr(stub, field) for field in Path.__slots__ if field != "children"}
    return Path(**values, children=children)


@cache
def tree(model: type[Record]) -> Tree:
    """The stored paths of a kind. Facts come from the class that the record shares with its inputs."""
    facts_model = next(base for base in model.__mro__[1:] if issubclass(base, Facts) and not issubclass(base, Record))
    facts = frozenset(facts_model.model_fields)
    first = ("id", "code", "status")
    own = [name for name in model.model_fields if name not in Record.model_fields]
    rest = [name for name in Record.model_fields if name not in (*first, "revision_id")]
    order = (*first, *own, *rest)
    paths = tuple(_path(name, model.model_fields[name], None, facts=facts) for name in order)
    return Tree(kind=model.__name__, model=model, paths=paths)


def is_enum(leaf: type | None) -> bool:
    """Whether a leaf is an enumerated value."""
    return isinstance(leaf, type) and issubclass(leaf, StrEnum)


def is_text(path: Path) -> bool:
    """Whether a path is a text in several languages."""
    return path.model is Text


def is_part(path: Path) -> bool:
    """Whether the fields below a path carry labels of their own."""
    return path.model is not None and issubclass(path.model, Part)
