"""Who brings a token reads what it stands for, or is told in time that it cannot be read yet."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
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
from services.chassis.views.view_catalog import ActiveViews, ViewCatalog
from services.chassis.views.viewstore import Advance, Document, Generations, Loaded, StoredView
from services.chassis.views.viewstore_memory import MemoryViewStore
from services.seal import field_crypt
from services.seal.secret import SecretBytes
from tests.support.commits import append, sequence_all
from tests.support.events import Raised
from tests.support.losing_views import LosingDocuments

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


# --- Reading after the wait -------------------------------------------------------------------------------------------

VIEW = "totals_v1"
OLD, NEW = {"n": 1}, {"n": 2}


class Asked(LosingDocuments):
    """Notes what it is asked."""

    def clear(self) -> None:
        super().clear()
        self.asked: list[str] = []

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        self.asked.append("get_many")
        loaded = await super().load(document_ids)
        return {key: view.document for key, view in loaded.views.items() if view.document is not None}

    async def load(self, document_ids: Sequence[str]) -> Loaded:
        self.asked.append("load")
        return await super().load(document_ids)

    async def position(self) -> int:
        self.asked.append("position")
        return await super().position()


class Shown:
    """A view of two generations over a log of two commits: the first is folded durably, the second is not."""

    def __init__(self) -> None:
        self.rows = MemoryViewStore()
        self.documents = Asked()
        self.rows._documents[VIEW, 1] = self.documents
        self.views: ActiveViews = ViewCatalog(self.rows).views(TOTALS)

    async def fold(self, documents: LosingDocuments) -> None:
        await documents.open(1)
        await documents.write({"c": StoredView(OLD, 1)}, Advance(0, 1, 1), durable=True)
        await self.fold_last(documents)

    async def fold_last(self, documents: LosingDocuments) -> None:
        await documents.write({"c": StoredView(NEW, 2)}, Advance(1, 2, 1))

    async def flip(self) -> LosingDocuments:
        """Have queries read a second generation; it is as far as the first."""
        documents = self.rows._documents[VIEW, 2] = LosingDocuments()
        await self.fold(documents)
        (old,) = (await self.rows.generations()).values()
        await self.rows.swap(VIEW, old, old.begun().flipped())
        return documents


@asynccontextmanager
async def shown() -> AsyncIterator[tuple[Shown, Waiter, bytes]]:
    """The view, and a token of what only its last write shows."""
    store, found = MemoryEventStore(), Shown()
    await found.rows.swap(VIEW, Generations(), Generations(active=1))
    await found.fold(found.documents)
    await append(store, "thread-1", 0)
    token = token_of(await append(store, "thread-1", 1))
    await sequence_all(store)
    async with waiting(store) as (waiter, _):
        yield found, waiter, token


async def test_what_was_waited_for_is_read_although_the_store_has_lost_it_meanwhile() -> None:
    async with shown() as (found, waiter, token):
        await waiter.wait(token, Deadline.after(5), found.views)
        for _ in range(2):  # However many reads follow.
            assert await found.views.get("c") == NEW
            found.documents.lose()
            reading = asyncio.create_task(found.views.get("c"))
            await asyncio.sleep(0.3)
            assert not reading.done()
            await found.fold_last(found.documents)
            assert await reading == NEW


async def test_a_read_of_what_stays_lost_says_so_in_time() -> None:
    async with shown() as (found, waiter, token):
        await waiter.wait(token, Deadline.after(0.5), found.views)
        found.documents.lose()
        for _ in range(2):
            with pytest.raises(RefusedError) as refused:
                await found.views.get_many(["c", "d"])
            assert refused.value.failure.reason == "NOT_YET_VISIBLE"
        # Once for each read and for each look in between, and not as fast as it goes.
        assert len(found.documents.asked) < 40


async def test_a_view_that_nobody_waited_for_shows_it_as_well() -> None:
    async with shown() as (found, waiter, token):
        found.documents.lose()
        await waiter.wait(token, Deadline.after(5))
        reading = asyncio.create_task(found.views.get("c"))
        await asyncio.sleep(0.1)
        assert not reading.done()
        await found.fold_last(found.documents)
        assert await reading == NEW


async def test_what_was_waited_for_is_read_of_whichever_generation() -> None:
    async with shown() as (found, waiter, token):
        await waiter.wait(token, Deadline.after(5), found.views)
        new = await found.flip()
        found.views._catalog._seen_at = float("-inf")
        new.lose()
        reading = asyncio.create_task(found.views.get("c"))
        await asyncio.sleep(0.1)
        assert not reading.done()
        await found.fold_last(new)
        assert await reading == NEW
        assert found.views._catalog._seen[VIEW].active == 2


async def test_a_removed_document_is_none_to_who_waited() -> None:
    async with shown() as (found, waiter, token):
        await found.documents.write({"c": StoredView(None, 3)}, Advance(2, 3, 1))
        await waiter.wait(token, Deadline.after(5), found.views)
        assert await found.views.get("c") is None
        assert await found.views.get_many(["c", "d"]) == {}


async def test_a_read_costs_one_question_with_a_token_and_without() -> None:
    async with shown() as (found, waiter, token):
        found.documents.asked.clear()
        assert await found.views.get("c") == NEW
        assert await found.views.get_many(["c"]) == {"c": NEW}
        assert found.documents.asked == ["get_many", "get_many"]
        await waiter.wait(token, Deadline.after(5), found.views)
        found.documents.asked.clear()
        assert await found.views.get("c") == NEW
        assert await found.views.get_many(["c"]) == {"c": NEW}
        assert await found.views.get_many([]) == {}
        assert found.documents.asked[:2] == ["load", "load"]
        assert "position" not in found.documents.asked


async def test_who_brought_no_token_reads_what_there_is() -> None:
    async with shown() as (found, waiter, token):
        await asyncio.create_task(waiter.wait(token, Deadline.after(5), found.views))  # Another call.
        found.documents.lose()
        await waiter.wait(b"", Deadline.after(5), found.views)
        assert await found.views.get("c") == OLD
