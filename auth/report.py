"""The table in words and matrices: what `korpu access` prints, docs/access.md holds and tests/auth/access.txt keeps.

A cell says what a caller of that role gets who holds nothing else than what the role brings along.
"""

import textwrap
from collections.abc import Iterable
from functools import cache
from pathlib import Path as File

from auth.caller import Role, caller
from auth.mask import Mask, mask
from auth.policy import ACTIONS, AUTHORED, ELEMENTS, READ, RELEASES, SCOPE, WRITE, WRITES
from auth.rules import ALWAYS, NEVER, ElementRule, Rule
from documents.kinds import KINDS, tree_of
from documents.labels import LABELS, Label
from documents.tree import Path

YES, IF, NO = "✔", "if", "✘"
NEW, PROPOSES = "new", "p"
SERVICE = "–"

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
    if not path.fact or path.fills or path.hidden:
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


def report() -> str:
    """The whole table as Markdown: roles, labels, each kind, releases."""
    parts = [_roles(), _labels(), *(_kind(kind) for kind in KINDS), _releases()]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def short(role: Role) -> str:
    """How a matrix heads the column of a role."""
    return role.value[:3]


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return [f"| {line} |" for line in (lines[0], " | ".join("-" * width for width in widths), *lines[1:])]


def _said(rows: Iterable[tuple[Role, str]]) -> str:
    """Roles by the rule that holds for them: ``officer, head; coordinator where …``."""
    by_rule: dict[str, list[str]] = {}
    for role, rule in rows:
        by_rule.setdefault(rule, []).append(role.value)
    first = sorted(by_rule, key=lambda rule: rule != str(ALWAYS))
    told = [", ".join(by_rule[rule]) + ("" if rule == str(ALWAYS) else f" where {rule}") for rule in first]
    return "; ".join(told) or "nobody"


def _rows(rules: dict[Role, Rule]) -> list[tuple[Role, str]]:
    return [(role, str(rules[role])) for role in Role if rules.get(role)]


def _roles() -> list[str]:
    rows = []
    for role in Role:
        brought = sorted(found.value for found in caller(role).roles - {role})
        kinds = [kind for kind in KINDS if kind in held(role).kinds]
        rows.append((role.value, short(role), ", ".join(brought) or "nothing", _kinds(kinds)))
    return ["## Roles", "", *_table(("role", "column", "brings along", "may have in scope"), rows)]


def _kinds(kinds: list[str]) -> str:
    missing = [kind for kind in KINDS if kind not in kinds]
    return f"all but {', '.join(missing)}" if 0 < len(missing) < len(kinds) else ", ".join(kinds)


def _labels() -> list[str]:
    lines = ["## Labels"]
    for label in LABELS:
        lines += ["", f"### {label.name}", "", f"For {label.purpose}.", ""]
        lines.append(f"- Read by {_said(_rows(READ[label]))}.")
        if label in AUTHORED:
            lines.append(f"- Elements beyond that: {_elements(AUTHORED[label])}.")
        lines.append(f"- Written by {_said(_rows(WRITE[label]))}.")
    return lines


def _elements(rules: dict[Role, ElementRule]) -> str:
    return _said([(role, str(rules[role])) for role in Role if role in rules])


def _chain(path: Path) -> str:
    return " > ".join(label.name for label in path.chain)


def _groups(kind: str, roles: list[Role]) -> dict[str, list[Path]]:
    """The paths of a kind by their cells, each group under the name of its labels."""
    found: dict[tuple[tuple[Label, ...], tuple[str, ...]], list[Path]] = {}
    for path in sorted(listed(kind), key=lambda path: [LABELS.index(label) for label in path.chain]):
        cells = [reading(kind, path, role) for role in roles] + [writing(kind, path, role) for role in roles]
        found.setdefault((path.chain, tuple(cells)), []).append(path)
    chains = [chain for chain, _ in found]
    return {
        _chain(paths[0]) + (f", {_name(paths[0])} …" if chains.count(chain) > 1 else ""): paths
        for (chain, _), paths in found.items()
    }


def _name(path: Path) -> str:
    return f"{path.path}[]" if path.element else path.path


def _kind(kind: str) -> list[str]:
    roles = [role for role in Role if kind in held(role).kinds]
    groups = _groups(kind, roles)
    heads = [short(role) for role in roles]
    lines = [f"## {kind}", "", " ".join((KINDS[kind].__doc__ or "").split()), "", "In scope for:", ""]
    lines += [f"- {found}" for found in _said(_rows(SCOPE[kind])).split("; ")]
    lines += ["", "Paths, by what is decided about them:", ""]
    for name, paths in groups.items():
        told = f"- **{name}**: {', '.join(f'`{_name(path)}`' for path in paths)}"
        lines += textwrap.wrap(told, 118, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
    rows = [[name, *(reading(kind, paths[0], role) for role in roles)] for name, paths in groups.items()]
    lines += ["", *_table(["read", *heads], rows), "", *_element_rules(kind)]
    written = {name: paths for name, paths in groups.items() if writing(kind, paths[0], Role.HEAD) != SERVICE}
    rows = [[name, *(writing(kind, paths[0], role) for role in roles)] for name, paths in written.items()]
    lines += _table(["write", *heads], rows)
    rows = [[action, *(doing(kind, action, role) for role in roles)] for action in ACTIONS[kind]]
    lines += ["", *_table(["do", *heads], rows), ""]
    return lines + [f"- `{action}`: {_said(_rows(rules))}." for action, rules in ACTIONS[kind].items()]


def _element_rules(kind: str) -> list[str]:
    lines = [f"- Elements of `{path}`: {_elements(rules)}." for (of, path), rules in ELEMENTS.items() if of == kind]
    for path in listed(kind):
        rules = next((AUTHORED[label] for label in path.chain if label in AUTHORED), None)
        if path.element and rules is not None:
            lines.append(f"- Elements of `{path.path}`, beyond what the label opens: {_elements(rules)}.")
    return [*lines, ""] if lines else []


def _releases() -> list[str]:
    lines = ["## Releases", "", "What is told on purpose although the table hides where it comes from.", ""]
    for release in RELEASES:
        roles = ", ".join(role.value for role in release.to)
        lines.append(f"- **{release.name}** tells {roles} {release.tells}: {release.why}.")
    return lines


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
        lines += [f"{kind} {line.removeprefix('- ')}" for line in _element_rules(kind) if line]
        for action in ACTIONS[kind]:
            lines.append(f"{kind} do {action} {_cells({role: doing(kind, action, role) for role in Role})}")
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
