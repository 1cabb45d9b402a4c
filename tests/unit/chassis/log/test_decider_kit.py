"""The kit that tells decisions fails where a decision is not what was told, or not pure."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.decider import specification
from tests.support.events import COUNTER, Raise, Raised, TooHighError, Total


class Reason(StrEnum):
    FULL = "FULL"
    OTHER = "OTHER"


class DomainError(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


def _refusing(_command: Raise, _state: Total) -> tuple[Raised, ...]:
    raise DomainError(Reason.FULL)


given = specification(COUNTER)
given_full = specification(SimpleNamespace(initial=Total(), evolve=COUNTER.evolve, decide=_refusing))


def test_what_happens_is_told() -> None:
    given().when(Raise(5)).then(Raised("c", 5))
    given(Raised("c", 5)).when(Raise(0)).then()
    given(Raised("c", 999)).when(Raise(5)).failed(TooHighError)
    given_full().when(Raise(5)).refused(Reason.FULL)
    assert given(Raised("c", 5)).when(Raise(6)).state() == Total(11)
    assert given(Raised("c", 5)).and_then(Raised("c", 1)).state == Total(6)


def test_what_does_not_happen_is_not_believed() -> None:
    with pytest.raises(AssertionError):
        given().when(Raise(5)).then()
    with pytest.raises(AssertionError):
        given().when(Raise(5)).refused(Reason.FULL)
    with pytest.raises(AssertionError):
        given().when(Raise(5)).failed(TooHighError)
    with pytest.raises(AssertionError):
        given_full().when(Raise(5)).refused(Reason.OTHER)
    with pytest.raises(DomainError):
        given_full().when(Raise(5)).then(Raised("c", 5))
    with pytest.raises(TooHighError):
        given(Raised("c", 999)).when(Raise(5)).refused(Reason.FULL)


def test_a_decision_by_chance_is_found() -> None:
    numbers = count()
    by_chance = SimpleNamespace(
        initial=Total(), evolve=COUNTER.evolve, decide=lambda _command, _state: (Raised("c", next(numbers)),)
    )
    with pytest.raises(AssertionError, match="decided otherwise"):
        specification(by_chance)().when(Raise(1))


@dataclass
class Open:
    names: list[str]


def test_a_decision_that_changes_the_state_is_found() -> None:
    def decide(command: Raise, state: Open) -> tuple[Any, ...]:
        state.names.append(str(command.by))
        return ()

    changing = SimpleNamespace(initial=Open([]), evolve=lambda state, _event: state, decide=decide)
    with pytest.raises(AssertionError, match="changed the state"):
        specification(changing)().when(Raise(1))
