"""Asking providers: no redirects, no proxies of the environment, bounded in time and size."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
import orjson

SECONDS: Final = 5.0
MOST_BYTES: Final = 512_000


class ProviderDown(Exception):
    """A provider did not answer in time, or not as the standard says. Carries nothing of what it answered."""


class _Counted(httpx2.AsyncByteStream):
    """A body that breaks off once it is too large."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MOST_BYTES:
                raise httpx2.ReadError("The body is too large")
            yield chunk

    async def aclose(self) -> None:
        """End it."""
        await self._stream.aclose()


class Bounded(httpx2.AsyncBaseTransport):
    """A transport whose answers never grow beyond what is sensible."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and count what comes back."""
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101  # as async transports give
        response.stream = _Counted(response.stream)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def client_options() -> dict[str, Any]:
    """How every client that speaks to a provider is made."""
    return {"transport": Bounded(), "timeout": SECONDS, "follow_redirects": False, "trust_env": False}


class Outbound:
    """Gets JSON objects of providers."""

    def __init__(self) -> None:
        self._client = httpx2.AsyncClient(**client_options())

    async def get(self, url: str, **headers: str) -> dict[str, Any]:
        """The JSON object at an address. Raises ProviderDown for anything else that happens."""
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._client.get(url, headers={"Accept": "application/json"} | headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise ProviderDown("it did not answer") from error
        if answer.status_code != 200:
            raise ProviderDown(f"it answered {answer.status_code}")
        return json_object(answer.content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises ProviderDown where it is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ProviderDown("it answered no JSON object")
    return found
