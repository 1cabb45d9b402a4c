"""What is kept of texts, whatever becomes of them: salted hashes, and where they stand in the tree of their day.

Events and the fold of the streams that hold a day's commitments, so many texts in each. There is one command, which
records them once. What the hashes are made of is `seal.commitment`'s.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class TextCommitted:
    """A post, or a comment, was committed to. `comment_id` is empty for a post; hashes have 32 bytes.

    `statement_commitment` stands for what the author signed, `passages` for its passages in order. The other fields
    say where the commitment to both stands in the tree of `day`, days since 1970.
    """

    day: int
    thread_id: str
    post_id: str
    comment_id: str
    statement_commitment: bytes
    passages: tuple[bytes, ...]
    day_size: int
    day_index: int
    day_path: tuple[bytes, ...]
    day_root: bytes


@dataclass(frozen=True, slots=True)
class KeepCommitments:
    """Record what is kept of these texts."""

    texts: tuple[TextCommitted, ...]


Event: TypeAlias = TextCommitted
Command: TypeAlias = KeepCommitments
State: TypeAlias = bool
"""Whether the stream has been written: each is, once."""

initial: State = False


def stream(day: int, number: int) -> str:
    """The stream of a part of the day's commitments, counted from 0."""
    return f"commitments-{day}-{number}"


def evolve(_state: State, _event: Event) -> State:
    """The state after `event`."""
    return True


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The commitments; nothing when they are recorded already."""
    return () if state else command.texts
