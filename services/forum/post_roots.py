"""Makes the root of each day that is over: reads the day's texts in the log, and records what is kept of each.

A `worker.Follower`, so one process at a time does it; should two, they do the same. What is done next follows from what
is recorded, so a step may be cut off anywhere: closing a day fixes what counts for it, and its commitments and its root
follow from that. What is committed to of a text is `committing`'s; disclosure takes the root into the transparency log.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeAlias

from services.chassis.clock import Clock
from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import CommitLog, LogGap
from services.chassis.log.handle import CommandHandler, fingerprint_of
from services.forum.committing import Text, commit, day_name
from services.forum.domain import post_root, post_root_decider, text_commitment
from services.forum.domain.post_root import DayClosed, day_of
from services.forum.domain.post_root_decider import CloseDay, RootPosts
from services.forum.domain.text_commitment import KeepCommitments
from services.forum.domain.thread import CommentPublished, PostPublished
from services.seal.post_root import DayTree
from services.seal.secret import SecretBytes

RootHandler: TypeAlias = CommandHandler[post_root_decider.Command, post_root.State, post_root.Event]
CommitmentHandler: TypeAlias = CommandHandler[text_commitment.Command, text_commitment.State, text_commitment.Event]

_GRACE_SECONDS: Final = 300
"""How long after midnight a day is closed, so that hardly a text comes too late for its own day."""

_PAGE: Final = 50
"""Commits read at once: committing to their texts takes a few milliseconds, in which nothing else is served."""

_TOGETHER: Final = 50
"""Texts of one commit: 7 kB each at the very most, far below what a commit may hold."""

_CALLER: Final = "forum"
_IDS: Final = uuid.UUID("5f0f3a52-9f8e-5c35-8f6b-0f6f6f2f7d10")


class PostRoots:
    """Closes and roots the days of `log`. `secret` (32 bytes) is what the salts come from, for good."""

    def __init__(
        self,
        *,
        log: CommitLog,
        codec: EventCodec,
        roots: RootHandler,
        commitments: CommitmentHandler,
        secret: SecretBytes,
        clock: Clock,
    ) -> None:
        self._log = log
        self._codec = codec
        self._roots = roots
        self._commitments = commitments
        self._secret = secret
        self._clock = clock
        self._types = codec.stored_names_of(PostPublished) | codec.stored_names_of(CommentPublished)
        self._done_through = -1
        self._textless_through = 0
        self._resume: tuple[int, int] | None = None

    async def step(self) -> bool:
        """Close the next day that is over, or root the one that is closed; whether there may be more to do."""
        over = day_of(int(self._clock.now().timestamp()) - _GRACE_SECONDS) - 1
        if self._done_through >= over:
            return False
        state, _ = await self._roots.state(post_root.STREAM)
        if state.closed is not None and not state.rooted:
            await self._root(state.closed, state.earlier)
            return True
        next_day = await self._first_day() if state.closed is None else state.closed.day + 1
        if next_day is None:
            return False  # and look again: a text of a day that is over may be in the log, without its position yet
        if next_day > over:
            self._done_through = over
            return False
        await self._close(next_day, state.closed)
        return True

    async def _first_day(self) -> int | None:
        """The day of the first text ever, None while there is none."""
        head = await self._log.head_position()
        async with aclosing(self._texts(self._textless_through, head)) as texts:
            async for position, event in texts:
                self._textless_through = position - 1
                return day_of(event.published_at)
        self._textless_through = head
        return None

    async def _close(self, day: int, earlier: DayClosed | None) -> None:
        """Let all that is in the log by now, and in no earlier day's root, count for the day."""
        after = self._textless_through if earlier is None else earlier.after
        if self._resume is not None and earlier is not None and self._resume[0] == earlier.day:
            after = self._resume[1]
        await self._roots.handle(
            post_root.STREAM,
            CloseDay(day, after, await self._log.head_position()),
            commit_id=_commit_id("close", day),
            fingerprint=fingerprint_of(_CALLER, b"close %d" % day),
            caller=_CALLER,
        )

    async def _root(self, closed: DayClosed, earlier: DayClosed | None) -> None:
        """Record the commitments of a closed day, and then its root, which says that they are complete."""
        committed, resume = [], closed.through
        async for position, event in self._texts(closed.after, closed.through):
            day = day_of(event.published_at)
            if post_root.is_in(closed, earlier, position=position, day=day):
                committed.append(commit(self._secret, event))
            elif day > closed.day:
                resume = min(resume, position - 1)
        leaves = [each.commitment.to_bytes() for each in committed]
        tree = await asyncio.to_thread(DayTree, self._secret, day_name(closed.day), leaves)
        for number, start in enumerate(range(0, len(committed), _TOGETHER)):
            part = tuple(each.kept(closed.day, tree) for each in committed[start : start + _TOGETHER])
            await self._commitments.handle(
                text_commitment.stream(closed.day, number),
                KeepCommitments(part),
                commit_id=_commit_id("keep", closed.day, number),
                fingerprint=fingerprint_of(_CALLER, b"keep %d %d" % (closed.day, number)),
                caller=_CALLER,
                begins=True,
            )
        leaf = tree.leaf()
        await self._roots.handle(
            post_root.STREAM,
            RootPosts(closed.day, leaf.size, leaf.root),
            commit_id=_commit_id("root", closed.day),
            fingerprint=fingerprint_of(_CALLER, b"root %d" % closed.day),
            caller=_CALLER,
        )
        self._resume = (closed.day, resume)

    async def _texts(self, after: int, through: int) -> AsyncGenerator[tuple[int, Text], None]:
        """The texts behind one position of the log, up to another, each with its own."""
        while after < through:
            commits = await self._log.read_log(after, min(_PAGE, through - after))
            if not commits:
                raise LogGap(f"the log ends before position {through}")
            for each in commits:
                for event in each.events:
                    if event.type in self._types:
                        for text in self._codec.decode(event.type, event.data):
                            if isinstance(text, PostPublished | CommentPublished):
                                yield each.position or 0, text
            after += len(commits)
            await asyncio.sleep(0)


def _commit_id(*what: object) -> str:
    return str(uuid.uuid5(_IDS, " ".join(map(str, what))))
