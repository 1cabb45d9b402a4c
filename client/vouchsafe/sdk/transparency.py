"""The public log, believed only as far as it proves itself: leaves with inclusion proofs under cosigned checkpoints.

`LogReader` asks for what it needs and checks each answer against the trust material. Checking the whole log at once,
from files, is `audit`'s work.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar

from services.seal.checkpoint import LogPolicy, VerifiedCheckpoint, verify_checkpoint
from services.seal.errors import SealError
from services.seal.leaves import IssuerKeyLeaf, LabelActivatedLeaf, LabelDefinedLeaf, LabelRevokedLeaf, Leaf, kind_of
from services.seal.merkle import leaf_hash
from services.seal.note import Note
from services.seal.tlog_proof import TlogProof, verify_proof
from services.seal.trust import Trust
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as log_pb
from vouchsafe.disclosure.v1.transparency_log_service_pb2_grpc import TransparencyLogServiceStub
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.side import Peer

L = TypeVar("L", LabelDefinedLeaf, LabelActivatedLeaf, LabelRevokedLeaf)

_POLL_INTERVAL = 0.25
_PAGE = 1024


class LogReader:
    """Reads the log over one side's connection. What was proven once is not asked for again: the log only grows."""

    def __init__(self, peer: Peer, trust: Trust) -> None:
        self._peer = peer
        self._stub = TransparencyLogServiceStub(peer.channel)
        self._trust = trust
        with translated():
            self._policy = trust.log_policy()
        self._proven: dict[bytes, int] = {}

    async def checkpoint(self, *, min_size: int = 0) -> tuple[str, VerifiedCheckpoint]:
        """The newest cosigned checkpoint of at least a size: its text and what it says."""
        answer = await self._peer.call(self._stub.GetCheckpoint, log_pb.GetCheckpointRequest(min_size=min_size))
        with translated():
            return answer.checkpoint, verify_checkpoint(answer.checkpoint, self._policy)

    async def leaves(self, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        """Index and bytes of each leaf from `start` on, unproven."""
        while page := await self._page(start):
            for leaf in page:
                yield start, leaf
                start += 1

    async def prove(self, leaf: bytes) -> tuple[str, VerifiedCheckpoint]:
        """The C2SP tlog-proof of a leaf, verified, and the checkpoint that it is under.

        Of the checkpoint's signatures it has those of the trust material's keys alone: an exhibit carries no others.
        """
        hashed = leaf_hash(leaf)
        request = log_pb.GetInclusionProofRequest(leaf_hash=hashed)
        answer = await self._peer.call(self._stub.GetInclusionProof, request)
        with translated():
            proof = TlogProof.parse(answer.proof)
            verified = verify_proof(proof, hashed, self._policy)
            return _without_strangers(proof, self._policy).format(), verified

    async def consistency_proof(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """The hashes that show that one tree is the beginning of another; not yet verified against their roots."""
        request = log_pb.GetConsistencyProofRequest(old_size=old_size, new_size=new_size)
        return tuple((await self._peer.call(self._stub.GetConsistencyProof, request)).hashes)

    async def index_of(self, leaf: Leaf) -> int:
        """The index of a leaf that is proven to be in the log; a refusal when it is not."""
        data = leaf.to_bytes()
        if data not in self._proven:
            proof, _ = await self.prove(data)
            self._proven[data] = TlogProof.parse(proof).index
        return self._proven[data]

    async def check_issuer_key(self, label: str, epoch: int, public_key: bytes) -> int:
        """Believe an issuer key only when the log shows it, and our trust material to begin with. Returns its index."""
        await self.index_of(self._trust.ceremony_leaf())
        return await self.index_of(IssuerKeyLeaf.of(label, epoch, public_key))

    async def check_meaning(self, defined: LabelDefinedLeaf) -> None:
        """Believe what a label means only when the log says just that; LABEL_MISNAMED.

        To be asked about a label whose key the log shows: its meaning was logged before, so none will come any more.
        """
        try:
            await self.index_of(defined)
        except VouchsafeError as error:
            if error.reason != "LEAF_UNKNOWN":
                raise
            message = f"the log does not say that {defined.label} means what you were shown; nothing was asked for"
            raise VouchsafeError(Reason.LABEL_MISNAMED, message) from error

    async def wait_active(self, label: str, epoch: int, public_key: bytes, *, patience: float) -> LabelActivatedLeaf:
        """Wait for the leaf that opens a label. LABEL_NOT_ACTIVE after `patience` seconds without it; LABEL_REVOKED.

        The whole log after the key is read, so that nobody learns which label is waited for.
        """
        position = await self.check_issuer_key(label, epoch, public_key)
        give_up = time.monotonic() + patience
        activated: LabelActivatedLeaf | None = None
        while True:
            async for index, leaf in self.leaves(position):
                position = index + 1
                if says(leaf, LabelRevokedLeaf, label, epoch):
                    raise VouchsafeError("LABEL_REVOKED", f"{label} was stopped; the log says why (leaf {index})")
                activated = activated or says(leaf, LabelActivatedLeaf, label, epoch)
            if activated:
                await self.index_of(activated)
                return activated
            if time.monotonic() >= give_up:
                message = f"too few people hold a credential under {label} yet; wait for more, or use a wider label"
                raise VouchsafeError(Reason.LABEL_NOT_ACTIVE, message)
            await asyncio.sleep(_POLL_INTERVAL)

    async def _page(self, start: int) -> tuple[bytes, ...]:
        answer = await self._peer.call(self._stub.ListLeaves, log_pb.ListLeavesRequest(start=start, limit=_PAGE))
        return tuple(answer.leaves)


def _without_strangers(proof: TlogProof, policy: LogPolicy) -> TlogProof:
    """The proof without the lines of witnesses that were asked besides, whom this trust material does not know."""
    note = Note.parse(proof.checkpoint)
    known = {(key.name, key.key_id) for key in (policy.log, *policy.witnesses)}
    kept = tuple(signature for signature in note.signatures if (signature.name, signature.key_id) in known)
    return replace(proof, checkpoint=Note(note.text, kept).format())


def says(leaf: bytes, kind: type[L], label: str, epoch: int) -> L | None:
    """The leaf, if it is of this kind and about this label and epoch."""
    try:
        if kind_of(leaf) != kind.KIND:
            return None
        said = kind.parse(leaf)
    except SealError:  # a malformed leaf is an auditor's find (`audit`), not a reason to stop waiting
        return None
    return said if (said.label, said.epoch) == (label, epoch) else None
