"""Vetoes that an officer told this process himself, past disclosure and the log; on disk before he is answered.

A veto is for good. The intent need not be in the log yet, so anything that an officer signs is taken, up to a bound for
each officer: whoever has stolen one key fills neither the disk nor the place of the others' vetoes.

A line is the commitment of the intent in hex, the officer and his signature in hex, so that whoever finds an intent
refused can see by whom.
"""

from collections import Counter
from pathlib import Path
from typing import Final, Self

from services.chassis.durable_file import StateError
from services.chassis.lines import Lines
from services.chassis.telemetry_log import log
from services.seal import ed25519
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.seal.statements import Veto

FILE_NAME: Final = "vetoes"
MOST_BY_ONE_OFFICER: Final = 1_000

VETOES_FULL: Final = "vetoes_full"

_log = log(__name__)


class Vetoes:
    """The record, opened for this process alone."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        told = [_parse(line) for line in lines.found]
        self._recorded = {intent for intent, _ in told}
        self._stopped = set(self._recorded)
        self._by_officer = Counter(officer for _, officer in told)

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open or create the file in `directory`; raises StateError when it is held by another process or malformed."""
        return cls(Lines.open(directory / FILE_NAME))

    def veto(self, intent: bytes, officer: str, signature: bytes, governance: Governance) -> None:
        """Take an officer's veto; it is on disk on return. SealError when it is not one.

        StateError when it could not be recorded: it stands for as long as this process lives. `governance` is the
        newest that is known, however old, as with a lock-down.
        """
        veto = Veto(governance.ceremony, intent, officer)
        ed25519.verify(governance.officer(officer).public, veto.signed_bytes(), signature)
        self._obey(intent, officer)
        # The officer hears of a disk that fails, each time he asks: a restart would forget what is stopped by now.
        if intent not in self._recorded:
            self._lines.append(f"{intent.hex()} {officer} {signature.hex()}")
            self._recorded.add(intent)

    def stop(self, intent: bytes) -> bool:
        """Whether an officer has vetoed the intent with this commitment."""
        return intent in self._stopped

    async def close(self) -> None:
        """Give the file up."""
        await self._lines.close()

    def _obey(self, intent: bytes, officer: str) -> None:
        if intent in self._stopped:
            return
        if self._by_officer[officer] >= MOST_BY_ONE_OFFICER:
            _log.error(VETOES_FULL)
            raise SealError("more vetoes than one officer may tell")
        self._stopped.add(intent)
        self._by_officer[officer] += 1


def _parse(line: str) -> tuple[bytes, str]:
    try:
        commitment, officer, _ = line.split(" ")
        intent = bytes.fromhex(commitment)
    except ValueError as error:
        raise StateError("the record of vetoes is malformed") from error
    if len(intent) != 32 or not officer:
        raise StateError("the record of vetoes is malformed")
    return intent, officer
