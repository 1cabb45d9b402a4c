"""The whole log on disk, and its verification without any network.

A snapshot is what a directory holds: every leaf, an inclusion proof of one of them with the checkpoint over all, and a
proof that an older size is the beginning. `verify` recomputes the tree from the leaves and believes nothing else. What
single leaves mean is told by `services.seal.leaves`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.seal.announced import ANNOUNCING, check_notices
from services.seal.canonical import from_base64, to_base64
from services.seal.checkpoint import VerifiedCheckpoint, verify_checkpoint
from services.seal.errors import SealError
from services.seal.label_standing import LABEL_KINDS, label_standings
from services.seal.leaves import PostRootLeaf, kind_of
from services.seal.merkle import leaf_hash
from services.seal.merkle_proof import verify_consistency
from services.seal.post_root import check_one_root_a_day
from services.seal.tlog_proof import TlogProof, verify_proof
from services.seal.trust import Trust
from services.tlog.errors import SourceError
from services.tlog.reader import MirrorReader
from services.tlog.root_check import log_of
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.transparency import LogReader

RULED: Final = LABEL_KINDS | {PostRootLeaf.KIND} | ANNOUNCING.keys()
"""The kinds of leaves whose rules hold between leaves, few among all."""

_LEAVES, _INCLUSION, _CONSISTENCY = "leaves.txt", "inclusion.txt", "consistency.txt"


@dataclass(frozen=True)
class Snapshot:
    """A log as it was downloaded, unverified.

    `inclusion` is the C2SP tlog-proof of the leaf at `leaf_index`, and brings the checkpoint that all else is under;
    `consistency` shows that the first `old_size` leaves came first.
    """

    leaves: tuple[bytes, ...]
    leaf_index: int
    inclusion: str
    old_size: int
    consistency: tuple[bytes, ...]


@dataclass(frozen=True)
class Verdict:
    """What a verified snapshot shows."""

    size: int
    root: bytes
    witnesses: tuple[str, ...]
    old_size: int
    leaf_index: int
    leaf: bytes
    kinds: tuple[tuple[str, int], ...]


async def fetch(log: LogReader, *, leaf_index: int | None = None, old_size: int | None = None) -> Snapshot:
    """Download the log up to its newest checkpoint. By default the last leaf is proven and half the size is older."""
    leaves = [leaf async for _, leaf in log.leaves()]
    index = len(leaves) - 1 if leaf_index is None else leaf_index
    if not 0 <= index < len(leaves):
        raise VouchsafeError(Reason.OUT_OF_RANGE, f"the log has {len(leaves)} leaves")
    inclusion, verified = await log.prove(leaves[index])
    size = verified.checkpoint.size
    leaves += [leaf async for _, leaf in log.leaves(len(leaves))]  # the log may have grown meanwhile
    older = max(1, size // 2) if old_size is None else old_size
    if not 0 < older <= size:
        raise VouchsafeError(Reason.OUT_OF_RANGE, f"the log has {size} leaves")
    return Snapshot(
        leaves=tuple(leaves[:size]),
        leaf_index=index,
        inclusion=inclusion,
        old_size=older,
        consistency=await log.consistency_proof(older, size),
    )


async def fetch_from_mirror(
    mirror: MirrorReader, trust: Trust, *, leaf_index: int | None = None, old_size: int | None = None
) -> Snapshot:
    """Download what a mirror shows, its proofs made of its tiles; the defaults are `fetch`'s. LOG_UNREACHABLE."""
    try:
        with translated():
            note = await mirror.checkpoint()
            head = verify_checkpoint(note, trust.log_policy()).checkpoint
            size = head.size
            index = size - 1 if leaf_index is None else leaf_index
            older = max(1, size // 2) if old_size is None else old_size
            if not 0 <= index < size or not 0 < older <= size:
                raise VouchsafeError(Reason.OUT_OF_RANGE, f"the log has {size} leaves")
            path = await mirror.proven(head, lambda tree: tree.inclusion(index, size))
            consistency = await mirror.proven(head, lambda tree: tree.consistency(older, size))
            leaves = await mirror.entries(0, size)
    except SourceError as error:
        raise VouchsafeError(Reason.LOG_UNREACHABLE, str(error)) from error
    return Snapshot(tuple(leaves), index, TlogProof(index, path, note).format(), older, consistency)


def save(snapshot: Snapshot, directory: Path) -> None:
    """Write a snapshot as text files. Leaves are kept apart by empty lines, of which no leaf has any."""
    if any(b"\n\n" in leaf or not leaf.endswith(b"\n") for leaf in snapshot.leaves):
        raise VouchsafeError(Reason.PROOF_INVALID, "a leaf of the log is malformed")
    directory.mkdir(parents=True, exist_ok=True)
    hashes = "".join(f"{to_base64(node)}\n" for node in snapshot.consistency)
    (directory / _LEAVES).write_bytes(b"\n".join(snapshot.leaves))
    (directory / _CONSISTENCY).write_text(f"{snapshot.old_size}\n{hashes}", encoding="utf-8")
    (directory / _INCLUSION).write_text(f"{snapshot.leaf_index}\n{snapshot.inclusion}", encoding="utf-8")


def load(directory: Path) -> Snapshot:
    """Read what `save` wrote; FILE_UNREADABLE for anything else."""
    try:
        old_size, *hashes = (directory / _CONSISTENCY).read_text(encoding="utf-8").splitlines()
        leaf_index, _, inclusion = (directory / _INCLUSION).read_text(encoding="utf-8").partition("\n")
        *leaves, last = (directory / _LEAVES).read_bytes().split(b"\n\n")
        return Snapshot(
            leaves=(*(leaf + b"\n" for leaf in leaves), last),
            leaf_index=int(leaf_index),
            inclusion=inclusion,
            old_size=int(old_size),
            consistency=tuple(from_base64(line) for line in hashes),
        )
    except (OSError, ValueError) as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{directory} holds no snapshot of the log") from error


def verify(snapshot: Snapshot, trust: Trust) -> Verdict:
    """Return what the snapshot shows when all of it holds; PROOF_INVALID otherwise.

    Checked: the log's signature and the witness quorum on the checkpoint; that the leaves hash to its root; that the
    first leaf is the trust material's own; that no label is defined twice or has two issuer keys in one epoch, and none
    was keyed without being defined, or activated without a key or after it was revoked; that no day has two roots of
    its posts; that no notice is of another subject than its intent; the inclusion proof of the chosen leaf; the
    consistency proof between the old size and this one.
    """
    with translated():
        verified = _verify_inclusion(snapshot, trust)
        size, root = verified.checkpoint.size, verified.checkpoint.root
        tree = log_of(snapshot.leaves, verified.checkpoint, first_leaf=trust.ceremony_leaf().to_bytes())
        check_rules(snapshot.leaves)
        verify_consistency(snapshot.old_size, size, tree.root(snapshot.old_size), root, snapshot.consistency)
    return Verdict(
        size=size,
        root=root,
        witnesses=tuple(each.key.name for each in verified.cosignatures),
        old_size=snapshot.old_size,
        leaf_index=snapshot.leaf_index,
        leaf=snapshot.leaves[snapshot.leaf_index],
        kinds=tuple(sorted(Counter(kind_of(leaf) for leaf in snapshot.leaves).items())),
    )


def check_rules(leaves: Sequence[bytes]) -> None:
    """Return when all of a log's leaves together keep its rules (see `verify`); raise `SealError` otherwise.

    Of the leaves, those of the kinds in `RULED` suffice.
    """
    label_standings(leaves)
    check_one_root_a_day(leaves)
    check_notices(leaves)


def _verify_inclusion(snapshot: Snapshot, trust: Trust) -> VerifiedCheckpoint:
    if not 0 <= snapshot.leaf_index < len(snapshot.leaves):
        raise SealError("the proven leaf is not in the snapshot")
    leaf = leaf_hash(snapshot.leaves[snapshot.leaf_index])
    return verify_proof(TlogProof.parse(snapshot.inclusion), leaf, trust.log_policy())
