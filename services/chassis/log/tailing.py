"""Follows a service's own log in every process, for what is kept in memory: hot read models and remembered streams.

No lease is needed, for nothing is written. A model is told every commit from some place below the head on, in order and
once; what it holds at a position must follow from the commits up to it alone, so that all replicas hold the same there.
The tail also remembers where lately seen commits stand, for whoever waits for one (`consistency`). Correctness never
depends on a nudge: where none comes, the tail looks by itself, less often the quieter it is.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from services.chassis.log.eventstore import Commit, CommitLog, EventStoreError
from services.chassis.log.nudge import Nudge
from services.chassis.log.pages import is_full
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log

TAIL_FAILED: Final = "log_tail_failed"
MODEL_FAILED: Final = "hot_model_failed"

_PAGE = 500
_SLICE = 50
_LEAST_PATIENCE = 0.05
_MOST_PATIENCE = 0.25
_BACKOFF = 1.0
_REMEMBERED = 10_000

_log = log(__name__)


class HotModel(Protocol):
    """A read model in memory."""

    def apply(self, commits: Sequence[Commit]) -> None:
        """Take the next commits; the first ever may stand anywhere in the log. Runs at once: readers see it whole."""
        ...

    def abandon(self) -> None:
        """Hold nothing and answer nothing any more: `apply` has failed, and no more will come."""
        ...


Observer = Callable[[Sequence[Commit]], None]
"""Hears the same commits as the models, after them; it must not fail."""


class LogTail:
    """Feeds `models` and `observers` from `log`. `news` rings when the log has grown; it is rung when seen here first.

    `window`: from how many positions below the head to begin, so that the models hold what they promise to hold.
    """

    def __init__(
        self,
        log: CommitLog,
        *,
        news: Nudge,
        models: Sequence[HotModel] = (),
        observers: Sequence[Observer] = (),
        window: int = 0,
        remembered: int = _REMEMBERED,
    ) -> None:
        self.position = 0
        """That of the last commit that everybody here was told of; before the first, that from which it begins."""
        self._log = log
        self._news = news
        self._models = list(models)
        self._observers = observers
        self._window = window
        self._remembered = remembered
        self._positions: OrderedDict[str, int] = OrderedDict()
        self._moved = Nudge()
        self._ready = asyncio.Event()
        self._target: int | None = None

    async def run(self) -> None:
        """Follow the log until cancelled."""
        patience, heard = _LEAST_PATIENCE, False
        with self._news.listen() as listener:
            while True:
                try:
                    commits = await self._step(heard)
                except EventStoreError as error:
                    _log.warning(TAIL_FAILED, error_type=type(error).__name__, at=where(error))
                    await asyncio.sleep(_BACKOFF)
                    continue
                if is_full(commits, _PAGE):
                    continue
                patience = _LEAST_PATIENCE if commits else min(2 * patience, _MOST_PATIENCE)
                heard = await listener.wait(patience)

    async def ready(self) -> None:
        """Return when all is in memory that was in the log when the tail began."""
        await self._ready.wait()

    async def reached(self, position: int) -> None:
        """Return when the models have been told of the commit at that position, if they must be at all."""
        with self._moved.listen() as listener:
            while self.position < position or not self._ready.is_set():
                await listener.wait(_MOST_PATIENCE)

    def position_of(self, commit_id: str) -> int | None:
        """Where the commit with that command's part stands, if it was seen here lately."""
        return self._positions.get(commit_id)

    async def seen(self, commit_id: str, patience: float) -> int | None:
        """Wait at most so many seconds for that command's commit to be seen here; where it stands."""
        with self._moved.listen() as listener:
            try:
                async with asyncio.timeout(patience):
                    while (position := self.position_of(commit_id)) is None:
                        await listener.wait(patience)
            except TimeoutError:
                return None
        return position

    async def _step(self, heard: bool) -> Sequence[Commit]:
        """Take in the next page; `heard`: the news have told of it."""
        if self._target is None:
            head = await self._log.head_position()
            self.position = max(head - self._window, 0)
            self._target = head
        rings = self._news.rings
        commits = await self._log.read_log(self.position, _PAGE)
        for start in range(0, len(commits), _SLICE):
            self._tell(commits[start : start + _SLICE])
            await asyncio.sleep(0)  # Calls are served on the same thread.
        if self.position >= self._target:
            self._ready.set()
        if commits:
            self._moved.ring()
            if not heard and self._news.rings == rings:
                self._news.ring()
        return commits

    def _tell(self, commits: Sequence[Commit]) -> None:
        for model in tuple(self._models):
            try:
                model.apply(commits)
            except Exception as error:  # noqa: BLE001 -- the views answer instead, and the others go on
                _log.error(MODEL_FAILED, error_type=type(error).__name__, at=where(error))
                self._models.remove(model)
                model.abandon()
        for observe in self._observers:
            observe(commits)
        self._remember(commits)
        self.position = commits[-1].position or self.position

    def _remember(self, commits: Iterable[Commit]) -> None:
        for commit in commits:
            for part in commit.parts:
                self._positions[part.commit_id] = commit.position or 0
        while len(self._positions) > self._remembered:
            self._positions.popitem(last=False)
