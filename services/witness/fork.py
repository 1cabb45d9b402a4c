"""The evidence of a fork: the first checkpoint that the log signed although it contradicts what it had shown.

Two signed checkpoints that cannot both be true convict the log before anybody, without the witness's word. The other
one is in every proof made since; this one might be shown to nobody else.
"""

from pathlib import Path
from typing import Final

from services.chassis.durable_file import replace
from services.tlog.witness_wire import AddCheckpoint
from services.witness.last_seen import TreeHead

FILE_NAME: Final = "fork"


def keep_first(directory: Path, seen: TreeHead, request: AddCheckpoint) -> None:
    """Keep the request, headed by what was seen (`seen <size> <root, hex>`), unless one is kept already."""
    path = directory / FILE_NAME
    if not path.exists():
        replace(path, f"seen {seen.size} {seen.root.hex()}\n".encode() + request.format())
