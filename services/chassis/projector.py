"""Keeps the documents of one projection up to date with its own service's log.

Commits are taken by position, in batches: load the documents that the batch touches, fold, replace them in bulk, and
then declare the views complete up to the batch's end. A batch that was interrupted is folded again without effect,
since each document knows the position of the last commit in it. A projector that lost its lease is refused by the
documents' positions or, at the latest, by the epoch of the declaration.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from services.chassis.codec import EventCodec
from services.chassis.eventstore import Commit, CommitLog
from services.chassis.projection import EventContext, Projection
from services.chassis.tracelink import span
from services.chassis.viewstore import StoredView, ViewStore

_BATCH = 200


class Projector:
    """Runs one projection. `epoch` is that of the lease it runs under; make a new one for each lease."""

    def __init__(
        self,
        *,
        log: CommitLog,
        codec: EventCodec,
        projection: Projection,
        views: ViewStore,
        epoch: int,
        batch: int = _BATCH,
    ) -> None:
        self._log = log
        self._codec = codec
        self._projection = projection
        self._views = views
        self._epoch = epoch
        self._batch = batch
        self._wanted = frozenset(codec.type_name(event_class) for event_class in projection.handles)
        self._position: int | None = None

    async def step(self) -> bool:
        """Fold the next page of the log; whether there may be more at once.

        Raises LeaseLost, LogGap, StoreUnavailable, CodecError and what the projection raises; nothing is skipped then.
        """
        if self._position is None:
            self._position = await self._views.position()
        commits = await self._log.read_log(self._position, self._batch)
        if not commits:
            return False
        traceparents = [part.meta.traceparent for commit in commits for part in commit.parts]
        with span("project", traceparents, projection=self._projection.name, count=len(commits)):
            await self._views.write(await self._folded(commits))
            await self._views.save_position(self._position + len(commits), self._epoch)
        self._position += len(commits)
        return len(commits) == self._batch

    async def _folded(self, commits: Iterable[Commit]) -> dict[str, StoredView]:
        """The documents that `commits` change, as they are afterwards."""
        touches: defaultdict[str, list[tuple[Any, EventContext]]] = defaultdict(list)
        for event, context in self._events(commits):
            for document_id in dict.fromkeys(self._projection.route(event)):
                touches[document_id].append((event, context))
        stored = await self._views.load(list(touches))
        folded: dict[str, StoredView] = {}
        for document_id, touched in touches.items():
            view = stored.get(document_id, StoredView(None, 0))
            fresh = [(event, context) for event, context in touched if context.position > view.position]
            document = view.document
            for event, context in fresh:
                document = self._projection.evolve(document, event, context)
            if fresh:
                folded[document_id] = StoredView(document, fresh[-1][1].position)
        return folded

    def _events(self, commits: Iterable[Commit]) -> Iterator[tuple[Any, EventContext]]:
        for commit in commits:
            for recorded, meta in commit.recorded():
                if recorded.type in self._wanted:
                    context = EventContext(commit.position or 0, commit.stream, recorded.version, meta.at)
                    for event in self._codec.decode(recorded.type, recorded.data):
                        yield event, context
