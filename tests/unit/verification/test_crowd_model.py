"""The promise about crowds, against whatever may happen: no group that labels tell apart is ever too small.

The promise is worked out here from the events alone, person by person and for every set of narrower labels, and shares
no code with the decider.
"""

from collections.abc import Iterator
from itertools import chain, combinations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.verification.domain import crowd_decider
from services.verification.domain.crowd_decider import (
    CountPerson,
    Event,
    LabelActivated,
    LabelRevoked,
    PersonCounted,
    Policy,
    RevocationReason,
    RevokeLabel,
    Ripen,
)

EPOCH = 203001
HOUR = 3600
PATHS = (
    ("acme", "gaming", "arts"),
    ("bolt", "gaming", "arts"),
    ("cue", "gaming", "arts"),
    ("opera", "arts"),
    ("arts-council", "arts"),
)
LABELS = sorted({label for path in PATHS for label in path})


class Crowds(RuleBasedStateMachine):
    """A tree of labels with people who come, age and are joined by others, and labels that are revoked."""

    def __init__(self) -> None:
        super().__init__()
        self.state = crowd_decider.initial
        self.events: list[Event] = []
        self.now = 1000 * HOUR
        self.people = 0
        self.matures: dict[bytes, int] = {}
        self.counted: set[tuple[bytes, str]] = set()
        self.homes: dict[bytes, tuple[str, ...]] = {}

    @initialize(minimum=st.integers(1, 4), hours=st.sampled_from([0, 1, 24]))
    def begin(self, minimum: int, hours: int) -> None:
        self.policy = Policy(minimum, hours * HOUR)

    @rule(path=st.sampled_from(PATHS), depth=st.integers(0, 2), proven_ago=st.integers(0, 30 * HOUR))
    def somebody_comes(self, path: tuple[str, ...], depth: int, proven_ago: int) -> None:
        self.people += 1
        person = self.people.to_bytes(16, "big")
        self.homes[person] = path
        self.matures[person] = self.now - proven_ago + self.policy.age_seconds
        self.count(person, path[min(depth, len(path) - 1)], self.now - proven_ago)

    @rule(data=st.data())
    def somebody_takes_another_label(self, data: st.DataObject) -> None:
        if not self.homes:
            return
        person = data.draw(st.sampled_from(sorted(self.homes)))
        self.count(
            person, data.draw(st.sampled_from(self.homes[person])), self.matures[person] - self.policy.age_seconds
        )

    @rule(seconds=st.integers(1, 26 * HOUR))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def somebody_looks(self) -> None:
        self.take(Ripen(EPOCH, self.now, self.policy))

    @rule(label=st.sampled_from(LABELS))
    def an_operator_revokes(self, label: str) -> None:
        self.take(RevokeLabel(label, EPOCH, RevocationReason.CEASED))

    def count(self, person: bytes, label: str, proven_at: int) -> None:
        if (person, label) in self.counted:  # what the commit's id sees to
            return
        self.counted.add((person, label))
        self.take(CountPerson(label, EPOCH, person, self.homes[person], proven_at, self.now, self.policy))

    def take(self, command: crowd_decider.Command) -> None:
        for event in crowd_decider.decide(command, self.state):
            self.state = crowd_decider.evolve(self.state, event)
            self.events.append(event)

    @invariant()
    def nobody_can_be_told_apart_among_too_few(self) -> None:
        active = self.active()
        for label in active:
            holders = {
                event.escrow_reference
                for event in self.events
                if isinstance(event, PersonCounted) and event.label == label
            }
            grown = {person for person in holders if self.matures[person] <= self.now}
            narrower = [other for other in active if other != label and self.is_above(label, other)]
            for known in subsets(narrower):
                left = [person for person in grown if not set(known) & set(self.homes[person])]
                assert len(left) >= self.policy.minimum, f"{len(left)} under {label} who are not of {known}"

    @invariant()
    def a_label_activates_once_and_not_after_it_was_revoked(self) -> None:
        ended: set[str] = set()
        begun: set[str] = set()
        for event in self.events:
            match event:
                case LabelActivated(label=label):
                    assert label not in begun | ended
                    begun.add(label)
                case LabelRevoked(label=label):
                    ended.add(label)

    def active(self) -> list[str]:
        activated = {event.label for event in self.events if isinstance(event, LabelActivated)}
        return sorted(activated - {event.label for event in self.events if isinstance(event, LabelRevoked)})

    @staticmethod
    def is_above(wider: str, narrower: str) -> bool:
        return any(narrower in path and wider in path[path.index(narrower) :] for path in PATHS)


def subsets(labels: list[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(labels, size) for size in range(len(labels) + 1))


TestCrowds = Crowds.TestCase
TestCrowds.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
