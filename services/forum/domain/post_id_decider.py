"""What may happen to a post's identifier: being reserved for a thread, as often as that thread likes."""

from dataclasses import dataclass

from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.post_id import Event, PostIdReserved, State, evolve, initial

__all__ = ["ReservePostId", "decide", "evolve", "initial"]


@dataclass(frozen=True, slots=True)
class ReservePostId:
    """Keep the identifier for a post of the thread."""

    post_id: str
    thread_id: str


def decide(command: ReservePostId, state: State) -> tuple[Event, ...]:
    """The reservation, nothing if the thread has it already; POST_EXISTS when another thread has it."""
    if state is None:
        return (PostIdReserved(command.post_id, command.thread_id),)
    if state.thread_id != command.thread_id:
        raise DomainError(Reason.POST_EXISTS)
    return ()
