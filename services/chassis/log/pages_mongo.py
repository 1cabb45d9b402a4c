"""Reads pages of a log in MongoDB, bounded in number, in bytes and in what is sent at once."""

from typing import Any

from services.chassis.log.commit_documents import to_commit
from services.chassis.log.eventstore import Commit
from services.chassis.log.pages import PAGE_BYTES

_MOST = 1000
_FEWER = 8


class LogPages:
    """Pages of the commits in a collection."""

    def __init__(self, commits: Any) -> None:
        self._commits = commits
        self._at_once = _MOST

    async def read(self, after: int, limit: int) -> list[Commit]:
        """The commits at these places, by the index and so in its order, up to the one that fills `PAGE_BYTES`.

        Raises what the driver raises. A server sends up to 16 MiB at once: where that failed, perhaps because it took
        too long, fewer are asked for the next time.
        """
        try:
            commits = await self._read(after, limit)
        except Exception:
            self._at_once = max(1, self._at_once // _FEWER)
            raise
        self._at_once = min(_MOST, 2 * self._at_once)
        return commits

    async def _read(self, after: int, limit: int) -> list[Commit]:
        commits: list[Commit] = []
        size = 0
        # The first batch of a cursor is small unless it is told otherwise, and each further one is a round trip.
        cursor = self._commits.find({"pos": {"$gt": after, "$lte": after + limit}}, batch_size=self._at_once)
        async for document in cursor:
            commits.append(to_commit(document))
            size += commits[-1].size
            if size >= PAGE_BYTES:
                await cursor.close()
                break
        return commits
