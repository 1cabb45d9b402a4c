"""What happens to one call: telemetry, errors, authorization, deadline, room, parsing, validation, then the method.

The order is the point. Refusals are typed and traced because telemetry and errors are outermost; a caller who is not
allowed learns nothing of deadlines or formats; nobody's bytes are parsed before they may call. gRPC hands the request
over as bytes so that parsing, too, happens inside.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from opentelemetry.trace import Span, SpanKind

from services.chassis import rpc_errors, telemetry, telemetry_trace
from services.chassis.configfile import ConfigError
from services.chassis.rpc_answer import answer_bytes
from services.chassis.rpc_authz import AllowList, peer_identity
from services.chassis.rpc_call import Call, serving
from services.chassis.rpc_deadline import accept, kept
from services.chassis.rpc_errors import ErrorTable, Failure, RefusedError
from services.chassis.rpc_store_errors import STORE_ERRORS
from services.chassis.rpc_validate import Check, compile_message
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import RPC_SECONDS
from services.chassis.tracelink import failed

MAX_REQUEST_BYTES: Final = 256 * 1024
MAX_CALLS: Final = 500
"""Calls that one process serves at once; more are refused with OVERLOADED, and when to try again."""

REFUSED: Final = "rpc_refused"
FAILED: Final = "rpc_failed"

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Serve: TypeAlias = "Callable[[Message, Context], Awaitable[Message]]"

_CROWDED: Final = Failure(
    grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "too many calls are being served", retry_after=0.5
)

_log = log(__name__)


@dataclass(frozen=True)
class _Method:
    service: str
    path: str
    request: type[Message]
    response: type[Message]
    check: Check
    serve: _Serve


class Pipeline:
    """Wraps the handlers of generated code. See the module for what a call passes, in which order."""

    def __init__(
        self,
        *,
        allow: AllowList,
        errors: ErrorTable,
        max_request_bytes: int,
        max_calls: int,
        continue_traces_from: frozenset[str],
    ) -> None:
        self._allow = allow
        self._errors = errors
        self._max_request_bytes = max_request_bytes
        self._max_calls, self._calls = max_calls, 0
        self._continue_traces_from = continue_traces_from

    def wrap(self, service: str, handlers: Mapping[str, Handler]) -> dict[str, Handler]:
        """Handlers over bytes for every method of `service`; ConfigError for one that cannot be served."""
        return {name: self._wrapped(_method(service, name, handler)) for name, handler in handlers.items()}

    def _wrapped(self, method: _Method) -> Handler:
        async def handle(body: bytes, context: Context) -> bytes:
            answer = await self._traced(method, body, context)
            if isinstance(answer, Failure):
                trailer = rpc_errors.to_metadata(answer)
                await context.abort(answer.code, answer.message, trailing_metadata=trailer)
            return answer

        return grpc.unary_unary_rpc_method_handler(handle)

    async def _traced(self, method: _Method, body: bytes, context: Context) -> bytes | Failure:
        auth, metadata = context.auth_context(), _text_metadata(context)
        caller = peer_identity(auth) or ""
        trusted = caller in self._continue_traces_from
        traceparent = metadata.get("traceparent", "") if trusted else ""
        attributes = {"method": method.path, "caller": caller}
        with telemetry_trace.span(
            method.path[1:], kind=SpanKind.SERVER, traceparent=traceparent, attributes=attributes
        ) as span:
            code, started = grpc.StatusCode.OK, time.monotonic()
            try:
                checked = self._allow.check(method.service, auth)
                call = Call(method.path, checked, accept(context.time_remaining()), metadata)
                return await self._answer(method, body, context, call)
            except Exception as error:  # noqa: BLE001  # the one place where any error becomes a typed answer
                failure = self._failure(error, span)
                code = failure.code
                _report(method, caller, failure, error, time.monotonic() - started)
                return failure
            except asyncio.CancelledError:  # The caller has gone, or the server ends.
                code = grpc.StatusCode.CANCELLED
                raise
            finally:
                RPC_SECONDS.record(time.monotonic() - started, method.path, code.name)

    async def _answer(self, method: _Method, body: bytes, context: Context, call: Call) -> bytes:
        if self._calls >= self._max_calls:
            raise RefusedError(_CROWDED)
        self._calls += 1
        try:
            return await self._served(method, body, context, call)
        finally:
            self._calls -= 1

    async def _served(self, method: _Method, body: bytes, context: Context, call: Call) -> bytes:
        request = self._parse(method, body)
        if violations := method.check(request):
            raise RefusedError(_invalid(violations))
        with serving(call):
            return answer_bytes(method.response, await kept(call.deadline, method.serve(request, context)))

    def _parse(self, method: _Method, body: bytes) -> Message:
        if len(body) > self._max_request_bytes:
            limit = f"a request may not exceed {self._max_request_bytes} bytes"
            raise RefusedError(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", limit))
        try:
            return method.request.FromString(body)
        except DecodeError:  # also for text that is not UTF-8
            malformed = Failure(grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST", "the request cannot be parsed")
            raise RefusedError(malformed) from None

    def _failure(self, error: Exception, span: Span) -> Failure:
        failure = self._errors.failure(error) or STORE_ERRORS.failure(error)
        if failure is None:
            failed(span, error)
            failure = rpc_errors.internal(telemetry_trace.current_trace_id())
        span.set_attributes({"code": failure.code.name, "reason": failure.reason})
        return failure


def _invalid(violations: tuple[rpc_errors.Violation, ...]) -> Failure:
    return Failure(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", "the request breaks a rule", violations)


def _report(method: _Method, caller: str, failure: Failure, error: Exception, seconds: float) -> None:
    fields = {
        "method": method.path,
        "caller": caller,
        "code": failure.code.name,
        "reason": failure.reason,
        "duration_ms": round(seconds * 1000, 1),
    }
    if failure.code is grpc.StatusCode.INTERNAL:
        trace_id = failure.metadata.get("trace_id", "")
        _log.error(FAILED, error_type=type(error).__name__, at=telemetry.where(error), trace_id=trace_id, **fields)
    else:
        _log.info(REFUSED, **fields)


def _text_metadata(context: Context) -> Mapping[str, str]:
    pairs = context.invocation_metadata() or ()
    return MappingProxyType({str(key): value for key, value in pairs if isinstance(value, str)})


def _method(service: str, name: str, handler: Handler) -> _Method:
    path = f"/{service}/{name}"
    if handler.request_streaming or handler.response_streaming:
        raise ConfigError(f"{path} streams; only unary methods are served here")
    serve: Any = handler.unary_unary
    if not inspect.iscoroutinefunction(serve):
        raise ConfigError(f"{path} is not implemented as `async def`")
    described = descriptor_pool.Default().FindMethodByName(f"{service}.{name}")
    return _Method(
        service=service,
        path=path,
        request=message_factory.GetMessageClass(described.input_type),
        response=message_factory.GetMessageClass(described.output_type),
        check=compile_message(described.input_type),
        serve=serve,
    )
