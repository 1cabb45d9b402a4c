"""What may happen to a day: being closed once, in its turn, and being given its one root."""

from dataclasses import dataclass
from typing import TypeAlias

from services.forum.domain.post_root import DayClosed, Event, PostsRooted, State, evolve, initial

__all__ = ["CloseDay", "Command", "RootPosts", "decide", "evolve", "initial"]


@dataclass(frozen=True, slots=True)
class CloseDay:
    """Let the texts behind position `after`, and none behind `through`, count for the day."""

    day: int
    after: int
    through: int


@dataclass(frozen=True, slots=True)
class RootPosts:
    """Record the root of the day that was closed last."""

    day: int
    size: int
    root: bytes


Command: TypeAlias = CloseDay | RootPosts


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """What follows; nothing when another process was faster. ValueError for a day that is not next."""
    match command:
        case CloseDay():
            if state.closed is not None and command.day <= state.closed.day:
                return ()
            if not state.rooted or (state.closed is not None and command.day != state.closed.day + 1):
                raise ValueError("days are closed one after another, each when the one before has its root")
            return (DayClosed(command.day, command.after, command.through),)
        case RootPosts():
            if state.closed is None or command.day > state.closed.day:
                raise ValueError("a day has no root before it is closed")
            if state.rooted or command.day < state.closed.day:
                return ()
            return (PostsRooted(command.day, command.size, command.root),)
