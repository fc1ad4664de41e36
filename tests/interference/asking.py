"""Requests that a caller can make, generated from the schema of their own mask."""

import os
import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_required_argument,
)

from documents.kinds import KINDS, tree_of
from tests.interference.conditions import Conditions
from tests.interference.coverage import LEAST, Coverage, Place
from tests.interference.drafts import Draft, Request, cursors_of, fields_of, leaves, written
from tests.interference.inputs import Inputs
from tests.interference.pair import Pair
from tests.interference.values import NOW

DEEPEST = 3
ACCESSES = 26
# Arguments that name a record of some kind, or an element of a list.
NAMED = {"itinerary": "Itinerary", "delegation": "Delegation"}
ELEMENTS = {"day": "days", "item": "days.items", "member": "members"}
# What the id is of where it is not of the kind that is given back, and which argument the revision is of.
ABOUT = {"placeCulturalProgramme": ("CulturalProgramme", "itinerary")}
# Of which kinds alone is asked, if any are named: a planted leak is found sooner where it is.
KINDS_ASKED = frozenset(filter(None, os.environ.get("INTERFERE_KINDS", "").split(",")))
# So many counts go along with a query; more while something was asked about less often than it should be.
PROBES = (1, 5)
# How likely what was asked for less often than it should be is asked for, where it can be.
OFTENER = 0.85
OFTEN = {"changes", "due", "happenings"}
PLANNED = {"suggestSlots", "suggestProgramme"}
ARGUMENTS = {"where", "search", "orderBy", "archived", "first", "last", "after", "before"}

# Kind, order and direction of a list.
Window = tuple[str, str, str]
HISTORIES = ("", "", "")


class Asker:
    """Draws requests for one caller, those first whose places were asked for least."""

    def __init__(self, schema: GraphQLSchema, pair: Pair, coverage: Coverage, name: str, rng: random.Random) -> None:
        self.schema = schema
        self.pair = pair
        self.rng = rng
        self.counts = coverage.of(name)
        self.kinds = [kind for kind in KINDS if kind in schema.type_map]
        self.leaves = {kind: list(leaves(schema.type_map[kind], tree_of(kind).paths)) for kind in self.kinds}
        self.conditions = Conditions(schema, pair, self.counts, rng)
        self.inputs = Inputs(pair, self.counts, rng)
        # Cursors by kind and order; those of histories have neither.
        self.cursors: dict[Window, list[str]] = {}
        # What each root of the last request was a window on.
        self.windows: dict[str, Window] = {}
        self.places = frozenset(self._places())
        coverage.exist(name, self.places)

    def _places(self) -> Iterator[Place]:  # noqa: C901  # one line for each kind of door
        assert self.schema.query_type is not None
        for kind, found in self.leaves.items():
            for _, path in found:
                yield kind, "select", path
                yield kind, "access", path
        yield from self.conditions.places()
        for field_ in self.schema.query_type.fields.values():
            shown = self._kind_of(field_) or ""
            for name in field_.args if shown else ():
                yield shown, name, ""
            if "orderBy" in field_.args:
                yield from ((shown, "orderBy", name) for name in fields_of(field_.args["orderBy"].type))
        for kind in self.kinds:
            for name in ("revision", "withheld", "permitted", "history"):
                yield kind, name, ""
            yield from ((kind, "join", path) for _, path, _ in self._references(kind, self.schema.type_map[kind]))
        if self.schema.mutation_type is not None:
            for name, field_ in self.schema.mutation_type.fields.items():
                kind = self._kind_of(field_) or ""
                yield kind, f"do {name}", ""
                for argument in ("input", "patch"):
                    if argument in field_.args:
                        yield from ((kind, "write", path) for path in written(kind, field_.args[argument].type))

    def _kind_of(self, field_: GraphQLField) -> str | None:
        """The kind that a field of a root shows, itself or as a connection or payload of it."""
        name = get_named_type(field_.type).name
        # A payload of its own is named after what is done: RevealPersonPayload. ServiceAccount ends in Account.
        known = sorted(self.kinds, key=len, reverse=True)
        return next(
            (kind for kind in known if name in (kind, f"{kind}Connection") or name.endswith(f"{kind}Payload")), None
        )

    def least(self, places: list[Place]) -> Place:
        """One of the places that were asked for least."""
        lowest = min(self.counts[place] for place in places)
        return self.rng.choice([place for place in places if self.counts[place] <= lowest])

    # What is selected

    def record(self, kind: str, draft: Draft, depth: int = 0, most: int = 9) -> str:
        """A selection on a record."""
        type_ = self.schema.type_map[kind]
        assert isinstance(type_, GraphQLObjectType)
        tree: dict[str, Any] = {"id": {}}
        known = sorted(self.leaves[kind], key=lambda leaf: (self.counts[kind, "select", leaf[1]], self.rng.random()))
        for names, path in known[: self.rng.randint(2, most)]:
            draft.places.append((kind, "select", path))
            self.counts[kind, "select", path] += 1
            below = tree
            for name in names:
                below = below.setdefault(name, {})
        parts = [self._printed(tree, draft)]
        if depth < DEEPEST:
            parts += self._joins(kind, type_, draft, depth)
        if depth == 0:
            parts += self._extras(kind, type_, draft)
        return " ".join(parts)

    def _printed(self, tree: dict[str, Any], draft: Draft) -> str:
        parts = []
        for name, below in tree.items():
            alias = f"{name}{self.rng.randrange(9)}: " if self.rng.random() < 0.07 else ""
            inner = f" {{ {self._printed(below, draft)} }}" if below else ""
            switch = ""
            if self.rng.random() < 0.05:
                word, value = self.rng.choice((("skip", False), ("include", True), ("skip", True)))
                switch = f" @{word}(if: {draft.variable('Boolean!', value)})"
            parts.append(f"{alias}{name}{switch}{inner}")
        if self.rng.random() < 0.1:
            parts.append("__typename")
        return " ".join(parts)

    def _joins(self, kind: str, type_: GraphQLObjectType, draft: Draft, depth: int) -> list[str]:
        """References, references within parts, and back-references."""
        found = [(names, path, to) for names, path, to in self._references(kind, type_)]
        self.rng.shuffle(found)
        found.sort(key=lambda each: self.counts[kind, "join", each[1]])
        parts = []
        for names, path, to in found[: self.rng.choice((0, 1, 2))]:
            draft.places.append((kind, "join", path))
            self.counts[kind, "join", path] += 1
            inner = self.record(to, draft, depth + 1, most=4)
            parts.append(" { ".join((*names, inner)) + " }" * len(names))
        return parts

    def _references(
        self, kind: str, type_: Any, paths: Any = None, above: tuple[str, ...] = ()
    ) -> Iterator[tuple[tuple[str, ...], str, str]]:
        by_name = {path.graphql: path for path in (tree_of(kind).paths if paths is None else paths)}
        for name, shown in type_.fields.items():
            inner = get_named_type(shown.type)
            path = by_name.get(name)
            if inner.name in KINDS:
                yield (*above, name), path.path if path else name, inner.name
            elif path is not None and path.children and not path.value:
                yield from self._references(kind, inner, path.children, (*above, name))

    def _extras(self, kind: str, type_: GraphQLObjectType, draft: Draft) -> list[str]:
        """Fields beside the stored paths, whatever they are."""
        stored = {path.graphql for path in tree_of(kind).paths if not path.hidden}
        parts = []
        for name, shown in type_.fields.items():
            inner = get_named_type(shown.type)
            if name in stored or inner.name in KINDS or self.rng.random() >= self._chance(kind, name, 0.35):
                continue
            draft.places.append((kind, name, ""))
            self.counts[kind, name, ""] += 1
            parts.append(f"{name}{self._arguments(shown, draft, kind)}{self.below(inner, draft)}")
        return parts

    def below(self, type_: Any, draft: Draft, depth: int = 0) -> str:
        """Everything below a type that is no kind."""
        if not is_composite_type(type_):
            return ""
        parts = []
        for name, shown in fields_of(type_).items():
            inner = get_named_type(shown.type)
            if inner.name in KINDS:
                if depth < DEEPEST:
                    parts.append(f"{name} {{ {self.record(inner.name, draft, 2, most=3)} }}")
            else:
                parts.append(f"{name}{self._arguments(shown, draft, '')}{self.below(inner, draft, depth + 1)}")
        return f" {{ {' '.join(parts)} }}"

    # What is asked

    def _arguments(self, field_: GraphQLField, draft: Draft, kind: str, given: dict[str, Any] | None = None) -> str:
        parts = []
        for name, argument in field_.args.items():
            if given is not None and name in given:
                value = given[name]
            elif is_required_argument(argument) or self.rng.random() < 0.3:
                value = self._argument(name, argument.type, kind)
            else:
                continue
            parts.append(f"{name}: {draft.variable(argument.type, value)}")
        return f"({', '.join(parts)})" if parts else ""

    def _argument(self, name: str, type_: Any, kind: str) -> Any:  # noqa: C901, PLR0911, PLR0912  # one case for each name
        if name in ("first", "last"):
            return self.rng.choice((1, 2, 3, 5, 8))
        if name in ("after", "before"):
            return self.rng.choice(self.cursors.get(HISTORIES) or ["bm8"])
        if name == "code":
            return self._code(kind)
        if name == "ids":
            return [self.record_id(self.rng.choice(self.kinds)) for _ in range(self.rng.randint(1, 8))]
        if name == "id":
            return self.record_id(kind or self.rng.choice(self.kinds))
        if name == "asOf":
            return (NOW - timedelta(minutes=self.rng.randrange(-10, 100_000))).isoformat()
        if name in ("from", "to"):
            return self._day(name)
        if name == "year":
            return self.rng.choice((2024, 2025, 2026))
        if name == "slug":
            return self.rng.choice(self.pair.constants.get((kind, "slug")) or ["lotus"])
        if name == "meeting":
            return self._meeting()
        if name == "meetings":
            return [self._meeting() for _ in range(self.rng.choice((1, 2, 3)))]
        if name == "kinds":
            return self.rng.sample(sorted(KINDS), k=3)
        if name == "unit":
            return self.record_id("Unit") if "Unit" in self.kinds else "unt_0"
        if name in NAMED and self.rng.random() < 0.9:
            return self.record_id(NAMED[name])
        if known := self.pair.elements.get((kind, ELEMENTS.get(name, ""))):
            return self.rng.choice(known)
        if name == "where":
            return self.conditions.where(kind, [])
        if name == "field":
            return self.rng.choice(self._fields(kind or self.rng.choice(self.kinds)))
        return self.inputs.value(type_, None, kind)

    def _day(self, name: str) -> str:
        """A first day, or one after all first days and not too far from them."""
        days = (-30, -8, -1, 0, 1) if name == "from" else (2, 6, 31, 60)
        return (NOW.date() + timedelta(days=self.rng.choice(days))).isoformat()

    def _meeting(self) -> dict[str, Any]:
        """A meeting that may fit: hosts and venues mostly of the caller's scope, none of them twice."""
        draw = self.rng.random
        found: dict[str, Any] = {"minutes": self.rng.choice((15, 30, 60, 90)), "room": draw() < 0.4}
        found["hosts"] = sorted({self.record_id("Person") for _ in range(self.rng.choice((0, 1, 1, 1)))})
        if draw() < 0.3:
            found["people"] = self.rng.choice((2, 10, 50))
        if draw() < 0.3:
            found["venues"] = [self.record_id("Venue")]
        if draw() < 0.3:
            found["languages"] = [self.rng.choice(("en", "tr", "ru"))]
        return found

    def _planned(self, alias: str, name: str, field_: GraphQLField, draft: Draft) -> str:
        """Times for meetings in some days from now on, for a plan or for none."""
        start = NOW.date() + timedelta(days=self.rng.choice((-3, 0, 1, 4)))
        given = {"from": start.isoformat(), "to": (start + timedelta(days=self.rng.choice((1, 2, 4)))).isoformat()}
        arguments = self._arguments(field_, draft, "", given)
        return f"{alias}: {name}{arguments}{self.below(get_named_type(field_.type), draft)}"

    def _fields(self, kind: str) -> list[str]:
        return [".".join(name for name in names) for names, _ in self.leaves[kind]]

    def _code(self, kind: str) -> str:
        codes = self.pair.constants.get((kind, "code"), [])
        return str(self.rng.choice(codes)) if codes and self.rng.random() < 0.9 else "NONE-42"

    def record_id(self, kind: str) -> str:
        """An id of a kind: that of a record in scope, of one that is not, or of none at all."""
        draw = self.rng.random()
        if draw < 0.6 and self.pair.visible[kind]:
            return self.rng.choice(self.pair.visible[kind])
        if draw < 0.9 and self.pair.hidden[kind]:
            return self.rng.choice(self.pair.hidden[kind])
        return f"{KINDS[kind].prefix}_{self.rng.randrange(10**19):020}"

    def _root(  # noqa: PLR0911  # one case for each form that a root may have
        self, alias: str, name: str, field_: GraphQLField, draft: Draft
    ) -> str:
        kind = self._kind_of(field_)
        inner = get_named_type(field_.type)
        if kind is None and inner.name == "Node":
            arguments = self._arguments(field_, draft, "")
            kinds = self.rng.sample(self.kinds, k=min(3, len(self.kinds)))
            spreads = " ".join(f"... on {found} {{ {self.record(found, draft, 1, most=4)} }}" for found in kinds)
            return f"{alias}: {name}{arguments} {{ id __typename {spreads} }}"
        if kind is None and "by" in field_.args:
            return self._stats(alias, name, field_, draft)
        if kind is None:
            if name == "visitFigures":
                year = self._argument("year", None, "")
                draft.figures[alias] = year
                return f"{alias}: visitFigures(year: {year}){self.below(inner, draft)}"
            if name == "access":
                return self._access(alias, field_, draft)
            if name in PLANNED:
                return self._planned(alias, name, field_, draft)
            return f"{alias}: {name}{self._arguments(field_, draft, '')}{self.below(inner, draft)}"
        if inner.name == kind:
            for argument in field_.args:
                self._count(kind, argument, draft)
            return f"{alias}: {name}{self._arguments(field_, draft, kind)} {{ {self._whole(kind, draft)} }}"
        return self._connection(alias, name, field_, kind, draft)

    def _stats(self, alias: str, name: str, field_: GraphQLField, draft: Draft) -> str:
        """Figures in one or two groupings, under conditions as those of a list."""
        kind = next(found for found in self.kinds if f"{found}Stats" == get_named_type(field_.type).name)
        given = self._window(field_, kind, draft)
        grouped = fields_of(field_.args["by"].type)
        chosen = {}
        for _ in range(self.rng.choice((1, 1, 2))):
            _, _, by = self.least([(kind, "by", found) for found in grouped])
            self._count(kind, "by", draft, by)
            inner = get_named_type(grouped[by].type)
            chosen[by] = self.rng.choice(list(inner.values)) if isinstance(inner, GraphQLEnumType) else True
        given["by"] = chosen
        shown = ", ".join(
            f"{found}: {draft.variable(field_.args[found].type, value)}" for found, value in given.items()
        )
        return f"{alias}: {name}({shown}){self.below(get_named_type(field_.type), draft)}"

    def _count(self, kind: str, door: str, draft: Draft, path: str = "") -> None:
        draft.places.append((kind, door, path))
        self.counts[kind, door, path] += 1

    def _access(self, alias: str, field_: GraphQLField, draft: Draft) -> str:
        """Several fields of one kind, explained."""
        places = [(kind, "access", path) for kind, found in self.leaves.items() for _, path in found]
        roots = []
        for n in range(ACCESSES):
            kind, _, path = self.least(places)
            self._count(kind, "access", draft, path)
            names = next(names for names, found in self.leaves[kind] if found == path)
            given = {"id": self.record_id(kind), "field": ".".join(names)}
            below = self.below(get_named_type(field_.type), draft)
            roots.append(f"{alias}x{n}: access{self._arguments(field_, draft, '', given)}{below}")
        return " ".join(roots)

    def _whole(self, kind: str, draft: Draft) -> str:
        selection = self.record(kind, draft)
        if self.rng.random() < 0.15:
            name = f"F{len(draft.fragments)}"
            draft.fragments.append(f"fragment {name} on {kind} {{ {selection} }}")
            return f"...{name}"
        return f"... on {kind} {{ {selection} }}" if self.rng.random() < 0.1 else selection

    def _window(self, field_: GraphQLField, kind: str, draft: Draft, begun: Window | None = None) -> dict[str, Any]:
        """The arguments of a connection, in the order of one that was begun, if any."""
        given: dict[str, Any] = {}
        rng = self.rng
        if "where" in field_.args and rng.random() < 0.8:
            given["where"] = self.conditions.where(kind, draft.places)
        if "search" in field_.args and rng.random() < self._chance(kind, "search", 0.3):
            given["search"] = self._search(kind)
        if begun:
            given |= {"orderBy": {begun[1]: begun[2]}} if begun[1] else {}
        elif "orderBy" in field_.args and rng.random() < 0.5:
            names = list(fields_of(field_.args["orderBy"].type))
            _, _, order = self.least([(kind, "orderBy", found) for found in names])
            self._count(kind, "orderBy", draft, order)
            given["orderBy"] = {order: rng.choice(("ASC", "DESC"))}
        if "archived" in field_.args and rng.random() < self._chance(kind, "archived", 0.5):
            given["archived"] = rng.random() < 0.8
        sizes = self.wanted(kind, ("first", "last"), field_)
        if rng.random() < (OFTENER if sizes else 0.35):
            given[rng.choice(sizes or ("first", "last"))] = rng.choice((1, 2, 3, 5, 10, 30))
        for argument, found in field_.args.items():
            if argument not in ARGUMENTS and rng.random() < self._chance(kind, argument, 0.5):
                given[argument] = self._argument(argument, found.type, kind)
        return {argument: value for argument, value in given.items() if argument in field_.args}

    def wanted(self, kind: str, names: Iterable[str], field_: GraphQLField) -> list[str]:
        """Those of a field's arguments that were given less often than they should be."""
        return [name for name in names if name in field_.args and self.counts[kind, name, ""] < LEAST]

    def _chance(self, kind: str, name: str, usual: float) -> float:
        return OFTENER if self.counts[kind, name, ""] < LEAST else usual

    def _connection(self, alias: str, name: str, field_: GraphQLField, kind: str, draft: Draft) -> str:
        rng = self.rng
        places = [name for name in ("after", "before") if name in field_.args]
        wanting = self.wanted(kind, places, field_)
        begun = [window for window, known in self.cursors.items() if window[0] == kind and known]
        goes_on = bool(places and begun) and rng.random() < (OFTENER if wanting else 0.3)
        window = rng.choice(begun) if goes_on else None
        given = self._window(field_, kind, draft, window)
        if window:
            given[rng.choice(wanting or places)] = rng.choice(self.cursors[window])
        order, way = next(iter(given.get("orderBy", {}).items()), ("", ""))
        for argument in given:
            self._count(kind, argument, draft)
        shown = ", ".join(
            f"{argument}: {draft.variable(field_.args[argument].type, value)}" for argument, value in given.items()
        )
        most = 4 if given.get("first", given.get("last", 20)) > 10 else 9
        self.windows[alias] = (kind, order, way)
        parts = [f"nodes {{ {self.record(kind, draft, 1, most=most)} }}"] if rng.random() < 0.9 else ["__typename"]
        if rng.random() < 0.6:
            parts.append("totalCount")
            self._count(kind, "totalCount", draft)
        # Without cursors nothing goes on.
        if rng.random() < (OFTENER if wanting else 0.4):
            parts.append("pageInfo { hasNextPage hasPreviousPage startCursor endCursor }")
        if rng.random() < 0.2:
            parts.append("edges { cursor node { id } }")
        return f"{alias}: {name}{f'({shown})' if shown else ''} {{ {' '.join(parts)} }}"

    def _search(self, kind: str) -> str:
        words = self.pair.words[kind] or ["lotus"]
        word = self.rng.choice(words)
        found = word[: self.rng.randint(1, len(word))] if self.rng.random() < 0.4 else word
        return f"{found} {self.rng.choice(words)}" if self.rng.random() < 0.2 else found

    def query(self) -> Request:
        """A query of one to three roots."""
        query = self.schema.query_type
        assert query is not None
        draft = Draft()
        fields = {name: found for name, found in query.fields.items() if self._asked(found)}
        names = list(fields)
        weights = [self._weight(name, found) for name, found in fields.items()]
        roots = []
        for n, name in enumerate(self.rng.choices(names, weights, k=self.rng.choice((1, 2, 3)))):
            roots.append(self._root(f"r{n}", name, query.fields[name], draft))
        roots += self._probes(fields, draft)
        return self._request("query", roots, draft, changes=False)

    def _weight(self, name: str, field_: GraphQLField) -> int:
        """How likely a root is drawn: more so where places of it were asked for less often than they should be."""
        wanting = any(self.counts[self._kind_of(field_) or "", door, ""] < LEAST for door in field_.args)
        if "where" in field_.args:
            return 27 if wanting else 9
        if name == "access":
            return 90 if self.wanting("access") else 4
        if name in PLANNED:
            return 8
        if name in OFTEN:
            return 8
        return 9 if wanting else 2

    def wanting(self, door: str) -> bool:
        """Whether a place of a door was asked for less often than it should be."""
        return any(self.counts[place] < LEAST for place in self.places if place[1].split()[0] == door)

    def unchanged(self) -> float:
        """The share of changes in what was asked for less often than it should be."""
        low = [door for place in self.places if self.counts[place] < LEAST for door in (place[1].split()[0],)]
        return sum(door in ("do", "write") for door in low) / len(low) if low else 0.0

    def _probes(self, fields: dict[str, GraphQLField], draft: Draft) -> list[str]:
        """Counts under single conditions, in single orders: what was asked about least, many at once."""
        lists = {self._kind_of(found): (name, found) for name, found in fields.items() if "where" in found.args}
        known = [kind for kind in self.conditions.types if kind in lists]
        if not known:
            return []
        low = [
            sum(self.counts[kind, "where", way[-1].path] < LEAST for way in self.conditions.ways[kind]) + 1
            for kind in known
        ]
        parts = []
        for n, kind in enumerate(self.rng.choices(known, low, k=PROBES[sum(low) > len(low)])):
            name, found = lists[kind]
            given: dict[str, Any] = {"where": self.conditions.one(kind, draft.places), "first": 3}
            if "orderBy" in found.args:
                orders = [(kind, "orderBy", order) for order in fields_of(found.args["orderBy"].type)]
                _, _, order = self.least(orders)
                self._count(kind, "orderBy", draft, order)
                given["orderBy"] = {order: self.rng.choice(("ASC", "DESC"))}
            shown = ", ".join(f"{key}: {draft.variable(found.args[key].type, given[key])}" for key in given)
            parts.append(f"p{n}: {name}({shown}) {{ totalCount }}")
        return parts

    def _asked(self, field_: GraphQLField) -> bool:
        return not KINDS_ASKED or self._kind_of(field_) in KINDS_ASKED

    def mutation(self) -> Request:
        """One or two mutations, those that were tried least."""
        draft = Draft()
        roots = [self._change(f"m{n}", draft) for n in range(self.rng.choice((1, 2)))]
        return self._request("mutation", roots, draft, changes=True)

    def _change(self, alias: str, draft: Draft) -> str:
        mutation = self.schema.mutation_type
        assert mutation is not None
        asked = {name: found for name, found in mutation.fields.items() if self._asked(found)} or mutation.fields
        places = {(self._kind_of(found) or "", f"do {name}", ""): name for name, found in asked.items()}
        weighted = self.rng.random() < (0.6 if self.wanting("write") else 0.35)
        wide = [place for place, name in places.items() if name.startswith(("create", "update"))] if weighted else []
        place = self.least(wide or list(places))
        self.counts[place] += 1
        draft.places.append(place)
        kind, name = place[0], places[place]
        field_ = mutation.fields[name]
        given: dict[str, Any] = {}
        about, revised = ABOUT.get(name, (kind, "id"))
        if "id" in field_.args:
            given["id"] = self.record_id(about)
        if revised in field_.args:
            given.setdefault(revised, self.record_id(kind))
        for argument in ("ifRevision", "input", "patch"):
            if argument in field_.args and (is_required_argument(field_.args[argument]) or self.rng.random() < 0.6):
                if argument == "ifRevision":
                    given[argument] = {"revision of": given.get(revised)} if self.rng.random() < 0.85 else "0" * 24
                else:
                    given[argument] = self.inputs.facts(field_.args[argument].type, kind, given.get("id"), draft.places)
        payload = get_named_type(field_.type)
        shown = [n for n, found in payload.fields.items() if get_named_type(found.type).name == kind]
        selection = " ".join(f"{n} {{ {self.record(kind, draft)} }}" for n in shown)
        arguments = self._arguments(field_, draft, kind, given)
        return f"{alias}: {name}{arguments} {{ {selection} problems {{ code path message }} }}"

    def _request(self, word: str, roots: list[str], draft: Draft, *, changes: bool) -> Request:
        declared = f"({', '.join(draft.declared)})" if draft.declared else ""
        text = " ".join((f"{word}{declared} {{ {' '.join(roots)} }}", *draft.fragments))
        return Request(text, draft.variables, draft.places, changes, draft.figures)

    def refusals(self) -> Iterator[tuple[Request, Request, tuple[str, str]]]:
        """By each door that takes an id: a record of either world out of scope, and one that is in neither."""
        for root, word in ((self.schema.query_type, "query"), (self.schema.mutation_type, "mutation")):
            for name, field_ in root.fields.items() if root else ():
                kind, _ = ABOUT.get(name, (self._kind_of(field_) or self.rng.choice(self.kinds), ""))
                hidden = sorted(
                    set(self.pair.hidden[kind]) & self.pair.left.docs[kind].keys() & self.pair.right.docs[kind].keys()
                )
                if "id" not in field_.args or not hidden or kind not in self.kinds:
                    continue
                unseen = self.rng.choice(hidden)
                absent = f"{KINDS[kind].prefix}_{self.rng.randrange(10**19):020}"
                draft = Draft()
                given = {"id": unseen}
                for argument, found in field_.args.items():
                    if argument != "id" and is_required_argument(found):
                        given[argument] = self._argument(argument, found.type, kind)
                inner = get_named_type(field_.type)
                below = " { __typename }" if is_composite_type(inner) else ""
                text = f"{name}{self._arguments(field_, draft, kind, given)}{below}"
                self._count(kind if self._kind_of(field_) else "", "unseen id", draft, name)
                request = self._request(word, [text], draft, changes=False)
                again = {n: absent if value == unseen else value for n, value in request.variables.items()}
                yield request, Request(request.text, again, request.places), (unseen, absent)

    def learn(self, data: Any) -> None:
        """Keep the cursors of an answer for later requests in the same order, and those of a history for others."""
        for alias, answer in data.items() if isinstance(data, dict) else ():
            known = self.cursors.setdefault(self.windows.get(alias, HISTORIES), [])
            known += cursors_of(answer)
            del known[:-40]
        self.windows = {}
