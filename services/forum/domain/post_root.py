"""Days that are over, and the one root of everything that was written on each. Events and the fold.

Days are UTC, counted from 1970. One is closed first, which fixes the part of the log that counts for it; its root then
follows from the log alone, however often and wherever it is worked out. Commands are `post_root_decider`.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

STREAM: Final = "post-roots"

_SECONDS: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class DayClosed:
    """The day is over: its texts stand behind position `after` of the log, and none behind `through`."""

    day: int
    after: int
    through: int


@dataclass(frozen=True, slots=True)
class PostsRooted:
    """The root (32 bytes) of the day's tree, which has `size` leaves. Public."""

    day: int
    size: int
    root: bytes


Event: TypeAlias = DayClosed | PostsRooted


@dataclass(frozen=True, slots=True)
class Days:
    """The day closed last and the one before it, None where there is none; `rooted`: the last one has its root."""

    closed: DayClosed | None = None
    earlier: DayClosed | None = None
    rooted: bool = True


State: TypeAlias = Days

initial: State = Days()


def evolve(state: State, event: Event) -> State:
    """The state after `event`."""
    match event:
        case DayClosed():
            return Days(event, state.closed, rooted=False)
        case PostsRooted():
            return Days(state.closed, state.earlier, rooted=True)


def day_of(unix: int) -> int:
    """The day of a moment."""
    return unix // _SECONDS


def is_in(closed: DayClosed, earlier: DayClosed | None, *, position: int, day: int) -> bool:
    """Whether a text of that day, at that position of the log, is in the root of `closed`, of which `earlier` is the
    day before.

    Each text is in exactly one root: that of its own day or, if it came into the log after that day was closed, of the
    next day that was not.
    """
    if not (closed.after < position <= closed.through and day <= closed.day):
        return False
    return earlier is None or position > earlier.through or day > earlier.day
