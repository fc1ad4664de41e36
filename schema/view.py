"""POST /graphql: from request to bytes."""

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Mapping
from inspect import isawaitable
from typing import Any, cast

import orjson
import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    create_source_event_stream,
    execute,
)
from starlette.requests import Request
from starlette.responses import Response

from auth.backend import Authenticator
from auth.browser import session_cookie, set_cookie
from auth.mask import mask_of
from auth.watch import Standing
from errors import (
    Answer,
    Internal,
    Invalid,
    LimitReached,
    NotAllowed,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    Unauthenticated,
    Unavailable,
)
from resolvers.context import Context, Services
from resolvers.history import INSTANTS
from schema.executor import Executor
from schema.graph import Graph
from schema.mask import Schemas
from schema.operation import Operations, Refused, prepared

log = structlog.get_logger()

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
VARY = "Authorization, Cookie"
LONGEST = 1_000
_JSON = {"None": "null", "True": "true", "False": "false"}
_PYTHON = re.compile(r"\b(?:None|True|False)\b")
_KEYS = {"query", "variables", "operationName", "extensions"}
_INTERNAL = "Something went wrong here. Tell the department the request id."


def reply(content: Any, status: int, media: str, request_id: str) -> Response:
    """A JSON answer that no cache keeps."""
    body = orjson.dumps(content, option=INSTANTS, default=str)
    headers = {"Cache-Control": "no-store", "Vary": VARY, "X-Request-Id": request_id}
    return Response(body, status, headers, media)


Asked = tuple[str, dict[str, Any], str | None]


def _read(raw: bytes) -> Asked:
    """Query, variables and operation name of a request body; raises Invalid naming the place."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        # The parser speaks of its own string type there.
        what = "it is not UTF-8" if "UTF-8" in error.msg else error.msg
        msg = f"The body is no JSON: {what} at line {error.lineno}, column {error.colno}"
        raise Invalid(msg) from error
    return asked(body)


def asked(body: Any) -> Asked:
    """Query, variables and operation name of what a client sent; raises Invalid naming the place."""
    if not isinstance(body, dict):
        msg = "The body must be one JSON object with query, and variables and operationName where needed"
        raise Invalid(msg)
    if unknown := sorted(body.keys() - _KEYS):
        msg = f"The body has the unknown key “{unknown[0][:40]}”: give query, variables and operationName only"
        raise Invalid(msg)
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query:
        msg = "query must be a string that holds a GraphQL document"
        raise Invalid(msg)
    if variables is not None and not isinstance(variables, dict):
        msg = "variables must be an object or null"
        raise Invalid(msg)
    if name is not None and not isinstance(name, str):
        msg = "operationName must be a string or null"
        raise Invalid(msg)
    return query, variables or {}, name


def formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """An error as clients read it: a code of the conventions, the place, a request id; never internals."""
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    code, message = "INVALID", error.message
    if isinstance(original, Answer):
        code, message = original.code, str(original.args[0])
    elif isinstance(original, StoreUnavailable | StoreBusy):
        code, message = Unavailable.code, str(original)
    elif original is not None and not isinstance(original, GraphQLError):
        code, message = Internal.code, _INTERNAL
        log.error("field failed", request_id=request_id, path=error.path, exc_info=original)
    else:
        # The executor quotes what the client wrote as Python writes it.
        message = _PYTHON.sub(lambda found: _JSON[found[0]], message)
    # A message may quote much.
    found: dict[str, Any] = {"message": message if len(message) <= LONGEST else f"{message[:LONGEST]}…"}
    if error.locations:
        found["locations"] = [location.formatted for location in error.locations]
    if error.path:
        found["path"] = error.path
    return found | {"extensions": {"code": code, "requestId": request_id}}


def told(error: Exception, request_id: str) -> list[dict[str, Any]]:
    """The errors by which a client is told why something was not run; an unknown fault is logged and not told."""
    if isinstance(error, Refused):
        return [formatted(each, request_id) for each in error.errors]
    if isinstance(error, StoreError | TimeoutError):
        log.warning("request failed", request_id=request_id, reason=str(error))
        error = Unavailable(str(error) or "The answer took too long: ask for less at once")
    elif not isinstance(error, Answer):
        log.error("request failed", request_id=request_id, exc_info=error)
        error = Internal(_INTERNAL)
    return [{"message": str(error.args[0]), "extensions": {"code": error.code, "requestId": request_id}}]


def _status(error: Exception, media: str) -> int:
    """The HTTP status of a refusal: its second argument, where there is one."""
    if isinstance(error, Refused):
        return 400 if media == RESPONSE_JSON else 200
    if isinstance(error, Unauthenticated):
        return 401
    if isinstance(error, Answer):
        return int(error.args[1]) if error.args[1:] else 400
    return 200 if isinstance(error, StoreError | TimeoutError) else 500


def answered(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """An answer as clients read it."""
    content: dict[str, Any] = {"data": result.data}
    if result.errors:
        content["errors"] = [formatted(error, request_id) for error in result.errors]
    return content


class View:
    """The GraphQL endpoint."""

    def __init__(
        self, services: Services, graph: Graph, authenticator: Authenticator, *, compiled: bool = True
    ) -> None:
        self.services = services
        self.schemas = Schemas(graph.masked)
        self.operations = Operations()
        self.authenticator = authenticator
        self.compiled = compiled

    async def respond(self, request: Request) -> Response:
        """Answer one request (GraphQL over HTTP)."""
        request_id = secrets.token_hex(8)
        media = RESPONSE_JSON if RESPONSE_JSON in request.headers.get("accept", "") else JSON
        try:
            result = await self._result(request)
        except Exception as error:  # noqa: BLE001  # nothing may leave without a code and a request id
            return self.refused(error, request.headers, media, request_id)
        return reply(answered(result, request_id), 200, media, request_id)

    async def _result(self, request: Request) -> ExecutionResult:
        caller = await self.authenticator.caller(request.headers)
        query, variables, name = await self.asked(request)
        return await self.run(self.context(caller), query, variables, name)

    async def asked(self, request: Request) -> Asked:
        """What a request asks. Raises Invalid, LimitReached and TimeoutError."""
        if request.headers.get("content-type", "").partition(";")[0].strip() not in (JSON, RESPONSE_JSON):
            raise Invalid("Send the request as application/json", 415)
        return _read(await self._body(request))

    def refused(self, error: Exception, headers: Mapping[str, str], media: str, request_id: str) -> Response:
        """The answer to a request that was not run."""
        refusal = reply({"errors": told(error, request_id)}, _status(error, media), media, request_id)
        if isinstance(error, Unauthenticated):
            refusal.headers["WWW-Authenticate"] = 'Bearer realm="korpu", error="invalid_token"'
            if "authorization" not in headers:
                # It was a session that ended: what comes next is nobody's.
                settings = self.services.settings
                refusal.headers.append("Set-Cookie", set_cookie(settings, session_cookie(settings), "", 0))
        elif isinstance(error, NotAllowed) and error.scope is not None:
            challenge = f'Bearer realm="korpu", error="insufficient_scope", scope="{error.scope}"'
            refusal.headers["WWW-Authenticate"] = challenge
        return refusal

    def context(self, caller: Any, standing: Standing | None = None) -> Context:
        """A fresh context for a caller."""
        now = self.services.clock()
        return Context(self.services, caller, mask_of(caller), now, compiled=self.compiled, standing=standing)

    async def run(
        self, context: Context, query: str, variables: Mapping[str, Any], name: str | None = None, event: Any = None
    ) -> ExecutionResult:
        """Run an operation as a caller; of a subscription, for one event. Raises Refused, Answer and StoreError."""
        schema, document, operation = await self._prepared(context, query, variables, name)
        if event is None and operation is OperationType.SUBSCRIPTION:
            msg = "Follow subscriptions by a WebSocket at /graphql, or by POST /graphql/stream"
            raise Invalid(msg)
        found = execute(
            schema,
            document,
            root_value=event,
            context_value=context,
            variable_values=dict(variables),
            operation_name=name,
            executor_class=Executor,
        )
        if asyncio.iscoroutine(found) or asyncio.isfuture(found):
            async with asyncio.timeout(self.services.settings.request_timeout_seconds):
                found = await found
        assert isinstance(found, ExecutionResult)  # noqa: S101  # incremental delivery is off
        return found

    async def follow(
        self, context: Context, query: str, variables: Mapping[str, Any], name: str | None = None
    ) -> AsyncGenerator[Any, None]:
        """The events of a subscription, each to be run. Raises what `run` raises."""
        schema, document, operation = await self._prepared(context, query, variables, name)
        if operation is not OperationType.SUBSCRIPTION:
            msg = "A stream takes subscriptions alone: send queries and mutations by POST /graphql"
            raise Invalid(msg)
        executor = Executor.build(schema, document, None, context, dict(variables), name)
        if isinstance(executor, list):
            raise Refused(executor)
        found = create_source_event_stream(executor)
        events = await found if isawaitable(found) else found
        if isinstance(events, ExecutionResult):
            raise Refused(events.errors or [])
        return cast("AsyncGenerator[Any, None]", events)

    async def _prepared(
        self, context: Context, query: str, variables: Mapping[str, Any], name: str | None
    ) -> tuple[GraphQLSchema, DocumentNode, OperationType]:
        """The caller's schema, and the document, valid for it and within the limits."""
        settings = self.services.settings
        schema = await self.schemas.of(context.mask)
        parsed = self.operations.get(context.mask, schema, query, settings)
        operation, context.plan_key = prepared(parsed, name, variables, settings)
        context.plans = parsed.plans
        # Strawberry keeps the built schema there.
        return schema._schema, parsed.document, operation.operation  # noqa: SLF001

    async def _body(self, request: Request) -> bytes:
        """The body, refused as soon as it grows too large."""
        most = self.services.settings.max_body_bytes
        chunks, size = [], 0
        async with asyncio.timeout(self.services.settings.request_timeout_seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    msg = f"The body has more than {most} bytes: send less at once"
                    raise LimitReached(msg, 413)
                chunks.append(chunk)
        return b"".join(chunks)
