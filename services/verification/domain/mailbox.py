"""A mailbox: who asked to prove it, with which challenges, and whose it turned out to be.

The stream is found by a keyed hash of the address; neither the address nor any code stands in it.
"""

from dataclasses import dataclass, replace

MAX_REJECTED = 5
"""Wrong tries after which a challenge accepts no code any more."""


@dataclass(frozen=True)
class MailCodeRequested:
    """Somebody asked for a code. Times in Unix seconds."""

    challenge_id: str
    escrow_reference: bytes
    organisation: str
    requested_at: int
    expires_at: int


@dataclass(frozen=True)
class MailCodeSent:
    """The mail server took the mail."""

    challenge_id: str


@dataclass(frozen=True)
class MailCodeRejected:
    """A wrong code was tried."""

    challenge_id: str


@dataclass(frozen=True)
class MailboxProven:
    """The right code came back."""

    challenge_id: str
    escrow_reference: bytes
    organisation: str
    proven_at: int


Event = MailCodeRequested | MailCodeSent | MailCodeRejected | MailboxProven


@dataclass(frozen=True)
class Challenge:
    """One person's latest challenge for the mailbox; an earlier one of the same person is superseded."""

    challenge_id: str
    escrow_reference: bytes
    organisation: str
    expires_at: int
    sent: bool = False
    rejected: int = 0
    used: bool = False


@dataclass(frozen=True)
class State:
    """`owner` is the escrow reference of the person who has proven the mailbox; `requested` holds times."""

    owner: bytes | None = None
    challenges: tuple[Challenge, ...] = ()
    requested: tuple[int, ...] = ()

    def challenge(self, challenge_id: str) -> Challenge | None:
        """The challenge of that id, unless it was superseded."""
        return next((each for each in self.challenges if each.challenge_id == challenge_id), None)


initial = State()


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event:
        case MailCodeRequested():
            return _requested(state, event)
        case MailCodeSent():
            return _changed(state, event.challenge_id, sent=True)
        case MailCodeRejected():
            found = state.challenge(event.challenge_id)
            return _changed(state, event.challenge_id, rejected=found.rejected + 1 if found else 0)
        case MailboxProven():
            return replace(_changed(state, event.challenge_id, used=True), owner=event.escrow_reference)


def _requested(state: State, event: MailCodeRequested) -> State:
    others = tuple(each for each in state.challenges if each.escrow_reference != event.escrow_reference)
    challenge = Challenge(event.challenge_id, event.escrow_reference, event.organisation, event.expires_at)
    return replace(state, challenges=(*others, challenge), requested=(*state.requested, event.requested_at))


def _changed(state: State, challenge_id: str, **changes: bool | int) -> State:
    challenges = tuple(
        replace(each, **changes) if each.challenge_id == challenge_id else each  # type: ignore[arg-type]
        for each in state.challenges
    )
    return replace(state, challenges=challenges)
