"""The table in words and matrices: what `korpu access` prints, docs/access.md holds and tests/auth/access.txt keeps.

A cell says what a caller of that role gets who holds nothing else than what the role brings along.
"""

import textwrap
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path as File

from auth.caller import Role, caller
from auth.mask import Mask, mask, revealed
from auth.policy import ACTIONS, AUTHORED, ELEMENTS, READ, RELEASES, REVEALS, SCOPE, WRITE, WRITES
from auth.rules import ALWAYS, NEVER, ElementRule, Rule
from documents.kinds import KINDS, tree_of
from documents.labels import LABELS, Label
from documents.tree import Path

YES, IF, NO = "✔", "if", "✘"
NEW, PROPOSES = "new", "p"
SERVICE = "–"

Cell = Callable[[str, Path, Role], str]

DOCUMENT = File("docs/access.md")
SNAPSHOT = File("tests/auth/access.txt")
BEGINS = "<!-- made from the table by `python -m auth.report`: what follows is not written by hand -->"


def held(role: Role) -> Mask:
    """What exists for a caller who holds this role and what it brings along."""
    return mask(caller(role).roles)


@cache
def listed(kind: str) -> tuple[Path, ...]:
    """Every path of a kind that decides for itself: what lies below a value object shares its label."""
    below = {inner for path in tree_of(kind).walk() if path.value for inner in path.walk() if inner is not path}
    return tuple(path for path in tree_of(kind).walk() if path not in below)


def reading(kind: str, path: Path, role: Role) -> str:
    """✔ on every record in scope, ``if`` on some records or for some elements, ✘ where the path does not exist."""
    found = held(role).kinds.get(kind)
    if found is None or path.hidden or not found.readable(path):
        return NO
    if path.reference is not None and path.reference not in held(role).kinds:
        return NO
    return IF if found.mode(path) == "if" or any(name in found.elements for name in path.lists) else YES


def writing(kind: str, path: Path, role: Role) -> str:
    """✔ on every record in scope, ``if`` on some, ``new`` only in a record being made, ``p`` as a proposal, or ✘.

    ``–`` where the service alone writes.
    """
    if not path.fact or path.fills or path.hidden or path.name == "id":
        return SERVICE
    found = held(role).kinds.get(kind)
    if found is None or not found.writable(path):
        return NO
    if path.path in found.proposes:
        return PROPOSES
    changed = _written(kind, path, role, "update")
    return YES if changed and changed.covers(found.scope) else IF if changed else NEW


def _written(kind: str, path: Path, role: Role, action: str) -> Rule:
    """On which records in scope a value put into a path by an action applies at once."""
    total = NEVER
    for one in caller(role).roles & ACTIONS[kind].get(action, {}).keys():
        rule = SCOPE[kind].get(one, NEVER) & ACTIONS[kind][action][one]
        narrow = WRITES.get((kind, one))
        if narrow is None:
            for label in path.chain:
                rule &= WRITE[label].get(one, NEVER)
        elif path.path.partition(".")[0] not in narrow.applies:
            rule = NEVER
        total |= rule
    return total


def doing(kind: str, action: str, role: Role) -> str:
    """✔ on every record in scope, ``if`` on some, ✘ where the action does not exist."""
    found = held(role).kinds.get(kind)
    rule = found.actions.get(action) if found else None
    if found is None or rule is None:
        return NO
    return YES if rule.covers(found.scope) else IF


def taking(kind: str, action: str, name: str, role: Role) -> str:
    """✔ wherever the action may be done, ``if`` on some of those records, ✘ where the action does not take it."""
    found = held(role).kinds.get(kind)
    if found is None or (action, name) not in found.takes:
        return NO
    written = _written(kind, tree_of(kind).path(name), role, action)
    return YES if written.covers(found.actions[action]) else IF


def taken(kind: str, action: str) -> tuple[str, ...]:
    """The paths that an action of the lifecycle takes along."""
    return next((step.takes for step in KINDS[kind].lifecycle.actions if step.name == action), ())


def report() -> str:
    """The whole table as Markdown: roles, labels, each kind, releases."""
    parts = [_roles(), _labels(), *(_kind(kind) for kind in KINDS), _reveals(), _blind(), _releases()]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def short(role: Role) -> str:
    """How a matrix heads the column of a role."""
    return role.value[:3]


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return [f"| {line} |" for line in (lines[0], " | ".join("-" * width for width in widths), *lines[1:])]


def _by_rule(rules: Mapping[Role, Rule | ElementRule]) -> dict[str, list[Role]]:
    """Roles by the words of the rule that holds for them, those for whom it always holds first."""
    found: dict[str, list[Role]] = {}
    for role in Role:
        if rules.get(role):
            found.setdefault(str(rules[role]), []).append(role)
    return dict(sorted(found.items(), key=lambda entry: entry[0] != str(ALWAYS)))


def _names(roles: list[Role]) -> str:
    return "everyone" if len(roles) == len(Role) else ", ".join(role.value for role in roles)


def _said(rules: Mapping[Role, Rule | ElementRule]) -> str:
    """Rules as a sentence: ``officer, head; coordinator where …``."""
    told = [
        _names(roles) + ("" if rule == str(ALWAYS) else f" where {rule}") for rule, roles in _by_rule(rules).items()
    ]
    return "; ".join(told) or "nobody"


def _bullets(lines: Iterable[str]) -> list[str]:
    """Lines as a list, folded so that a terminal shows them whole."""
    return [
        part
        for line in lines
        for part in textwrap.wrap(
            f"- {line}", 118, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
        )
    ]


def _roles() -> list[str]:
    rows = []
    for role in Role:
        brought = sorted(found.value for found in caller(role).roles - {role})
        kinds = [kind for kind in KINDS if kind in held(role).kinds]
        told = "every kind" if len(kinds) == len(KINDS) else ", ".join(kinds)
        rows.append((role.value, short(role), ", ".join(brought), told))
    return ["## Roles", "", *_table(("role", "column", "brings along", "may have records in scope of"), rows)]


def _labels() -> list[str]:
    lines = ["## Labels"]
    for label in LABELS:
        told = [f"Read by {_said(READ[label])}."]
        if label in AUTHORED:
            told.append(f"Beyond that, elements of a list are read by {_said(AUTHORED[label])}.")
        told.append(f"Written by {_said(WRITE[label])}.")
        lines += ["", f"### {label.name}: {label.purpose}", "", *_bullets(told)]
    return lines


def _chain(path: Path) -> str:
    return " > ".join(label.name for label in path.chain)


def _matrix(kind: str, verb: str, roles: list[Role], paths: Iterable[Path], cell: Cell) -> list[str]:
    """Paths with the same labels and cells as one row, and which paths those are."""
    groups: dict[tuple[tuple[Label, ...], tuple[str, ...]], list[Path]] = {}
    for path in sorted(paths, key=lambda found: [LABELS.index(label) for label in found.chain]):
        groups.setdefault((path.chain, tuple(cell(kind, path, role) for role in roles)), []).append(path)
    chains = [chain for chain, _ in groups]
    rows, told = [], []
    for (chain, cells), found in groups.items():
        # What has its parent in the same row is not named again.
        tops = [path for path in found if path.path.rpartition(".")[0] not in {other.path for other in found}]
        names = [f"{path.path}.*" if path.children and not path.value else path.path for path in tops]
        name = _chain(found[0]) + (f", {names[0]} …" if chains.count(chain) > 1 else "")
        rows.append([name, *cells])
        told.append(f"**{name}**: {', '.join(f'`{each}`' for each in names)}")
    return [*_table([verb, *map(short, roles)], rows), "", *_bullets(told)] if rows else [f"Nobody may {verb} a path."]


def _kind(kind: str) -> list[str]:
    roles = [role for role in Role if kind in held(role).kinds]
    paths = [path for path in listed(kind) if path.name != "id" or path.path == "id"]
    facts = [path for path in paths if any(writing(kind, path, role) not in (SERVICE, NO) for role in roles)]
    lines = [f"## {kind}", "", " ".join((KINDS[kind].__doc__ or "").split()), "", "In scope:", ""]
    lines += _bullets(f"{_names(found)}: {_words(rule)}" for rule, found in _by_rule(SCOPE[kind]).items())
    lines += ["", *_matrix(kind, "read", roles, paths, reading)]
    if elements := _element_rules(kind):
        lines += ["", *_bullets(elements)]
    lines += ["", *_matrix(kind, "write", roles, facts, writing), ""]
    rows = []
    for action in ACTIONS[kind]:
        rows.append([action, *(doing(kind, action, role) for role in roles)])
        rows += [[f"{action}: {n}", *(taking(kind, action, n, role) for role in roles)] for n in taken(kind, action)]
    lines += [*_table(["do", *map(short, roles)], rows), ""]
    by_rule: dict[str, list[str]] = {}
    for action, rules in ACTIONS[kind].items():
        by_rule.setdefault(_said(rules), []).append(action)
    return lines + _bullets(
        f"{', '.join(f'`{action}`' for action in found)}: {rule}" for rule, found in by_rule.items()
    )


def _words(rule: str) -> str:
    return "every record" if rule == str(ALWAYS) else f"where {rule}"


def _element_rules(kind: str) -> list[str]:
    lines = [f"Elements of `{path}`: {_said(rules)}." for (of, path), rules in ELEMENTS.items() if of == kind]
    for path in listed(kind):
        rules = next((AUTHORED[label] for label in path.chain if label in AUTHORED), None)
        if path.element and rules is not None:
            lines.append(f"Elements of `{path.path}`, beyond what the label opens: {_said(rules)}.")
    return lines


def _reveals() -> list[str]:
    lines = []
    for kind in KINDS:
        if paths := revealed(kind):
            told = ", ".join(f"`{path.path}`" for path in paths)
            lines.append(f"{told} of **{kind}** to {_said(REVEALS.get(kind, {}))}.")
    intro = "Told by revealing alone, with a reason; who was told what is logged before it is decrypted."
    return ["## Reveals", "", intro, "", *_bullets(lines)]


def _blind() -> list[str]:
    lines = [
        f"{role.value} makes **{kind}** with {', '.join(f'`{name}`' for name in sorted(narrow.applies))}."
        for (kind, role), narrow in WRITES.items()
        if role in ACTIONS[kind].get("create", {}) and kind not in held(role).kinds
    ]
    return ["## Written unseen", "", "Entered by who has no record of the kind in scope.", "", *_bullets(lines)]


def _releases() -> list[str]:
    lines = []
    for release in RELEASES:
        roles = ", ".join(role.value for role in release.to)
        lines.append(f"**{release.name}** tells {roles} {release.tells}. Why: {release.why}.")
    return ["## Releases", "", "Told on purpose although the table hides where it comes from.", "", *_bullets(lines)]


def snapshot() -> str:
    """The table as text to compare: a line for each kind and path, and each kind and action, naming every role."""
    lines = ["# Made by `python -m auth.report`; each role with what it brings along."]
    for kind in KINDS:
        exists = {role: YES if kind in held(role).kinds else NO for role in Role}
        lines += ["", f"{kind} exists {_cells(exists)}"]
        for path in listed(kind):
            name = f"{kind}.{path.path} [{_chain(path)}]"
            lines.append(f"{name} read {_cells({role: reading(kind, path, role) for role in Role})}")
            if writing(kind, path, Role.HEAD) != SERVICE:
                lines.append(f"{name} write {_cells({role: writing(kind, path, role) for role in Role})}")
        lines += [f"{kind} {line}" for line in _element_rules(kind)]
        for action in ACTIONS[kind]:
            lines.append(f"{kind} do {action} {_cells({role: doing(kind, action, role) for role in Role})}")
            for name in taken(kind, action):
                cells = {role: taking(kind, action, name, role) for role in Role}
                lines.append(f"{kind} do {action} taking {name} {_cells(cells)}")
    lines += ["", *(line.removeprefix("- ") for line in (*_reveals()[4:], *_blind()[4:]))]
    lines += ["", *(f"Release {found.name} to {', '.join(role.value for role in found.to)}" for found in RELEASES)]
    return "\n".join(lines) + "\n"


def _cells(cells: dict[Role, str]) -> str:
    """Every role under the cell it has: what a change of the table moves is a word of one line."""
    told = []
    for cell in (YES, IF, NEW, PROPOSES, NO):
        roles = [role.value for role in Role if cells[role] == cell]
        if roles:
            told.append(f"{cell} {'all' if len(roles) == len(Role) else ' '.join(roles)}")
    return " | ".join(told)


def document(text: str) -> str:
    """A document with the part that is made from the table anew. Raises ValueError where it does not say where."""
    above, begins, _ = text.partition(BEGINS)
    if not begins:
        raise ValueError(f"{DOCUMENT} does not hold the line {BEGINS!r}: put it where the table is to begin")
    return f"{above}{BEGINS}\n\n{report()}"


def main() -> None:
    """Write the table anew wherever the source keeps it."""
    root = File(__file__).parent.parent
    (root / DOCUMENT).write_text(document((root / DOCUMENT).read_text("utf-8")), "utf-8")
    (root / SNAPSHOT).write_text(snapshot(), "utf-8")


if __name__ == "__main__":
    main()
