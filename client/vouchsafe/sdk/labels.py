"""The labels a person may be issued under, and how large a crowd each has: what to look at before a slot is used.

What verification tells here is told to the person alone, in rounded numbers. Whether a label is open is believed only
when the transparency log shows it (`transparency`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vouchsafe.verification.v1 import label_service_pb2 as pb

SMALLEST_TOLD = 5
"""Fewer people than this are told as 0 (proto/vouchsafe/verification/v1/label_service.proto)."""


class LabelState(StrEnum):
    """Whether a label may speak."""

    WAITING = "waiting"
    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Standing:
    """One label in the epoch. `parent` is the wider one, empty for the widest; `crowd_at_least` is rounded down."""

    label: str
    name: str
    parent: str
    state: LabelState
    crowd_at_least: int


@dataclass(frozen=True)
class Labels:
    """All labels of a person, each employer's own first. `epoch_ends_at` in Unix seconds."""

    standings: tuple[Standing, ...]
    epoch: int
    epoch_ends_at: int
    crowd_minimum: int

    @classmethod
    def of(cls, answer: pb.ListMyLabelsResponse) -> "Labels":
        """What verification answered."""
        standings = tuple(_standing(each) for each in answer.labels)
        return cls(standings, answer.epoch, answer.epoch_ends_at, answer.crowd_minimum)

    def standing(self, label: str) -> Standing | None:
        """How one label stands; None when the person has no right to it."""
        return next((each for each in self.standings if each.label == label), None)

    def open_instead(self, label: str) -> Standing | None:
        """The closest wider label that may speak, while this one may not yet; None when there is nothing to offer."""
        here = self.standing(label)
        if here is None or here.state is not LabelState.WAITING:
            return None
        return next((each for each in self._wider(here) if each.state is LabelState.ACTIVE), None)

    def _wider(self, standing: Standing) -> Iterator[Standing]:
        seen = {standing.label}
        above = self.standing(standing.parent)
        while above is not None and above.label not in seen:  # a platform that answers in circles is not followed
            seen.add(above.label)
            yield above
            above = self.standing(above.parent)


_STATES = {
    pb.LABEL_STATE_ACTIVE: LabelState.ACTIVE,
    pb.LABEL_STATE_REVOKED: LabelState.REVOKED,
}


def _standing(told: pb.LabelStanding) -> Standing:
    state = _STATES.get(told.state, LabelState.WAITING)  # a state of a newer platform is none to speak in
    return Standing(told.label, told.name, told.parent, state, told.crowd_at_least)
