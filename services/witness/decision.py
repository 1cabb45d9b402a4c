"""A witness's decision: co-sign a checkpoint of the log when it extends what was seen before, and nothing else.

The rules, and their order, are those of C2SP tlog-witness, add-checkpoint. A co-signature says "this is the largest
consistent tree that I have seen"; therefore what was seen is on disk first. What the leaves say is nobody's business
here. How a decision is told is `http`'s.
"""

from enum import StrEnum

from services.chassis.clock import Clock
from services.seal.checkpoint import Checkpoint, LogPolicy
from services.seal.errors import SealError
from services.seal.merkle import EMPTY_ROOT
from services.seal.merkle_proof import verify_consistency
from services.seal.note import Note, NoteSigner, cosign, verify
from services.tlog.witness_wire import AddCheckpoint
from services.witness.last_seen import LastSeen, TreeHead


class Reason(StrEnum):
    """Why a witness does not sign."""

    MALFORMED = "malformed"
    LOG_UNKNOWN = "log_unknown"
    NOT_SIGNED = "not_signed"
    SHRINKS = "shrinks"
    OTHER_ROOT = "other_root"
    INCONSISTENT = "inconsistent"
    PROOF_UNASKED = "proof_unasked"


FORKS = frozenset({Reason.OTHER_ROOT, Reason.INCONSISTENT})
"""Refusals of what the log has signed, and should not have if the proof was the one it has."""


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

    @property
    def head(self) -> TreeHead:
        """The last tree that was co-signed, the empty one at first."""
        return self._seen.head or TreeHead(0, EMPTY_ROOT)

    @property
    def size(self) -> int:
        """Of that tree."""
        return self.head.size

    def add(self, request: AddCheckpoint) -> str | int:
        """A co-signature line; or the size that was seen last, when it is not the request's. Raises Refused.

        Nothing else may run between looking at what was seen and storing what is: two requests at once could take a
        step back otherwise.
        """
        unsigned, checkpoint = self._of_the_log(request.note)
        if request.old_size > checkpoint.size:
            raise Refused(Reason.SHRINKS)
        if request.old_size != self.size:
            return self.size
        self._check_growth(request, checkpoint)
        if checkpoint.size > self.size:
            # Before the signature exists: a witness that forgot what it signed could be shown another past.
            self._seen.save(TreeHead(checkpoint.size, checkpoint.root))
        return cosign(unsigned.text, self._signer, int(self._clock.now().timestamp())).line()

    def _of_the_log(self, note: str) -> tuple[Note, Checkpoint]:
        """The note and its checkpoint, once the log's signature over it has been verified."""
        try:
            parsed = Note.parse(note)
        except SealError:
            raise Refused(Reason.MALFORMED) from None
        if parsed.text.partition("\n")[0] != self._log.name:
            raise Refused(Reason.LOG_UNKNOWN)
        try:
            verify(parsed, [self._log])
        except SealError:
            raise Refused(Reason.NOT_SIGNED) from None
        try:
            return parsed, Checkpoint.parse(parsed.text)
        except SealError:
            raise Refused(Reason.MALFORMED) from None

    def _check_growth(self, request: AddCheckpoint, checkpoint: Checkpoint) -> None:
        """Refuse a tree that does not begin with the known one. From nothing everything follows, and takes no proof."""
        known = self.head
        if checkpoint.size == known.size and checkpoint.root != known.root:
            raise Refused(Reason.OTHER_ROOT if known.size else Reason.INCONSISTENT)
        if known.size in (0, checkpoint.size):
            if request.proof:
                raise Refused(Reason.PROOF_UNASKED)
            return
        try:
            verify_consistency(known.size, checkpoint.size, known.root, checkpoint.root, request.proof)
        except SealError:
            raise Refused(Reason.INCONSISTENT) from None
