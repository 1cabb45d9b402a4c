"""What an officer tells stops this process, whatever its disk or the log does; how a quorum gets out of it again."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.durable_file import StateError
from services.seal.errors import SealError
from services.seal.governance import proposal_hash
from services.seal.leaves import EndorsementLeaf, LockDownLeaf, OfficerRemovedLeaf, UnlockLeaf
from services.seal.statements import Endorsement, LockDown, Veto
from services.stops import vetoes as record
from services.stops.stops import Stops
from tests.support.public_log import LogKeys, MemoryLogView

KEYS = LogKeys()
CEREMONY = KEYS.trust.hash()
INTENT, OTHER = b"i" * 32, b"o" * 32


class Told:
    """The stops of one process, and a log that it sees."""

    def __init__(self, directory: Path) -> None:
        self.log = MemoryLogView(KEYS.trust)
        self.stops = Stops.open(directory, self.log)

    async def veto(self, intent: bytes = INTENT) -> None:
        await self.stops.veto(intent, "ann", KEYS.officers["ann"].sign(Veto(CEREMONY, intent, "ann").signed_bytes()))

    async def lock_down(self, number: int = 1) -> None:
        await self.stops.lock_down(number, "ann", _locked("ann", number))

    async def agreed(self, proposal: UnlockLeaf | OfficerRemovedLeaf) -> None:
        """A quorum without ann proposes and endorses it in the log."""
        hashed = proposal_hash(proposal)
        signed = Endorsement(CEREMONY, hashed).signed_bytes()
        endorsed = [EndorsementLeaf(hashed, name, KEYS.officers[name].sign(signed)) for name in ("bob", "cyd", "dan")]
        self.log.append(proposal, *endorsed)
        await self.log.view(0)

    def stopped(self, intent: bytes = INTENT) -> bool:
        try:
            self.stops.check(intent, self.log.known)
        except SealError:
            return True
        return False


def _locked(officer: str, number: int = 1) -> bytes:
    return KEYS.officers[officer].sign(LockDown(CEREMONY, number, officer).signed_bytes())


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Told]:
    told = Told(tmp_path)
    yield told
    await told.stops.close()


def _full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "write", full)


async def test_a_view_that_cannot_be_noted_keeps_nobody_from_vetoing(told: Told, tmp_path: Path):
    told.log.fails = StateError("log-checkpoint could not be written")
    await told.veto()
    assert told.stopped()
    assert not told.stopped(OTHER)
    await told.stops.close()
    told.stops = Stops.open(tmp_path, told.log)
    assert told.stopped(), "it was on disk"


async def test_a_view_that_cannot_be_noted_keeps_nobody_from_locking(told: Told):
    told.log.fails = StateError("log-checkpoint could not be written")
    await told.lock_down()
    assert told.stopped()


async def test_a_veto_that_cannot_be_recorded_stops_and_its_officer_hears_so_each_time(
    told: Told, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as broken:
        _full(broken)
        with pytest.raises(StateError):
            await told.veto()
    assert told.stopped()
    assert not told.stopped(OTHER)
    with pytest.raises(StateError):
        await told.veto()


async def test_a_lock_down_that_cannot_be_recorded_stops_until_a_quorum_ends_it(
    told: Told, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as broken:
        _full(broken)
        with pytest.raises(StateError):
            await told.lock_down()
    assert told.stopped()
    with pytest.raises(StateError):
        await told.lock_down()
    told.log.append(LockDownLeaf(1, "ann", _locked("ann")))
    await told.agreed(UnlockLeaf(1))
    assert not told.stopped()


async def test_what_was_recorded_before_the_disk_failed_is_taken_again(told: Told, monkeypatch: pytest.MonkeyPatch):
    await told.veto()
    await told.lock_down()
    _full(monkeypatch)
    await told.veto()
    await told.lock_down()


async def test_one_officer_fills_no_memory_either_while_the_disk_fails(told: Told, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(record, "MOST_BY_ONE_OFFICER", 1)
    _full(monkeypatch)
    with pytest.raises(StateError):
        await told.veto()
    with pytest.raises(StateError):
        await told.veto()
    with pytest.raises(SealError):
        await told.veto(OTHER)
    assert not told.stopped(OTHER)


async def test_a_lock_down_that_the_log_never_showed_ends_once_any_officer_logs_its_number(told: Told):
    await told.lock_down()
    await told.agreed(UnlockLeaf(1))
    assert told.stopped(), "the log knows no lock-down to end"
    told.log.append(LockDownLeaf(1, "bob", _locked("bob")))
    await told.agreed(UnlockLeaf(1))
    assert not told.stopped()


async def test_who_keeps_locking_past_the_log_is_removed_while_all_is_locked(told: Told):
    await told.lock_down()
    told.log.append(LockDownLeaf(1, "bob", _locked("bob")))
    await told.agreed(OfficerRemovedLeaf(1, "ann"))
    with pytest.raises(SealError):
        await told.lock_down(2)
    await told.agreed(UnlockLeaf(1))
    assert not told.stopped()
