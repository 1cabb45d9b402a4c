"""Checkpoints: the log's signed heads, co-signed by witnesses who have seen that it only ever grew.

The newest one with a quorum lives in memory; after a restart the witnesses sign again. It is made anew within a second
of a new leaf, and once a minute when there is none, so that whoever follows the log can tell a quiet log from one that
is kept from him. Asking one witness is `cosigning`'s; what a proof looks like is `seal.tlog_proof`'s.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.chassis.log.eventstore import EventStoreError
from services.chassis.rpc_call import deadline_of_current_call
from services.chassis.telemetry_log import log as logger
from services.chassis.telemetry_metrics import WITNESS_ANSWERS
from services.seal.checkpoint import Checkpoint, LogPolicy, sign_checkpoint
from services.seal.errors import SealError
from services.seal.note import Note, NoteSignature, NoteSigner, SignatureType, VerifierKey
from services.seal.tlog_proof import TlogProof
from services.tlog.cosigning import AskWitness, Cosigner
from services.tlog.errors import SizeUnknown, WitnessesUnavailable
from services.tlog.log import TransparencyLog

QUORUM_SHORT: Final = "witness_quorum_short"

RECOSIGN_SECONDS: Final = 60.0
"""From when on the newest checkpoint is shown to the witnesses again although nothing is new."""

_PATIENCE: Final = 1.0
_FIRST_PAUSE: Final = 0.05
_RETURN: Final = 0.1
_NO_CALL: Final = 5.0

_log = logger(__name__)


@dataclass(frozen=True)
class Cosigned:
    """A checkpoint and its note, signed by the log and at least a quorum of witnesses."""

    checkpoint: Checkpoint
    note: str


@dataclass(eq=False)
class _Round:
    """A checkpoint that is being shown to the witnesses, and who has signed it so far. `began` as the loop's clock."""

    checkpoint: Checkpoint
    note: Note
    began: float
    signatures: dict[VerifierKey, NoteSignature]

    def cosigned(self) -> Cosigned:
        return Cosigned(self.checkpoint, Note(self.note.text, (*self.note.signatures, *self._in_order())).format())

    def _in_order(self) -> list[NoteSignature]:
        return [self.signatures[key] for key in sorted(self.signatures, key=lambda key: key.name)]


class Checkpoints:
    """Signs, has co-signed and keeps the newest checkpoint.

    `witnesses` are asked by their key. Those that the policy does not know are asked besides: their lines are added
    for whoever trusts them, and count for nothing here. SealError when two share a name or a key, or a key is no
    witness's.
    """

    def __init__(
        self,
        log: TransparencyLog,
        *,
        signer: NoteSigner,
        policy: LogPolicy,
        witnesses: Mapping[VerifierKey, AskWitness],
        recosign_seconds: float = RECOSIGN_SECONDS,
    ) -> None:
        _check_distinct(policy, witnesses)
        self._log = log
        self._signer = signer
        self._policy = policy
        self._cosigners = [Cosigner(key, ask, log) for key, ask in witnesses.items()]
        self._recosign = recosign_seconds
        self._newest: Cosigned | None = None
        self._since = 0.0
        self._round: _Round | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Publish whenever there is something new, and when the newest grows old; for ever."""
        with self._log.grown.listen() as grown:
            while True:
                # Another process may have appended leaves, and shown them to the witnesses: nobody tells this one.
                with suppress(EventStoreError):
                    await self._log.refresh()
                await self.publish()
                await grown.wait(_PATIENCE)

    async def covering(self, size: int) -> Cosigned:
        """The newest checkpoint, of at least `size` leaves; waits for it within the caller's deadline.

        Raises SizeUnknown when the log stayed smaller, WitnessesUnavailable when no quorum signed.
        """
        deadline = deadline_of_current_call()
        try:
            async with asyncio.timeout(_NO_CALL if deadline is None else deadline.remaining() - _RETURN):
                pause = _FIRST_PAUSE
                while not self._covers(size):
                    await self._log.refresh()
                    await self.publish()
                    if not self._covers(size):
                        await asyncio.sleep(pause)
                        pause = min(2 * pause, _PATIENCE)
        except TimeoutError:
            if self._log.size < size:
                raise SizeUnknown("the log has not reached this size") from None
            raise WitnessesUnavailable("no quorum of witnesses has co-signed") from None
        assert self._newest is not None  # noqa: S101  (it covers the size)
        return self._newest

    async def proof_of(self, index: int) -> str:
        """The tlog-proof of the leaf at `index`, under the newest checkpoint; raises as `covering` does."""
        cosigned = await self.covering(index + 1)
        path = self._log.inclusion(index, cosigned.checkpoint.size)
        return TlogProof(index, path, cosigned.note).format()

    async def publish(self) -> None:
        """Have the present tree co-signed, unless it was lately; returns once a quorum has signed or nobody else may.

        Witnesses that take longer add their lines later.
        """
        async with self._lock:
            size, now = self._log.size, asyncio.get_running_loop().time()
            if size == 0 or (self._covers(size) and not self._is_old(now)):
                return
            checkpoint = Checkpoint(self._policy.log.name, size, self._log.root(size))
            this = _Round(checkpoint, sign_checkpoint(checkpoint, self._signer), now, {})
            self._round = this
            self._keep(this)
            asking = {asyncio.create_task(self._collect(this, cosigner)) for cosigner in self._cosigners}
            for task in asking:
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
            while asking and not self._suffices(this):
                _, asking = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            if not self._suffices(this):
                _log.warning(QUORUM_SHORT, count=self._counted(this))
                WITNESS_ANSWERS.add(1, {"code": QUORUM_SHORT})

    async def close(self) -> None:
        """Ask nobody any more."""
        for task in self._asking:
            task.cancel()

    async def _collect(self, this: _Round, cosigner: Cosigner) -> None:
        async with cosigner.turn:
            if self._round is not this:
                return  # While this witness was busy, a newer checkpoint has come, and waits for its turn as well.
            signature = await cosigner.cosign(this.checkpoint, this.note)
        if signature is not None:
            this.signatures[cosigner.key] = signature
            self._keep(this)

    def _keep(self, this: _Round) -> None:
        """What has a quorum is the newest, unless one that was begun later has one already."""
        if self._suffices(this) and this.began >= self._since:
            self._newest, self._since = this.cosigned(), this.began

    def _suffices(self, this: _Round) -> bool:
        return self._counted(this) >= self._policy.quorum

    def _counted(self, this: _Round) -> int:
        return sum(key in self._policy.witnesses for key in this.signatures)

    def _covers(self, size: int) -> bool:
        return self._newest is not None and self._newest.checkpoint.size >= max(size, 1)

    def _is_old(self, now: float) -> bool:
        return now - self._since >= self._recosign


def _check_distinct(policy: LogPolicy, witnesses: Mapping[VerifierKey, AskWitness]) -> None:
    if any(key.type is not SignatureType.COSIGNATURE for key in witnesses):
        raise SealError("a witness has a cosignature key")
    parties = {policy.log, *policy.witnesses, *witnesses}
    if len({key.public_key for key in parties}) != len(parties) or len({key.name for key in parties}) != len(parties):
        raise SealError("two of the log and its witnesses share a name or a key")
