"""Each day gets its one root, and every text one place in one of them, whoever works on it and however it fails."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore import StoreUnavailable, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler
from services.forum import committing
from services.forum.adapters.event_codec import event_codec
from services.forum.committing import commit, day_name, find
from services.forum.domain import post_root, post_root_decider, text_commitment
from services.forum.domain.post_root import DayClosed, PostsRooted
from services.forum.domain.text_commitment import TextCommitted
from services.forum.post_roots import PostRoots
from services.seal.commitment import TextCommitment, TextId, passage_hash, passages_root, salts_of, statement_commitment
from services.seal.leaves import PostRootLeaf
from services.seal.passages import passages
from services.seal.post_root import DayPlace, verify_place
from services.seal.secret import SecretBytes
from services.seal.statements import PostStatement
from tests.support.commits import META, sequence_all
from tests.unit.forum.test_forum_views import commented, published

CODEC = event_codec()
SECRET = SecretBytes(b"c" * 32)
FIRST = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY_0 = post_root.day_of(int(FIRST.timestamp()))


@dataclass
class Log:
    """A forum's log with a clock, and those who root its days."""

    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    clock: FixedClock = field(default_factory=lambda: FixedClock(FIRST))

    def worker(self, store: Any = None) -> PostRoots:
        """A process that has just begun, on the log's store or on another way to it."""
        handler: Any = CommandHandler
        store = store or self.store
        return PostRoots(
            log=store,
            codec=CODEC,
            roots=handler(store, CODEC, post_root_decider, self.clock),
            commitments=handler(store, CODEC, text_commitment, self.clock),
            secret=SECRET,
            clock=self.clock,
        )

    async def write(self, *, days_ahead: int = 0, comment: bool = False, sequenced: bool = True, **changes: Any) -> str:
        """A text of now, or of a clock that is so many days ahead, with or without a position yet; its id."""
        at = int(self.clock.now().timestamp()) + days_ahead * 86_400
        post = replace(published(str(uuid.uuid4()), at, thread_id=str(uuid.uuid4())), **changes)
        event = replace(commented(str(uuid.uuid4()), post), published_at=at) if comment else post
        write = Write(str(uuid.uuid4()), [CODEC.encode(event)], META)
        await self.store.append(f"thread-{post.thread_id}", 0, [write])
        if sequenced:
            await sequence_all(self.store)
        return event.comment_id if comment else event.post_id  # type: ignore[union-attr]

    async def settle(self, worker: PostRoots) -> None:
        """Let the worker do all there is to do; what it writes gets its position as in life."""
        while await worker.step():
            await sequence_all(self.store)
        await sequence_all(self.store)

    async def events(self, kind: type) -> list[Any]:
        await sequence_all(self.store)
        commits = await self.store.read_log(0, 100_000)
        told = [event for each in commits for stored in each.events for event in CODEC.decode(stored.type, stored.data)]
        return [event for event in told if isinstance(event, kind)]

    async def next_day(self) -> None:
        self.clock.advance(timedelta(days=1))


def id_of(text: TextCommitted) -> str:
    return text.comment_id or text.post_id


def check(kept: list[TextCommitted], roots: list[PostsRooted]) -> None:
    """Every commitment stands in the tree of the one root of its day, and days follow one another."""
    leaves = {each.day: PostRootLeaf(day_name(each.day), each.size, each.root) for each in roots}
    assert len(leaves) == len(roots)
    assert sorted(leaves) == list(range(min(leaves), max(leaves) + 1)) if leaves else not kept
    for each in kept:
        text = TextId(each.thread_id, each.post_id, each.comment_id)
        count, root = len(each.passages), passages_root(each.passages)
        commitment = TextCommitment(text, each.statement_commitment, count, root)
        place = DayPlace(day_name(each.day), each.day_size, each.day_index, each.day_path)
        verify_place(place, commitment.to_bytes(), leaves[each.day])
        assert each.day_root == leaves[each.day].root


async def test_a_day_is_rooted_once_it_is_over_and_not_before() -> None:
    log = Log()
    worker = log.worker()
    ids = {await log.write(), await log.write(comment=True)}
    log.clock.advance(timedelta(hours=12))
    await log.settle(worker)
    assert not await log.events(DayClosed), "closed at midnight, when texts of the day may still be under way"
    log.clock.advance(timedelta(minutes=5))
    await log.settle(worker)
    await log.settle(log.worker())
    [root] = await log.events(PostsRooted)
    kept = await log.events(TextCommitted)
    assert (root.day, root.size) == (DAY_0, 64)
    assert {id_of(each) for each in kept} == ids
    check(kept, [root])


async def test_a_forum_without_texts_has_no_roots_and_one_with_has_them_for_quiet_days_too() -> None:
    log = Log()
    worker = log.worker()
    for _ in range(3):
        await log.next_day()
        await log.settle(worker)
    assert not await log.events(DayClosed)
    await log.write()
    for _ in range(3):
        await log.next_day()
        await log.settle(worker)
    roots = await log.events(PostsRooted)
    assert [each.day for each in roots] == [DAY_0 + 3, DAY_0 + 4, DAY_0 + 5]
    assert {each.size for each in roots} == {64}
    assert len({each.root for each in roots}) == 3


async def test_the_first_text_may_get_its_position_after_its_day() -> None:
    log = Log()
    worker = log.worker()
    first = await log.write(sequenced=False)
    await log.next_day()
    assert not await worker.step()
    await sequence_all(log.store)
    await log.settle(worker)
    [root], kept = await log.events(PostsRooted), await log.events(TextCommitted)
    assert (root.day, [id_of(each) for each in kept]) == (DAY_0, [first])


async def test_days_that_nobody_rooted_are_rooted_later_each_with_its_own_texts() -> None:
    log = Log()
    written = []
    for _ in range(4):
        written.append(await log.write())
        await log.next_day()
    await log.settle(log.worker())
    kept = sorted(await log.events(TextCommitted), key=lambda each: each.day)
    assert [id_of(each) for each in kept] == written
    check(kept, await log.events(PostsRooted))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(-1, 2), st.booleans()),
            st.tuples(st.just("next day")),
            st.tuples(st.just("step"), st.integers(0, 1)),
            st.tuples(st.just("crash"), st.integers(0, 1)),
        ),
        max_size=40,
    )
)
async def test_every_text_gets_one_place_whatever_happens(steps: list[Any]) -> None:
    log = Log()
    workers = [log.worker(), log.worker()]
    written: dict[str, int] = {}
    for what, *how in steps:
        if what == "write":
            own = post_root.day_of(int(log.clock.now().timestamp())) + how[0]
            written[await log.write(days_ahead=how[0], comment=how[1])] = own
        elif what == "next day":
            await log.next_day()
        elif what == "step":
            await workers[how[0]].step()
        else:
            workers[how[0]] = log.worker()
    for _ in range(5):
        await log.next_day()
        await log.settle(workers[0])
    kept = await log.events(TextCommitted)
    assert sorted(map(id_of, kept)) == sorted(written)
    assert all(each.day >= written[id_of(each)] for each in kept)
    check(kept, await log.events(PostsRooted))


@dataclass
class Failing:
    """A store that does what it is asked at one call, and says that it did not answer."""

    store: MemoryEventStore
    at: int
    calls: int = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        if not asyncio.iscoroutinefunction(method):
            return method

        async def called(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            answer = await method(*arguments, **named)
            if self.calls == self.at:
                raise StoreUnavailable("away")
            return answer

        return called


async def test_wherever_the_work_is_cut_off_it_ends_in_the_same_root() -> None:
    ids = [str(uuid.uuid4()) for _ in range(60)]
    calm = Log()
    await write_all(calm, ids)
    await calm.settle(calm.worker())
    expected = await calm.events(PostsRooted), await calm.events(TextCommitted)
    for at in range(1, 100):
        log = Log()
        await write_all(log, ids)
        failing = Failing(log.store, at)
        with suppress(StoreUnavailable):
            await log.settle(log.worker(failing))
        if failing.calls < at:
            break
        await log.settle(log.worker())
        assert (await log.events(PostsRooted), await log.events(TextCommitted)) == expected
    assert at > 10, "the work takes more calls than that"


async def write_all(log: Log, ids: list[str]) -> None:
    for number in ids:
        await log.write(post_id=number, thread_id=number, body="Words.")
    await log.next_day()


async def test_two_that_work_at_once_make_one_root() -> None:
    log = Log()
    for _ in range(130):
        await log.write()
    await log.next_day()
    await asyncio.gather(log.settle(log.worker()), log.settle(log.worker()))
    check(await log.events(TextCommitted), await log.events(PostsRooted))
    assert len(await log.events(TextCommitted)) == 130
    assert len(await log.events(DayClosed)) == 1


async def test_a_text_of_any_size_can_be_kept() -> None:
    log = Log()
    for _ in range(60):
        await log.write(body="。x" * 2000)
    await log.next_day()
    await log.settle(log.worker())
    assert {len(each.passages) for each in await log.events(TextCommitted)} == {200}


async def test_what_is_kept_shows_nothing_of_the_text_or_its_author() -> None:
    log = Log()
    await log.write(body="A sentence. B.")
    await log.next_day()
    await log.settle(log.worker())
    commits = await log.store.read_log(0, 1000)
    stored = [event.data for each in commits if not each.stream.startswith("thread-") for event in each.events]
    author = published("x").alias_key
    assert stored
    assert not any(hidden in data for data in stored for hidden in (b"sentence", author, b"Title", b"otter"))


def test_a_quotation_is_found_wherever_it_stands() -> None:
    post = replace(published("p"), title="Title", body="One. Two. Two. Three.\n海。One.")
    kept = kept_of(post)
    found = {text: find(SECRET, kept, passages(text)) for text in ("Title", "One.", "Two. Three.", "One. Two.", "海。")}
    assert found == {"Title": 0, "One.": 1, "Two. Three.": 3, "One. Two.": 1, "海。": 5}
    for altered in ("One", "one.", "Two. One.", "One. Two. Three.", "Two. Two. Two.", "x", "Title One. Two."):
        assert find(SECRET, kept, passages(altered)) is None
    assert find(SECRET, kept, ()) is None
    assert find(SecretBytes(b"x" * 32), kept, passages("One.")) is None


def test_looking_for_a_quotation_that_nearly_fits_everywhere_costs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_of(replace(published("p"), body="a. " * 200))
    hashed: list[str] = []

    def counting(salt: bytes, passage: str) -> bytes:
        hashed.append(passage)
        return passage_hash(salt, passage)

    monkeypatch.setattr(committing, "passage_hash", counting)
    assert find(SECRET, kept, passages("a. " * 99 + "b.")) is None
    assert len(hashed) <= 2 * len(kept.passages)


def test_the_statement_that_was_signed_opens_the_commitment() -> None:
    post = replace(published("p"), title="Title", body="One. Two.")
    salt = salts_of(SECRET, TextId("t", "p"), 3).statement
    statement = PostStatement("t", "p", "Title", "One. Two.")
    assert kept_of(post).statement_commitment == statement_commitment(salt, statement.hash())


def kept_of(post: Any) -> TextCommitted:
    made = commit(SECRET, post)
    return TextCommitted(0, "t", "p", "", made.commitment.statement, made.passages, 64, 0, (), b"r" * 32)
