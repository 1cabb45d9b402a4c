"""What callers see of a failure, and what they never see."""

from enum import StrEnum

import grpc
import pytest

from services.chassis import rpc_errors
from services.chassis.log.eventstore import OutcomeUnknown, Overloaded
from services.chassis.rpc_errors import ErrorTable, Failure, RefusedError, RpcError, Violation
from services.chassis.rpc_store_errors import STORE_ERRORS
from services.chassis.rpc_validate import MAX_VIOLATIONS

NOT_FOUND, ABORTED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ABORTED


class Reason(StrEnum):
    NO_TEA = "NO_TEA"
    TEA_TOO_HOT = "TEA_TOO_HOT"


class Other(StrEnum):
    NO_TEA = "NO_TEA"


class DomainError(Exception):
    def __init__(self, reason: StrEnum) -> None:
        self.reason = reason


TABLE = ErrorTable(
    reasons={Reason.NO_TEA: NOT_FOUND, Reason.TEA_TOO_HOT: ABORTED}, exceptions={KeyError: (NOT_FOUND, "NO_KEY")}
)


def test_a_table_that_misses_a_reason_cannot_be_made():
    with pytest.raises(ValueError, match=r"Reason\.TEA_TOO_HOT has no status code"):
        ErrorTable(reasons={Reason.NO_TEA: NOT_FOUND})


@pytest.mark.parametrize("code", [grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN])
def test_a_table_holds_errors_only(code):
    with pytest.raises(ValueError, match="cannot be"):
        ErrorTable(reasons={}, exceptions={KeyError: (code, "NO_KEY")})


def test_a_reason_is_upper_snake():
    with pytest.raises(ValueError, match="UPPER_SNAKE"):
        ErrorTable(reasons={}, exceptions={KeyError: (NOT_FOUND, "no key")})


def test_an_exception_is_known_by_its_reason_or_its_type():
    assert TABLE.failure(DomainError(Reason.NO_TEA)) == Failure(NOT_FOUND, "NO_TEA", "no tea")
    assert TABLE.failure(KeyError("secret")) == Failure(NOT_FOUND, "NO_KEY", "no key")


@pytest.mark.parametrize("error", [DomainError(Other.NO_TEA), ValueError("secret"), RuntimeError()])
def test_whatever_is_not_in_the_table_is_nobodys_business(error):
    assert TABLE.failure(error) is None


def test_a_dependency_that_is_away_is_told_and_one_that_refuses_is_not():
    away = RpcError(Failure(grpc.StatusCode.DEADLINE_EXCEEDED, "X", "secret"))
    assert TABLE.failure(away) == Failure(
        grpc.StatusCode.UNAVAILABLE, "DEPENDENCY_UNAVAILABLE", "dependency unavailable"
    )
    assert TABLE.failure(RpcError(Failure(NOT_FOUND, "NO_TEA", "secret"))) is None
    busy = RpcError(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "secret", retry_after=0.5))
    assert TABLE.failure(busy) == TABLE.failure(away)


def test_the_event_logs_refusals_are_known_by_type_and_subtype():
    failure = STORE_ERRORS.failure(OutcomeUnknown("secret"))
    assert failure == Failure(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE", "store unavailable")


def test_an_overloaded_store_tells_when_to_try_again():
    failure = STORE_ERRORS.failure(Overloaded(0.25))
    assert failure == Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "overloaded", retry_after=0.25)


def received(metadata, code=NOT_FOUND, details="") -> Failure:
    trailing = grpc.aio.Metadata(*metadata)
    return rpc_errors.from_call(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details))


def test_a_failure_crosses_the_wire_whole():
    sent = Failure(
        NOT_FOUND,
        "NO_TEA",
        "no tea",
        (Violation("pot.leaves[0]", "string.min_len", "must be at least 1: truly"),),
        {"trace_id": "0" * 32},
        retry_after=1.25,
    )
    assert received(rpc_errors.to_metadata(sent)) == sent


@pytest.mark.parametrize("metadata", [(), (("grpc-status-details-bin", b"\xff"),)], ids=["no details", "garbage"])
def test_a_failure_without_details_is_named_after_its_code(metadata):
    assert received(metadata, details="gone").reason == "NOT_FOUND"


@pytest.mark.parametrize("wait", [0.0, None])
def test_no_wait_and_nothing_said_of_one_are_told_apart(wait):
    assert received(rpc_errors.to_metadata(Failure(NOT_FOUND, "X", "x", retry_after=wait))).retry_after == wait


def test_a_message_too_large_for_grpc_itself_is_told_as_ours_is():
    details = "SERVER: Received message larger than max (5 vs. 4)"
    assert received((), grpc.StatusCode.RESOURCE_EXHAUSTED, details).reason == "MESSAGE_TOO_LARGE"
    assert received((), grpc.StatusCode.RESOURCE_EXHAUSTED, "busy").reason == "RESOURCE_EXHAUSTED"


def test_a_refusal_tells_itself():
    failure = Failure(ABORTED, "X_Y", "z")
    assert TABLE.failure(RefusedError(failure)) is failure


def test_as_many_violations_as_are_told_fit_into_grpcs_metadata():
    violation = Violation("field" * 20, "string.not_in_between", "x" * 120)
    ((_, packed),) = rpc_errors.to_metadata(Failure(NOT_FOUND, "INVALID_REQUEST", "x", (violation,) * MAX_VIOLATIONS))
    assert len(packed) * 4 / 3 < 8192  # it travels as base64, and 8 KiB is what gRPC takes by default
