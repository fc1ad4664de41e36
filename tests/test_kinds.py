"""Record kinds: each has its files and rows in every layer under one name, and none grows without a reason.

`python -m tests.test_kinds` prints how many lines each kind takes, and in which layer.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from schema.names import snake

ROOT = Path(__file__).parent.parent
AIM = 300
# Kinds that take more lines than the aim, and what for.
BEYOND = {
    "Itinerary": "clashes, confirming, issuing and moving",
    "Partner": "finding duplicates, merging and taking a merge back",
    "Delegation": "it is the heart: two lives, eleven nested parts",
    "IntakeSubmission": "checking makes a person and a member, and seals anew",
}


def _module(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def _value(path: Path, name: str) -> ast.expr:
    """The value that a module gives a name at its top."""
    for node in _module(path).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        if node_value := getattr(node, "value", None):
            for target in targets:
                if isinstance(target, ast.Name) and target.id == name:
                    found: ast.expr = node_value
                    return found
    raise LookupError(f"{path.name} gives nothing the name {name}")


def _names(value: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}


def _keys(path: Path, name: str) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """The rows of a table of the policy: (kind, key, value)."""
    table = _value(path, name)
    assert isinstance(table, ast.Dict), f"{name} is no table"
    for key, value in zip(table.keys, table.values, strict=True):
        first = key.elts[0] if isinstance(key, ast.Tuple) else key
        if key is not None and isinstance(first, ast.Constant):
            yield str(first.value), key, value


def _records(root: Path) -> dict[str, Path]:
    """Every class of a record in the source, by name: those that say their prefix."""
    found = {}
    for path in sorted((root / "documents").glob("*.py")):
        for node in _module(path).body:
            if isinstance(node, ast.ClassDef) and any(
                isinstance(part, ast.AnnAssign) and part.value and getattr(part.target, "id", "") == "prefix"
                for part in node.body
            ):
                found[node.name] = path
    return found


def missing(root: Path) -> list[str]:
    """What the kinds of a source tree lack, each naming the file to make or to correct."""
    kinds = root / "documents" / "kinds.py"
    policy = root / "auth" / "policy.py"
    records = _records(root)
    named = _names(_value(kinds, "KINDS")) - {"kind", "dict", "str", "type", "Record"}
    wrong = [f"documents/kinds.py names {kind}: make documents/{snake(kind)}.py" for kind in named - records.keys()]
    for kind, path in records.items():
        if path.name != f"{snake(kind)}.py":
            wrong.append(f"documents/{path.name} holds {kind}: move it to documents/{snake(kind)}.py")
        if kind not in named:
            wrong.append(f"documents/{path.name} holds {kind}: name it in KINDS in documents/kinds.py")
        wrong += [
            f"{kind} has no row in {table}: add one in auth/policy.py"
            for table in ("SCOPE", "ACTIONS")
            if kind not in {found for found, _, _ in _keys(policy, table)}
        ]
    wrong += _unlisted(root, records, "resolvers", root / "resolvers" / "kinds.py", "MODULES")
    wrong += _unlisted(root, records, "schema", root / "schema" / "additions.py", "ADDITIONS")
    return sorted(wrong)


def _unlisted(root: Path, records: dict[str, Path], layer: str, lister: Path, name: str) -> Iterator[str]:
    """Kinds' modules of a layer that are not in its list, and names of the list that have no module."""
    listed = _names(_value(lister, name))
    at = f"{layer}/{lister.name}"
    for module in sorted(listed):
        if not (root / layer / f"{module}.py").exists():
            yield f"{name} in {at} names {module}: make {layer}/{module}.py"
    for kind in records:
        path = root / layer / f"{snake(kind)}.py"
        if path.exists() and _adds(path, kind) and path.stem not in listed:
            yield f"{layer}/{path.name} is not read: name it in {name} in {at}"


def _adds(path: Path, kind: str) -> bool:
    """Whether a kind's module has something that its layer must be told of."""
    text = path.read_text("utf-8")
    return f'RULES["{kind}"]' in text or "def add_fields(" in text


def lines(root: Path, kind: str) -> dict[str, int]:
    """How many lines a kind takes in each layer."""
    found = {}
    for layer in ("documents", "resolvers", "schema"):
        path = root / layer / f"{snake(kind)}.py"
        found[layer] = len(path.read_text("utf-8").splitlines()) if path.exists() else 0
    policy = root / "auth" / "policy.py"
    rows = [row for table in ("SCOPE", "ACTIONS", "ELEMENTS", "WRITES") for row in _keys(policy, table)]
    found["policy"] = sum((value.end_lineno or 0) - key.lineno + 1 for of, key, value in rows if of == kind)
    return found | {"all": sum(found.values())}


def table(root: Path) -> str:
    """How many lines each kind takes, as a table."""
    told = [f"{'kind':<16}{'documents':>11}{'resolvers':>11}{'schema':>8}{'policy':>8}{'all':>6}"]
    for kind in _records(root):
        found = lines(root, kind)
        told.append(
            f"{kind:<16}{found['documents']:>11}{found['resolvers']:>11}{found['schema']:>8}{found['policy']:>8}{found['all']:>6}"
        )
    return "\n".join(told) + "\n"


def test_every_kind_has_its_files_and_rows() -> None:
    """A kind has one name in all layers, and what it has there is known to them."""
    assert missing(ROOT) == []


def test_a_kind_takes_few_lines() -> None:
    """The aim is 300 lines for a kind in all layers; BEYOND names those that take more, and no others."""
    sys.stdout.write(table(ROOT))
    assert {kind for kind in _records(ROOT) if lines(ROOT, kind)["all"] > AIM} == set(BEYOND)


if __name__ == "__main__":
    sys.stdout.write(table(ROOT))
