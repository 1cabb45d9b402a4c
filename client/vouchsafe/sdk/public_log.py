"""All of the public log, from wherever somebody has it, and believed only as far as it proves itself.

The platform, a mirror, a mirror's directory and a snapshot that `log verify` saved are all the same here: leaves, and
a checkpoint that the log and its witnesses have signed. What single leaves mean, and whether they keep the log's rules,
is not looked at: a report has to be made of a log that breaks them, too.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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

BEYOND: Final = 4096
"""Leaves that are read beyond a co-signed head, to have them signed too: more than come while one is waited for."""


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
    `within`: seconds for a head and the leaves under it, after which it is LOG_UNREACHABLE. Not more is taken in than
    witnesses have signed for, and `BEYOND`: leaves that nobody signed can be without end.
    """

    name = "the platform"

    def __init__(self, reader: LogReader, known: int = 0, *, strict: bool = False, within: float | None = None) -> None:
        self._reader = reader
        self._strict = strict
        self._within = within
        self._until: float | None = None
        self._first = _before(known)
        self._leaves: list[bytes] = []

    async def checkpoint(self) -> str:
        """A signed head over the leaves that are there when it is asked; while witnesses are away, the newest."""
        self._until = None if self._within is None else asyncio.get_running_loop().time() + self._within
        async with self._in_time():
            note, head = await self._reader.checkpoint()
            await self._read_on(max(head.checkpoint.size, self._first) + BEYOND)
            size = self._first + len(self._leaves) if self._leaves else 0  # none: it has fewer than are known
            return note if size <= head.checkpoint.size else await self._covering(size, note)

    async def entries(self, start: int, size: int) -> Sequence[bytes]:
        """The leaves from index `start` on, of the tree of `size` leaves; those before are not kept any longer."""
        if start < self._first:
            self._first, self._leaves = _before(start), []
        async with self._in_time():
            await self._read_on(size)
        found = self._leaves[start - self._first : size - self._first]
        done = max(_before(size) - self._first, 0)
        del self._leaves[:done]
        self._first += done
        return found

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        """The root of a smaller tree, by all leaves of the larger one."""
        return tree_of(await self.entries(0, checkpoint.size), checkpoint).root(size)

    async def _covering(self, size: int, newest: str) -> str:
        """A head over so many leaves or, unless that is refused, the newest that there is."""
        try:
            note, head = await self._reader.checkpoint(min_size=size)
        except VouchsafeError:
            if self._strict:
                raise
            return newest
        if self._strict and head.checkpoint.size < size:
            raise VouchsafeError(Reason.LOG_STALE, "the platform shows leaves, and no co-signed head over them")
        return note

    async def _read_on(self, size: int) -> None:
        """Have the leaves of the tree of `size` leaves, as far as they are there."""
        at = self._first + len(self._leaves)
        if at < size:
            async for index, leaf in self._reader.leaves(at):
                self._leaves.append(leaf)
                if index + 1 >= size:
                    break

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout_at(self._until):
                yield
        except TimeoutError as error:
            raise VouchsafeError(Reason.LOG_UNREACHABLE, "the platform takes too long to show the log") from error


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
