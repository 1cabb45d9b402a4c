"""Checkpoints: the log's signed heads, co-signed by witnesses who have seen that it only ever grew.

The newest one with a quorum lives in memory; after a restart the witnesses sign again. Witnesses are asked as C2SP
tlog-witness says: who has seen another size than was thought answers it, and is asked again with the right proof. What
a proof under a checkpoint looks like is `seal.tlog_proof`'s.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.chassis.log.eventstore import EventStoreError
from services.chassis.rpc_call import deadline_of_current_call
from services.chassis.rpc_errors import RpcError
from services.chassis.telemetry_log import log as logger
from services.seal.checkpoint import Checkpoint, LogPolicy, sign_checkpoint
from services.seal.errors import SealError
from services.seal.note import Note, NoteSignature, NoteSigner, VerifierKey, verify
from services.seal.tlog_proof import TlogProof
from services.tlog.errors import SizeUnknown, WitnessesUnavailable
from services.tlog.log import TransparencyLog

AskWitness = Callable[[int, Sequence[bytes], str], Awaitable[str | int]]
"""Shows a witness a checkpoint's note and the proof from an old size: its signature line, or the size it has seen."""

WITNESS_SILENT: Final = "witness_silent"
WITNESS_AHEAD: Final = "witness_ahead"
QUORUM_SHORT: Final = "witness_quorum_short"

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


class Checkpoints:
    """Signs, has co-signed and keeps the newest checkpoint. `witnesses` are asked by their key in the policy."""

    def __init__(
        self,
        log: TransparencyLog,
        *,
        signer: NoteSigner,
        policy: LogPolicy,
        witnesses: Mapping[VerifierKey, AskWitness],
    ) -> None:
        self._log = log
        self._signer = signer
        self._policy = policy
        self._witnesses = witnesses
        self._seen = dict.fromkeys(witnesses, 0)
        self._newest: Cosigned | None = None
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Publish whenever there is something new; for ever."""
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
        """Have the present tree co-signed; keeps the checkpoint when a quorum did."""
        async with self._lock:
            size = self._log.size
            if size == 0 or self._covers(size):
                return
            checkpoint = Checkpoint(self._policy.log.name, size, self._log.root(size))
            note = sign_checkpoint(checkpoint, self._signer)
            answers = await asyncio.gather(*(self._cosignature(key, checkpoint, note) for key in self._witnesses))
            cosignatures = tuple(answer for answer in answers if answer is not None)
            if len(cosignatures) < self._policy.quorum:
                _log.warning(QUORUM_SHORT, count=len(cosignatures))
                return
            self._newest = Cosigned(checkpoint, Note(note.text, note.signatures + cosignatures).format())

    def _covers(self, size: int) -> bool:
        return self._newest is not None and self._newest.checkpoint.size >= max(size, 1)

    async def _cosignature(self, witness: VerifierKey, checkpoint: Checkpoint, note: Note) -> NoteSignature | None:
        """One witness's co-signature, verified; None when it gives none that holds."""
        try:
            line = await self._ask(witness, checkpoint, note)
            signature = NoteSignature.parse(line.removesuffix("\n")) if line else None
            if signature is not None:
                verify(Note(note.text, (signature,)), [witness])
        except (RpcError, SealError) as error:
            _log.warning(WITNESS_SILENT, peer=witness.name, error_type=type(error).__name__)
            return None
        return signature

    async def _ask(self, witness: VerifierKey, checkpoint: Checkpoint, note: Note) -> str:
        """The witness's signature line, "" when it has seen a larger tree than this process."""
        old = min(self._seen[witness], checkpoint.size)
        # The second time around the size is the witness's own word; a third answer would be another process's doing.
        for _ in range(3):
            path = self._log.consistency(old, checkpoint.size) if old else ()
            answer = await self._witnesses[witness](old, path, note.format())
            if isinstance(answer, str):
                self._seen[witness] = checkpoint.size
                return answer
            old = answer
            if old > checkpoint.size:
                break
        _log.warning(WITNESS_AHEAD, peer=witness.name)
        return ""
