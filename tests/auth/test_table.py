"""The access table: complete, printed, and refused at start where it is wrong."""

from pathlib import Path as File
from typing import Annotated, Any

import pytest
from beanie.odm.fields import ExpressionField
from pydantic import Field

from auth.caller import Role
from auth.mask import check_table
from auth.policy import ACTIONS, AUTHORED, ELEMENTS, READ, SCOPE, WRITE, WRITES, Narrow
from auth.report import DOCUMENT, NO, SNAPSHOT, document, held, listed, reading, report, short, snapshot
from auth.rules import ALWAYS, ElementRule, Held, rule
from documents.kinds import KINDS, tree_of
from documents.labels import LABELS, Apart, author, campus, candid, finance, office, personal
from documents.record import Element
from documents.unit import Unit, UnitFacts
from documents.values import PersonId
from schema.extras import EXTRAS
from schema.graph import Graph
from tests.auth.exempt import EXEMPT, checked
from tests.auth.test_access import mutations

ROOT = File(__file__).parents[2]
AGAIN = "run `python -m auth.report`, and read the difference"


def test_the_document_says_what_the_table_says() -> None:
    """The half of docs/access.md that is made from the table is that of today's table."""
    text = (ROOT / DOCUMENT).read_text("utf-8")
    assert text == document(text), AGAIN


def test_the_snapshot_says_what_the_table_says() -> None:
    """Whoever changes the table commits whose access moved."""
    assert (ROOT / SNAPSHOT).read_text("utf-8") == snapshot(), AGAIN


def test_a_document_that_does_not_say_where_is_refused() -> None:
    """The table is never written over a page that someone wrote by hand."""
    with pytest.raises(ValueError, match="put it where the table is to begin"):
        document("# Access\n")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_path_and_action_has_its_rows(kind: str) -> None:
    """A kind has a scope and actions, a path a label that the table knows, and each step of a lifecycle a row."""
    assert kind in SCOPE
    assert {step.name for step in KINDS[kind].lifecycle.actions} <= ACTIONS[kind].keys()
    for path in tree_of(kind).walk():
        assert path.chain, f"{kind}.{path.path} has no label"
        assert set(path.chain) <= set(LABELS) <= READ.keys() & WRITE.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_path_and_action_is_printed(kind: str) -> None:
    """Nothing that the table decides about is missing from the page or from the snapshot."""
    lines, page = snapshot().splitlines(), report()
    assert f"\n## {kind}\n" in page
    for path in listed(kind):
        assert [line for line in lines if line.startswith(f"{kind}.{path.path} [") and " read " in line]
    for action in ACTIONS[kind]:
        assert [line for line in lines if line.startswith(f"{kind} do {action} ")]


def test_every_line_of_the_snapshot_names_every_role_once() -> None:
    """A cell cannot be left out: each line says of each role what it is, or that all are alike."""
    names = sorted(role.value for role in Role)
    for line in snapshot().splitlines():
        if " read " in line or " write " in line or " do " in line:
            cells = line.partition("]" if "[" in line else " do ")[2].split()
            assert sorted(set(cells) & set(names)) == names or cells[-1] == "all", line


def test_no_two_columns_have_one_name() -> None:
    """A matrix heads its columns with the first letters of the roles."""
    assert len({short(role) for role in Role}) == len(Role)


@pytest.mark.parametrize("kind", KINDS)
def test_every_action_has_a_mutation_and_every_mutation_an_action(graph: Graph, kind: str) -> None:
    """A row that nobody can use is a mistake, and so is a mutation without a row."""
    fields = {field.python_name: field for field in graph.mutation.__strawberry_definition__.fields}  # type: ignore[attr-defined]
    marks = [field.metadata["mark"] for field in fields.values()]
    assert {mark.action for mark in marks if mark.kind == kind and mark.use == "action"} == {
        name for name, rows in ACTIONS[kind].items() if rows
    }
    assert all(mutations(graph, kind, action) for action in ACTIONS[kind])


def test_what_is_exempt_from_being_asked_for_is_there_hidden_and_hard_to_ask_for() -> None:
    """An exemption is for a path that nobody reads and whose name in the graph means something else; no other."""
    for name in EXEMPT:
        kind, _, dotted = name.partition(".")
        path = tree_of(kind).path(dotted)
        assert {reading(kind, path, role) for role in Role} == {NO}, f"{name} is read: take it off tests/auth/exempt.py"
        assert path.graphql in EXTRAS, f"{name} can be asked for: take it off tests/auth/exempt.py"


def test_every_path_is_asked_for_or_exempt() -> None:
    """The tests of the running house leave out what is exempt, and nothing else."""
    for kind in KINDS:
        names = {path.path for path in listed(kind)}
        assert {path.path for path in checked(kind)} | {
            n.partition(".")[2] for n in EXEMPT if n.startswith(f"{kind}.")
        } == names


class Remark(Element):
    """An element with an author."""

    text: Annotated[str, candid] = Field(default="", description="What is said.")
    by: Annotated[PersonId | None, candid, author] = Field(default=None, description="Who says it.")
    of: Annotated[PersonId | None, campus, Apart("by")] = Field(default=None, description="Of whom.")


def kind_with(monkeypatch: pytest.MonkeyPatch, name: str, annotation: Any) -> type[Unit]:
    """A kind like Unit with one more fact."""
    # What Beanie has put on registered classes hides their fields from a class made of them.
    for cls in Unit.__mro__:
        for found in [key for key, value in vars(cls).items() if isinstance(value, ExpressionField)]:
            monkeypatch.delattr(cls, found)
    facts = type("MoreFacts", (UnitFacts,), {"__annotations__": {name: annotation}, name: [], "__module__": __name__})
    return type("Unit", (facts, Unit), {"__module__": __name__})


@pytest.mark.parametrize(
    ("table", "key", "value", "says"),
    [
        (SCOPE, "Unit", None, "Unit has no policy rows: add them to SCOPE and ACTIONS in auth/policy.py"),
        (ACTIONS, "Unit", None, "Unit has no policy rows: add them to SCOPE and ACTIONS in auth/policy.py"),
        (ACTIONS, "Agreement", {}, "name ['Agreement'], which are no kinds: correct them in auth/policy.py"),
        (READ, finance, None, "The labels ['finance'] have no rows: add them to READ and WRITE in auth/policy.py"),
        (WRITE, finance, None, "The labels ['finance'] have no rows: add them to READ and WRITE in auth/policy.py"),
        (
            ACTIONS["Unit"],
            "close",
            None,
            "Unit has no policy rows for ['close']: add them to ACTIONS in auth/policy.py",
        ),
        (
            ACTIONS["Proposal"],
            "accept",
            {Role.PARTNER: ALWAYS},
            "lets ['partner'] accept a Proposal, which they never have in scope: add them to SCOPE in auth/policy.py",
        ),
        (
            ELEMENTS,
            ("Delegation", "title"),
            {},
            "ELEMENTS names Delegation.title, which is no list of elements: correct it in auth/policy.py",
        ),
        (ELEMENTS, ("Delegation", "guests"), {}, "ELEMENTS names Delegation.guests, which is no list of elements"),
        (
            ELEMENTS,
            ("Delegation", "members"),
            {Role.PARTNER: ElementRule("person", holder="persons")},
            "Delegation.members is decided for partner by person, and its elements are told apart by partner: mark",
        ),
        (
            ELEMENTS,
            ("Delegation", "gifts"),
            {Role.PARTNER: ElementRule("receiver", holder="persons")},
            "Delegation.gifts is decided for partner by receiver, and its elements are told apart by None: mark",
        ),
        (
            AUTHORED,
            candid,
            {Role.OFFICER: ElementRule("text", holder="persons")},
            "Partner.assessments is decided for officer by text, and its elements are told apart by by: mark",
        ),
        (
            AUTHORED,
            finance,
            {Role.OFFICER: ElementRule("payer", holder="persons")},
            "element by element: put it into such a list, or take finance out of AUTHORED in auth/policy.py",
        ),
        (
            WRITES,
            ("Unit", Role.OFFICER),
            Narrow(frozenset({"nmae"})),
            "WRITES lets officer write ['nmae'] of Unit, which are no facts of it: correct it in auth/policy.py",
        ),
        (WRITES, ("Unit", Role.OFFICER), Narrow(frozenset({"status"})), "write ['status'] of Unit, which are no facts"),
        (
            WRITES,
            ("Unit", Role.PARTNER),
            Narrow(frozenset({"name"})),
            "WRITES names partner for Unit, who may neither create nor update it: take it out, or allow it",
        ),
        (
            SCOPE["Delegation"],
            Role.LEADERSHIP,
            rule(Held("campus", needs=("briefing",))),
            "SCOPE decides for leadership by Delegation.briefing, which leadership does not always read: let",
        ),
        (
            ACTIONS["Delegation"]["update"],
            Role.COORDINATOR,
            rule(Held("office", needs=("budget.amount",))),
            "ACTIONS, update, decides for coordinator by Delegation.budget.amount",
        ),
        (
            READ[office],
            Role.COORDINATOR,
            rule(Held("office", needs=("counts",))),
            "READ, office, decides for coordinator",
        ),
        (
            WRITE[personal],
            Role.HOST,
            rule(Held("office", needs=("notes",))),
            "WRITE, personal, decides for host by Unit.notes",
        ),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else "",
)
def test_a_table_that_does_not_fit_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, table: dict[Any, Any], key: Any, value: Any, says: str
) -> None:
    """The program does not start with it, and says what is wrong and what to do."""
    if value is None:
        monkeypatch.delitem(table, key)
    else:
        monkeypatch.setitem(table, key, value)
    with pytest.raises(ValueError, match=r"in auth/policy\.py$") as refusal:
        check_table()
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        (Annotated[str | None, candid], "Unit.remarks lies in no candid list of elements"),
        (Annotated[list[Remark], office, Apart("by")], "Unit.remarks.text lies in no candid list of elements"),
        (
            Annotated[list[Remark], candid],
            "Unit.remarks is decided for officer by by, and its elements are told apart by None",
        ),
        (Annotated[list[Remark], candid, Apart("of")], "its elements are told apart by of: mark the list Apart('by')"),
    ],
)
def test_a_kind_that_would_open_a_label_beyond_its_author_is_refused(
    monkeypatch: pytest.MonkeyPatch, annotation: Any, says: str
) -> None:
    """What is opened to whoever wrote it lies in a list whose elements are told apart by who wrote them."""
    monkeypatch.setitem(KINDS, "Unit", kind_with(monkeypatch, "remarks", annotation))
    with pytest.raises(ValueError, match=r"in auth/policy\.py$") as refusal:
        check_table()
    assert says in str(refusal.value)


def test_a_field_that_decides_has_no_label_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether an element shows would tell the value of the field to those who do not read it."""
    monkeypatch.setitem(KINDS, "Unit", kind_with(monkeypatch, "remarks", Annotated[list[Remark], candid, Apart("of")]))
    monkeypatch.setitem(AUTHORED, candid, {Role.OFFICER: ElementRule("of", holder="persons")})
    with pytest.raises(ValueError, match=r"Unit\.remarks is decided for officer by of, which has a label of its own"):
        check_table()


def test_a_kind_that_is_right_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kinds that are refused above are so for their one fault."""
    monkeypatch.setitem(KINDS, "Unit", kind_with(monkeypatch, "remarks", Annotated[list[Remark], candid, Apart("by")]))
    check_table()


def test_a_role_alone_brings_what_its_column_says() -> None:
    """A column is that of a caller who holds the role and what it brings along."""
    assert held(Role.OFFICER).roles == {Role.ANONYMOUS, Role.MEMBER, Role.OFFICER}
    assert held(Role.PARTNER).roles == {Role.ANONYMOUS, Role.PARTNER}
