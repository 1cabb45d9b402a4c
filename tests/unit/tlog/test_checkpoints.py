"""Which checkpoint is the newest, whoever answers when: by witnesses that decide as ours do, and take their time."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.chassis.clock import SystemClock
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.seal.checkpoint import LogPolicy, verify_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.leaves import OwnershipLeaf
from services.seal.note import Note, NoteSignature, NoteSigner, SignatureType, VerifierKey
from services.tlog import cosigning
from services.tlog.checkpoints import Checkpoints
from services.tlog.cosigning import AskWitness
from services.tlog.errors import LogInconsistent, SizeUnknown, WitnessesUnavailable, WitnessSilent
from services.tlog.log import TransparencyLog
from services.tlog.witness_wire import AddCheckpoint
from services.witness.decision import Witness
from services.witness.last_seen import LastSeen

LOG = NoteSigner("log.example", SigningKey.generate())


class Slow:
    """A witness that decides at once and answers when it is let."""

    def __init__(self, number: int, directory: Path) -> None:
        self.signer = NoteSigner(f"witness-{number}", SigningKey.generate(), SignatureType.COSIGNATURE)
        self.key = self.signer.verifier_key
        policy = LogPolicy(LOG.verifier_key, (self.key,), 1)
        seen = LastSeen.open(directory / self.key.name)
        self._witness = Witness(signer=self.signer, policy=policy, seen=seen, clock=SystemClock())
        self.gate = asyncio.Event()
        self.gate.set()
        self.dead = self.forked = self.forges = False
        self.asked: list[int] = []

    async def __call__(self, old_size: int, proof: Sequence[bytes], note: str) -> str | int:
        if self.dead:
            raise WitnessSilent("dead")
        if self.forked:
            raise LogInconsistent("another history")
        self.asked.append(old_size)
        answer = self._witness.add(AddCheckpoint(old_size, tuple(proof), note))
        await self.gate.wait()
        if self.forges and isinstance(answer, str):
            line = NoteSignature.parse(answer.removesuffix("\n"))
            return replace(line, data=line.data[:-1] + bytes([line.data[-1] ^ 1])).line()
        return answer


class Scene:
    def __init__(self, directory: Path, *, count: int, quorum: int, recosign: float = 60.0, besides: int = 0) -> None:
        self.witnesses = [Slow(number, directory) for number in range(1, 1 + count + besides)]
        self.policy = LogPolicy(LOG.verifier_key, tuple(each.key for each in self.witnesses[:count]), quorum)
        self.log = TransparencyLog(MemoryEventStore(), event_codec(), SystemClock())
        asked: dict[VerifierKey, AskWitness] = {each.key: each for each in self.witnesses}
        self.checkpoints = Checkpoints(
            self.log, signer=LOG, policy=self.policy, witnesses=asked, recosign_seconds=recosign
        )

    async def grow(self) -> None:
        number = self.log.size
        await self.log.append(OwnershipLeaf(number.to_bytes(32, "big")), commit_id=f"leaf-{number}")

    async def signed_by(self) -> tuple[int, list[str]]:
        """Size and witnesses of the newest checkpoint."""
        newest = await self.checkpoints.covering(1)
        names = [each.name for each in Note.parse(newest.note).signatures][1:]
        return verify_checkpoint(newest.note, self.policy).checkpoint.size, names


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_it_is_published_at_a_quorum_and_later_lines_are_added(tmp_path: Path):
    scene = Scene(tmp_path, count=3, quorum=2)
    scene.witnesses[2].gate.clear()
    await scene.grow()
    assert await scene.signed_by() == (1, ["witness-1", "witness-2"])
    scene.witnesses[2].gate.set()
    await settled()
    assert await scene.signed_by() == (1, ["witness-1", "witness-2", "witness-3"])


async def test_a_line_that_comes_too_late_does_not_bring_an_old_checkpoint_back(tmp_path: Path):
    scene = Scene(tmp_path, count=3, quorum=2)
    late = scene.witnesses[2]
    late.gate.clear()
    await scene.grow()
    await scene.signed_by()
    await scene.grow()
    await scene.checkpoints.publish()
    assert await scene.signed_by() == (2, ["witness-1", "witness-2"])
    late.gate.set()
    await settled()
    assert await scene.signed_by() == (2, ["witness-1", "witness-2", "witness-3"])
    assert late.asked == [0, 1], "while it was busy with the first, nothing else was asked of it"


async def test_a_late_line_is_for_its_own_checkpoint_alone(tmp_path: Path):
    scene = Scene(tmp_path, count=3, quorum=2)
    late = scene.witnesses[2]
    late.gate.clear()
    await scene.grow()
    await scene.signed_by()
    await scene.grow()
    await scene.checkpoints.publish()
    late.dead = True
    late.gate.set()
    await settled()
    assert await scene.signed_by() == (2, ["witness-1", "witness-2"])


async def test_a_line_that_does_not_verify_spoils_nothing(tmp_path: Path):
    scene = Scene(tmp_path, count=3, quorum=2)
    scene.witnesses[2].forges = True
    await scene.grow()
    await scene.checkpoints.publish()
    await settled()
    assert await scene.signed_by() == (1, ["witness-1", "witness-2"])


async def test_who_was_busy_for_several_checkpoints_is_asked_for_the_newest_alone(tmp_path: Path):
    scene = Scene(tmp_path, count=3, quorum=2)
    late = scene.witnesses[2]
    late.gate.clear()
    for _ in range(5):
        await scene.grow()
        await scene.checkpoints.publish()
    late.gate.set()
    await settled()
    assert await scene.signed_by() == (5, ["witness-1", "witness-2", "witness-3"])
    assert late.asked == [0, 1]


async def test_what_nothing_was_added_to_is_shown_again_when_it_is_old_and_not_before(tmp_path: Path):
    scene = Scene(tmp_path, count=1, quorum=1, recosign=3600.0)
    await scene.grow()
    for _ in range(5):
        await scene.checkpoints.publish()
    assert len(scene.witnesses[0].asked) == 1
    scene.checkpoints._since -= 3600.0
    for _ in range(5):
        await scene.checkpoints.publish()
    assert scene.witnesses[0].asked == [0, 1]


async def test_when_nobody_signs_again_the_old_one_stays_and_asking_goes_on(tmp_path: Path):
    scene = Scene(tmp_path, count=2, quorum=2, recosign=0.0)
    await scene.grow()
    await scene.checkpoints.publish()
    before = await scene.checkpoints.covering(1)
    scene.witnesses[1].dead = True
    for _ in range(3):
        await scene.checkpoints.publish()
    assert await scene.checkpoints.covering(1) == before
    assert len(scene.witnesses[0].asked) == 4


async def test_a_witness_besides_makes_no_quorum_and_is_not_waited_for(tmp_path: Path):
    scene = Scene(tmp_path, count=1, quorum=1, besides=1)
    ours, besides = scene.witnesses
    besides.gate.clear()
    await scene.grow()
    assert await scene.signed_by() == (1, ["witness-1"])
    besides.gate.set()
    await settled()
    assert await scene.signed_by() == (1, ["witness-1", "witness-2"])
    ours.dead = True
    await scene.grow()
    await scene.checkpoints.publish()
    assert (await scene.signed_by())[0] == 1


async def test_whoever_gives_up_waiting_does_not_stop_the_asking(tmp_path: Path):
    scene = Scene(tmp_path, count=1, quorum=1)
    scene.witnesses[0].gate.clear()
    await scene.grow()
    asking = asyncio.create_task(scene.checkpoints.publish())
    await settled()
    asking.cancel()
    await asyncio.wait([asking])
    scene.witnesses[0].gate.set()
    await settled()
    assert await scene.signed_by() == (1, ["witness-1"])


async def test_without_a_quorum_or_a_size_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.tlog.checkpoints._NO_CALL", 0.2)
    scene = Scene(tmp_path, count=2, quorum=2)
    scene.witnesses[0].dead = True
    await scene.grow()
    with pytest.raises(WitnessesUnavailable):
        await scene.checkpoints.covering(1)
    with pytest.raises(SizeUnknown):
        await scene.checkpoints.covering(9)


async def test_a_policy_that_needs_nobody_publishes_at_once(tmp_path: Path):
    scene = Scene(tmp_path, count=0, quorum=0)
    await scene.grow()
    await scene.checkpoints.publish()
    assert (await scene.checkpoints.covering(1)).checkpoint.size == 1


def test_a_log_key_is_no_witness(tmp_path: Path):
    stranger = NoteSigner("x", SigningKey.generate()).verifier_key
    policy = LogPolicy(LOG.verifier_key, (), 0)

    async def never(_old: int, _proof: Sequence[bytes], _note: str) -> str:
        raise AssertionError

    log = TransparencyLog(MemoryEventStore(), event_codec(), SystemClock())
    with pytest.raises(SealError, match="cosignature key"):
        Checkpoints(log, signer=LOG, policy=policy, witnesses={stranger: never})


async def test_a_witness_of_another_history_is_an_alarm_in_log_and_measurements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    counted: list[str] = []

    class Counter:
        def add(self, amount: int, attributes: dict[str, str]) -> None:
            counted.extend([attributes["code"]] * amount)

    monkeypatch.setattr(cosigning, "WITNESS_ANSWERS", Counter())
    scene = Scene(tmp_path, count=1, quorum=1)
    await scene.grow()
    await scene.checkpoints.publish()
    scene.witnesses[0].forked = True
    await scene.grow()
    with capture_logs() as said:
        await scene.checkpoints.publish()
    assert next((each["event"], each["log_level"]) for each in said) == ("log_inconsistent", "error")
    assert counted == ["cosigned", "log_inconsistent"]
    assert (await scene.signed_by())[0] == 1
