"""A post as it stands in the log, signatures and all: for evidence, not for readers."""

from collections.abc import Iterable, Iterator

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import Commit, EventStore
from services.forum.domain import post_id as ids
from services.forum.domain import thread
from services.forum.domain.post_id import PostIdReserved
from services.forum.domain.thread import PostPublished


class PublishedPosts:
    """Finds posts by identifier in the forum's own log."""

    def __init__(self, store: EventStore, codec: EventCodec) -> None:
        self._store = store
        self._codec = codec

    async def find(self, post_id: str) -> PostPublished | None:
        """The post, None when no such post was published. May raise `eventstore.StoreUnavailable`."""
        commit = await self._store.find_commit(ids.claim(post_id))
        return self._post(post_id, [commit] if commit else await self._reserved(post_id))

    async def _reserved(self, post_id: str) -> list[Commit]:
        """The thread for which the identifier was reserved, in a log from before it was claimed with the post."""
        for event in self._events(await self._store.read_stream(ids.stream(post_id))):
            if isinstance(event, PostIdReserved):
                return await self._store.read_stream(thread.stream(event.thread_id))
        return []

    def _post(self, post_id: str, commits: Iterable[Commit]) -> PostPublished | None:
        for event in self._events(commits):
            if isinstance(event, PostPublished) and event.post_id == post_id:
                return event
        return None

    def _events(self, commits: Iterable[Commit]) -> Iterator[object]:
        for commit in commits:
            for stored in commit.events:
                yield from self._codec.decode(stored.type, stored.data)
