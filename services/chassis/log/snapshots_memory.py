"""Snapshots in a process's own memory, for tests and for services on a store in memory."""

from services.chassis.log.snapshots import Snapshot


class MemorySnapshots:
    """`Snapshots` that are gone with the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Snapshot] = {}

    async def load(self, stream: str, fold: int) -> Snapshot | None:
        """See `Snapshots.load`."""
        return self._kept.get((stream, fold))

    async def save(self, snapshot: Snapshot) -> None:
        """See `Snapshots.save`."""
        self._kept[snapshot.stream, snapshot.fold] = snapshot
