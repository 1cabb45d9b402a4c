"""All of the log from a directory or a mirror: believed when a co-signed checkpoint is over it, whoever shows it."""

from pathlib import Path

import pytest

from services.seal.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import cosign
from services.seal.tlog_proof import TlogProof
from tests.unit.client.log_stories import LOG, ORIGIN, START, WITNESSES, Story, trust
from vouchsafe.sdk import VouchsafeError, audit
from vouchsafe.sdk.public_log import PublicLog, read_public_log, saved_log

TRUST = trust()


def saved(leaves: list[bytes], directory: Path, *, witnesses: int = 2) -> Path:
    """What `log verify --save` writes of such a log."""
    tree = Tree(leaf_hash(leaf) for leaf in leaves)
    head = Checkpoint(ORIGIN, tree.size, tree.root())
    lines = tuple(cosign(head.format(), each, START + n).line() for n, each in enumerate(WITNESSES[:witnesses]))
    note = add_cosignatures(sign_checkpoint(head, LOG).format(), lines)
    proof = TlogProof(0, tree.inclusion(0, tree.size), note).format()
    audit.save(audit.Snapshot(tuple(leaves), 0, proof, 1, tree.consistency(1, tree.size)), directory)
    return directory


async def read(directory: Path) -> PublicLog:
    return await read_public_log(saved_log(directory), TRUST)


def leaves() -> list[bytes]:
    return Story(TRUST).declined("a").asked("b").leaves


async def test_a_snapshot_is_the_log_as_of_its_witnesses(tmp_path: Path) -> None:
    log = await read(saved(leaves(), tmp_path))
    assert (list(log.leaves), log.as_of) == (leaves(), START)
    assert log.root == Tree(leaf_hash(leaf) for leaf in leaves()).root()


async def test_a_log_that_breaks_its_rules_can_be_read_all_the_same(tmp_path: Path) -> None:
    broken = [*leaves(), b"vouchsafe/v1/leaf/case-asked\nrubbish\n"]
    assert list((await read(saved(broken, tmp_path))).leaves) == broken


async def test_leaves_that_are_not_those_of_the_checkpoint_are_refused(tmp_path: Path) -> None:
    directory = saved(leaves(), tmp_path)
    path = directory / "leaves.txt"
    path.write_bytes(path.read_bytes().replace(b"requester company", b"requester employer"))
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await read(directory)


async def test_too_few_witnesses_and_another_ceremony_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await read(saved(leaves(), tmp_path / "one", witnesses=1))
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await read(saved(leaves()[1:], tmp_path / "two"))


async def test_a_directory_with_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        saved_log(tmp_path)
