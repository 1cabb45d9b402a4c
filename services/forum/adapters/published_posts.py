"""A post as it stands in the log, signatures and all: for evidence, not for readers."""

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import EventStore
from services.forum.domain import post_id as ids
from services.forum.domain import thread
from services.forum.domain.thread import PostPublished


class PublishedPosts:
    """Finds posts by identifier in the forum's own log."""

    def __init__(self, store: EventStore, codec: EventCodec) -> None:
        self._store = store
        self._codec = codec

    async def find(self, post_id: str) -> PostPublished | None:
        """The post, None when no such post was published. May raise `eventstore.StoreUnavailable`."""
        for reserved in await self._events(ids.stream(post_id)):
            for event in await self._events(thread.stream(reserved.thread_id)):
                if isinstance(event, PostPublished) and event.post_id == post_id:
                    return event
        return None

    async def _events(self, stream: str) -> list[ids.Event | thread.Event]:
        commits = await self._store.read_stream(stream)
        stored = [event for commit in commits for event in commit.events]
        return [event for each in stored for event in self._codec.decode(each.type, each.data)]
