"""POST /graphql/stream: one subscription as server-sent events (GraphQL over SSE, distinct connections)."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from auth.watch import Standing
from errors import Invalid, Unauthenticated
from resolvers.history import INSTANTS
from schema.streams import Streams
from schema.view import RESPONSE_JSON, VARY, told

EVENTS: Final = "text/event-stream"
# Proxies close what is silent for longer.
QUIET_SECONDS: Final = 12.0
CLOSE_SECONDS: Final = 1.0
COMPLETE: Final = b"event: complete\ndata:\n\n"
COMMENT: Final = b":\n\n"


def _event(answer: Any) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(answer, option=INSTANTS, default=str) + b"\n\n"


def _check(request: Request) -> None:
    if EVENTS not in request.headers.get("accept", ""):
        raise Invalid(f"Accept {EVENTS}: what is followed comes as events", 406)


class EventStreams:
    """The endpoint of server-sent events."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def respond(self, request: Request) -> Response:
        """Follow one subscription. What is wrong before it begins is answered as POST /graphql answers it."""
        request_id = secrets.token_hex(8)
        view = self._streams.view
        try:
            _check(request)
            known = await view.authenticator.opening(request.headers)
            wanted = await view.asked(request)
            standing = self._streams.opened(known)
            try:
                events = await self._streams.begun(standing, wanted)
            except BaseException:
                self._streams.watch.closed(standing)
                raise
        except Exception as error:  # noqa: BLE001  # nothing may leave without a code and a request id
            return view.refused(error, request.headers, RESPONSE_JSON, request_id)
        answers = self._streams.answers(standing, wanted, events, request_id)
        return Stream(self._streams, standing, answers, request_id)


class Stream(StreamingResponse):
    """The events, for as long as both sides hold."""

    def __init__(
        self, streams: Streams, standing: Standing, answers: AsyncGenerator[dict[str, Any], None], request_id: str
    ) -> None:
        self._streams = streams
        self._standing = standing
        self._answers = answers
        self._request_id = request_id
        headers = {"Cache-Control": "no-store", "Vary": VARY, "X-Accel-Buffering": "no", "X-Request-Id": request_id}
        self._written = self._write()
        super().__init__(self._written, 200, headers, EVENTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it is over; who does not take the last words goes without."""
        over: asyncio.Future[Any] = self._standing.over
        sending: asyncio.Future[Any] = asyncio.create_task(super().__call__(scope, receive, send))
        try:
            await asyncio.wait({sending, over}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({sending}, timeout=CLOSE_SECONDS)
            if sending.done():
                await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await self._written.aclose()
            await self._answers.aclose()
            self._streams.watch.closed(self._standing)

    async def _write(self) -> AsyncGenerator[bytes, None]:
        over: asyncio.Future[Any] = self._standing.over
        yield COMMENT
        coming: asyncio.Future[Any] = asyncio.ensure_future(anext(self._answers))
        try:
            while True:
                await asyncio.wait({coming, over}, timeout=QUIET_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if over.done():
                    if over.result().refused:
                        yield _event({"errors": told(Unauthenticated(over.result().reason), self._request_id)})
                    yield COMPLETE
                    return
                if not coming.done():
                    yield COMMENT
                    continue
                try:
                    yield _event(coming.result())
                except StopAsyncIteration:
                    yield COMPLETE
                    return
                except Exception as error:  # noqa: BLE001  # as everywhere: told with a code and a request id
                    yield _event({"errors": told(error, self._request_id)})
                    yield COMPLETE
                    return
                coming = asyncio.ensure_future(anext(self._answers))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
