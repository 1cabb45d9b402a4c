"""What a process has appended is told to its sequencer, until that is too much to hold."""

import gc

from services.chassis.log.appends import Appends, Feed
from services.chassis.log.eventstore import Commit, EventData
from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.support.commits import append


async def commits(count: int, *, size: int = 1) -> list[Commit]:
    store = MemoryEventStore()
    return [await append(store, f"thread-{n}", 0, event=EventData("t", b"x" * size)) for n in range(count)]


async def test_a_feed_gives_each_commit_once_and_in_order() -> None:
    given = await commits(5)
    feed: Feed[Commit] = Feed()
    feed.put(given[:2])
    feed.put(given[2:])
    assert feed.take(3) == (given[:3], False)
    assert len(feed) == 2
    assert feed.take(3) == (given[3:], False)
    assert feed.take(3) == ([], False)


async def test_what_is_too_much_is_dropped_and_told_once() -> None:
    given = await commits(5, size=99)
    for feed in (Feed[Commit](most=4), Feed[Commit](most_bytes=499)):
        feed.put(given)
        assert feed.take(9) == ([], True)
        feed.put(given[:4])
        assert feed.take(9) == (given[:4], False)
        feed.put(given[:4])
        assert feed.take(9) == (given[:4], False)


async def test_every_feed_hears_what_is_told_after_it_was_made() -> None:
    given, appends = await commits(2), Appends[Commit]()
    early = appends.feed()
    appends.tell(given[:1])
    late = appends.feed()
    with appends.listen() as listener:
        appends.tell(given[1:])
        assert await listener.wait(0)
    assert (early.take(9)[0], late.take(9)[0]) == (given, given[1:])


async def test_a_feed_that_nobody_holds_is_forgotten() -> None:
    appends = Appends[Commit]()
    feed = appends.feed()
    appends.tell(await commits(1))
    assert len(appends._feeds) == len(feed) == 1
    del feed
    gc.collect()
    assert len(appends._feeds) == 0
