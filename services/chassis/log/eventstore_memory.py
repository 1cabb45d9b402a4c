"""The event log in a process's own memory, for tests and as the model that the real store is compared with.

One instance is one service's store; it forgets everything with the process. Every method runs without a pause, so the
event loop makes it atomic.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from services.chassis.log.appends import Appends
from services.chassis.log.eventstore import (
    START,
    Commit,
    CommitIdTaken,
    Mark,
    PositionsLost,
    RestoreRefused,
    StreamHead,
    Unsequenced,
    VersionConflict,
    Write,
    new_commit,
    stream_category,
)
from services.chassis.log.lease import LeaseLost
from services.chassis.log.pages import dense_versions, fitting
from services.chassis.log.restoring import joined_versions


class MemoryEventStore:
    """A `LogStore` in memory. `seconds_now` is the clock of its leases, any that never runs backwards."""

    def __init__(self, *, seconds_now: Callable[[], float] = time.monotonic) -> None:
        self.appended: Appends[Commit] = Appends()
        self._seconds_now = seconds_now
        self._epoch = uuid.uuid4().hex
        self._commits: dict[str, Commit] = {}
        self._commit_of: dict[str, str] = {}
        self._unplaced: dict[str, Commit] = {}
        self._streams: dict[str, list[str]] = {}
        self._log: list[str] = []
        self._leases: dict[str, tuple[str, int, float]] = {}
        self._marks: dict[str, tuple[Mark, int]] = {}

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        """See `EventStore.append`."""
        commit = new_commit(stream, expected_version, writes)
        for each in commit.ids:
            if (existing := await self.find_commit(each)) is not None:
                if not existing.is_repeat_of(commit):
                    raise CommitIdTaken(existing)
                return existing
        if expected_version != self._version(stream):
            raise VersionConflict(stream, expected_version)
        self._add(commit)
        self.appended.tell([commit])
        return commit

    def _version(self, stream: str) -> int:
        ids = self._streams.get(stream, ())
        return self._commits[ids[-1]].last if ids else 0

    def _add(self, commit: Commit) -> None:
        self._commits[commit.commit_id] = commit
        if commit.position is None:
            self._unplaced[commit.commit_id] = commit
        self._commit_of.update(dict.fromkeys(commit.ids, commit.commit_id))
        self._streams.setdefault(commit.stream, []).append(commit.commit_id)

    async def close(self) -> None:
        """See `LogStore.close`; an append here is over as soon as it is asked for."""

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        """See `EventStore.read_stream`."""
        commits = (self._commits[commit_id] for commit_id in self._streams.get(stream, []))
        return dense_versions((commit for commit in commits if commit.last > after_version), after_version)

    async def find_commit(self, commit_id: str) -> Commit | None:
        """See `EventStore.find_commit`."""
        return self._commits.get(self._commit_of.get(commit_id, ""))

    async def commits_by_ids(self, commit_ids: Sequence[str]) -> list[Commit]:
        """See `EventStore.commits_by_ids`."""
        held = dict.fromkeys(self._commit_of[each] for each in commit_ids if each in self._commit_of)
        return [self._commits[commit_id] for commit_id in held]

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        """See `CommitLog.read_log`."""
        return fitting(self._commits[commit_id] for commit_id in self._log[after_position : after_position + limit])

    async def head_position(self) -> int:
        """See `CommitLog.head_position`."""
        return len(self._log)

    async def unsequenced(self, limit: int) -> list[Unsequenced]:
        """See `SequencingLog.unsequenced`."""
        return [_waiting(commit) for commit in islice(self._unplaced.values(), limit)]

    async def unsequenced_of(self, streams: Sequence[str]) -> list[Unsequenced]:
        """See `SequencingLog.unsequenced_of`."""
        return [waiting for waiting in await self.unsequenced(len(self._unplaced)) if waiting.stream in streams]

    async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
        """See `SequencingLog.assign_positions`."""
        placed = 0
        for position, commit_id in enumerate(commit_ids, start=after + 1):
            commit = self._commits[commit_id]
            if commit.position is not None or position != len(self._log) + 1:
                break
            self._commits[commit_id] = replace(commit, position=position)
            self._unplaced.pop(commit_id, None)
            self._log.append(commit_id)
            placed += 1
        if placed < len(commit_ids):
            raise PositionsLost(f"placed {placed} of {len(commit_ids)} commits")

    async def note_head(self, position: int) -> None:
        """See `SequencingLog.note_head`; what is in memory is counted."""

    async def store_epoch(self) -> str:
        """See `LogOperations.store_epoch`."""
        return self._epoch

    async def unsequenced_count(self) -> int:
        """See `LogOperations.unsequenced_count`."""
        return len(self._commits) - len(self._log)

    async def streams(self, category: str, after: str, limit: int) -> list[StreamHead]:
        """See `LogOperations.streams`."""
        names = sorted(n for n in self._streams if n > after and category in ("", stream_category(n)))
        return [StreamHead(name, self._version(name), len(self._streams[name])) for name in names[:limit]]

    async def restore(self, commits: Sequence[Commit]) -> None:
        """See `LogOperations.restore`."""
        before = joined_versions(commits, len(self._log))
        if commits and await self.unsequenced_count():
            raise RestoreRefused("a commit waits for its position")
        if any(self._version(stream) != version for stream, version in before.items()):
            raise RestoreRefused("a stream is not at the version that is to be continued")
        if await self.commits_by_ids([each for commit in commits for each in commit.ids]):
            raise RestoreRefused("an id is taken")
        for commit in commits:
            self._add(commit)
            self._log.append(commit.commit_id)

    async def load_mark(self, follower: str) -> Mark:
        """See `Checkpoints.load_mark`."""
        return self._marks.get(follower, (START, 0))[0]

    async def save_mark(self, follower: str, mark: Mark, epoch: int) -> None:
        """See `Checkpoints.save_mark`."""
        if epoch < self._marks.get(follower, (START, 0))[1]:
            raise LeaseLost(f"{follower} has been saved under a later epoch")
        self._marks[follower] = (mark, epoch)

    async def claim_mark(self, follower: str, epoch: int) -> Mark:
        """See `Checkpoints.claim_mark`."""
        mark = await self.load_mark(follower)
        await self.save_mark(follower, mark, epoch)
        return mark

    async def acquire_lease(self, name: str, owner: str, seconds: float) -> int | None:
        """See `Leases.acquire_lease`."""
        holder, epoch, until = self._leases.get(name, ("", 0, 0.0))
        now = self._seconds_now()
        if holder not in ("", owner) and now < until:
            return None
        self._leases[name] = (owner, epoch + 1, now + seconds)
        return epoch + 1

    async def renew_lease(self, name: str, owner: str, epoch: int, seconds: float) -> bool:
        """See `Leases.renew_lease`."""
        if self._leases.get(name, ("", 0, 0.0))[:2] != (owner, epoch):
            return False
        self._leases[name] = (owner, epoch, self._seconds_now() + seconds)
        return True

    async def release_lease(self, name: str, owner: str, epoch: int) -> None:
        """See `Leases.release_lease`."""
        if self._leases.get(name, ("", 0, 0.0))[:2] == (owner, epoch):
            self._leases[name] = ("", epoch, 0.0)


def _waiting(commit: Commit) -> Unsequenced:
    return Unsequenced(commit.commit_id, commit.stream, commit.first, commit.last)
