"""A refusal comes with a sentence that says more than its reason."""

import importlib
from enum import StrEnum

import grpc
import pytest

from services.chassis.rpc_errors import Failure, RpcError, Violation
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.errors import translated
from vouchsafe.sdk.explanations import EXPLANATIONS
from vouchsafe.sdk.registration import check
from vouchsafe.sdk.voice import Voice

SERVICES = ("identity", "verification", "forum", "disclosure")
AWAY = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: connection refused"


def raised(failure: Failure) -> VouchsafeError:
    with pytest.raises(VouchsafeError) as caught, translated():
        raise RpcError(failure)
    return caught.value


@pytest.mark.parametrize("service", SERVICES)
def test_every_reason_of_a_service_is_explained(service: str) -> None:
    reasons: type[StrEnum] = importlib.import_module(f"services.{service}.domain.errors").Reason
    assert not {str(reason) for reason in reasons} - EXPLANATIONS.keys()


def test_no_explanation_repeats_its_reason() -> None:
    for reason, sentence in EXPLANATIONS.items():
        assert sentence != reason.lower().replace("_", " ")
        assert len(sentence) > len(reason)


def test_a_service_that_is_away_is_told_in_plain_words() -> None:
    error = raised(Failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", AWAY))
    assert (error.reason, "127.0.0.1" in error.message) == ("UNAVAILABLE", False)
    assert "later" in error.message


def test_a_reason_that_is_not_known_is_told_in_the_services_words() -> None:
    assert raised(Failure(grpc.StatusCode.ABORTED, "BRAND_NEW", "something new")).message == "something new"


def test_broken_fields_and_the_trace_of_a_fault_are_told() -> None:
    violations = (Violation("login", "string.min_len", "at least 3 characters"),)
    error = raised(Failure(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", "x", violations))
    assert error.message.endswith("(login: at least 3 characters)")
    fault = raised(Failure(grpc.StatusCode.INTERNAL, "INTERNAL", "x", metadata={"trace_id": "abc"}))
    assert fault.message.endswith("(trace abc)")


async def test_a_text_that_is_not_unicode_is_refused_before_anything_else() -> None:
    voice = object.__new__(Voice)
    bad = b"bad \xff byte".decode("utf-8", errors="surrogateescape")
    for attempt in (voice.open_thread("title", bad), voice.open_thread(bad, "body"), voice.post("t", bad)):
        with pytest.raises(VouchsafeError, match="TEXT_INVALID: the text holds bytes that are not UTF-8"):
            await attempt
    with pytest.raises(VouchsafeError, match="TEXT_INVALID"):
        await voice.comment("t", "p", bad)


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("login", "abc", True),
        ("login", "ab", False),
        ("login", "a" * 129, False),
        ("login", "a b", False),
        ("name", "李", True),
        ("name", "", False),
        ("name", "a\x1b", False),
        ("password", "x" * 12, True),
        ("password", "x" * 11, False),
    ],
)
def test_what_identity_takes(field: str, value: str, good: bool) -> None:
    if good:
        check(field, value)
        return
    with pytest.raises(VouchsafeError, match="INVALID_REQUEST: the ") as caught:
        check(field, value)
    assert not value or value not in caught.value.message
