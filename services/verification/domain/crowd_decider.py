"""The crowd behind a label in an epoch: it becomes usable once enough distinct people hold a credential under it.

That a person is counted once is the event store's doing: the commit's id is made of label, epoch and person.
"""

from dataclasses import dataclass, replace

_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class PersonCounted:
    """One more distinct person holds a credential under the label."""

    label: str
    epoch: int
    escrow_reference: bytes


@dataclass(frozen=True)
class LabelActivated:
    """The crowd has reached the minimum. Public: a bucket, never the count."""

    label: str
    epoch: int
    crowd_bucket: int


Event = PersonCounted | LabelActivated


@dataclass(frozen=True)
class CountPerson:
    """Count a person who was not counted; the label activates at `minimum` people."""

    label: str
    epoch: int
    escrow_reference: bytes
    minimum: int


@dataclass(frozen=True)
class State:
    """How many people, and whether the label is active."""

    people: int = 0
    active: bool = False


initial = State()


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event:
        case PersonCounted():
            return replace(state, people=state.people + 1)
        case LabelActivated():
            return replace(state, active=True)


def decide(command: CountPerson, state: State) -> tuple[Event, ...]:
    """The count, and the activation when this person completes the crowd."""
    counted = PersonCounted(command.label, command.epoch, command.escrow_reference)
    people = state.people + 1
    if state.active or people < command.minimum:
        return (counted,)
    return counted, LabelActivated(command.label, command.epoch, bucket(people))


def bucket(people: int) -> int:
    """The largest of 1, 2, 5, 10, 20, 50, … that is no more than `people`; `people` is at least 1."""
    scale = 1
    while people >= scale * 10:
        scale *= 10
    return max(step * scale for step in _STEPS if step * scale <= people)
