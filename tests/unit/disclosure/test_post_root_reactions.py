"""The forum's daily roots: each a leaf, once, and never a second one for a day."""

import pytest
from google.protobuf.message import Message

from services.chassis.clock import FixedClock
from services.chassis.integration.bus import foreign_commit_id
from services.chassis.integration.consumer import ForeignEvent, ProducerDistrusted
from services.chassis.log.eventstore import Mark
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.reactions.post_roots import PostRoots
from services.seal.leaves import PostRootLeaf
from services.tlog.log import TransparencyLog
from vouchsafe.forum.events.v1 import post_roots_pb2 as pb

DAY = 21_915  # 2030-01-01


@pytest.fixture
def log() -> TransparencyLog:
    return TransparencyLog(MemoryEventStore(), event_codec(), FixedClock())


def foreign(position: int, message: Message) -> ForeignEvent:
    mark = Mark(position)
    kind = message.DESCRIPTOR.full_name
    return ForeignEvent("forum", mark, kind, message.SerializeToString(), foreign_commit_id("forum", mark))


def rooted(root: bytes = b"r" * 32, day: int = DAY) -> pb.PostsRooted:
    return pb.PostsRooted(day=day, size=64, root=root)


async def test_a_root_becomes_a_leaf_however_often_it_is_delivered(log: TransparencyLog) -> None:
    reactions = PostRoots(log)
    [(kind, react)] = reactions.by_type().items()
    assert kind == "vouchsafe.forum.events.v1.PostsRooted"
    # The second delivery is from a log that was restored: the same day and root at another position.
    for position in (1, 1, 7):
        await react(foreign(position, rooted()))
    await react(foreign(8, rooted(b"s" * 32, DAY + 1)))
    assert [PostRootLeaf.parse(leaf) for leaf in log.leaves(0, 9)] == [
        PostRootLeaf("2030-01-01", 64, b"r" * 32),
        PostRootLeaf("2030-01-02", 64, b"s" * 32),
    ]


async def test_a_day_with_two_roots_stops_the_line(log: TransparencyLog) -> None:
    reactions = PostRoots(log)
    await reactions.posts_rooted(foreign(1, rooted()))
    for second in (rooted(b"s" * 32), pb.PostsRooted(day=DAY, size=128, root=b"r" * 32)):
        with pytest.raises(ProducerDistrusted):
            await reactions.posts_rooted(foreign(2, second))
    assert log.size == 1
