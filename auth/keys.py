"""The keys of a provider, remembered: one fetch at a time, at most one in each cool-down, old ones while it is down."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from auth.outbound import Outbound, ProviderDown
from errors import Unavailable

log = structlog.get_logger()

COOL_DOWN_SECONDS: Final = 10.0
FRESH_SECONDS: Final = 300.0
SHORTEST_RSA: Final = 2048
MOST_KEYS: Final = 100
# So many requests wait for the end of a cool-down, and so long: anybody can name an unknown key.
MOST_WAITING: Final = 500
PATIENCE_SECONDS: Final = 15.0

Key = RSAKey | ECKey | OKPKey


def _later(seconds: float) -> Unavailable:
    msg = f"The keys of the sign-in provider cannot be had now: try again in {max(1, round(seconds))} seconds"
    return Unavailable(msg, 503)


def usable(entry: Any) -> Key | None:
    """The key of one entry of a key set (RFC 7517); None for what is private, symmetric, weak or not for signatures."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or not entry["kid"]:
        return None
    if entry.get("use", "sig") != "sig" or entry.get("kty") not in ("RSA", "EC", "OKP") or "d" in entry:
        return None
    operations = entry.get("key_ops")
    if operations is not None and (not isinstance(operations, list) or "verify" not in operations):
        return None
    try:
        key = JWKRegistry.import_key(entry)
        if isinstance(key, RSAKey) and key.public_key.key_size < SHORTEST_RSA:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, Key) else None


def read_keys(found: dict[str, Any]) -> dict[str, Key]:
    """The usable keys of a key set by id; of two with one id, the first. Raises ProviderDown where there is none."""
    entries = found.get("keys")
    keys: dict[str, Key] = {}
    for entry in entries[:MOST_KEYS] if isinstance(entries, list) else ():
        key = usable(entry)
        if key is not None:
            keys.setdefault(entry["kid"], key)
    if not keys:
        raise ProviderDown("it answered no key that can verify a signature")
    return keys


class Keys:
    """The keys of one provider. ``where`` gives the address of the key set, or raises ProviderDown."""

    def __init__(
        self,
        outbound: Outbound,
        where: Callable[[], Awaitable[str]],
        *,
        cool_down: float = COOL_DOWN_SECONDS,
        fresh: float = FRESH_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._outbound = outbound
        self._where = where
        self._cool_down = cool_down
        self._fresh = fresh
        self._patience = patience
        self._waiting = 0
        self._keys: dict[str, Key] | None = None
        self._fetched = -1e9
        self._tried = -1e9
        self._task: asyncio.Task[None] | None = None

    def holds(self, kid: str) -> bool:
        """Whether a key is still among those of the provider, as far as is known; looks again in the background."""
        if time.monotonic() - self._fetched > self._fresh and self._may_try():
            self._start()
        return self._keys is not None and kid in self._keys

    async def find(self, kid: str) -> Key | None:
        """The key of an id; None where the provider has none.

        Within the cool-down an unknown id waits for its end, since the provider may have changed its keys just now.
        Raises Unavailable where it cannot be told: while the provider is away, and where too many wait, or too long.
        """
        if self.holds(kid):
            assert self._keys is not None  # noqa: S101  # holds says so
            return self._keys[kid]
        if self._waiting >= MOST_WAITING:
            raise _later(self._left())
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                return await self._looked_up(kid)
        except TimeoutError:
            raise _later(self._left()) from None
        finally:
            self._waiting -= 1

    async def _looked_up(self, kid: str) -> Key | None:
        """The key by a look that began after it was asked for: an earlier one may not know a key of just now."""
        asked = time.monotonic()
        while True:
            if self._task is None and not self._may_try():
                if self._fetched < self._tried:
                    raise _later(self._left())
                await asyncio.sleep(self._left())
                if self._keys is not None and kid in self._keys:
                    return self._keys[kid]
            else:
                task = self._start()
                began = self._tried
                await asyncio.shield(task)
                found = self._keys.get(kid) if self._keys is not None else None
                if found is not None:
                    return found
                if self._fetched < began:
                    raise _later(self._cool_down)
                if began >= asked:
                    return None

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _left(self) -> float:
        """What is left of the cool-down, in seconds."""
        return self._cool_down - (time.monotonic() - self._tried)

    def _may_try(self) -> bool:
        return self._left() <= 0

    def _start(self) -> asyncio.Task[None]:
        """The fetch that is under way, begun where there is none."""
        if self._task is None:
            self._tried = time.monotonic()
            self._task = asyncio.create_task(self._fetch())
        return self._task

    async def _fetch(self) -> None:
        try:
            self._keys = read_keys(await self._outbound.get(await self._where()))
            self._fetched = time.monotonic()
        except ProviderDown as error:
            log.warning("keys of a provider cannot be had", reason=str(error))
        finally:
            self._task = None
