"""The crowds behind one tree of labels in one epoch: when a label is large enough to speak, and when it may no more.

All labels below one widest label share the stream `crowds-<widest>-<epoch>`, so that no two activations can each be
right alone and wrong together. A label activates once two things hold for `minimum` people, counted on the people who
hold a credential under it and whose proof of employment is old enough:

- the label has so many of them who belong to no narrower label that is active: its *remainder*;
- every wider label that is active would still have so many, were this one active too.

So whoever reads under which labels people speak can tell no group apart that is smaller than `minimum`. Nothing is ever
counted back: an epoch's crowds only grow. That a person is counted once for a label is the event store's doing: the
commit's id is made of label, epoch and person.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from services.verification.domain.organisation import Path

SMALLEST_TOLD = 5
"""The smallest crowd that anybody is told of; what is smaller is told as 0, which means fewer."""

_STEPS = (1, 2, 5)
_HOUR = 3600


class RevocationReason(StrEnum):
    """Why a label may no longer be spoken under. The values stand in the transparency log."""

    KEY_COMPROMISED = "key-compromised"
    WRONGLY_ISSUED = "wrongly-issued"
    ORGANISATION_WITHDRAWN = "organisation-withdrawn"
    CEASED = "ceased"


@dataclass(frozen=True)
class PersonCounted:
    """One more distinct person holds a credential under the label.

    `path`: the labels of the employer through whom he does, the employer's own first, the widest last. `matures_at`:
    from when on he counts, Unix seconds, a full hour; 0 for at once. Old events have neither.
    """

    label: str
    epoch: int
    escrow_reference: bytes
    path: tuple[str, ...] = ()
    matures_at: int = 0


@dataclass(frozen=True)
class LabelActivated:
    """The crowd has reached the minimum. Public: a bucket of the remainder, never the count."""

    label: str
    epoch: int
    crowd_bucket: int


@dataclass(frozen=True)
class LabelRevoked:
    """Nobody may speak under the label's key of the epoch any more. Public."""

    label: str
    epoch: int
    reason: RevocationReason


Event = PersonCounted | LabelActivated | LabelRevoked


@dataclass(frozen=True)
class Policy:
    """`minimum`: people without whom no label speaks; `age_seconds`: how old a proof of employment is that counts."""

    minimum: int
    age_seconds: int

    def __post_init__(self) -> None:
        if self.minimum < 1 or self.age_seconds < 0:
            raise ValueError("a crowd is somebody, and an age is not negative")

    def matures_at(self, proven_at: int) -> int:
        """From when on a person counts, rounded up to the hour so that it tells less about when he came."""
        return -(-(proven_at + self.age_seconds) // _HOUR) * _HOUR if self.age_seconds else 0


@dataclass(frozen=True)
class CountPerson:
    """Count a person who was not counted under the label; `now` in Unix seconds."""

    label: str
    epoch: int
    escrow_reference: bytes
    path: Path
    proven_at: int
    now: int
    policy: Policy

    def __post_init__(self) -> None:
        if self.label not in self.path:
            raise ValueError("a person is counted under a label of his own employer's")


@dataclass(frozen=True)
class Ripen:
    """Activate what time has made large enough."""

    epoch: int
    now: int
    policy: Policy


@dataclass(frozen=True)
class RevokeLabel:
    """Stop a label in the epoch, whether it is active or not."""

    label: str
    epoch: int
    reason: RevocationReason


Command = CountPerson | Ripen | RevokeLabel
Ages = Mapping[int, int]
"""How many people count from when on."""


@dataclass(frozen=True)
class State:
    """`counted`: for each label, how many people came through which employer; `activated` keeps what was revoked."""

    counted: Mapping[str, Mapping[Path, Ages]] = field(default_factory=dict)
    activated: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()

    @property
    def active(self) -> frozenset[str]:
        """The labels that may be spoken under."""
        return self.activated - self.revoked

    def crowd(self, label: str, now: int) -> int:
        """How many people hold a credential under the label and count at `now`."""
        return sum(_mature(ages, now) for ages in self.counted.get(label, {}).values())

    def remainder(self, label: str, now: int) -> int:
        """Those of the crowd who belong to no narrower label that is, or was, active."""
        groups = self.counted.get(label, {}).items()
        return sum(_mature(ages, now) for path, ages in groups if self.activated.isdisjoint(_below(label, path)))


initial = State()


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event:
        case PersonCounted():
            groups = state.counted.get(event.label, {})
            path = event.path or (event.label,)
            ages = groups.get(path, {})
            ages = {**ages, event.matures_at: ages.get(event.matures_at, 0) + 1}
            return replace(state, counted={**state.counted, event.label: {**groups, path: ages}})
        case LabelActivated():
            return replace(state, activated=state.activated | {event.label})
        case LabelRevoked():
            return replace(state, revoked=state.revoked | {event.label})


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The count and what it activates; what time activates; a revocation, once."""
    match command:
        case CountPerson(label=label, epoch=epoch, escrow_reference=reference, path=path, policy=policy):
            counted = PersonCounted(label, epoch, reference, path, policy.matures_at(command.proven_at))
            after = evolve(state, counted)
            return counted, *_activations(after, (label,), epoch, command.now, policy.minimum)
        case Ripen(epoch=epoch, now=now, policy=policy):
            return tuple(_activations(state, _widest_first(state), epoch, now, policy.minimum))
        case RevokeLabel(label=label, epoch=epoch, reason=reason):
            return () if label in state.revoked else (LabelRevoked(label, epoch, reason),)


def bucket(people: int) -> int:
    """The largest of 1, 2, 5, 10, 20, 50, … that is no more than `people`; `people` is at least 1."""
    scale = 1
    while people >= scale * 10:
        scale *= 10
    return max(step * scale for step in _STEPS if step * scale <= people)


def told(people: int) -> int:
    """A crowd as people are told of it: its bucket, 0 for fewer than `SMALLEST_TOLD`."""
    return bucket(people) if people >= SMALLEST_TOLD else 0


def _activations(state: State, labels: Iterable[str], epoch: int, now: int, minimum: int) -> Iterator[LabelActivated]:
    """Those of the labels that may activate, each judged with those before it active."""
    for label in labels:
        if label in state.activated or label in state.revoked or state.remainder(label, now) < minimum:
            continue
        after = replace(state, activated=state.activated | {label})
        if all(after.remainder(wider, now) >= minimum for wider in _above(label, state) & state.active):
            yield LabelActivated(label, epoch, bucket(state.remainder(label, now)))
            state = after


def _widest_first(state: State) -> list[str]:
    """A wider label serves more people, so it comes first where not all can activate; else by name."""
    depth = {label: max(len(_above_in(label, path)) for path in groups) for label, groups in state.counted.items()}
    return sorted(depth, key=lambda label: (depth[label], label))


def _above(label: str, state: State) -> frozenset[str]:
    return frozenset(wider for path in state.counted.get(label, {}) for wider in _above_in(label, path))


def _above_in(label: str, path: Path) -> Path:
    return path[path.index(label) + 1 :]


def _below(label: str, path: Path) -> Path:
    return path[: path.index(label)]


def _mature(ages: Ages, now: int) -> int:
    return sum(people for matures_at, people in ages.items() if matures_at <= now)
