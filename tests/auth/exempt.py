"""What of the table no test asks the graph for, and why."""

from auth.report import listed
from documents.kinds import KINDS
from documents.tree import Path

# The graph has a field `revision` of its own, a fingerprint made for each caller. The stored count hides behind it.
EXEMPT = {f"{kind}.revision" for kind in KINDS}


def checked(kind: str) -> list[Path]:
    """The paths of a kind whose cells tests/auth/test_access.py checks."""
    return [path for path in listed(kind) if f"{kind}.{path.path}" not in EXEMPT]
