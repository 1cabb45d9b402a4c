"""The desk's copy of the log believes nothing: a log that changes its past is found out, also after a restart."""

from pathlib import Path

import pytest

from services.seal.checkpoint import (
    Checkpoint,
    add_cosignatures,
    sign_checkpoint,
)
from services.seal.ed25519 import SigningKey
from services.seal.leaves import LockDownLeaf, OwnershipLeaf
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType, cosign
from services.seal.statements import LockDown
from services.tlog.anchor import NEWEST
from services.tlog.errors import SourceError
from tests.rpc.disclosure.world import ORIGIN, Ceremony
from vouchsafe.desk.log_copy import LogCopy
from vouchsafe.sdk import VouchsafeError

NOW = 1_900_000_000


class Log:
    """A log whose operator holds every key, and may say to each reader what he likes."""

    name = "the log"

    def __init__(self, ceremony: Ceremony, leaves: list[bytes]) -> None:
        self.ceremony = ceremony
        self.trust = ceremony.trust
        self.told = [self.trust.ceremony_leaf().to_bytes(), *leaves]
        self.shown: int | None = None
        self.away = False

    def note(self) -> str:
        size = len(self.told) if self.shown is None else self.shown
        root = Tree(leaf_hash(leaf) for leaf in self.told).root(size)
        signed = sign_checkpoint(Checkpoint(ORIGIN, size, root), NoteSigner(ORIGIN, self.ceremony.log))
        signers = (
            NoteSigner(f"witness-{i}", key, SignatureType.COSIGNATURE)
            for i, key in enumerate(self.ceremony.witnesses, start=1)
        )
        return add_cosignatures(signed.format(), tuple(cosign(signed.text, each, NOW).line() for each in signers))

    async def checkpoint(self) -> str:
        if self.away:
            raise SourceError("nobody answers")
        return self.note()

    async def entries(self, start: int, size: int) -> list[bytes]:
        return self.told[start:size]

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        return Tree(leaf_hash(leaf) for leaf in self.told).root(size)


def leaf(number: int) -> bytes:
    return OwnershipLeaf(bytes([number]) * 32).to_bytes()


@pytest.fixture
def log() -> Log:
    return Log(Ceremony(), [leaf(1), leaf(2)])


def copy_of(log: Log, state: Path) -> LogCopy:
    return LogCopy([log], log.trust, state)


async def test_it_grows_with_the_log_and_keeps_what_was_seen(log: Log, tmp_path: Path):
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    log.told += [leaf(3)]
    await copy.refresh()
    assert (copy.alarm, copy.away, copy.leaves) == ("", "", log.told)
    assert copy.verified
    assert copy.verified.checkpoint.size == 4

    again = copy_of(log, tmp_path)
    await again.refresh()
    assert again.alarm == ""
    assert again.older == copy.verified.checkpoint


async def test_it_folds_what_governs(log: Log, tmp_path: Path):
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    assert not copy.governance.locked
    signature = log.ceremony.officers["ann"].sign(LockDown(1, "ann").signed_bytes())
    log.told += [LockDownLeaf(1, "ann", signature).to_bytes()]
    await copy.refresh()
    assert copy.governance.locked
    assert copy.governance.size == 4


async def test_another_past_is_an_alarm_that_stays(log: Log, tmp_path: Path):
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    honest = list(log.told)
    log.told = [honest[0], leaf(9), honest[2], leaf(3)]
    await copy.refresh()
    assert "contradict" in copy.alarm
    log.told = honest
    await copy.refresh()
    assert copy.alarm, "what has lied once is not believed again"


async def test_another_past_is_found_out_after_a_restart_and_never_forgotten(log: Log, tmp_path: Path):
    await copy_of(log, tmp_path).refresh()
    honest = log.told
    log.told = [honest[0], leaf(9), leaf(2), leaf(3)]
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    assert "contradict" in copy.alarm
    log.told = honest
    assert copy_of(log, tmp_path).alarm


async def test_a_log_that_forgets_is_not_taken_for_the_newest(log: Log, tmp_path: Path):
    await copy_of(log, tmp_path).refresh()
    del log.told[-1]
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    assert "only 2 of the 3 leaves" in copy.away


async def test_a_platform_and_a_mirror_that_contradict_each_other_are_an_alarm(log: Log, tmp_path: Path):
    other = Log(log.ceremony, [leaf(9), leaf(2)])
    copy = LogCopy([log, other], log.trust, tmp_path)
    await copy.refresh()
    assert "contradict" in copy.alarm


async def test_one_source_that_answers_is_enough(log: Log, tmp_path: Path):
    dead = Log(log.ceremony, [])
    dead.away = True
    copy = LogCopy([dead, log], log.trust, tmp_path)
    await copy.refresh()
    assert (copy.alarm, copy.away, len(copy.leaves)) == ("", "", 3)


async def test_an_older_head_that_fits_changes_nothing(log: Log, tmp_path: Path):
    """Two nodes of the service may answer in turn; the one behind is no liar."""
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    log.shown = 2
    await copy.refresh()
    assert (copy.alarm, len(copy.leaves)) == ("", 3)
    assert copy.verified
    assert copy.verified.checkpoint.size == 3


async def test_leaves_that_are_held_back_are_not_believed(log: Log, tmp_path: Path):
    copy = copy_of(log, tmp_path)
    note = log.note()
    log.note = lambda: note  # type: ignore[method-assign]
    del log.told[-1]
    await copy.refresh()
    assert "not those of its checkpoint" in copy.away
    assert copy.verified is None


async def test_another_beginning_is_an_alarm(log: Log, tmp_path: Path):
    log.told[0] = leaf(7)
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    assert "does not begin with this trust material" in copy.alarm


async def test_signatures_of_others_are_not_believed(log: Log, tmp_path: Path):
    copy = copy_of(log, tmp_path)
    log.ceremony = Ceremony(log=SigningKey.generate())
    await copy.refresh()
    assert "not signed as it must be" in copy.away
    assert copy.leaves == []


async def test_a_log_that_is_away_is_no_alarm(log: Log, tmp_path: Path):
    copy = copy_of(log, tmp_path)
    await copy.refresh()
    log.away = True
    await copy.refresh()
    assert (copy.alarm, copy.away, len(copy.leaves)) == ("", "nobody answers", 3)
    log.away = False
    await copy.refresh()
    assert copy.away == ""


async def test_what_was_seen_cannot_be_changed_on_disk(log: Log, tmp_path: Path):
    await copy_of(log, tmp_path).refresh()
    file = tmp_path / NEWEST
    file.write_text(file.read_text().replace("\n3\n", "\n2\n"))
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        copy_of(log, tmp_path)
