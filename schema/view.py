"""POST /graphql: from request to bytes."""

import asyncio
import re
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, OperationType, execute
from starlette.requests import Request
from starlette.responses import Response

from auth.backend import Authenticator
from auth.browser import session_cookie, set_cookie
from auth.mask import mask_of
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


def _asked(raw: bytes) -> tuple[str, dict[str, Any], str | None]:
    """Query, variables and operation name of a request body; raises Invalid naming the place."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        # The parser speaks of its own string type there.
        what = "it is not UTF-8" if "UTF-8" in error.msg else error.msg
        msg = f"The body is no JSON: {what} at line {error.lineno}, column {error.colno}"
        raise Invalid(msg) from error
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


def _formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
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


def _refusal(error: Answer, status: int, media: str, request_id: str) -> Response:
    found = {"message": str(error.args[0]), "extensions": {"code": error.code, "requestId": request_id}}
    return reply({"errors": [found]}, status, media, request_id)


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
            refusal = self._refused(error, media, request_id)
            if isinstance(error, Unauthenticated) and "authorization" not in request.headers:
                # It was a session that ended: what comes next is nobody's.
                settings = self.services.settings
                refusal.headers.append("Set-Cookie", set_cookie(settings, session_cookie(settings), "", 0))
            return refusal
        content: dict[str, Any] = {"data": result.data}
        if result.errors:
            content["errors"] = [_formatted(error, request_id) for error in result.errors]
        return reply(content, 200, media, request_id)

    async def _result(self, request: Request) -> ExecutionResult:
        caller = await self.authenticator.caller(request.headers)
        if request.headers.get("content-type", "").partition(";")[0].strip() not in (JSON, RESPONSE_JSON):
            raise Invalid("Send the request as application/json", 415)
        query, variables, name = _asked(await self._body(request))
        return await self.run(self.context(caller), query, variables, name)

    def _refused(self, error: Exception, media: str, request_id: str) -> Response:
        """The answer to a request that was not run: its second argument, where there is one, is the HTTP status."""
        if isinstance(error, Refused):
            status = 400 if media == RESPONSE_JSON else 200
            return reply({"errors": [_formatted(e, request_id) for e in error.errors]}, status, media, request_id)
        if isinstance(error, Unauthenticated):
            refusal = _refusal(error, 401, media, request_id)
            refusal.headers["WWW-Authenticate"] = 'Bearer realm="korpu", error="invalid_token"'
            return refusal
        if isinstance(error, NotAllowed) and error.scope is not None:
            refusal = _refusal(error, 403, media, request_id)
            challenge = f'Bearer realm="korpu", error="insufficient_scope", scope="{error.scope}"'
            refusal.headers["WWW-Authenticate"] = challenge
            return refusal
        if isinstance(error, Answer):
            return _refusal(error, int(error.args[1]) if error.args[1:] else 400, media, request_id)
        if isinstance(error, StoreError | TimeoutError):
            log.warning("request failed", request_id=request_id, reason=str(error))
            message = str(error) or "The answer took too long: ask for less at once"
            return _refusal(Unavailable(message), 200, media, request_id)
        log.error("request failed", request_id=request_id, exc_info=error)
        return _refusal(Internal(_INTERNAL), 500, media, request_id)

    def context(self, caller: Any) -> Context:
        """A fresh context for a caller."""
        return Context(self.services, caller, mask_of(caller), self.services.clock(), compiled=self.compiled)

    async def run(
        self, context: Context, query: str, variables: Mapping[str, Any], name: str | None = None
    ) -> ExecutionResult:
        """Run an operation as a caller. Raises Refused, Answer and StoreError."""
        settings = self.services.settings
        schema = await self.schemas.of(context.mask)
        parsed = self.operations.get(context.mask, schema, query, settings)
        operation, context.plan_key = prepared(parsed, name, variables, settings)
        if operation.operation is OperationType.SUBSCRIPTION:
            msg = "Subscriptions do not go through this endpoint"
            raise Invalid(msg)
        context.plans = parsed.plans
        found = execute(
            schema._schema,  # noqa: SLF001  # Strawberry keeps the built schema there
            parsed.document,
            context_value=context,
            variable_values=dict(variables),
            operation_name=name,
            executor_class=Executor,
        )
        if asyncio.iscoroutine(found) or asyncio.isfuture(found):
            async with asyncio.timeout(settings.request_timeout_seconds):
                found = await found
        assert isinstance(found, ExecutionResult)  # noqa: S101  # incremental delivery is off
        return found

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
