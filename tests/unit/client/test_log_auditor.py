"""Whoever watches the log catches it, and the mirrors, at whatever contradicts what was shown before."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.chassis.clock import FixedClock, SystemClock
from services.seal.leaves import LabelDefinedLeaf, LockDownLeaf, PostRootLeaf, SubjectNoticeLeaf
from services.tlog.follower import FRESH_SECONDS
from services.tlog.tile_store import TileStore
from tests.support.public_log import MemorySource, PublicLog
from tests.unit.client.log_stories import START, Story, blind, intent, named
from vouchsafe.sdk import Reason, VouchsafeError, log_auditor
from vouchsafe.sdk.log_auditor import SEEN, SHOWN, TREE, LogAlarm, LogAuditor

IN_MEMORY, ON_DISK = "in memory", "on disk"


@pytest.fixture
def log() -> PublicLog:
    made = PublicLog()
    made.grow(9)
    return made


@pytest.fixture(params=[IN_MEMORY, ON_DISK])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path if request.param == ON_DISK else None


def shown(log: PublicLog, name: str = "mirror") -> MemorySource:
    source = MemorySource(log, name)
    source.at = int(time.time())
    return source


async def auditor(log: PublicLog, *mirrors: MemorySource, directory: Path | None = None) -> LogAuditor:
    return await LogAuditor.open(log.trust, mirrors, directory=directory, clock=SystemClock())


def evidence(directory: Path) -> set[str]:
    return {path.read_text(encoding="utf-8") for path in (directory / SEEN).glob("log-forked-*")}


async def test_each_larger_tree_is_told_with_what_is_new(log: PublicLog, directory: Path | None):
    watch = await auditor(log, shown(log), directory=directory)
    (news,) = (await watch.look()).news
    assert (news.mirror, news.signed.size, news.added, news.void) == ("mirror", 10, {"ceremony": 1, "ownership": 9}, 0)
    assert (await watch.look()).news == ()
    log.append(LockDownLeaf(5, "nobody", bytes(64)))
    (news,) = (await watch.look()).news
    assert (news.added, news.void) == ({"lock-down": 1}, 1)
    await watch.close()


async def test_a_later_run_goes_on_and_keeps_a_copy(log: PublicLog, tmp_path: Path):
    watch = await auditor(log, shown(log), directory=tmp_path)
    await watch.look()
    await watch.close()
    log.grow(3)
    source = shown(log)
    again = await auditor(log, source, directory=tmp_path)
    (news,) = (await again.look()).news
    assert (news.signed.size, news.added, source.served) == (13, {"ownership": 3}, 3)
    assert await TileStore(tmp_path / TREE).entries(0, 13) == log.leaves
    await again.close()


@pytest.mark.parametrize("sizes", [(10, 10), (10, 14), (14, 10)])
async def test_a_split_view_is_an_alarm_for_good(log: PublicLog, tmp_path: Path, sizes: tuple[int, int]):
    fork = log.fork(6)
    log.grow(sizes[0] - 10)
    fork.grow(sizes[1] - 6, seed=1)
    one, other = shown(log, "one"), shown(fork, "other")
    watch = await auditor(log, one, other, directory=tmp_path)
    with pytest.raises(LogAlarm) as raised:
        await watch.look()
    await watch.close()
    assert raised.value.reason == Reason.LOG_FORKED
    assert set(raised.value.evidence) == evidence(tmp_path) == {log.head(at=one.at), fork.head(at=other.at)}
    with pytest.raises(LogAlarm) as raised:
        await auditor(log, one, directory=tmp_path)
    assert raised.value.reason == Reason.LOG_ALARM


async def test_a_mirror_that_shows_less_than_before_is_an_alarm(log: PublicLog, directory: Path | None):
    one, other = shown(log, "one"), shown(log, "other")
    one.size = 4
    watch = await auditor(log, one, other, directory=directory)
    for size in (4, 9, 9, 10):
        one.size = size
        await watch.look()
    if directory is not None:
        await watch.close()
        watch = await auditor(log, one, other, directory=directory)
    one.size = 9
    with pytest.raises(LogAlarm) as raised:
        await watch.look()
    assert raised.value.reason == Reason.LOG_ROLLED_BACK
    assert raised.value.evidence == (log.head(10, at=one.at), log.head(9, at=one.at))
    if directory is not None:
        assert evidence(directory) == set(raised.value.evidence)
    await watch.close()


@pytest.mark.parametrize("witnesses", [0, 1])
async def test_a_head_without_its_signatures_is_an_alarm(log: PublicLog, directory: Path | None, witnesses: int):
    class Unwitnessed(MemorySource):
        async def checkpoint(self) -> str:
            return log.head(at=self.at, witnesses=witnesses)

    good, bad = shown(log), Unwitnessed(log, "bad")
    watch = await auditor(log, good, directory=directory)
    await watch.look()
    await watch.close()
    watch = await auditor(log, good, bad, directory=directory)
    with pytest.raises(LogAlarm) as raised:
        await watch.look()
    assert raised.value.reason == Reason.LOG_UNSIGNED
    assert raised.value.evidence[-1] == log.head(at=bad.at, witnesses=witnesses)
    if directory is not None:
        assert evidence(directory) == {log.head(at=good.at), log.head(at=bad.at, witnesses=witnesses)}
    await watch.close()


async def test_leaves_that_break_the_rules_are_an_alarm(log: PublicLog, directory: Path | None):
    watch = await auditor(log, shown(log), directory=directory)
    await watch.look()
    log.append(*(LabelDefinedLeaf.of("acme", 1, f"employees of {name}", "") for name in ("Acme", "Bolt")))
    with pytest.raises(LogAlarm) as raised:
        await watch.look()
    assert raised.value.reason == Reason.LOG_RULE_BROKEN
    await watch.close()


async def test_a_notice_of_another_subject_than_announced_is_an_alarm(log: PublicLog, directory: Path | None):
    told = Story(log.trust, list(log.leaves)).asked("a").intended("a", gag=START).leaves[-2:]
    log.append(*told)
    watch = await auditor(log, shown(log), directory=directory)
    await watch.look()
    log.append(SubjectNoticeLeaf(intent("a"), blind("a"), named("somebody else")))
    with pytest.raises(LogAlarm, match="another subject") as raised:
        await watch.look()
    assert raised.value.reason == Reason.LOG_RULE_BROKEN
    await watch.close()


async def test_only_what_rules_hold_between_is_judged_again(log: PublicLog, monkeypatch: pytest.MonkeyPatch):
    judged: list[int] = []
    monkeypatch.setattr(log_auditor, "check_rules", lambda leaves: judged.append(len(leaves)))
    watch = await auditor(log, shown(log))
    for day in range(1, 4):
        log.append(PostRootLeaf(f"2030-01-0{day}", 64, bytes(32)))
        await watch.look()
        log.grow(50)
        await watch.look()
    assert judged == [1, 2, 3]
    await watch.close()


async def test_a_second_root_of_a_day_is_found_after_a_restart(log: PublicLog, tmp_path: Path):
    log.append(PostRootLeaf("2030-01-01", 64, bytes(32)))
    watch = await auditor(log, shown(log), directory=tmp_path)
    await watch.look()
    await watch.close()
    log.append(PostRootLeaf("2030-01-01", 64, bytes([1]) * 32))
    watch = await auditor(log, shown(log), directory=tmp_path)
    with pytest.raises(LogAlarm) as raised:
        await watch.look()
    assert raised.value.reason == Reason.LOG_RULE_BROKEN
    await watch.close()


async def test_what_cannot_be_read_is_told_and_no_alarm(log: PublicLog, directory: Path | None):
    broken, garbled, good = shown(log, "broken"), shown(log, "garbled"), shown(log, "good")
    broken.broken = garbled.garbled = True
    watch = await auditor(log, broken, garbled, good, directory=directory)
    look = await watch.look()
    assert set(look.failed) == {"broken", "garbled"}
    assert [news.mirror for news in look.news] == ["good"]
    await watch.close()


async def test_a_log_that_nobody_co_signs_any_more_is_stale(log: PublicLog):
    source = shown(log)
    source.at = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    for late in (-1, 0, FRESH_SECONDS * 2, FRESH_SECONDS * 2 + 1):
        clock = FixedClock(datetime.fromtimestamp(source.at - FRESH_SECONDS + late, UTC))
        watch = await LogAuditor.open(log.trust, [source], directory=None, clock=clock)
        assert (await watch.look()).stale == (not 0 <= late <= FRESH_SECONDS * 2), "the future is no freshness"


async def test_two_auditors_cannot_share_a_directory(log: PublicLog, tmp_path: Path):
    watch = await auditor(log, shown(log), directory=tmp_path)
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        await auditor(log, shown(log), directory=tmp_path)
    await watch.close()


@pytest.mark.parametrize("content", [b"\xff", b"", b"platform.test/log\n9\n"])
async def test_a_damaged_memory_of_a_mirror_is_told(log: PublicLog, tmp_path: Path, content: bytes):
    watch = await auditor(log, shown(log), directory=tmp_path)
    await watch.look()
    await watch.close()
    (file,) = (tmp_path / SHOWN).iterdir()
    file.write_bytes(content)
    watch = await auditor(log, shown(log), directory=tmp_path)
    with pytest.raises(VouchsafeError) as raised:
        await watch.look()
    assert raised.value.reason == Reason.FILE_UNREADABLE
    await watch.close()
