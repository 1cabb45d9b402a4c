"""What the log has signed and a witness cannot reconcile with what it had seen: kept, for whoever judges it.

Another root of the size that was seen is a fork, whoever sent it. A larger tree without a proof may be one: the log's
tree of that size, at any mirror, tells. Anybody can send an honest head with a wrong proof, the log itself before it
forks too; therefore each head is kept once, and no first one stands for all.
"""

from pathlib import Path
from typing import Final

from services.chassis.durable_file import replace
from services.seal.canonical import sha256
from services.tlog.witness_wire import AddCheckpoint
from services.witness.last_seen import TreeHead

DIRECTORY: Final = "fork"
MOST: Final = 100
"""Requests that are kept, of less than 64 KiB each."""


def keep(directory: Path, seen: TreeHead, request: AddCheckpoint) -> None:
    """Keep the request, headed by what was seen (`seen <size> <root, hex>`), once for each head that it shows."""
    kept = directory / DIRECTORY
    kept.mkdir(exist_ok=True)
    path = kept / sha256(request.note.partition("\n\n")[0].encode("utf-8")).hex()
    if not path.exists() and sum(1 for _ in kept.iterdir()) < MOST:
        replace(path, f"seen {seen.size} {seen.root.hex()}\n".encode() + request.format())
