"""WebSocket /graphql: subscriptions by the protocol graphql-transport-ws, and nothing else.

Its close codes are those of the protocol: github.com/enisdenjo/graphql-ws, PROTOCOL.md.
"""

import asyncio
import secrets
from contextlib import aclosing, suppress
from typing import Any, Final

import orjson
import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from auth.browser import base_of, check_own_page, read_cookie, session_cookie
from auth.provider import origin_of
from auth.watch import SLOW, End, Standing
from errors import Answer, LimitReached, NotAllowed, StoreError, Unauthenticated, Unavailable
from resolvers.history import INSTANTS
from schema.streams import Streams
from schema.view import Asked, asked, told
from settings import Settings

log = structlog.get_logger()

PROTOCOL: Final = "graphql-transport-ws"
LONGEST_ID: Final = 100
# So long one message may wait until a client takes it, and the last words of a socket.
SEND_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 1.0

BAD: Final = End(4400, "That is no message of graphql-transport-ws")
LARGE: Final = End(1009, "The message is too large")
UNASKED: Final = End(4401, "Send connection_init first, and wait for connection_ack")
LATE: Final = End(4408, "connection_init did not come in time")
TWICE: Final = End(4409, "There is an operation of this id already")
AGAIN: Final = End(4429, "connection_init came twice")
MANY: Final = End(4429, "You have too many streams open: close one first")
AWAY: Final = End(1013, "The service cannot answer now: come again later")
BROKEN: Final = End(1011, "Something went wrong here")
# RFC 6455, section 5.5: a control frame holds 125 bytes, two of which are the code.
LONGEST_REASON: Final = 123


class Ended(Exception):
    """The socket is to be closed, and why."""

    def __init__(self, end: End) -> None:
        super().__init__(end.reason)
        self.end = end


class Sockets:
    """The endpoint of WebSockets."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._settings = streams.view.services.settings

    async def serve(self, websocket: WebSocket) -> None:
        """Take one socket, from its upgrade to its end."""
        try:
            self._check(websocket)
        except Answer as error:
            status = int(error.args[1]) if error.args[1:] else 400
            refusal = PlainTextResponse(str(error.args[0]), status, {"Cache-Control": "no-store"})
            await websocket.send_denial_response(refusal)
            return
        await websocket.accept(PROTOCOL)
        await Conversation(websocket, self._streams, self._settings).hold()

    def _check(self, websocket: WebSocket) -> None:
        """Refuse what another site opens by this browser, before anything is taken. Raises NotAllowed, Unavailable.

        Browsers tell the origin of every WebSocket and keep to no other rule of their own.
        """
        settings, headers = self._settings, websocket.headers
        if PROTOCOL not in websocket.scope["subprotocols"]:
            raise NotAllowed(f"Speak {PROTOCOL}: name it as Sec-WebSocket-Protocol")
        origin = headers.get("origin")
        if origin is not None and origin not in (origin_of(base_of(settings, headers)), *settings.portal_origins):
            raise NotAllowed("Pages of this site may not open a WebSocket here")
        cookie = read_cookie(headers, session_cookie(settings))
        if cookie is not None and "authorization" not in headers and origin not in settings.portal_origins:
            check_own_page(settings, headers, header=False)


class Conversation:
    """What is said on one socket."""

    def __init__(self, websocket: WebSocket, streams: Streams, settings: Settings) -> None:
        self._websocket = websocket
        self._streams = streams
        self._settings = settings
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._standing: Standing | None = None

    async def hold(self) -> None:
        """Hold it until one of both ends it."""
        end: End | None = None
        try:
            end = await self._held(await self._introduced())
        except Ended as error:
            end = error.end
        except WebSocketDisconnect:
            end = None
        except Exception:  # nothing may leave without a code
            log.exception("socket failed")
            end = BROKEN
        finally:
            ids, tasks = list(self._operations), list(self._operations.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._standing is not None:
                self._streams.watch.closed(self._standing)
        if end is not None:
            await self._close(end, ids)

    async def _introduced(self) -> Standing:
        """Wait for who it is. Raises Ended."""
        try:
            async with asyncio.timeout(self._settings.stream_init_seconds):
                message = await self._next()
        except TimeoutError:
            raise Ended(LATE) from None
        if message["type"] != "connection_init":
            raise Ended(UNASKED)
        # Kept before anything is sent: a client that has gone meanwhile leaves nothing behind.
        self._standing = await self._opened(message.get("payload") or {})
        await self._send({"type": "connection_ack"})
        return self._standing

    async def _opened(self, payload: Any) -> Standing:
        if not isinstance(payload, dict):
            raise Ended(BAD)
        given = [value for name, value in payload.items() if name.lower() == "authorization"]
        if len(given) > 1 or not all(isinstance(value, str) for value in given):
            raise Ended(BAD)
        headers = self._websocket.headers
        if headers.get("origin") in self._settings.portal_origins:
            # Pages of other sites come with tokens. A cookie of theirs is not looked at.
            headers = headers.mutablecopy()
            del headers["cookie"]
        try:
            known = await self._streams.view.authenticator.opening(headers, next(iter(given), None), harmless=True)
            return self._streams.opened(known)
        except (Unauthenticated, NotAllowed) as error:
            raise Ended(End(4403, str(error.args[0]))) from None
        except LimitReached:
            raise Ended(MANY) from None
        except (Unavailable, StoreError, TimeoutError):
            raise Ended(AWAY) from None

    async def _held(self, standing: Standing) -> End:
        """Listen until it is over. Raises Ended and WebSocketDisconnect."""
        listening = asyncio.create_task(self._listen(standing))
        try:
            await asyncio.wait({listening, standing.over}, return_when=asyncio.FIRST_COMPLETED)
            if standing.over.done():
                return standing.over.result()
            return await listening
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, standing: Standing) -> End:
        while True:
            message = await self._next()
            kind = message["type"]
            if kind == "connection_init":
                return AGAIN
            name = message.get("id")
            if kind not in ("subscribe", "complete") or not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
                return BAD
            if kind == "complete":
                if (task := self._operations.pop(name, None)) is not None:
                    task.cancel()
            elif name in self._operations:
                return TWICE
            elif not isinstance(message.get("payload"), dict):
                return BAD
            else:
                await self._begin(standing, name, message["payload"])

    async def _begin(self, standing: Standing, name: str, payload: dict[str, Any]) -> None:
        request_id = secrets.token_hex(8)
        try:
            if len(self._operations) >= self._settings.stream_operations:
                msg = f"The socket has {len(self._operations)} operations open, and no more are taken: complete one"
                raise LimitReached(msg)
            wanted = asked(payload)
        except Answer as error:
            await self._send({"id": name, "type": "error", "payload": told(error, request_id)})
            return
        self._operations[name] = asyncio.create_task(self._operate(standing, name, wanted, request_id))

    async def _operate(self, standing: Standing, name: str, wanted: Asked, request_id: str) -> None:
        """Send the answers of one operation, until it is complete."""
        with suppress(WebSocketDisconnect, TimeoutError):
            try:
                events = await self._streams.begun(standing, wanted)
                async with aclosing(self._streams.answers(standing, wanted, events, request_id)) as answers:
                    async for answer in answers:
                        if not await self._sent(standing, {"id": name, "type": "next", "payload": answer}):
                            return
                message: dict[str, Any] = {"id": name, "type": "complete"}
            except Exception as error:  # nothing may leave without a code and a request id
                if isinstance(error, WebSocketDisconnect):
                    raise
                message = {"id": name, "type": "error", "payload": told(error, request_id)}
            # From now on the id may be taken again.
            self._operations.pop(name, None)
            await self._sent(standing, message)

    async def _sent(self, standing: Standing, message: dict[str, Any]) -> bool:
        """Send, and end the socket of a client that does not take it; whether it did."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(message)
        except TimeoutError:
            standing.end(SLOW)
            return False
        return True

    async def _next(self) -> dict[str, Any]:
        """The next message that is not about the connection itself. Raises Ended and WebSocketDisconnect."""
        while True:
            message = await self._received()
            if message["type"] == "ping":
                await self._send({"type": "pong"})
            elif message["type"] != "pong":
                return message

    async def _received(self) -> dict[str, Any]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            raise Ended(BAD)
        if len(text.encode()) > self._settings.stream_message_bytes:
            raise Ended(LARGE)
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Ended(BAD) from None
        if not isinstance(found, dict) or not isinstance(found.get("type"), str):
            raise Ended(BAD)
        return found

    async def _send(self, message: dict[str, Any]) -> None:
        await self._websocket.send_text(orjson.dumps(message, option=INSTANTS, default=str).decode())

    async def _close(self, end: End, ids: list[str]) -> None:
        """Say why, to every operation that was open where it is about who asks, and close."""
        with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                for name in ids if end.refused else ():
                    why = told(Unauthenticated(end.reason), secrets.token_hex(8))
                    await self._send({"id": name, "type": "error", "payload": why})
                reason = end.reason.encode()[:LONGEST_REASON].decode(errors="ignore")
                await self._websocket.close(end.code, reason)
