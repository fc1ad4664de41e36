"""Selection and mask to a plan: what to load, and one generated function that turns stored records into the response.

Access is decided while loading (resolvers/load.py strips each record once), so a shape only rearranges. Where a
selection holds something with a resolver of its own there is no shape, and the stock executor answers that object.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bson import Decimal128
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
)

from documents.tree import Path
from resolvers.load import Load
from schema.derive import Mark
from schema.extras import EXTRAS
from schema.language import say

Shape = Callable[[Any], dict[str, Any]]
# The arguments of a field of this operation, as they were given; empty where they are not valid.
Arguments = Callable[[GraphQLField, FieldNode], Mapping[str, Any]]
Collect = Callable[[GraphQLObjectType, list[Any]], dict[str, list[Any]]]

_LARGEST_INT = 2_147_483_647


class Aside(Exception):  # it is no error: the stock executor takes over
    """A shape cannot be sure of its answer: the stock executor must give it, errors included."""


def _aside() -> Any:
    raise Aside


def _int(value: Any) -> Any:
    if type(value) is not int or not -_LARGEST_INT - 1 <= value <= _LARGEST_INT:
        raise Aside
    return value


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise Aside
    return value


def _decimal(value: Any) -> str:
    return str(value.to_decimal()) if isinstance(value, Decimal128) else str(value)


def mark_of(definition: GraphQLField) -> Mark | None:
    """What a generated field stands for; None for one that was written by hand."""
    strawberry_field = definition.extensions.get("strawberry-definition")
    return strawberry_field.metadata.get("mark") if strawberry_field is not None else None


@dataclass(slots=True)
class Plan:
    """What one selection on a record type takes: what to load, and the shape if there is one."""

    load: Load
    shape: Shape | None


@dataclass(slots=True)
class _Writer:
    """Writes the source of one shape."""

    collect: Collect
    arguments: Arguments
    names: dict[str, Any] = field(
        default_factory=lambda: {"A": _aside, "INT": _int, "DEC": _decimal, "STR": _text, "SAY": say}
    )
    counter: int = 0

    def name(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    def constant(self, value: Any) -> str:
        name = self.name("c")
        self.names[name] = value
        return name

    def record(self, kind: GraphQLObjectType, details: list[Any], load: Load, var: str) -> str | None:
        """The expression that shapes a record's document held by ``var``, and what it takes put into ``load``."""
        return self._object(kind, details, load, var, None)

    def _object(
        self, type_: GraphQLObjectType, details: list[Any], load: Load, var: str, above: Path | None
    ) -> str | None:
        parts: list[str] = []
        plain = True
        for response_key, found in self.collect(type_, details).items():
            name = found[0].node.name.value
            if name == "__typename":
                code: str | None = repr(type_.name)
                if above is not None:
                    load.paths.add(_some_leaf(above))
            else:
                definition = type_.fields.get(name)
                code = None if definition is None else self._field(definition, found, load, var, above)
            if code is None:
                plain = False
            else:
                parts.append(f"{response_key!r}: {code}")
        return f"{{{', '.join(parts)}}}" if plain else None

    def _field(
        self, definition: GraphQLField, details: list[Any], load: Load, var: str, above: Path | None
    ) -> str | None:
        mark = mark_of(definition)
        if mark is None:
            return None
        if mark.use == "spoken":
            return self._spoken(definition, details, load, var, above)
        if mark.use == "extra":
            EXTRAS[mark.action or ""].needs(load)
            return None
        if mark.back is not None:
            return self._many(definition.type, details, load.back(mark.back), f"{var}[{mark.back.name!r}]")
        assert mark.path is not None  # noqa: S101  # reads and references carry their path
        # A part may stand in several places: its fields are found below the place at hand.
        return self._path(mark.path if above is None else above.child(mark.path.name), definition, details, load, var)

    def _spoken(
        self, definition: GraphQLField, details: list[Any], load: Load, var: str, above: Path | None
    ) -> str | None:
        """A text in the language asked for. ``above`` is the text's own path."""
        assert above is not None  # noqa: S101  # only texts have such a field
        load.paths |= {child.path for child in above.children}
        language = self.arguments(definition, details[0].node).get("language")
        return None if language is None else f"STR(SAY({var}, {str(language)!r}))"

    def _path(self, path: Path, definition: GraphQLField, details: list[Any], load: Load, var: str) -> str | None:
        stored = "_id" if path.path == "id" else path.name
        if path.reference:
            below = load.reference(path)
            read = f"{var}.get({stored!r})" if path.nullable else f"{var}[{stored!r}]"
            join = self._many if path.many else self._joined
            return join(definition.type, details, below, read)
        if path.model is None:
            load.paths.add(path.stored)
            return self._leaf(definition.type, f"{var}[{stored!r}]")
        return self._part(definition.type, details, load, f"{var}.get({stored!r})", path)

    def _null(self, type_: GraphQLOutputType, read: str, then: Callable[[str], str], var: str | None = None) -> str:
        """``then`` of what ``read`` gives; null, or a step aside where the type is non-null."""
        var = var or self.name("v")
        nothing = "A()" if isinstance(type_, GraphQLNonNull) else "None"
        return f"({nothing} if ({var} := {read}) is None else {then(var)})"

    def _leaf(self, type_: GraphQLOutputType, read: str) -> str:
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(inner, GraphQLList):
            item = self.name("e")
            code = self._leaf(inner.of_type, item)
            return self._null(type_, read, lambda var: f"[{code} for {item} in {var}]")
        if isinstance(inner, GraphQLEnumType):
            # What is not in it raises KeyError, which makes a shape step aside.
            known: dict[str | None, str | None] = {name: name for name in inner.values}
            return f"{self.constant(known if inner is not type_ else {None: None, **known})}[{read}]"
        convert = {"Int": "INT({})", "Decimal": "DEC({})"}.get(getattr(inner, "name", ""))
        if convert is None and inner is type_:
            return read
        return self._null(type_, read, (convert or "{}").format)

    def _joined(self, type_: Any, details: list[Any], load: Load, read: str) -> str | None:
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        doc = self.name("d")
        code = self.record(inner, details, load, doc)
        if code is None:
            return None
        return self._null(type_, read, lambda var: f"[{code} for {doc} in ({var}.doc,)][0]")

    def _many(self, type_: Any, details: list[Any], load: Load, read: str) -> str | None:
        items = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        inner = items.of_type.of_type if isinstance(items.of_type, GraphQLNonNull) else items.of_type
        row, doc = self.name("r"), self.name("d")
        code = self.record(inner, details, load, doc)
        if code is None:
            return None
        return self._null(type_, read, lambda var: f"[{code} for {row} in {var} for {doc} in ({row}.doc,)]")

    def _part(self, type_: Any, details: list[Any], load: Load, read: str, path: Path) -> str | None:
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(inner, GraphQLList):
            item_type = inner.of_type.of_type if isinstance(inner.of_type, GraphQLNonNull) else inner.of_type
            item = self.name("e")
            code = self._object(item_type, details, load, item, path)
            load.paths.add(_some_leaf(path))
            return None if code is None else self._null(type_, read, lambda var: f"[{code} for {item} in {var}]")
        part = self.name("o")
        code = self._object(inner, details, load, part, path)
        load.paths.add(_some_leaf(path))
        return None if code is None else self._null(type_, read, lambda _: code, part)


def _some_leaf(path: Path) -> str:
    """A stored leaf below a part, whose presence tells whether the part is null."""
    leaf = next(child for child in path.walk() if not child.children and child is not path)
    return leaf.path


def plan_record(
    collect: Collect, arguments: Arguments, type_: GraphQLObjectType, details: list[Any], kind: str
) -> Plan:
    """The plan for a selection on a record type."""
    load = Load(kind)
    writer = _Writer(collect, arguments)
    code = writer.record(type_, details, load, "d")
    return Plan(load, None if code is None else _compiled(writer, code, "d = row.doc"))


def _compiled(writer: _Writer, code: str, first: str) -> Shape:
    source = f"def shape(row):\n    {first}\n    return {code}\n"
    space = dict(writer.names)
    # The source holds names that this module made and constants printed by repr: nothing a client wrote but
    # response keys, which are GraphQL names.
    exec(compile(source, "<shape>", "exec"), space)  # noqa: S102
    shape: Shape = space["shape"]
    return shape
