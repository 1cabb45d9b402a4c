"""A witness's decision: co-sign a checkpoint of the log when it extends what was seen before, and nothing else.

The rules are those of C2SP tlog-witness, add-checkpoint. A co-signature says "this is the largest consistent tree that
I have seen"; therefore what was seen is on disk first. What the leaves say is nobody's business here.
"""

from collections.abc import Sequence
from enum import StrEnum

from services.chassis.clock import Clock
from services.seal.checkpoint import Checkpoint, LogPolicy
from services.seal.errors import SealError
from services.seal.merkle_proof import verify_consistency
from services.seal.note import Note, NoteSigner, cosign, verify
from services.witness.last_seen import LastSeen, TreeHead


class Reason(StrEnum):
    """Why a witness does not sign."""

    CHECKPOINT_MALFORMED = "CHECKPOINT_MALFORMED"
    LOG_UNKNOWN = "LOG_UNKNOWN"
    CHECKPOINT_INCONSISTENT = "CHECKPOINT_INCONSISTENT"


class Refused(Exception):
    """The checkpoint is not co-signed; nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Witness:
    """One witness of one log. Raises ValueError when the key is not one of the policy's witnesses."""

    def __init__(self, *, signer: NoteSigner, policy: LogPolicy, seen: LastSeen, clock: Clock) -> None:
        if signer.verifier_key not in policy.witnesses:
            raise ValueError("this witness is not in the trust material")
        self._signer = signer
        self._log = policy.log
        self._seen = seen
        self._clock = clock

    def add(self, old_size: int, proof: Sequence[bytes], note: str) -> str | int:
        """A co-signature line; or, when `old_size` is not what was seen last, the size that was. Raises Refused."""
        unsigned, checkpoint = self._of_the_log(note)
        known = self._seen.head
        if not 0 < checkpoint.size >= old_size:
            raise Refused(Reason.CHECKPOINT_MALFORMED)
        if old_size != (known.size if known else 0):
            return known.size if known else 0
        _check_growth(known, checkpoint, proof)
        if known is None or checkpoint.size > known.size:
            # Before the signature exists: a witness that forgot what it signed could be shown another past.
            self._seen.save(TreeHead(checkpoint.size, checkpoint.root))
        return cosign(unsigned.text, self._signer, int(self._clock.now().timestamp())).line()

    def _of_the_log(self, note: str) -> tuple[Note, Checkpoint]:
        """The note and its checkpoint, once the log's signature over it has been verified."""
        try:
            parsed = Note.parse(note)
        except SealError:
            raise Refused(Reason.CHECKPOINT_MALFORMED) from None
        try:
            verify(parsed, [self._log])
        except SealError:
            raise Refused(Reason.LOG_UNKNOWN) from None
        try:
            checkpoint = Checkpoint.parse(parsed.text)
        except SealError:
            raise Refused(Reason.CHECKPOINT_MALFORMED) from None
        if checkpoint.origin != self._log.name:
            raise Refused(Reason.LOG_UNKNOWN)
        return parsed, checkpoint


def _check_growth(known: TreeHead | None, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    """Refuse a tree that does not begin with the known one. From nothing everything follows, and takes no proof."""
    if known is None:
        if proof:
            raise Refused(Reason.CHECKPOINT_MALFORMED)
        return
    try:
        verify_consistency(known.size, checkpoint.size, known.root, checkpoint.root, proof)
    except SealError:
        raise Refused(Reason.CHECKPOINT_INCONSISTENT) from None
