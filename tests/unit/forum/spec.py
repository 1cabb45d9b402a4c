"""Given events, when a command, then events or a refusal."""

from collections.abc import Iterable
from typing import Any

import pytest

from services.chassis.handle import Decider
from services.forum.domain.errors import DomainError, Reason


def given(decider: Decider[Any, Any, Any], events: Iterable[Any]) -> Any:
    """The state that the events lead to."""
    state = decider.initial
    for event in events:
        state = decider.evolve(state, event)
    return state


def refused(decider: Decider[Any, Any, Any], state: Any, command: Any) -> Reason:
    """The reason for which the command is refused in that state."""
    with pytest.raises(DomainError) as refusal:
        decider.decide(command, state)
    return refusal.value.reason
