"""Short ways to write commits in tests of the event log."""

import uuid

from services.chassis.log.eventstore import Commit, CommitMeta, EventData, EventStore, LogStore, Mark, Write

META = CommitMeta(fingerprint="f1", at=1_900_000_000, caller="spiffe://test/ns/client/sa/client")
EVENT = EventData("test.v1.Happened", b"\x0a\x01a")


def new_id() -> str:
    return str(uuid.uuid4())


async def append(
    store: EventStore, stream: str, expected: int, count: int = 1, *, commit_id: str = "", event: EventData = EVENT
) -> Commit:
    """Append `count` like events."""
    return await store.append(stream, expected, [Write(commit_id or new_id(), [event] * count, META)])


async def sequence_all(store: LogStore) -> None:
    """Give every commit a position, in the order in which the store names them."""
    waiting = await store.unsequenced(10_000)
    await store.assign_positions(await store.head_position(), [commit.commit_id for commit in waiting])


def mark(position: int, offset: int = 0) -> Mark:
    return Mark(position, offset)
