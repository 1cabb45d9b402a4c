"""Typed errors on the wire: `google.rpc.Status` with one `ErrorInfo`; `BadRequest` for fields, `RetryInfo` to wait.

One place turns exceptions into what a caller sees (`ErrorTable`, `to_metadata`) and back (`from_call`). What a caller
sees is a stable reason and a constant sentence: never an exception's text, never a value from a request.
Format: https://google.aip.dev/193
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no stubs

DOMAIN: Final = "vouchsafe"
_DETAILS_KEY: Final = "grpc-status-details-bin"
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,61}[A-Z0-9]")
_ABSENT = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})
_NOT_ERRORS = frozenset({grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN})


@dataclass(frozen=True)
class Violation:
    """One field that broke a declared rule: its path, the rule's id (`string.min_len`), and what the rule asks."""

    field: str
    rule: str
    message: str


@dataclass(frozen=True)
class Failure:
    """All that a caller learns of a call that failed.

    `retry_after`: the seconds after which the same call is worth another try, None where nothing is said of that.
    """

    code: grpc.StatusCode
    reason: str
    message: str
    violations: tuple[Violation, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    retry_after: float | None = None


class RefusedError(Exception):
    """A call refused before, or instead of, being served. Raised on the serving side."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class RpcError(Exception):
    """A call that failed, as its caller sees it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code.name} {failure.reason}: {failure.message}")
        self.failure = failure

    @property
    def code(self) -> grpc.StatusCode:
        """The gRPC status code."""
        return self.failure.code

    @property
    def reason(self) -> str:
        """The stable UPPER_SNAKE reason; the code's name when the other side gave none."""
        return self.failure.reason

    @property
    def message(self) -> str:
        """A constant sentence for people."""
        return self.failure.message

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Fields that broke a rule, if that was the reason."""
        return self.failure.violations

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the peer asks for another try, None when it does not."""
        return self.failure.retry_after

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the other side added, e.g. `trace_id` of an internal error."""
        return self.failure.metadata


class ErrorTable:
    """The only map from a service's exceptions to status codes.

    `reasons` holds every member of each `Reason` enum it mentions (ValueError if one is missing), and serves any
    exception whose `reason` is such a member. `exceptions` names types that are not the service's own; of those, one
    with `retry_seconds` tells its caller when to try again.
    """

    def __init__(
        self,
        *,
        reasons: Mapping[StrEnum, grpc.StatusCode],
        exceptions: Mapping[type[Exception], tuple[grpc.StatusCode, str]] = MappingProxyType({}),
    ) -> None:
        for enum in {type(reason) for reason in reasons}:
            if missing := [reason for reason in enum if reason not in reasons]:
                raise ValueError(f"error table: {enum.__name__}.{missing[0].name} has no status code")
        self._reasons = {(type(r), r): _failure(code, r.value) for r, code in reasons.items()}
        self._exceptions = {kind: _failure(code, reason) for kind, (code, reason) in exceptions.items()}

    def failure(self, error: Exception) -> Failure | None:
        """What the caller shall see of `error`; None when it is none of their business (an internal error)."""
        if isinstance(error, RefusedError):
            return error.failure
        if isinstance(error, RpcError):
            return _of_dependency(error)
        reason = getattr(error, "reason", None)
        if isinstance(reason, StrEnum):
            return self._reasons.get((type(reason), reason))
        found = next((f for kind, f in self._exceptions.items() if isinstance(error, kind)), None)
        wait = getattr(error, "retry_seconds", None)
        return replace(found, retry_after=wait) if found and isinstance(wait, float) else found


def internal(trace_id: str) -> Failure:
    """What a caller sees of an error nobody foresaw: enough to find it, nothing of what it was."""
    return Failure(grpc.StatusCode.INTERNAL, "INTERNAL", "internal error", metadata={"trace_id": trace_id})


def to_metadata(failure: Failure) -> tuple[tuple[str, bytes], ...]:
    """Trailing metadata that carries `failure` in full."""
    status = status_pb2.Status(code=failure.code.value[0], message=failure.message)
    info = error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN, metadata=failure.metadata)
    status.details.add().Pack(info)
    if failure.violations:
        status.details.add().Pack(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=v.field,
                        description=f"{v.rule}: {v.message}",
                        reason=v.rule.upper().replace(".", "_"),
                    )
                    for v in failure.violations
                ]
            )
        )
    if failure.retry_after is not None:
        delay = Duration()
        delay.FromMilliseconds(round(failure.retry_after * 1000))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return ((_DETAILS_KEY, status.SerializeToString()),)


def from_call(error: grpc.aio.AioRpcError) -> Failure:
    """The failure that `error` carries; without details (gRPC itself failed), one named after the status code."""
    packed = dict(error.trailing_metadata() or ()).get(_DETAILS_KEY)
    if isinstance(packed, bytes):
        try:
            return _unpack(error.code(), status_pb2.Status.FromString(packed))
        except DecodeError:
            pass
    return _of_transport(error)


def _unpack(code: grpc.StatusCode, status: status_pb2.Status) -> Failure:
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        _ = detail.Unpack(info) or detail.Unpack(bad) or detail.Unpack(retry)
    wait = max(0, retry.retry_delay.ToMilliseconds()) / 1000 if retry.HasField("retry_delay") else None
    violations = []
    for each in bad.field_violations:
        rule, _, message = each.description.partition(": ")
        violations.append(Violation(each.field, rule, message))
    return Failure(code, info.reason or code.name, status.message, tuple(violations), dict(info.metadata), wait)


def _of_transport(error: grpc.aio.AioRpcError) -> Failure:
    code = error.code()
    details = error.details() or ""
    too_large = code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in details
    return Failure(code, "MESSAGE_TOO_LARGE" if too_large else code.name, details)


def _of_dependency(error: RpcError) -> Failure | None:
    """A service this one needs: its absence is worth a retry, its refusal is our bug."""
    if error.failure.retry_after is not None or error.code in _ABSENT:
        return _failure(grpc.StatusCode.UNAVAILABLE, "DEPENDENCY_UNAVAILABLE")
    return None


def _failure(code: grpc.StatusCode, reason: str) -> Failure:
    if code in _NOT_ERRORS:
        raise ValueError(f"error table: {reason} cannot be {code.name}")
    if _REASON.fullmatch(reason) is None:
        raise ValueError(f"error table: {reason!r} is not UPPER_SNAKE")
    return Failure(code, reason, reason.lower().replace("_", " "))
