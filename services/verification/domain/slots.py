"""A person's slots: how many credentials he may be issued in an epoch, under all labels together, and what became of
each: its events, and the state that follows from them.

What is signed stays blind: of a credential only the blinded message's hash is kept, so that a repeat can be told from a
second credential for the same slot; of a challenge, what is needed to hold both sides to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class ChallengeMade:
    """The person's device has committed to its candidates, and one of them was drawn to stay closed.

    `terms` and `commitment` are SHA-256 hashes (`seal.cut_and_choose`); the challenge ends at `expires_at`, Unix
    seconds.
    """

    label: str
    epoch: int
    slot: int
    terms: bytes
    commitment: bytes
    candidates: int
    chosen: int
    expires_at: int


@dataclass(frozen=True)
class CheatCaught:
    """An opened candidate was not what it had to be. The slot is lost."""

    label: str
    epoch: int
    slot: int


@dataclass(frozen=True)
class CredentialIssued:
    """One slot was used; `blinded_hash` is the SHA-256 of the blinded message."""

    label: str
    epoch: int
    slot: int
    blinded_hash: bytes


@dataclass(frozen=True)
class SlotReleased:
    """All that was opened was honest, but the label had been revoked meanwhile: the slot may be used anew."""

    label: str
    epoch: int
    slot: int


Event = ChallengeMade | CheatCaught | CredentialIssued | SlotReleased


@dataclass(frozen=True)
class Slot:
    """What has become of one slot. Credentials from before there were challenges have none."""

    challenge: ChallengeMade | None = None
    issued: CredentialIssued | None = None
    caught: bool = False
    released: bool = False

    def open(self, now: int) -> bool:
        """Whether an answer to its challenge is due."""
        return self._unanswered is not None and not self.lost(now)

    def lost(self, now: int) -> bool:
        """Whether it was cheated with, or challenged and left alone until `now`: both use it up and are a strike."""
        due = self._unanswered
        return self.caught or (due is not None and now >= due.expires_at)

    @property
    def _unanswered(self) -> ChallengeMade | None:
        return self.challenge if self.issued is None and not self.released else None


@dataclass(frozen=True)
class State:
    """The slots that were touched, by (epoch, slot)."""

    slots: Mapping[tuple[int, int], Slot] = field(default_factory=dict)

    def slot(self, epoch: int, slot: int) -> Slot:
        """One slot, untouched or not."""
        return self.slots.get((epoch, slot), Slot())

    def strikes(self, epoch: int, now: int) -> int:
        """How many slots of the epoch were lost until `now`."""
        return sum(slot.lost(now) for slot in self._of(epoch))

    def open(self, epoch: int, now: int) -> int:
        """How many slots of the epoch may yet be lost: an answer is due."""
        return sum(slot.open(now) for slot in self._of(epoch))

    def _of(self, epoch: int) -> list[Slot]:
        return [slot for (of_epoch, _), slot in self.slots.items() if of_epoch == epoch]


initial = State()


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    slot = state.slot(event.epoch, event.slot)
    match event:
        case ChallengeMade():
            slot = replace(slot, challenge=event, released=False)
        case CheatCaught():
            slot = replace(slot, caught=True)
        case CredentialIssued():
            slot = replace(slot, issued=event)
        case SlotReleased():
            slot = replace(slot, released=True)
    return State({**state.slots, (event.epoch, event.slot): slot})
