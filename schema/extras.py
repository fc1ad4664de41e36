"""Fields that every record has beside its stored paths, and those a kind adds."""

from dataclasses import dataclass

from auth.mask import deciding
from resolvers.load import Load


@dataclass(frozen=True, slots=True)
class Extra:
    """A field with a resolver of its own: what it must have loaded, beside the selection."""

    name: str
    paths: frozenset[str]

    def needs(self, load: Load) -> None:
        """Put what it takes into a load."""
        load.paths |= self.paths | deciding(load.kind)


EXTRAS: dict[str, Extra] = {}


def extra(name: str, *paths: str) -> Extra:
    """Register a field with a resolver of its own."""
    found = EXTRAS[name] = Extra(name, frozenset(paths))
    return found


REVISION = extra("revision", "counts")
WITHHELD = extra("withheld")
PERMITTED = extra("permitted", "status", "archived_at", "published_from")
HISTORY = extra("history", "counts")
