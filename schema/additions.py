"""What kinds add to the graph beside what all have; each addition lives in the kind's own module."""

from collections.abc import Callable
from typing import Any

ADDITIONS: tuple[Callable[[Any], None], ...] = ()
