"""The desk's copy of the log believes nothing: a log that changes its past is found out, also after a restart."""

from pathlib import Path

import pytest

from services.seal.leaves import LockDownLeaf
from services.seal.statements import LockDown
from services.tlog.anchor import NEWEST
from tests.support.public_log import LogKeys, MemorySource, PublicLog
from vouchsafe.desk.log_copy import LogCopy
from vouchsafe.sdk import VouchsafeError


@pytest.fixture
def source() -> MemorySource:
    log = PublicLog()
    log.grow(2)
    return MemorySource(log)


def copy_of(source: MemorySource, state: Path, *others: MemorySource) -> LogCopy:
    return LogCopy([source, *others], source.log.trust, state)


def forked(source: MemorySource, *, name: str = "other") -> MemorySource:
    """Signed by the same keys, and other after its first leaf."""
    other = source.log.fork(1)
    other.grow(3, seed=9)
    return MemorySource(other, name)


async def test_it_grows_with_the_log_and_keeps_what_was_seen(source: MemorySource, tmp_path: Path):
    copy = copy_of(source, tmp_path)
    await copy.refresh()
    source.log.grow(1)
    await copy.refresh()
    assert (copy.alarm, copy.away, copy.leaves) == ("", "", source.log.leaves)
    assert copy.verified
    assert copy.verified.checkpoint.size == 4
    assert {each.key.name for each in copy.verified.cosignatures} == {"witness-1", "witness-2"}

    again = copy_of(source, tmp_path)
    await again.refresh()
    assert again.alarm == ""
    assert again.older == copy.verified.checkpoint


async def test_it_folds_what_governs(source: MemorySource, tmp_path: Path):
    copy = copy_of(source, tmp_path)
    await copy.refresh()
    assert not copy.governance.locked
    signature = source.log.keys.officers["ann"].sign(LockDown(source.log.trust.hash(), 1, "ann").signed_bytes())
    source.log.append(LockDownLeaf(1, "ann", signature))
    await copy.refresh()
    assert copy.governance.locked
    assert copy.governance.size == 4


async def test_another_past_is_an_alarm_that_stays(source: MemorySource, tmp_path: Path):
    copy = copy_of(source, tmp_path)
    await copy.refresh()
    honest, source.log = source.log, forked(source).log
    await copy.refresh()
    assert "contradict" in copy.alarm
    source.log = honest
    await copy.refresh()
    assert copy.alarm, "what has lied once is not believed again"


async def test_another_past_is_found_out_after_a_restart_and_never_forgotten(source: MemorySource, tmp_path: Path):
    await copy_of(source, tmp_path).refresh()
    copy = copy_of(forked(source), tmp_path)
    await copy.refresh()
    assert "contradict" in copy.alarm
    assert copy_of(source, tmp_path).alarm


async def test_a_platform_and_a_mirror_that_contradict_each_other_are_an_alarm(source: MemorySource, tmp_path: Path):
    copy = copy_of(source, tmp_path, forked(source))
    await copy.refresh()
    assert "contradict" in copy.alarm


async def test_a_log_that_forgets_is_not_taken_for_the_newest(source: MemorySource, tmp_path: Path):
    await copy_of(source, tmp_path).refresh()
    source.size = 2
    copy = copy_of(source, tmp_path)
    await copy.refresh()
    assert "only 2 of the 3 leaves" in copy.away


async def test_an_older_head_that_fits_changes_nothing(source: MemorySource, tmp_path: Path):
    """Two nodes of the service may answer in turn; the one behind is no liar."""
    copy = copy_of(source, tmp_path)
    await copy.refresh()
    source.size = 2
    await copy.refresh()
    assert (copy.alarm, copy.away, len(copy.leaves)) == ("", "", 3)
    assert copy.verified
    assert copy.verified.checkpoint.size == 3


async def test_one_source_that_answers_is_enough(source: MemorySource, tmp_path: Path):
    broken = MemorySource(source.log, "broken")
    broken.broken = True
    copy = copy_of(broken, tmp_path, source)
    await copy.refresh()
    assert (copy.alarm, copy.away, len(copy.leaves)) == ("", "", 3)
    assert copy.told["broken"]
    assert not copy.told[source.name]


async def test_leaves_that_are_not_the_logs_are_not_believed(source: MemorySource, tmp_path: Path):
    source.garbled = True
    copy = copy_of(source, tmp_path)
    await copy.refresh()
    assert copy.away
    assert (copy.verified, copy.leaves) == (None, [])


async def test_another_beginning_is_an_alarm(tmp_path: Path):
    keys = LogKeys()
    copy = copy_of(MemorySource(PublicLog(keys, [b"vouchsafe/v1/leaf/other\n"])), tmp_path)
    await copy.refresh()
    assert "does not begin with this trust material" in copy.alarm


async def test_a_log_of_other_keys_is_not_believed(source: MemorySource, tmp_path: Path):
    copy = LogCopy([MemorySource(PublicLog())], source.log.trust, tmp_path)
    await copy.refresh()
    assert "not signed as it must be" in copy.away
    assert copy.leaves == []


async def test_a_log_that_is_away_is_no_alarm(source: MemorySource, tmp_path: Path):
    copy = copy_of(source, tmp_path)
    await copy.refresh()
    source.broken = True
    await copy.refresh()
    assert (copy.alarm, len(copy.leaves)) == ("", 3)
    assert copy.away
    source.broken = False
    await copy.refresh()
    assert copy.away == ""


async def test_what_was_seen_cannot_be_changed_on_disk(source: MemorySource, tmp_path: Path):
    await copy_of(source, tmp_path).refresh()
    file = tmp_path / NEWEST
    file.write_text(file.read_text().replace("\n3\n", "\n2\n"))
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        copy_of(source, tmp_path)
