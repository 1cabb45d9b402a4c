"""All of the public log, from wherever somebody has it, and believed only as far as it proves itself.

The platform, a mirror, a mirror's directory and a snapshot that `log verify` saved are all the same here: leaves, and
a checkpoint that the log and its witnesses have signed. What single leaves mean, and whether they keep the log's rules,
is not looked at: a report has to be made of a log that breaks them, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.seal import tiles
from services.seal.checkpoint import Checkpoint
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Trust
from services.tlog.errors import LogError
from services.tlog.root_check import tree_of
from services.tlog.source import Source
from services.tlog.tile_store import TileStore
from services.tlog.verified import Signed, VerifiedLog
from vouchsafe.sdk import audit
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.transparency import LogReader


@dataclass(frozen=True)
class PublicLog:
    """Every leaf, and the co-signed head over exactly these."""

    leaves: tuple[bytes, ...]
    signed: Signed

    @property
    def root(self) -> bytes:
        """The root over the leaves."""
        return self.signed.checkpoint.root

    @property
    def as_of(self) -> int:
        """The time, in Unix seconds, at which a quorum of witnesses had co-signed it."""
        return self.signed.seen_unix


async def read_public_log(source: Source, trust: Trust) -> PublicLog:
    """The log that a source shows; PROOF_INVALID unless all of it is under a co-signed checkpoint."""
    log = VerifiedLog(trust.log_policy(), first_leaf=trust.ceremony_leaf().to_bytes())
    with translated():
        try:
            growth = await log.take(source)
        except LogError as error:
            raise VouchsafeError(Reason.PROOF_INVALID, str(error)) from error
    return PublicLog(growth.leaves, growth.signed)


def saved_log(directory: Path) -> Source:
    """What a directory holds: a mirror's files, or a snapshot; FILE_UNREADABLE when it is neither."""
    tiles = directory / "checkpoint"
    return TileStore(directory) if tiles.is_file() else _Snapshot(directory, audit.load(directory))


class PlatformLog:
    """The log as the platform itself shows it, up to its last leaf, over one side's connection.

    `known`: how many leaves the reader has. Leaves are asked for from a multiple of 256 on, as a mirror's reader does,
    so that where he goes on tells him from few others. `strict`: a head that leaves out what was there is refused.
    """

    name = "the platform"

    def __init__(self, reader: LogReader, known: int = 0, *, strict: bool = False) -> None:
        self._reader = reader
        self._strict = strict
        self._first = _before(known)
        self._leaves: list[bytes] = []

    async def checkpoint(self) -> str:
        """A signed head over all leaves that are there when it is asked; while witnesses are away, the newest."""
        await self._read_on()
        size = self._first + len(self._leaves) if self._leaves else 0  # none: it has fewer than are known
        try:
            note, _ = await self._reader.checkpoint(min_size=size)
        except VouchsafeError:
            if self._strict:
                raise
            note, _ = await self._reader.checkpoint()
        return note

    async def entries(self, start: int, size: int) -> Sequence[bytes]:
        """The leaves from index `start` on, of the tree of `size` leaves; those before are not kept any longer."""
        if start < self._first:
            self._first, self._leaves = _before(start), []
        if self._first + len(self._leaves) < size:
            await self._read_on()
        found = self._leaves[start - self._first : size - self._first]
        done = max(_before(size) - self._first, 0)
        del self._leaves[:done]
        self._first += done
        return found

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        """The root of a smaller tree, by all leaves of the larger one."""
        return tree_of(await self.entries(0, checkpoint.size), checkpoint).root(size)

    async def _read_on(self) -> None:
        async for _, leaf in self._reader.leaves(self._first + len(self._leaves)):
            self._leaves.append(leaf)


def _before(known: int) -> int:
    """Where the bundle of the last known leaf begins: of a log that has not shrunk, that leaf at least is shown."""
    return max(known - 1, 0) // tiles.WIDTH * tiles.WIDTH


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
