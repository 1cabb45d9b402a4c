"""What a follower of the log last verified of who may stop openings: officers and lock-downs, on disk.

So that a restart while no mirror answers does not fall back on the ceremony's officers. Nothing is let go on by it:
that takes the log itself.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from services.chassis import durable_file
from services.chassis.durable_file import StateError
from services.seal.governance import Governance, begin
from services.seal.trust import Officer, Trust

FILE_NAME: Final = "log-officers"


class Known:
    """The file in one directory. Making one reads it; StateError when it is not what was written."""

    def __init__(self, directory: Path, trust: Trust) -> None:
        self._path = directory / FILE_NAME
        self.governance = begin(trust)
        """What was noted last, the ceremony's own if nothing was: size, officers and lock-downs, and nothing else."""
        try:
            self.governance = _parse(durable_file.read(self._path), self.governance)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StateError(f"{FILE_NAME} is not what was written") from error

    def note(self, governance: Governance) -> None:
        """Keep what governs, unless a longer log said otherwise; on disk on return. StateError when it is not."""
        if governance.size < self.governance.size:
            return
        if _stoppers(governance) != _stoppers(self.governance):
            try:
                durable_file.replace(self._path, _render(governance))
            except OSError as error:
                raise StateError(f"{FILE_NAME} could not be written") from error
        self.governance = governance


def _stoppers(governance: Governance) -> tuple[object, ...]:
    return governance.officers, governance.lockdowns, governance.unlocked


def _render(governance: Governance) -> bytes:
    told = {
        "ceremony": governance.ceremony.hex(),
        "size": governance.size,
        "lockdowns": governance.lockdowns,
        "unlocked": governance.unlocked,
        "officers": [[each.name, each.role, each.organisation, each.public.hex()] for each in governance.officers],
    }
    return json.dumps(told).encode()


def _parse(content: bytes, beginning: Governance) -> Governance:
    told = json.loads(content)
    if told["ceremony"] != beginning.ceremony.hex():
        raise ValueError("of another ceremony")
    officers = tuple(Officer(name, role, of, bytes.fromhex(key)) for name, role, of, key in told["officers"])
    size, lockdowns, unlocked = (int(told[name]) for name in ("size", "lockdowns", "unlocked"))
    return replace(beginning, officers=officers, size=size, lockdowns=lockdowns, unlocked=unlocked)
