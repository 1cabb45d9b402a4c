"""A witness co-signs a log that only grows, remembers what it signed, and signs nothing else."""

import os
from pathlib import Path

import pytest

from services.chassis.clock import FixedClock
from services.chassis.durable_file import StateError
from services.seal.checkpoint import Checkpoint, LogPolicy, add_cosignatures, sign_checkpoint, verify_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType
from services.tlog.witness_wire import AddCheckpoint
from services.witness import last_seen
from services.witness.decision import Reason, Refused, Witness
from services.witness.last_seen import FILE_NAME, LastSeen, TreeHead

LOG = NoteSigner("log.example", SigningKey.generate())
WITNESS = NoteSigner("witness-1", SigningKey.generate(), SignatureType.COSIGNATURE)
POLICY = LogPolicy(LOG.verifier_key, (WITNESS.verifier_key,), 1)
TREE = Tree(leaf_hash(bytes([i])) for i in range(8))
FORK = Tree(leaf_hash(bytes([i + 100])) for i in range(8))


def witness_in(directory: Path) -> Witness:
    return Witness(signer=WITNESS, policy=POLICY, seen=LastSeen.open(directory), clock=FixedClock())


def note(size: int, tree: Tree = TREE, signer: NoteSigner = LOG) -> str:
    return sign_checkpoint(Checkpoint(signer.name, size, tree.root(size)), signer).format()


def add(witness: Witness, old: int, proof: tuple[bytes, ...], checkpoint: str) -> str | int:
    return witness.add(AddCheckpoint(old, proof, checkpoint))


def refused(witness: Witness, old: int, proof: tuple[bytes, ...], checkpoint: str) -> Reason:
    with pytest.raises(Refused) as caught:
        add(witness, old, proof, checkpoint)
    return caught.value.reason


def test_a_growing_log_is_cosigned(tmp_path: Path):
    witness = witness_in(tmp_path)
    assert isinstance(add(witness, 0, (), note(3)), str)
    line = add(witness, 3, TREE.consistency(3, 8), note(8))
    assert isinstance(line, str)
    verified = verify_checkpoint(add_cosignatures(note(8), (line,)), POLICY)
    assert verified.checkpoint.size == 8
    assert [each.key for each in verified.cosignatures] == [WITNESS.verifier_key]


def test_another_old_size_is_answered_with_the_known_one(tmp_path: Path):
    witness = witness_in(tmp_path)
    assert add(witness, 2, TREE.consistency(2, 5), note(5)) == 0
    add(witness, 0, (), note(3))
    assert add(witness, 0, (), note(5)) == 3


def test_the_same_tree_is_cosigned_again(tmp_path: Path):
    witness = witness_in(tmp_path)
    add(witness, 0, (), note(3))
    assert isinstance(add(witness, 3, (), note(3)), str)


def test_a_fork_is_refused_and_changes_nothing(tmp_path: Path):
    witness = witness_in(tmp_path)
    add(witness, 0, (), note(3))
    before = (tmp_path / FILE_NAME).read_bytes()
    assert refused(witness, 3, (), note(3, FORK)) is Reason.OTHER_ROOT
    assert refused(witness, 3, FORK.consistency(3, 8), note(8, FORK)) is Reason.INCONSISTENT
    assert refused(witness, 3, TREE.consistency(3, 8), note(8, FORK)) is Reason.INCONSISTENT
    assert refused(witness, 3, (), note(8)) is Reason.INCONSISTENT
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert isinstance(add(witness, 3, TREE.consistency(3, 8), note(8)), str)


def test_a_log_does_not_shrink(tmp_path: Path):
    witness = witness_in(tmp_path)
    add(witness, 0, (), note(5))
    assert refused(witness, 5, (), note(3)) is Reason.SHRINKS


def test_a_proof_of_what_needs_none_is_refused(tmp_path: Path):
    witness = witness_in(tmp_path)
    assert refused(witness, 0, TREE.consistency(3, 8), note(8)) is Reason.PROOF_UNASKED
    add(witness, 0, (), note(3))
    assert refused(witness, 3, TREE.consistency(3, 8), note(3)) is Reason.PROOF_UNASKED


def test_only_the_log_is_cosigned(tmp_path: Path):
    witness = witness_in(tmp_path)
    stranger = NoteSigner("log.example", SigningKey.generate())
    elsewhere = NoteSigner("other.example", LOG.key)
    assert refused(witness, 0, (), note(3, signer=stranger)) is Reason.NOT_SIGNED
    assert refused(witness, 0, (), note(3, signer=elsewhere)) is Reason.LOG_UNKNOWN
    assert refused(witness, 0, (), note(3).replace("\n3\n", "\n4\n")) is Reason.NOT_SIGNED
    assert refused(witness, 0, (), "nonsense") is Reason.MALFORMED


async def test_a_restart_remembers_what_was_signed(tmp_path: Path):
    seen = LastSeen.open(tmp_path)
    Witness(signer=WITNESS, policy=POLICY, seen=seen, clock=FixedClock()).add(AddCheckpoint(0, (), note(3)))
    await seen.close()
    again = witness_in(tmp_path)
    assert add(again, 0, (), note(8, FORK)) == 3
    assert refused(again, 3, FORK.consistency(3, 8), note(8, FORK)) is Reason.INCONSISTENT


def test_the_head_is_on_disk_before_the_signature_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    witness = witness_in(tmp_path)

    def disk_full(_: LastSeen, __: TreeHead) -> None:
        raise OSError("no space")

    monkeypatch.setattr(LastSeen, "save", disk_full)
    with pytest.raises(OSError, match="no space"):
        add(witness, 0, (), note(3))


def test_what_could_not_be_stored_was_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    witness = witness_in(tmp_path)

    def disk_full(_: Path, __: bytes) -> None:
        raise OSError("no space")

    with monkeypatch.context() as full:
        full.setattr(last_seen, "replace", disk_full)
        with pytest.raises(OSError, match="no space"):
            add(witness, 0, (), note(3))
    assert isinstance(add(witness, 0, (), note(3)), str)
    assert (tmp_path / FILE_NAME).read_text().startswith("3 ")


def test_saving_syncs_the_file_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    witness = witness_in(tmp_path)
    present: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: present.append((tmp_path / FILE_NAME).exists()))
    add(witness, 0, (), note(3))
    assert present == [False, True], "the content first, then the name"


@pytest.mark.parametrize("content", ["", "3\n", "x " + "00" * 32 + "\n", "3 " + "00" * 32, "-1 " + "00" * 32 + "\n"])
def test_a_malformed_state_refuses_to_open(tmp_path: Path, content: str):
    (tmp_path / FILE_NAME).write_text(content, encoding="ascii")
    with pytest.raises(StateError):
        LastSeen.open(tmp_path)


def test_one_process_at_a_time(tmp_path: Path):
    witness_in(tmp_path)
    with pytest.raises(StateError):
        LastSeen.open(tmp_path)


def test_a_key_that_the_policy_does_not_know_is_no_witness(tmp_path: Path):
    stranger = NoteSigner("witness-1", SigningKey.generate(), SignatureType.COSIGNATURE)
    with pytest.raises(ValueError, match="not in the trust material"):
        Witness(signer=stranger, policy=POLICY, seen=LastSeen.open(tmp_path), clock=FixedClock())
