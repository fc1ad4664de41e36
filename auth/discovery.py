"""What a provider says of itself (OpenID Connect Discovery), compared with what was configured, and remembered."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from auth.keys import Keys
from auth.outbound import Outbound, ProviderDown
from auth.provider import Provider
from settings import is_open

FRESH_SECONDS: Final = 3600.0
COOL_DOWN_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Metadata:
    """The addresses of a provider, and what it promises."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_issuer: bool


def _address(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith(("https://", "http://")) or is_open(value):
        raise ProviderDown(f"its {name} is no https:// address")
    return value


def read_metadata(provider: Provider, found: dict[str, Any]) -> Metadata:
    """What a discovery document says. Raises ProviderDown with what is wrong with it."""
    if found.get("issuer") != provider.issuer:
        raise ProviderDown("it calls itself by another issuer than the configured one: copy it letter by letter")
    needed = {name: _address(found, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    if missing := [name for name, value in needed.items() if value is None]:
        raise ProviderDown(f"it names no {', '.join(missing)}")
    methods = found.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise ProviderDown("it does not know PKCE with S256")
    return Metadata(
        **{name: value for name, value in needed.items() if value is not None},
        userinfo_endpoint=_address(found, "userinfo_endpoint"),
        end_session_endpoint=_address(found, "end_session_endpoint"),
        names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


class Discovery:
    """One provider at run time: its metadata and its keys."""

    def __init__(self, provider: Provider, outbound: Outbound, *, key_cool_down: float | None = None) -> None:
        self.provider = provider
        self._outbound = outbound
        more = {} if key_cool_down is None else {"cool_down": key_cool_down}
        self.keys = Keys(outbound, self._jwks_uri, **more)
        self._metadata: Metadata | None = None
        self._read = -1e9
        self._failed: tuple[float, str] | None = None
        self._lock = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """What the provider says of itself; what it said last while it is down. Raises ProviderDown."""
        async with self._lock:
            now = time.monotonic()
            if self._metadata is not None and now - self._read < FRESH_SECONDS:
                return self._metadata
            if self._failed is None or now - self._failed[0] >= COOL_DOWN_SECONDS:
                await self._ask()
            if self._metadata is None:
                raise ProviderDown(self._failed[1] if self._failed else "it was not asked yet")
            return self._metadata

    async def _ask(self) -> None:
        address = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            self._metadata = read_metadata(self.provider, await self._outbound.get(address))
        except ProviderDown as error:
            self._failed = (time.monotonic(), str(error))
            return
        self._read, self._failed = time.monotonic(), None

    async def _jwks_uri(self) -> str:
        return (await self.metadata()).jwks_uri
