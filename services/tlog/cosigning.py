"""One witness as the log sees it: what it has seen, how it is asked, and that its co-signature verifies.

Witnesses are asked as C2SP tlog-witness says: who has seen another size than was thought answers it, and is asked again
with the right proof. A witness that has seen another history is an alarm, for either it or this log is wrong.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.chassis.telemetry_log import log as logger
from services.chassis.telemetry_metrics import WITNESS_ANSWERS
from services.seal.checkpoint import Checkpoint
from services.seal.errors import SealError
from services.seal.note import Note, NoteSignature, VerifierKey, verify
from services.tlog.errors import LogInconsistent, WitnessRefused, WitnessSilent
from services.tlog.log import TransparencyLog

AskWitness = Callable[[int, Sequence[bytes], str], Awaitable[str | int]]
"""Shows a witness a checkpoint's note and the proof from an old size: its signature lines, or the size it has seen.

Raises WitnessSilent, WitnessRefused and LogInconsistent; see `witness_client`.
"""

WITNESS_SILENT: Final = "witness_silent"
WITNESS_REFUSED: Final = "witness_refused"
WITNESS_AHEAD: Final = "witness_ahead"
WITNESS_WENT_BACK: Final = "witness_went_back"
LOG_INCONSISTENT: Final = "log_inconsistent"

_log = logger(__name__)


class Cosigner:
    """A witness, by its key and the way to ask it."""

    def __init__(self, key: VerifierKey, ask: AskWitness, log: TransparencyLog) -> None:
        self.key = key
        self.turn = asyncio.Lock()
        """Held while it is asked: one checkpoint after another."""
        self._ask = ask
        self._log = log
        self._seen = 0

    async def cosign(self, checkpoint: Checkpoint, note: Note) -> NoteSignature | None:
        """The witness's co-signature of the note, verified; None when it gives none that holds, which is logged."""
        try:
            lines = await self._asked(checkpoint, note)
            signature = self._own(note, lines) if lines else None
        except LogInconsistent:
            _log.error(LOG_INCONSISTENT, peer=self.key.name)
            WITNESS_ANSWERS.add(1, {"code": LOG_INCONSISTENT})
            return None
        except WitnessRefused as error:
            self._warn(WITNESS_REFUSED, error)
            return None
        except (WitnessSilent, SealError) as error:
            self._warn(WITNESS_SILENT, error)
            return None
        if signature is not None:
            self._seen = checkpoint.size
            WITNESS_ANSWERS.add(1, {"code": "cosigned"})
        return signature

    async def _asked(self, checkpoint: Checkpoint, note: Note) -> str:
        """The witness's signature lines, "" when it has seen a larger tree than this process."""
        old = min(self._seen, checkpoint.size)
        # The second time around the size is the witness's own word; a third answer would be another process's doing.
        for _ in range(3):
            path = self._log.consistency(old, checkpoint.size) if old else ()
            answer = await self._ask(old, path, note.format())
            if isinstance(answer, str):
                return answer
            if answer < self._seen:
                # It has forgotten what it signed: until it has caught up it could be shown another past.
                self._warn(WITNESS_WENT_BACK)
                self._seen = answer
            old = answer
            if old > checkpoint.size:
                break
        self._warn(WITNESS_AHEAD)
        return ""

    def _own(self, note: Note, lines: str) -> NoteSignature:
        """This witness's line, verified, of those that it sent; lines of other keys are ignored."""
        for line in lines.splitlines():
            signature = NoteSignature.parse(line)
            if (signature.name, signature.key_id) == (self.key.name, self.key.key_id):
                verify(Note(note.text, (signature,)), [self.key])
                return signature
        raise SealError("the witness has not signed with its key")

    def _warn(self, event: str, error: Exception | None = None) -> None:
        _log.warning(event, peer=self.key.name, **({"error_type": type(error).__name__} if error else {}))
        WITNESS_ANSWERS.add(1, {"code": event})
