"""The words of a case: `seal.requests` signs them, the protos number them, and one rule leads from one to the other.

A number that stands for nothing this version knows is PROOF_INVALID: nobody signs what cannot be read to him.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, TypeVar

from services.seal.requests import Basis, Field, Requester
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.errors import Reason, VouchsafeError

W = TypeVar("W", bound=StrEnum)

_REQUESTER: Final = "REQUESTER_CLASS_"
_BASIS: Final = "LEGAL_BASIS_"
_FIELD: Final = "PERSON_FIELD_"
_STATE: Final = "CASE_STATE_"


def requester_of(number: int) -> Requester:
    """Who asks."""
    return _word(Requester, pb.RequesterClass, _REQUESTER, number)


def basis_of(number: int) -> Basis:
    """What the request stands on."""
    return _word(Basis, pb.LegalBasis, _BASIS, number)


def fields_of(numbers: Iterable[int]) -> tuple[str, ...]:
    """What of the person is asked for, in the order in which it was asked."""
    return tuple(_word(Field, pb.PersonField, _FIELD, number) for number in numbers)


def state_of(number: int) -> str:
    """How far a case has come, for people."""
    return _text(pb.CaseState, _STATE, number)


def requester_value(word: Requester) -> str:
    """`requester_of`, the other way: the name of the number."""
    return _REQUESTER + _name(word)


def basis_value(word: Basis) -> str:
    """`basis_of`, the other way."""
    return _BASIS + _name(word)


def field_values(words: Iterable[Field]) -> list[str]:
    """`fields_of`, the other way."""
    return [_FIELD + _name(word) for word in words]


def _word(words: type[W], numbers: Any, prefix: str, number: int) -> W:
    text = _text(numbers, prefix, number)
    try:
        return words(text)
    except ValueError as error:
        raise VouchsafeError(Reason.PROOF_INVALID, f"the case says '{text}', which means nothing here") from error


def _text(numbers: Any, prefix: str, number: int) -> str:
    try:
        return str(numbers.Name(number)).removeprefix(prefix).lower().replace("_", "-")
    except ValueError:
        return f"number {number}"


def _name(word: StrEnum) -> str:
    return word.value.upper().replace("-", "_")
