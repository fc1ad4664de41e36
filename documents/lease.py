"""Leases: what was read lately is served again for a moment, and whoever takes something away waits that moment out.

A process keeps what it read for one lease, counted from before the read began. A change that must hold in every process
is acknowledged one lease after it was committed: nothing that was read before it is served by then, anywhere.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """When a read began, and how often this process had forgotten everything by then."""

    began: float
    forgotten: int


class Leases:
    """What one process read lately, for ``seconds``; all processes of a service are told the same."""

    def __init__(self, seconds: float, most: int = MOST_KEPT) -> None:
        self.seconds = seconds
        self._most = most
        self._kept: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._forgotten = 0
        self._owing: set[int] = set()

    def get(self, key: str) -> Any:
        """What was kept of a key, if its lease lasts; None otherwise."""
        found = self._kept.get(key)
        return found[1] if found is not None and time.monotonic() - found[0] < self.seconds else None

    def reading(self) -> Reading:
        """To be called before a read begins whose outcome is to be kept."""
        return Reading(time.monotonic(), self._forgotten)

    def keep(self, key: str, value: Any, reading: Reading) -> None:
        """Keep what a read gave, unless everything was forgotten since it began."""
        if reading.forgotten != self._forgotten or not self.seconds:
            return
        self._kept[key] = (reading.began, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    async def over(self) -> None:
        """Forget everything here at once, and wait until every other process has, too. To be called after a commit."""
        self._kept.clear()
        self._forgotten += 1
        if self.seconds:
            await asyncio.sleep(self.seconds)

    def owe(self, session: Any) -> None:
        """Note that a transaction takes something away: `Store.transaction` then waits before it gives its result."""
        self._owing.add(id(session))

    def owed(self, session: Any) -> bool:
        """Whether a transaction took something away, which is asked once."""
        owing = id(session) in self._owing
        self._owing.discard(id(session))
        return owing
