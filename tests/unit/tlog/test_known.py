"""Who may stop openings, as it was last verified: what a restart knows while no mirror answers."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from services.chassis.clock import SystemClock
from services.chassis.durable_file import StateError
from services.seal.ed25519 import SigningKey
from services.seal.governance import begin
from services.seal.leaves import LockDownLeaf
from services.seal.statements import LockDown
from services.seal.trust import Officer
from services.tlog.anchor import Anchor
from services.tlog.follower import LogFollower, LogUnavailable
from services.tlog.known import FILE_NAME, Known
from tests.support.public_log import LogKeys, MemorySource, PublicLog

TRUST = LogKeys().trust
ADDED = Officer("jörg", "legal", "platform", SigningKey.generate().public_key)
GROWN = replace(
    begin(TRUST), officers=(*begin(TRUST).officers[1:], ADDED), lockdowns=3, unlocked=2, size=40, void=7, amended=2
)


def told(known: Known) -> tuple[object, ...]:
    return known.governance.officers, known.governance.lockdowns, known.governance.unlocked


def test_before_anything_was_seen_the_ceremonys_officers_may_stop(tmp_path: Path):
    assert Known(tmp_path, TRUST).governance == begin(TRUST)


def test_a_restart_knows_officers_and_lock_downs(tmp_path: Path):
    Known(tmp_path, TRUST).note(GROWN)
    again = Known(tmp_path, TRUST)
    assert told(again) == (GROWN.officers, 3, 2)
    assert again.governance.ceremony == TRUST.hash()


def test_a_shorter_log_takes_nothing_back_and_a_longer_one_counts(tmp_path: Path):
    known = Known(tmp_path, TRUST)
    known.note(GROWN)
    known.note(begin(TRUST))
    assert told(known) == told(Known(tmp_path, TRUST)) == (GROWN.officers, 3, 2)
    known.note(replace(GROWN, unlocked=3, size=41))
    assert told(Known(tmp_path, TRUST)) == (GROWN.officers, 3, 3)


def test_a_log_that_only_grows_writes_nothing(tmp_path: Path):
    known = Known(tmp_path, TRUST)
    known.note(replace(begin(TRUST), size=5))
    assert not (tmp_path / FILE_NAME).exists()


def test_what_was_not_written_there_refuses_to_open(tmp_path: Path):
    Known(tmp_path, TRUST).note(GROWN)
    good = (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    for bad in ("", "[]", "{}", good[:-1], good.replace(TRUST.hash().hex(), "00" * 32)):
        (tmp_path / FILE_NAME).write_text(bad, encoding="utf-8")
        with pytest.raises(StateError):
            Known(tmp_path, TRUST)


async def test_a_follower_that_is_restarted_without_a_mirror_knows_what_it_verified(tmp_path: Path):
    log = PublicLog()
    ann = log.keys.officers["ann"]
    log.append(LockDownLeaf(1, "ann", ann.sign(LockDown(log.trust.hash(), 1, "ann").signed_bytes())))
    source = MemorySource(log)

    def follower() -> LogFollower:
        anchor, noted = Anchor(tmp_path), Known(tmp_path, log.trust)
        return LogFollower(log.trust, [source], clock=SystemClock(), anchor=anchor, noted=noted, patience=0.0)

    assert (await follower().view(0)).lockdowns == 1
    source.broken = True
    again = follower()
    with pytest.raises(LogUnavailable):
        await again.view(0)
    assert again.known.lockdowns == 1


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to(path.with_name("elsewhere"))])
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path, make: Callable[[Path], object]):
    make(tmp_path / FILE_NAME)
    with pytest.raises(StateError):
        Known(tmp_path, TRUST)
