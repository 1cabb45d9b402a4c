"""A post is found in the log by what its commit claimed, and in a log from before that by its reservation."""

from services.chassis.log.eventstore import Commit, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.forum.adapters.event_codec import event_codec
from services.forum.adapters.published_posts import PublishedPosts
from services.forum.domain.post_id import PostIdReserved, claim
from services.forum.domain.thread import PostPublished, ThreadOpened
from tests.support.commits import META, new_id

CODEC = event_codec()


def post(post_id: str, thread_id: str) -> PostPublished:
    return PostPublished(
        thread_id=thread_id,
        title="",
        post_id=post_id,
        alias_key=b"a",
        author_name="Quiet Otter",
        label="l",
        label_name="L",
        body=f"{post_id} in {thread_id}",
        thread_key=b"t",
        certificate=b"c",
        signature=b"s",
        published_at=1_900_000_000,
        thread_title="T",
        ordinal=0,
    )


def write(*events: object, claims: tuple[str, ...] = ()) -> Write:
    return Write(new_id(), [CODEC.encode(event) for event in events], META, claims)


class Counting(MemoryEventStore):
    """Counts the streams that are read."""

    reads = 0

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        self.reads += 1
        return await super().read_stream(stream, after_version)


async def test_a_post_is_found_among_those_of_its_commit_without_reading_its_thread() -> None:
    store = Counting()
    one, other = post("p1", "t"), post("p2", "t")
    opening = write(ThreadOpened("t", "T"), one, claims=(claim("p1"),))
    await store.append("thread-t", 0, [opening, write(other, claims=(claim("p2"),))])
    posts = PublishedPosts(store, CODEC)
    assert [await posts.find("p1"), await posts.find("p2")] == [one, other]
    assert store.reads == 0
    assert await posts.find("p3") is None


async def test_a_post_whose_identifier_was_reserved_is_found_in_that_thread() -> None:
    store = MemoryEventStore()
    for post_id, thread_id in (("p1", "t"), ("p2", "t"), ("unused", "t"), ("nowhere", "none")):
        await store.append(f"post-{post_id}", 0, [write(PostIdReserved(post_id, thread_id))])
    await store.append("thread-t", 0, [write(ThreadOpened("t", "T"), post("p1", "t"))])
    await store.append("thread-t", 2, [write(post("p2", "t"))])
    posts = PublishedPosts(store, CODEC)
    assert [await posts.find("p1"), await posts.find("p2")] == [post("p1", "t"), post("p2", "t")]
    assert [await posts.find("unused"), await posts.find("nowhere")] == [None, None]
