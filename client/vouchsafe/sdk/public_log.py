"""All of the public log, from wherever somebody has it, and believed only as far as it proves itself.

The platform, a mirror, a mirror's directory and a snapshot that `log verify` saved are all the same here: leaves, and
a checkpoint that the log and its witnesses have signed. What single leaves mean, and whether they keep the log's rules,
is not looked at: a report has to be made of a log that breaks them, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.seal.checkpoint import Checkpoint
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Trust
from services.tlog.errors import LogError
from services.tlog.root_check import tree_of
from services.tlog.source import Source
from services.tlog.tile_store import TileStore
from services.tlog.verified import VerifiedLog
from vouchsafe.sdk import audit
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.transparency import LogReader


@dataclass(frozen=True)
class PublicLog:
    """Every leaf, the root over them, and the time (Unix seconds) at which a quorum of witnesses had co-signed it."""

    leaves: tuple[bytes, ...]
    root: bytes
    as_of: int


async def read_public_log(source: Source, trust: Trust) -> PublicLog:
    """The log that a source shows; PROOF_INVALID unless all of it is under a co-signed checkpoint."""
    log = VerifiedLog(trust.log_policy(), first_leaf=trust.ceremony_leaf().to_bytes())
    with translated():
        try:
            growth = await log.take(source)
        except LogError as error:
            raise VouchsafeError(Reason.PROOF_INVALID, str(error)) from error
    return PublicLog(growth.leaves, growth.signed.checkpoint.root, growth.signed.seen_unix)


def saved_log(directory: Path) -> Source:
    """What a directory holds: a mirror's files, or a snapshot; FILE_UNREADABLE when it is neither."""
    tiles = directory / "checkpoint"
    return TileStore(directory) if tiles.is_file() else _Snapshot(directory, audit.load(directory))


class PlatformLog:
    """The log as the platform itself shows it, over one side's connection."""

    name = "the platform"

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader

    async def checkpoint(self) -> str:
        """The newest signed head."""
        note, _ = await self._reader.checkpoint()
        return note

    async def entries(self, start: int, size: int) -> Sequence[bytes]:
        """The leaves from index `start` on, of the tree of `size` leaves."""
        leaves: list[bytes] = []
        async for index, leaf in self._reader.leaves(start):
            if index == size:  # it has grown meanwhile
                break
            leaves.append(leaf)
        return leaves

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        """The root of a smaller tree, by all leaves of the larger one."""
        return tree_of(await self.entries(0, checkpoint.size), checkpoint).root(size)


class _Snapshot:
    """A log that was downloaded before."""

    def __init__(self, directory: Path, snapshot: audit.Snapshot) -> None:
        self.name = str(directory)
        self._snapshot = snapshot

    async def checkpoint(self) -> str:
        with translated():
            return TlogProof.parse(self._snapshot.inclusion).checkpoint

    async def entries(self, start: int, size: int) -> Sequence[bytes]:
        return self._snapshot.leaves[start:size]

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        return tree_of(self._snapshot.leaves, checkpoint).root(size)
