"""A saved log is believed only when all of it holds together."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.seal import ristretto, threshold
from services.seal.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.leaves import (
    CaseAskedLeaf,
    IssuerKeyLeaf,
    LabelActivatedLeaf,
    LabelDefinedLeaf,
    LabelRevokedLeaf,
    OpenIntentLeaf,
    OwnershipLeaf,
    PostRootLeaf,
    SubjectNoticeLeaf,
)
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType, cosign
from services.seal.secret import SecretBytes
from services.seal.subject import subject_tag
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Officer, Policy, Trust
from vouchsafe.sdk import VouchsafeError, audit

ORIGIN = "vouchsafe.test/log"
LOG = NoteSigner(ORIGIN, SigningKey.generate())
WITNESSES = tuple(NoteSigner(f"witness-{i}", SigningKey.generate(), SignatureType.COSIGNATURE) for i in (1, 2))


DEFINED = LabelDefinedLeaf.of("acme", 1, "Employee of Acme", "gaming")


@pytest.fixture(scope="module")
def trust() -> Trust:
    dealing = threshold.deal(SecretBytes(ristretto.random_scalar()), 2, 3)
    keys = (SigningKey.generate().public_key for _ in range(2))
    officers = tuple(Officer(f"officer-{i}", f"role-{i}", "platform", key) for i, key in enumerate(keys))
    return Trust(
        origin=ORIGIN,
        log=LOG.verifier_key.encode(),
        witnesses=tuple(witness.verifier_key.encode() for witness in WITNESSES),
        witness_quorum=2,
        receipt_public=SigningKey.generate().public_key,
        assertion_public=SigningKey.generate().public_key,
        opening_key=dealing.public_key,
        share_public_keys=dealing.share_public_keys,
        share_commitments=dealing.commitments,
        threshold=2,
        officers=officers,
        policy=Policy(2, 2, 3600, 60, 60, 9000),
    )


def leaves_of(trust: Trust) -> list[bytes]:
    others = [OwnershipLeaf(bytes([i]) * 32).to_bytes() for i in range(5)]
    key = IssuerKeyLeaf.of("acme", 1, b"key").to_bytes()
    return [trust.ceremony_leaf().to_bytes(), DEFINED.to_bytes(), key, *others]


def snapshot(leaves: list[bytes], *, index: int = 3, old: int = 4, witnesses: int = 2) -> audit.Snapshot:
    tree = Tree(leaf_hash(leaf) for leaf in leaves)
    head = Checkpoint(ORIGIN, tree.size, tree.root())
    note = sign_checkpoint(head, LOG).format()
    lines = tuple(cosign(head.format(), witness, 1_700_000_000).line() for witness in WITNESSES[:witnesses])
    proof = TlogProof(index, tree.inclusion(index, tree.size), add_cosignatures(note, lines))
    return audit.Snapshot(tuple(leaves), index, proof.format(), old, tree.consistency(old, tree.size))


def test_a_whole_log_verifies_and_survives_the_disk(trust: Trust, tmp_path: Path) -> None:
    saved = snapshot(leaves_of(trust))
    audit.save(saved, tmp_path / "log")
    loaded = audit.load(tmp_path / "log")
    assert loaded == saved
    verdict = audit.verify(loaded, trust)
    assert (verdict.size, verdict.leaf_index, verdict.old_size) == (8, 3, 4)
    assert verdict.witnesses == ("witness-1", "witness-2")
    assert dict(verdict.kinds) == {"ceremony": 1, "issuer-key": 1, "label-defined": 1, "ownership": 5}


def refused(bad: audit.Snapshot, trust: Trust, sentence: str) -> None:
    with pytest.raises(VouchsafeError) as caught:
        audit.verify(bad, trust)
    assert caught.value.reason == "PROOF_INVALID"
    assert sentence in caught.value.message


def test_a_missing_an_added_and_a_changed_leaf_are_found(trust: Trust) -> None:
    good = snapshot(leaves_of(trust))
    sentence = "not those of the checkpoint"
    refused(replace(good, leaves=good.leaves[:-1]), trust, sentence)
    refused(replace(good, leaves=(*good.leaves, good.leaves[-1])), trust, sentence)
    refused(replace(good, leaves=(*good.leaves[:-1], OwnershipLeaf(b"x" * 32).to_bytes())), trust, sentence)


def test_too_few_witnesses_are_not_believed(trust: Trust) -> None:
    refused(snapshot(leaves_of(trust), witnesses=1), trust, "fewer witnesses")


def test_another_ceremony_is_not_ours(trust: Trust) -> None:
    other = replace(trust, policy=Policy(1, 1, 60, 60, 60, 9000))
    refused(snapshot(leaves_of(other)), trust, "does not begin with this trust material")


def test_two_keys_for_one_label_are_found(trust: Trust) -> None:
    twice = [*leaves_of(trust), IssuerKeyLeaf.of("acme", 1, b"another key").to_bytes()]
    refused(snapshot(twice), trust, "two issuer keys")


def test_a_label_that_means_two_things_or_that_is_keyed_without_a_meaning_is_found(trust: Trust) -> None:
    other = LabelDefinedLeaf.of("acme", 1, "Employee of Another", "gaming").to_bytes()
    refused(snapshot([*leaves_of(trust), other]), trust, "defined twice")
    undefined = [leaf for leaf in leaves_of(trust) if leaf != DEFINED.to_bytes()]
    refused(snapshot(undefined), trust, "not defined")


def test_two_roots_of_one_day_are_found(trust: Trust) -> None:
    roots = [PostRootLeaf("2030-01-01", 64, bytes([i]) * 32).to_bytes() for i in (1, 2)]
    audit.verify(snapshot([*leaves_of(trust), roots[0]]), trust)
    refused(snapshot([*leaves_of(trust), *roots]), trust, "two roots")


def test_a_notice_of_another_subject_than_announced_is_found(trust: Trust) -> None:
    intent = OpenIntentLeaf(bytes(32), b"c" * 32, subject_tag(b"b" * 32, b"m" * 32), 60, 0, 0)
    notice = SubjectNoticeLeaf(intent.commitment, b"b" * 32, b"m" * 32)
    asked = CaseAskedLeaf(intent.case, "court", "court-order", 1, 2)
    told = [*leaves_of(trust), asked.to_bytes(), intent.to_bytes()]
    audit.verify(snapshot([*told, notice.to_bytes()]), trust)
    for wrong in (replace(notice, blind=b"x" * 32), replace(notice, mark=b"x" * 32)):
        refused(snapshot([*told, wrong.to_bytes()]), trust, "another subject")


def test_a_notice_is_held_against_the_intent_that_counts(trust: Trust) -> None:
    intent = OpenIntentLeaf(bytes(32), b"c" * 32, subject_tag(b"b" * 32, b"m" * 32), 60, 0, 0)
    decoy = replace(intent, subject=b"x" * 32).to_bytes()
    asked = CaseAskedLeaf(intent.case, "court", "court-order", 1, 2).to_bytes()
    notice = SubjectNoticeLeaf(intent.commitment, b"b" * 32, b"m" * 32).to_bytes()
    audit.verify(snapshot([*leaves_of(trust), decoy, asked, intent.to_bytes(), notice]), trust)
    refused(snapshot([*leaves_of(trust), asked, decoy, intent.to_bytes(), notice]), trust, "another subject")


def test_a_proof_of_another_leaf_or_size_is_found(trust: Trust) -> None:
    good = snapshot(leaves_of(trust))
    refused(replace(good, leaf_index=4), trust, "inclusion proof")
    refused(replace(good, leaf_index=99), trust, "not in the snapshot")
    refused(replace(good, old_size=5), trust, "consistency proof")
    refused(replace(good, consistency=()), trust, "consistency proof")


@pytest.mark.parametrize("name", ["leaves.txt", "inclusion.txt", "consistency.txt"])
def test_a_directory_without_one_of_its_files_is_told(trust: Trust, tmp_path: Path, name: str) -> None:
    audit.save(snapshot(leaves_of(trust)), tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        audit.load(tmp_path)


def test_a_revoked_label_is_told_among_the_kinds_and_one_that_is_activated_later_is_found(trust: Trust) -> None:
    active, revoked = LabelActivatedLeaf("acme", 1, 20).to_bytes(), LabelRevokedLeaf("acme", 1, "ceased").to_bytes()
    honest = audit.verify(snapshot([*leaves_of(trust), active, revoked]), trust)
    assert ("label-revoked", 1) in honest.kinds
    refused(snapshot([*leaves_of(trust), revoked, active]), trust, "after it was revoked")
