"""The identifier of a post: it belongs to one thread, for good. Events and the fold; the command is `post_id_decider`.

Authors choose identifiers, since they sign them. Were one to stand in two threads, a case about one post could be led
with the evidence of another.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PostIdReserved:
    """The identifier belongs to the thread, whether or not the post was published there in the end."""

    post_id: str
    thread_id: str


Event: TypeAlias = PostIdReserved


State: TypeAlias = PostIdReserved | None
"""The reservation, which is for good; None when no thread has used the identifier."""

initial: State = None


def stream(post_id: str) -> str:
    """The stream of an identifier."""
    return f"post-{post_id}"


def evolve(_state: State, event: Event) -> State:
    """The state after `event`."""
    return event
