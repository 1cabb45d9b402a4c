"""The log as a party sees it that believes nobody: what governs now, by the log's own public leaves.

Every question goes to the mirrors, so that what was appended a moment ago counts; none of them is believed. Any one
that shows a fresh tree will do, and any one is enough to show that the log has two histories: then nothing is answered
any more. What a leaf means is `seal.governance`'s, what makes a tree believed is `verified`'s.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

from services.chassis.clock import Clock
from services.chassis.telemetry_log import log as logger
from services.seal.governance import Governance, begin, evolve
from services.seal.trust import Trust
from services.tlog.anchor import Anchor
from services.tlog.errors import LogForked as LogForked
from services.tlog.errors import LogUnavailable as LogUnavailable
from services.tlog.errors import SourceError
from services.tlog.known import Known
from services.tlog.source import Source
from services.tlog.verified import Signed, VerifiedLog

FRESH_SECONDS: Final = 300
"""How long ago a quorum of witnesses may have co-signed what is believed, so that no leaf can be hidden for longer."""
PATIENCE_SECONDS: Final = 4.0
"""How long a question waits for a mirror to catch up: so much less than a call waits (5 s) that it hears why."""
FOLLOW_SECONDS: Final = 10.0
"""How often the log is looked at although nobody asks."""

MIRROR_REFUSED: Final = "mirror_refused"
LOG_FORKED: Final = "log_forked"

_PAUSE: Final = 0.25
_OTHERS: Final = 0.5

_Head = tuple[Source, Signed]

_log = logger(__name__)


class LogView(Protocol):
    """The public log, folded."""

    async def view(self, min_size: int) -> Governance:
        """What governs by a fresh, co-signed tree of at least `min_size` leaves that extends all that was seen.

        Raises LogUnavailable, and LogForked for ever once two histories were seen.
        """

    @property
    def known(self) -> Governance:
        """Officers and lock-downs by the newest tree that was ever verified, however old.

        Enough to stop something, never to go on with it.
        """


class LogFollower:
    """Follows the log through mirrors, in memory; with an anchor, no restart can be shown an older or another log.

    `noted` keeps what is `known` through a restart. Making one raises StateError when the anchor cannot be read.
    """

    def __init__(
        self,
        trust: Trust,
        mirrors: Sequence[Source],
        *,
        clock: Clock,
        anchor: Anchor | None = None,
        noted: Known | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._mirrors = mirrors
        self._clock = clock
        self._anchor = anchor
        self._noted = noted
        self._patience = patience
        self._forked: LogForked | None = None
        self._governance = begin(trust)
        self._failing: set[str] = set()
        self._lock = asyncio.Lock()
        policy, seen = trust.log_policy(), None
        if anchor is not None:
            try:
                seen = anchor.load(policy)
            except LogForked as fork:
                self._forked = fork
        self._log = VerifiedLog(policy, first_leaf=trust.ceremony_leaf().to_bytes(), seen=seen)

    @property
    def known(self) -> Governance:
        """See `LogView`."""
        return self._governance if self._noted is None else self._noted.governance

    async def run(self) -> None:
        """Keep up with the log by all mirrors, the slow ones too, though nobody asks; for ever."""
        while True:
            with suppress(LogForked):  # whoever asks is told
                for mirror, signed in await self._heads(None):
                    await self._take(mirror, signed)
            await asyncio.sleep(FOLLOW_SECONDS)

    async def view(self, min_size: int) -> Governance:
        """See `LogView`. StateError when the anchor cannot be written: then nothing may be done either."""
        give_up = time.monotonic() + self._patience
        while True:
            for mirror, signed in await self._heads(_OTHERS):
                # One that failed lately may not hold up an answer that the others can give.
                if mirror.name not in self._failing or self._problem(min_size):
                    await self._take(mirror, signed)
            self._check_one_history()
            problem = self._problem(min_size)
            if not problem:
                return self._governance
            if time.monotonic() + _PAUSE > give_up:
                raise LogUnavailable(problem)
            await asyncio.sleep(_PAUSE)

    async def _heads(self, others: float | None) -> list[_Head]:
        """What the mirrors show, the largest tree first; those that fail come last.

        Once one has answered, the others are given `others` seconds more.
        """
        self._check_one_history()
        asked = [asyncio.create_task(self._head(mirror)) for mirror in self._mirrors]
        waiting: set[asyncio.Task[_Head | None]] = set(asked)
        try:
            while waiting and not any(each.done() and each.result() for each in asked):
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if waiting:
                await asyncio.wait(waiting, timeout=others)
        finally:
            for each in asked:
                each.cancel()
        heads = [head for each in asked if each.done() and not each.cancelled() and (head := each.result())]
        return sorted(heads, key=lambda head: (head[0].name in self._failing, -head[1].size))

    async def _head(self, mirror: Source) -> _Head | None:
        try:
            return mirror, await self._log.checkpoint_of(mirror)
        except SourceError as error:
            self._passed_over(mirror, error)
            return None

    async def _take(self, mirror: Source, signed: Signed) -> None:
        """Take what a mirror shows. LogForked, now and from now on; what else goes wrong leaves all as it was."""
        async with self._lock:
            self._check_one_history()
            try:
                growth = await self._log.grow(mirror, signed)
            except SourceError as error:
                self._passed_over(mirror, error)
                return
            except LogForked as fork:
                self._remember(fork)
                raise
            self._failing.discard(mirror.name)
            for leaf in growth.leaves:
                self._governance = evolve(self._governance, leaf)
            if self._anchor is not None:
                self._anchor.note(signed)
            if self._noted is not None:
                self._noted.note(self._governance)

    def _remember(self, fork: LogForked) -> None:
        self._forked = fork
        _log.critical(LOG_FORKED)
        if self._anchor is not None:
            self._anchor.note_fork(fork)

    def _check_one_history(self) -> None:
        if self._forked is not None:
            raise LogForked(str(self._forked), self._forked.evidence)

    def _problem(self, min_size: int) -> str:
        """Why what is known cannot be answered with, "" when it can."""
        newest = self._log.newest
        if newest is None:
            return "no mirror shows the log"
        if self._log.tree.size < newest.size:
            return "no mirror shows all that was seen before"
        if newest.size < min_size:
            return "no mirror shows a tree that is large enough"
        if abs(self._clock.now().timestamp() - newest.seen_unix) > FRESH_SECONDS:
            return "no mirror shows a tree that was co-signed lately"
        return ""

    def _passed_over(self, mirror: Source, error: SourceError) -> None:
        if mirror.name not in self._failing:
            _log.warning(MIRROR_REFUSED, peer=mirror.name, error_type=type(error).__name__)
        self._failing.add(mirror.name)
