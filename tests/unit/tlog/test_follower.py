"""Whoever follows the log sees what governs, and is neither shown an older log nor another one."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.chassis.clock import FixedClock
from services.chassis.durable_file import StateError
from services.seal.leaves import LockDownLeaf, OpeningVetoedLeaf
from services.seal.statements import LockDown, Veto
from services.tlog.anchor import FORKED, NEWEST, Anchor
from services.tlog.errors import SourceError
from services.tlog.follower import FRESH_SECONDS, LogFollower, LogForked, LogUnavailable
from tests.support.public_log import LogKeys, MemorySource, PublicLog

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def unix() -> int:
    return int(NOW.timestamp())


def shown(log: PublicLog, name: str = "memory") -> MemorySource:
    source = MemorySource(log, name)
    source.at = unix()
    return source


def follower(log: PublicLog, *sources: MemorySource, anchor: Anchor | None = None) -> LogFollower:
    return LogFollower(log.trust, sources, clock=FixedClock(NOW), anchor=anchor, patience=0.0)


@pytest.fixture
def log() -> PublicLog:
    made = PublicLog()
    made.grow(9)
    return made


async def test_what_an_officer_stops_is_seen(log: PublicLog):
    source = shown(log)
    view = follower(log, source)
    governance = await view.view(10)
    assert (governance.size, governance.locked, governance.void) == (10, False, 0)
    ann, ceremony = log.keys.officers["ann"], log.trust.hash()
    log.append(LockDownLeaf(1, "ann", ann.sign(LockDown(ceremony, 1, "ann").signed_bytes())))
    log.append(OpeningVetoedLeaf(bytes(32), "ann", ann.sign(Veto(ceremony, bytes(32), "ann").signed_bytes())))
    governance = await view.view(0)
    assert (governance.size, governance.locked, governance.vetoed) == (12, True, {bytes(32)})


async def test_no_leaf_is_fetched_twice(log: PublicLog):
    source = shown(log)
    view = follower(log, source)
    for _ in range(5):
        await view.view(0)
        log.grow(1)
    await view.view(0)
    assert source.served == len(log.leaves)


async def test_a_log_that_is_too_small_is_unavailable_until_it_has_grown(log: PublicLog):
    view = follower(log, shown(log))
    with pytest.raises(LogUnavailable):
        await view.view(11)
    log.grow(1)
    assert (await view.view(11)).size == 11


async def test_what_was_not_co_signed_lately_is_not_believed(log: PublicLog):
    source = shown(log)
    view = follower(log, source)
    source.at = unix() - FRESH_SECONDS - 1
    with pytest.raises(LogUnavailable):
        await view.view(0)
    source.at = unix() - FRESH_SECONDS
    assert (await view.view(0)).size == 10


async def test_what_was_seen_grows_stale_when_no_mirror_answers(log: PublicLog):
    clock, source = FixedClock(NOW), shown(log)
    view = LogFollower(log.trust, [source], clock=clock, patience=0.0)
    await view.view(0)
    source.broken = True
    clock.advance(timedelta(seconds=FRESH_SECONDS))
    assert (await view.view(0)).size == 10
    clock.advance(timedelta(seconds=1))
    with pytest.raises(LogUnavailable):
        await view.view(0)


async def test_a_time_in_the_future_is_no_freshness(log: PublicLog):
    source = shown(log)
    source.at = unix() + FRESH_SECONDS + 1
    with pytest.raises(LogUnavailable):
        await follower(log, source).view(0)


async def test_freshness_takes_a_whole_quorum(log: PublicLog):
    class OneWitnessIsFresh(MemorySource):
        async def checkpoint(self) -> str:
            old, new = (log.head(at=at).splitlines(keepends=True) for at in (unix() - 1000, unix()))
            return "".join([*old[:-1], new[-1]])

    with pytest.raises(LogUnavailable):
        await follower(log, OneWitnessIsFresh(log)).view(0)


@pytest.mark.parametrize("witnesses", [0, 1])
async def test_without_a_quorum_of_witnesses_nothing_is_believed(log: PublicLog, witnesses: int):
    class Unwitnessed(MemorySource):
        async def checkpoint(self) -> str:
            return log.head(at=unix(), witnesses=witnesses)

    with pytest.raises(LogUnavailable):
        await follower(log, Unwitnessed(log)).view(0)


async def test_another_logs_signatures_are_not_believed(log: PublicLog):
    other = PublicLog(LogKeys())
    with pytest.raises(LogUnavailable):
        await follower(log, shown(other)).view(0)


async def test_any_fresh_mirror_will_do(log: PublicLog):
    broken, stale, garbled, good = (shown(log, name) for name in "abcd")
    broken.broken, garbled.garbled, stale.size = True, True, 3
    view = follower(log, broken, stale, garbled, good)
    assert (await view.view(10)).size == 10
    log.grow(1)
    assert (await view.view(11)).size == 11


async def test_garbage_alone_is_unavailable_and_not_a_fork(log: PublicLog):
    source = shown(log)
    source.garbled = True
    view = follower(log, source)
    with pytest.raises(LogUnavailable):
        await view.view(0)
    source.garbled = False
    assert (await view.view(0)).size == 10
    log.grow(2)
    source.garbled = True
    with pytest.raises(LogUnavailable):
        await view.view(12)


async def test_a_mirror_that_is_behind_changes_nothing(log: PublicLog):
    source = shown(log)
    view = follower(log, source)
    await view.view(0)
    source.size = 4
    assert (await view.view(0)).size == 10


@pytest.mark.parametrize(("here", "there"), [(10, 10), (10, 8), (10, 13), (7, 13), (10, 6)])
async def test_two_mirrors_that_contradict_each_other_are_a_fork(log: PublicLog, here: int, there: int):
    fork = log.fork(5)
    fork.grow(there - 5, seed=1)
    one, other = shown(log, "one"), shown(fork, "other")
    one.size = here
    view = follower(log, one, other)
    with pytest.raises(LogForked) as raised:
        await view.view(0)
    assert set(raised.value.evidence) == {log.head(here, at=unix()), fork.head(at=unix())}


async def test_a_fork_is_never_forgotten(log: PublicLog, tmp_path: Path):
    fork = log.fork(5)
    fork.grow(9, seed=1)
    source = shown(log)
    view = follower(log, source, anchor=Anchor(tmp_path))
    await view.view(0)
    source.log = fork
    with pytest.raises(LogForked):
        await view.view(0)
    source.log = log
    for each in (view, follower(log, source, anchor=Anchor(tmp_path))):
        with pytest.raises(LogForked) as raised:
            await each.view(0)
        assert set(raised.value.evidence) == {log.head(at=unix()), fork.head(at=unix())}
    for number in (1, 2):
        (tmp_path / FORKED.format(number)).unlink()
    assert (await follower(log, source, anchor=Anchor(tmp_path)).view(0)).size == 10


@pytest.mark.parametrize("size", [10, 12])
async def test_a_restart_is_not_shown_another_log(log: PublicLog, tmp_path: Path, size: int):
    await follower(log, shown(log), anchor=Anchor(tmp_path)).view(0)
    fork = log.fork(9)
    fork.grow(size - 9, seed=1)
    with pytest.raises(LogForked):
        await follower(log, shown(fork), anchor=Anchor(tmp_path)).view(0)


class HeadAlone(MemorySource):
    """Shows signed heads, and none of the leaves below them."""

    async def entries(self, start: int, size: int) -> list[bytes]:
        raise SourceError("no leaves")


def head_alone(log: PublicLog, name: str) -> MemorySource:
    source = HeadAlone(log, name)
    source.at = unix()
    return source


async def test_two_heads_of_one_size_are_a_fork_though_neither_has_leaves(log: PublicLog):
    one, other = log.fork(10), log.fork(10)
    one.grow(5, seed=1)
    other.grow(5, seed=2)
    with pytest.raises(LogForked) as raised:
        await follower(log, head_alone(one, "one"), head_alone(other, "other")).view(0)
    assert set(raised.value.evidence) == {one.head(at=unix()), other.head(at=unix())}


@pytest.mark.parametrize("later", [15, 20])
async def test_a_head_whose_leaves_are_kept_back_is_held_against_the_log_that_grows(log: PublicLog, later: int):
    fork = log.fork(7)
    fork.grow(8, seed=1)
    view = follower(log, shown(log), head_alone(fork, "fork"))
    assert (await view.view(0)).size == 10
    log.grow(later - 10)
    with pytest.raises(LogForked) as raised:
        await view.view(0)
    assert set(raised.value.evidence) == {log.head(at=unix()), fork.head(at=unix())}


async def test_a_head_that_comes_before_its_leaves_is_no_fork(log: PublicLog):
    grown = log.fork(10)
    grown.grow(5)
    ahead = head_alone(grown, "ahead")
    view = follower(log, shown(log), ahead)
    await view.view(0)
    ahead.broken = True
    log.grow(5)
    assert (await view.view(15)).size == 15
    log.grow(5)
    assert (await view.view(20)).size == 20


async def test_after_a_restart_another_head_is_a_fork_before_any_leaf_is_shown(log: PublicLog, tmp_path: Path):
    await follower(log, shown(log), anchor=Anchor(tmp_path)).view(0)
    fork = log.fork(9)
    fork.grow(1, seed=1)
    with pytest.raises(LogForked):
        await follower(log, head_alone(fork, "alone"), anchor=Anchor(tmp_path)).view(0)


async def test_a_restart_is_not_shown_an_older_log(log: PublicLog, tmp_path: Path):
    await follower(log, shown(log), anchor=Anchor(tmp_path)).view(0)
    source = shown(log)
    source.size = 9
    again = follower(log, source, anchor=Anchor(tmp_path))
    with pytest.raises(LogUnavailable):
        await again.view(0)
    log.grow(3)
    source.size = 13
    assert (await again.view(13)).size == 13


async def test_after_a_restart_on_an_older_mirror_a_fork_is_still_found(log: PublicLog, tmp_path: Path):
    await follower(log, shown(log), anchor=Anchor(tmp_path)).view(0)
    fork = log.fork(7)
    fork.grow(7, seed=1)
    source = shown(fork)
    source.size = 7
    again = follower(log, source, anchor=Anchor(tmp_path))
    with pytest.raises(LogUnavailable):
        await again.view(0)
    source.size = None
    with pytest.raises(LogForked):
        await again.view(0)


async def test_a_log_of_another_ceremony_is_refused(log: PublicLog):
    strange = PublicLog(log.keys, [b"ceremony\n"])
    with pytest.raises(LogForked):
        await follower(log, shown(strange)).view(0)


async def test_a_damaged_anchor_is_no_start(log: PublicLog, tmp_path: Path):
    await follower(log, shown(log), anchor=Anchor(tmp_path)).view(0)
    note = tmp_path / NEWEST
    note.write_text(note.read_text(encoding="utf-8").replace("\n10\n", "\n11\n"), encoding="utf-8")
    with pytest.raises(StateError):
        follower(log, shown(log), anchor=Anchor(tmp_path))


async def test_a_question_waits_for_a_mirror_that_catches_up(log: PublicLog):
    class Slow(MemorySource):
        async def checkpoint(self) -> str:
            self.size = 10 if self.size is None else 11
            return await super().checkpoint()

    log.grow(1)
    source = Slow(log)
    source.at = unix()
    view = LogFollower(log.trust, [source], clock=FixedClock(NOW), patience=30.0)
    begun = time.monotonic()
    assert (await view.view(11)).size == 11
    assert time.monotonic() - begun < 30.0
