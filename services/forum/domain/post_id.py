"""The identifier of a post: it stands in one thread, for good.

Authors choose identifiers, since they sign them. Were one to stand in two threads, a case about one post could be led
with the evidence of another. So the commit that publishes a post claims its identifier in the log.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PostIdReserved:
    """The identifier belongs to the thread, whether or not the post was published there in the end.

    No longer written: logs hold it from when an identifier was kept in a stream of its own, before its post.
    """

    post_id: str
    thread_id: str


Event: TypeAlias = PostIdReserved


State: TypeAlias = PostIdReserved | None
"""The reservation, which is for good; None when there is none."""

initial: State = None


def claim(post_id: str) -> str:
    """What the commit that publishes the post claims; no command's own id looks like it."""
    return f"post/{post_id}"


def stream(post_id: str) -> str:
    """The stream in which an identifier was reserved."""
    return f"post-{post_id}"


def evolve(_state: State, event: Event) -> State:
    """The state after `event`."""
    return event
