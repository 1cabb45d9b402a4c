"""Given events, when a command, then events or a refusal: how the decisions of every aggregate are told in tests.

    given = specification(case_decider)

    given(OPENED).when(Approve(ANN, NOW)).then(ANN)
    given(OPENED, ANN).when(Approve(OTHER, NOW)).refused(Reason.ALREADY_APPROVED)

Each `when` also asserts what every decider must keep to: the same again for the same command and state, a state that a
decision leaves as it was, and events that the fold takes.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from services.chassis.log.deciding import Decider

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Outcome(Generic[S, E]):
    """What came of a command: events and the state after them, or a refusal."""

    told: tuple[E, ...]
    after: S
    refusal: Exception | None = None

    def then(self, *events: E) -> None:
        """Exactly these events happened, in this order; none: the command was taken and changed nothing."""
        assert self.events() == events

    def refused(self, reason: StrEnum) -> None:
        """The service's DomainError of this reason was raised."""
        assert self.refusal is not None, f"not refused, but {self.told}"
        if not hasattr(self.refusal, "reason"):
            raise self.refusal
        assert self.refusal.reason is reason

    def failed(self, error: type[Exception]) -> None:
        """An error that is no DomainError was raised: nothing a caller has a part in."""
        assert type(self.refusal) is error, f"not {error.__name__}, but {self.refusal or self.told}"

    def events(self) -> tuple[E, ...]:
        """The events, to look at one by one; raises the refusal."""
        if self.refusal is not None:
            raise self.refusal
        return self.told

    def state(self) -> S:
        """The state after the events; raises the refusal."""
        self.events()
        return self.after


@dataclass(frozen=True)
class Given(Generic[C, S, E]):
    """A stream of which so much has happened."""

    decider: Decider[C, S, E]
    state: S

    def when(self, command: C) -> Outcome[S, E]:
        """What the command comes to."""
        before = deepcopy(self.state)
        outcome, again = (self._decided(command) for _ in range(2))
        assert outcome.told == again.told, "the same command was decided otherwise on the same state"
        assert type(outcome.refusal) is type(again.refusal)
        assert self.state == before, "deciding has changed the state"
        return outcome

    def and_then(self, *events: E) -> "Given[C, S, E]":
        """The stream with more events."""
        state = self.state
        for event in events:
            state = self.decider.evolve(state, event)
        return Given(self.decider, state)

    def _decided(self, command: C) -> Outcome[S, E]:
        try:
            events = self.decider.decide(command, self.state)
        except Exception as refusal:  # noqa: BLE001 -- told by `refused`, `failed` and `events`
            return Outcome((), self.state, refusal)
        return Outcome(events, self.and_then(*events).state)


def specification(decider: Decider[C, S, E]) -> Callable[..., Given[C, S, E]]:
    """`given` for one decider."""

    def given(*events: Any) -> Given[C, S, E]:
        return Given(decider, decider.initial).and_then(*events)

    return given
