"""A long thread is read whole once; after that its state is where the next process finds it."""

from services.chassis.log.eventstore import Commit
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.log.snapshots_memory import MemorySnapshots
from services.forum.adapters.event_codec import event_codec
from services.forum.adapters.thread_snapshots import thread_snapshots
from services.forum.domain import thread, thread_decider
from services.forum.domain.thread_decider import Command, CreateComment, CreatePost, OpenThread
from tests.unit.forum.test_thread_decider import BOB, comment, post, speaker

STREAM = thread.stream("thread")


class NotedStore(MemoryEventStore):
    read = 0

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        commits = await super().read_stream(stream, after_version)
        self.read += len(commits)
        return commits


async def test_a_process_that_has_not_seen_a_long_thread_begins_at_its_snapshot() -> None:
    store, kept = NotedStore(), MemorySnapshots()
    writer: CommandHandler[Command, thread.State, thread.Event] = CommandHandler(store, event_codec(), thread_decider)
    commands: list[Command] = [OpenThread(post("first", title="A title"), speaker())]
    commands += [CreatePost(post(f"p{number}"), speaker()) for number in range(60)]
    commands += [CreateComment(comment(f"c{number}", BOB), speaker(BOB)) for number in range(60)]
    for number, command in enumerate(commands):
        await writer.handle(STREAM, command, commit_id=f"id-{number}", fingerprint="f", caller="c")
    whole = await writer.state(STREAM)

    for reads in (121, 1):
        snapshotting = thread_snapshots(kept)
        handler: CommandHandler[Command, thread.State, thread.Event] = CommandHandler(
            store, event_codec(), thread_decider, snapshots=snapshotting
        )
        store.read = 0
        assert await handler.state(STREAM) == whole
        await snapshotting.settle()
        assert store.read == reads
    handled = await handler.handle(
        STREAM, CreatePost(post("last", BOB), speaker(BOB)), commit_id="last", fingerprint="f", caller="c"
    )
    published = handled.events[-1]
    assert isinstance(published, thread.PostPublished)
    assert (published.author_name, published.ordinal) == ("name of b", 61)
