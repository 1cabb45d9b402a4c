"""Who brings a token reads what it stands for, or is told in time that it cannot be read yet."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from services.chassis.log.consistency import MAX_TOKEN_BYTES, ConsistencyTokens, Waiter, Written
from services.chassis.log.eventstore import Commit
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.nudge import Nudge
from services.chassis.log.tailing import LogTail
from services.chassis.rpc_deadline import Deadline
from services.chassis.rpc_errors import RefusedError
from services.chassis.views.projection import Projection
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import Advance, Generations
from services.chassis.views.viewstore_memory import MemoryViewStore
from services.seal import field_crypt
from services.seal.secret import SecretBytes
from tests.support.commits import append, sequence_all
from tests.support.events import Raised

TOTALS = Projection(name="totals", version=1, handles=(Raised,), route=lambda _: (), evolve=lambda *_: None)


class Sealing:
    def __init__(self) -> None:
        self.key = SecretBytes.random(32)

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        return field_crypt.encrypt(self.key, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        return field_crypt.decrypt(self.key, sealed, aad)


SEALING = Sealing()
TOKENS = ConsistencyTokens(SEALING, "epoch-1")


def token_of(commit: Commit) -> bytes:
    return TOKENS.issue(Written(commit.stream, commit.last, commit.commit_id))


@asynccontextmanager
async def waiting(store: MemoryEventStore, window: int = 100) -> AsyncIterator[tuple[Waiter, LogTail]]:
    tail = LogTail(store, news=Nudge(), window=window)
    task = asyncio.create_task(tail.run())
    try:
        async with asyncio.timeout(60):
            await tail.ready()
            yield Waiter(store, tail, TOKENS), tail
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def refusal(waiter: Waiter, token: bytes, *read: LogTail, seconds: float = 5) -> str:
    with pytest.raises(RefusedError) as refused:
        await waiter.wait(token, Deadline.after(seconds), *read)
    return f"{refused.value.failure.code.name} {refused.value.failure.reason}"


def test_a_token_says_nothing_to_others_and_everything_to_its_service() -> None:
    written = Written("thread-数", 7, "a commit")
    token = TOKENS.issue(written)
    assert TOKENS.read(token) == written
    assert token != TOKENS.issue(written)
    assert b"thread" not in token
    assert b"commit" not in token


@pytest.mark.parametrize("change", ["flip", "cut", "grow", "nothing", "long", "another key", "another epoch"])
def test_what_is_no_token_of_this_log_is_refused(change: str) -> None:
    token = TOKENS.issue(Written("thread-1", 1, "a"))
    changed = {
        "flip": token[:-1] + bytes([token[-1] ^ 1]),
        "cut": token[:9],
        "grow": token + b"\0",
        "nothing": b"",
        "long": secrets.token_bytes(MAX_TOKEN_BYTES + 1),
        "another key": ConsistencyTokens(Sealing(), "epoch-1").issue(Written("thread-1", 1, "a")),
        "another epoch": ConsistencyTokens(SEALING, "epoch-2").issue(Written("thread-1", 1, "a")),
    }[change]
    with pytest.raises(RefusedError) as refused:
        TOKENS.read(changed)
    assert refused.value.failure.reason == "INVALID_CONSISTENCY_TOKEN"


async def test_no_token_waits_for_nothing() -> None:
    async with waiting(MemoryEventStore()) as (waiter, tail):
        await waiter.wait(b"", Deadline.after(0), tail)


async def test_a_token_is_waited_for_until_its_commit_has_a_place_and_was_read() -> None:
    store = MemoryEventStore()
    async with waiting(store) as (waiter, tail):
        token = token_of(await append(store, "thread-1", 0))
        reading = asyncio.create_task(waiter.wait(token, Deadline.after(5), tail))
        await asyncio.sleep(0.05)
        assert not reading.done()
        await sequence_all(store)
        await reading
        assert tail.position == 1


async def test_an_old_commit_is_found_in_the_store() -> None:
    store = MemoryEventStore()
    token = token_of(await append(store, "thread-1", 0))
    await append(store, "thread-1", 1)
    await sequence_all(store)
    async with waiting(store, window=0) as (waiter, tail):
        await waiter.wait(token, Deadline.after(5), tail)


async def test_what_cannot_be_seen_in_time_is_told_so() -> None:
    store = MemoryEventStore()
    async with waiting(store) as (waiter, tail):
        token = token_of(await append(store, "thread-1", 0))
        assert await refusal(waiter, token, tail, seconds=0.3) == "UNAVAILABLE NOT_YET_VISIBLE"
        assert await refusal(waiter, token, tail, seconds=0.01) == "UNAVAILABLE NOT_YET_VISIBLE"


@pytest.mark.parametrize(
    "written", [Written("thread-1", 1, "nobody's"), Written("thread-2", 1, "c"), Written("thread-1", 2, "c")]
)
async def test_a_token_of_what_was_never_written_is_refused(written: Written) -> None:
    store = MemoryEventStore()
    await append(store, "thread-1", 0, commit_id="c")
    async with waiting(store) as (waiter, tail):
        assert await refusal(waiter, TOKENS.issue(written), tail) == "INVALID_ARGUMENT INVALID_CONSISTENCY_TOKEN"


async def test_views_are_waited_for_as_well() -> None:
    store, views = MemoryEventStore(), MemoryViewStore()
    await views.swap("totals_v1", Generations(), Generations(active=1))
    active, documents = ViewCatalog(views).views(TOTALS), views.documents("totals_v1", 1)
    async with waiting(store) as (waiter, tail):
        token = token_of(await append(store, "thread-1", 0))
        await sequence_all(store)
        reading = asyncio.create_task(waiter.wait(token, Deadline.after(5), tail, active))
        await tail.reached(1)
        await asyncio.sleep(0.1)
        assert not reading.done()
        await documents.open(1)
        await documents.write({}, Advance(0, 1, 1))
        await reading
