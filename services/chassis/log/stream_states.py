"""The states of streams, read from the store as seldom as exactness allows.

What was folded before is remembered (`folded`) and read on from; a stream never seen begins with its snapshot where
there is one (`snapshots`). Nothing here decides or writes events.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from services.chassis.log.eventstore import Commit, EventStore, stream_category
from services.chassis.log.folded import Fold, Folded, FoldedStates
from services.chassis.log.snapshots import Snapshotting
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import CACHE_LOOKUPS

FOLD_FAILED: Final = "observed_commit_not_folded"

S = TypeVar("S")
_log = log(__name__)


@dataclass(frozen=True, slots=True)
class Base(Generic[S]):
    """What commands are decided on: a stream's state, and how it was come by.

    `fresh`: the store was read for it, so that it is not older than the reading. `whole`: nothing remembered is in it,
    so `ids`, those of the commands whose commits were read, are all there are up to its version.
    """

    folded: Folded[S]
    fresh: bool
    whole: bool
    ids: frozenset[str] = frozenset()


class StreamStates(Generic[S]):
    """The states of the streams of one decider. Every method that reads may raise `StoreUnavailable`, `CodecError`."""

    def __init__(
        self,
        store: EventStore,
        fold: Fold[S, Any],
        states: FoldedStates[S],
        snapshots: Snapshotting[S] | None = None,
    ) -> None:
        self._store = store
        self._fold = fold
        self._states = states
        self._snapshots = snapshots
        self._complained = False

    async def base(self, stream: str, *, begins: bool = False) -> Base[S]:
        """What is remembered, as it is; else what the store holds. `begins`: not known is taken for not there."""
        known = self._states.get(stream)
        CACHE_LOOKUPS.add(1, stream_category(stream), known is not None)
        if known is not None:
            return Base(known, fresh=False, whole=False)
        if begins:
            return Base(self._fold.nothing(), fresh=False, whole=True)
        return await self._read_with_snapshot(stream) or await self._read_whole(stream)

    async def read_on(self, stream: str, base: Base[S]) -> Base[S]:
        """`base` and what has been appended since."""
        return self._grown(stream, base, await self._store.read_stream(stream, base.folded.version))

    async def read_anew(self, stream: str) -> Base[S]:
        """What the store holds, whatever was remembered."""
        self._states.forget(stream)
        return await self._read_whole(stream)

    async def present(self, stream: str) -> Folded[S]:
        """The state as the store holds it."""
        base = await self.base(stream)
        return (base if base.fresh else await self.read_on(stream, base)).folded

    async def remembered(self, stream: str) -> Folded[S]:
        """The state as it was last appended, read or observed here; read now if nothing is remembered."""
        return (await self.base(stream)).folded

    async def at(self, stream: str, version: int) -> Folded[S] | None:
        """The state right after that version, None if the stream is not seen to reach it."""
        known = self._states.get(stream)
        if known is not None and known.version == version:
            return known
        commits = await self._store.read_stream(stream)
        recorded = [event for commit in commits for event in commit.events if event.version <= version]
        if not recorded or recorded[-1].version < version:
            return None
        state = self._fold.evolved(self._fold.nothing().state, self._fold.events(recorded))
        return Folded(state, version, sum(len(event.data) for event in recorded))

    def keep(self, stream: str, folded: Folded[S]) -> None:
        """Remember the state after an append."""
        self._states.keep(stream, folded)

    def observe(self, commits: Iterable[Commit]) -> None:
        """Follow commits that were read in the log, in its order."""
        for commit in commits:
            try:
                self._states.observe(commit, self._fold)
            except Exception as error:  # noqa: BLE001 -- whoever asks for this stream next is told, not who follows
                self._states.forget(commit.stream)
                if not self._complained:
                    self._complained = True
                    _log.error(FOLD_FAILED, error_type=type(error).__name__, at=where(error))

    async def _read_whole(self, stream: str) -> Base[S]:
        return await self.read_on(stream, Base(self._fold.nothing(), fresh=False, whole=True))

    async def _read_with_snapshot(self, stream: str) -> Base[S] | None:
        """The snapshot read on from; None when there is none that the stream bears out."""
        kept = await self._snapshots.load(stream) if self._snapshots else None
        if kept is None:
            return None
        folded, commit_id = kept
        # Read from the commit that it was cut after: a store that was restored may hold another there, or none.
        commits = await self._store.read_stream(stream, folded.version - 1)
        if not commits or (commits[0].commit_id, commits[0].last) != (commit_id, folded.version):
            return None
        return self._grown(stream, Base(folded, fresh=False, whole=False), commits[1:])

    def _grown(self, stream: str, base: Base[S], commits: Sequence[Commit]) -> Base[S]:
        """`base` and these commits, just read."""
        folded = self._fold.on(base.folded, commits)
        self._states.keep(stream, folded)
        if commits and self._snapshots:
            self._snapshots.folded(stream, folded, commits[-1].commit_id, len(commits))
        ids = base.ids.union(part.commit_id for commit in commits for part in commit.parts)
        return Base(folded, fresh=True, whole=base.whole, ids=ids)
