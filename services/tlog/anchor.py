"""What a follower of the log must not forget: the newest checkpoint it acted on, and that the log has forked.

In a directory that outlives the process, so that a restart can neither be shown an older log nor another one.
"""

from pathlib import Path
from typing import Final

from services.chassis.durable_file import StateError, read, replace
from services.seal.checkpoint import LogPolicy
from services.seal.errors import SealError
from services.tlog.errors import LogForked
from services.tlog.verified import Signed

NEWEST: Final = "log-checkpoint"
"""The newest checkpoint, a note."""
FORKED: Final = "log-forked-{}"
"""The checkpoints that contradict each other, each in a file. An operator who has looked at them removes the files."""
ROLLED_BACK: Final = "log-rolled-back-{}"
"""The larger tree's checkpoint, and the smaller one's that was shown after it. Nothing is refused for these files."""


class Anchor:
    """The files in one directory, which is made; one process at a time may use it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._size = 0
        directory.mkdir(parents=True, exist_ok=True)

    def load(self, policy: LogPolicy) -> Signed | None:
        """What was noted last, None if nothing was. StateError when it cannot be read, LogForked as was noted."""
        evidence = tuple(text for text in map(_text, self._evidence()) if text is not None)
        if evidence:
            raise LogForked("the log has forked before; remove the evidence once it has been looked at", evidence)
        note = _text(self._directory / NEWEST)
        if note is None:
            return None
        try:
            signed = Signed.verify(note, policy)
        except SealError as error:
            raise StateError(f"{NEWEST} is not what was written") from error
        self._size = signed.size
        return signed

    def note(self, signed: Signed) -> None:
        """Note a checkpoint if its tree is larger than the last one's; on disk on return. StateError when it is not."""
        if signed.size <= self._size:
            return
        _write(self._directory / NEWEST, signed.note)
        self._size = signed.size

    def note_fork(self, fork: LogForked) -> tuple[Path, ...]:
        """Keep the evidence, on disk on return, until somebody removes it; where it is."""
        return self._keep(FORKED, fork.evidence)

    def note_rollback(self, seen: Signed, shown: Signed) -> tuple[Path, ...]:
        """Keep both heads, of a log that has shown less than before; on disk on return; where they are."""
        return self._keep(ROLLED_BACK, (seen.note, shown.note))

    def _keep(self, names: str, notes: tuple[str, ...]) -> tuple[Path, ...]:
        files = tuple(self._directory / names.format(number) for number, _ in enumerate(notes, start=1))
        for path, note in zip(files, notes, strict=True):
            _write(path, note)
        return files

    def _evidence(self) -> tuple[Path, ...]:
        return tuple(self._directory / FORKED.format(number) for number in (1, 2))


def _text(path: Path) -> str | None:
    try:
        return read(path).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{path.name} is not what was written") from error


def _write(path: Path, note: str) -> None:
    try:
        replace(path, note.encode("utf-8"))
    except OSError as error:
        raise StateError(f"{path.name} could not be written") from error
