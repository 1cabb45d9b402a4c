"""Carries out commands: decide on the stream's state, append what happened. Each command is applied once or not at all.

A repeat of a command, recognised by its commit id, gets the outcome of the first time. States are remembered
(`stream_states`), and the commands that wait for one stream in one process are decided one after another in memory and
written together (`lane`, `deciding`): a busy stream costs little more than a quiet one. Deciding is pure and belongs to
the decider; who may give a command, and what a fingerprint covers, belongs to the RPC layer.
"""

import asyncio
import hashlib
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from services.chassis.clock import Clock, SystemClock
from services.chassis.log.codec import EventCodec
from services.chassis.log.deciding import Asked, Decider, Deciding, Decision
from services.chassis.log.eventstore import (
    Commit,
    CommitIdTaken,
    CommitMeta,
    EventStore,
    EventStoreError,
    Overloaded,
    VersionConflict,
    check_ids,
    stream_category,
)
from services.chassis.log.folded import Fold, Folded, FoldedStates
from services.chassis.log.lane import Lanes, Turn
from services.chassis.log.snapshots import Snapshotting
from services.chassis.log.stream_states import Base, StreamStates
from services.chassis.telemetry_metrics import RETRIES
from services.chassis.tracelink import current_traceparent, span

__all__ = [
    "ClaimTaken",
    "CommandHandler",
    "Contended",
    "Decider",
    "Handled",
    "RequestIdReused",
    "commit_id_of",
    "fingerprint_of",
]

_ATTEMPTS = 6
_PAUSE_SECONDS = 0.01
_TOGETHER = 64
_AT_ONCE = 1024
_RETRY_SECONDS = 0.5
_REQUESTS = uuid.UUID("a2f6f0c3-5b57-4d55-9d0b-7f3b8a6e4c19")

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


class RequestIdReused(Exception):
    """The commit id belongs to another command, by its content, its caller or its stream."""


class ClaimTaken(Exception):
    """Something else in the log has what this command was to claim, for good; nothing was written."""


class Contended(Exception):
    """Others kept changing the stream while this command was decided; nothing was written. Worth another try."""


@dataclass(frozen=True, slots=True)
class Handled(Generic[S, E]):
    """The outcome of a command: the stream's version and state right after it, and what it appended.

    `repeated`: this command had been carried out before; all else is as it was then. `commit_id`: under which its
    events are recorded, if there are any.
    """

    stream: str
    version: int
    events: tuple[E, ...]
    state: S
    repeated: bool
    commit_id: str


@dataclass(frozen=True, slots=True)
class _Answer(Generic[S, E]):
    """What a lane says: a decision, None for a command that was recorded before.

    `known_first`: nothing can have been recorded under this command's id on the stream.
    """

    decision: Decision[S, E] | None
    known_first: bool


_Turn: TypeAlias = Turn[Asked[C], _Answer[S, E]]


class CommandHandler(Generic[C, S, E]):
    """Carries out the commands of one decider on one store.

    `states`: how much it may remember; `snapshots`: of streams that grow long.
    """

    def __init__(
        self,
        store: EventStore,
        codec: EventCodec,
        decider: Decider[C, S, E],
        clock: Clock | None = None,
        *,
        states: FoldedStates[S] | None = None,
        snapshots: Snapshotting[S] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._fold: Fold[S, E] = Fold(codec, decider)
        self._deciding = Deciding(codec, decider)
        self._states: StreamStates[S] = StreamStates(store, self._fold, states or FoldedStates(), snapshots)
        self._lanes: Lanes[Asked[C], _Answer[S, E]] = Lanes(self._serve, _fits)
        self._under_way = 0

    async def handle(
        self,
        stream: str,
        command: C,
        *,
        commit_id: str,
        fingerprint: str,
        caller: str,
        begins: bool = False,
        claims: tuple[str, ...] = (),
    ) -> Handled[S, E]:
        """Carry out `command` on `stream`, at most once for `commit_id`.

        `fingerprint` is a digest of the request (`fingerprint_of`). `claims`: ids that its commit is to have besides,
        and nothing else in this log, on whichever stream (`Write`). `begins`: the command is likely the first of the
        stream; then nothing is read before, and all is as right, if slower, should it not be (but a repeat that writes
        the very same within the same second is told as the first time). A decision of no events appends nothing,
        claims nothing and leaves no record. Cancelled while it waits for its turn, it is not carried out; later, it
        is, or may be if it `begins`.
        Raises what `decide` raises; ClaimTaken, RequestIdReused, Contended and the errors of `EventStore.append`, among
        them Overloaded also when 1,024 commands of this handler wait already. ValueError when an id comes twice or is
        no text: of this command alone, whoever it would have been served with.
        """
        check_ids((commit_id, *claims))
        with span("append", stream_kind=stream_category(stream)):
            meta = CommitMeta(fingerprint, int(self._clock.now().timestamp()), caller, current_traceparent())
            answer = await self._answered(stream, Asked(command, commit_id, meta, begins, claims))
            decision = answer.decision
            if decision is None:
                return await self._repeat(stream, commit_id, fingerprint)
            # Today's refusal is no answer to a command that was carried out before, among what was not read again.
            if decision.write is None and not answer.known_first and await self._is_recorded(stream, commit_id):
                return await self._repeat(stream, commit_id, fingerprint)
            if decision.refusal is not None:
                raise decision.refusal
            after = decision.after
            return Handled(stream, after.version, decision.events, after.state, repeated=False, commit_id=commit_id)

    async def _answered(self, stream: str, asked: Asked[C]) -> _Answer[S, E]:
        if self._under_way >= _AT_ONCE:
            raise Overloaded(_RETRY_SECONDS)
        self._under_way += 1
        try:
            return await self._lanes.ask(stream, asked, alone=asked.begins)
        finally:
            self._under_way -= 1

    async def state(self, stream: str) -> tuple[S, int]:
        """The stream's present state and version, (`initial`, 0) when it holds nothing."""
        folded = await self._states.present(stream)
        return folded.state, folded.version

    async def remembered_state(self, stream: str) -> tuple[S, int]:
        """As `state`, but read only if nothing is remembered of the stream.

        It is as new as the last command, `state` or `observe` of this handler that met the stream. What other processes
        have appended since is missing, for as long as nobody calls `observe` with it.
        """
        folded = await self._states.remembered(stream)
        return folded.state, folded.version

    def observe(self, commits: Iterable[Commit]) -> None:
        """Follow commits that were read in the log, in its order; those of streams not remembered cost next to nothing.

        Saves later commands a conflict. Never needed for exactness.
        """
        self._states.observe(commits)

    async def _serve(self, stream: str, turns: list[_Turn[C, S, E]]) -> Iterable[_Turn[C, S, E]]:
        """Carry out the commands together, as one commit; those that are to be decided later are returned.

        A remembered state may be old, which an append at its version finds out. Whoever is to be answered without one
        has the stream read on first, so that no old state ever refuses. (That others' append went well would not do:
        it may be a repeat of one that was made long ago.)
        """
        base = await self._states.base(stream, begins=turns[0].asked.begins)
        later: list[_Turn[C, S, E]] = []
        conflicts = 0
        while turns:
            turns = _not_recorded(turns, base.ids)
            decisions = list(self._deciding.decide((turn.asked for turn in turns), base.folded))
            turns, later = turns[: len(decisions)], turns[len(decisions) :] + later
            writes = [decision.write for decision in decisions if decision.write]
            if len(writes) < len(decisions) and not base.fresh:
                base = await self._states.read_on(stream, base)
                continue
            try:
                if writes:
                    await self._store.append(stream, base.folded.version, writes)
                    self._states.keep(stream, decisions[-1].after)
            except VersionConflict:
                conflicts += 1
                base = await self._after_conflict(stream, base, conflicts, len(turns))
            except CommitIdTaken as taken:
                turns = _without_taken(stream, turns, decisions, taken, base.folded)
            except EventStoreError as error:
                # What was refused may have rested on what was not written.
                return [*_without_writers(turns, decisions, error), *later]
            else:
                for turn, decision in zip(turns, decisions, strict=True):
                    turn.give(_Answer(decision, known_first=base.whole))
                return later
        return later

    async def _after_conflict(self, stream: str, base: Base[S], conflicts: int, commands: int) -> Base[S]:
        """What to decide on next; raises Contended after too many conflicts."""
        category = stream_category(stream)
        if conflicts == _ATTEMPTS:
            raise Contended(f"a {category} stream changed {_ATTEMPTS} times")
        RETRIES.add(commands, {"category": category})
        await _pause(conflicts)
        grown = await self._states.read_on(stream, base)
        # A stream that has not grown contradicts what is remembered of it: it is not the one that was read then.
        return grown if grown.folded.version > base.folded.version else await self._states.read_anew(stream)

    async def _is_recorded(self, stream: str, commit_id: str) -> bool:
        existing = await self._store.find_commit(commit_id)
        return existing is not None and existing.stream == stream

    async def _repeat(self, stream: str, commit_id: str, fingerprint: str) -> Handled[S, E]:
        """The outcome as it was recorded, whatever has happened to the stream since."""
        for attempt in range(_ATTEMPTS):
            existing = await self._store.find_commit(commit_id)
            part = existing.part(commit_id) if existing and existing.stream == stream else None
            if existing and part and part.meta.fingerprint != fingerprint:
                raise RequestIdReused("the commit id was used for another request")
            folded = await self._states.at(stream, part.last) if part else None
            if existing and part and folded:
                events = self._fold.events(existing.events_of(part))
                return Handled(stream, part.last, events, folded.state, repeated=True, commit_id=commit_id)
            await _pause(attempt)  # Written a moment ago, and not in this read yet.
        raise Contended("what the command did before cannot be read yet")


def _fits(taken: Sequence[_Turn[C, S, E]], turn: _Turn[C, S, E]) -> bool:
    """Commands are decided together up to a number, and never two that want one id: of these the second is late."""
    ids = frozenset(turn.asked.ids)
    return len(taken) < _TOGETHER and all(ids.isdisjoint(other.asked.ids) for other in taken)


def _not_recorded(turns: list[_Turn[C, S, E]], ids: frozenset[str]) -> list[_Turn[C, S, E]]:
    """Those that are not repeats of what was read; the others are told."""
    if not ids:
        return turns
    for turn in turns:
        if turn.asked.commit_id in ids:
            turn.give(_Answer(None, known_first=False))
    return [turn for turn in turns if turn.asked.commit_id not in ids]


def _without_taken(
    stream: str, turns: list[_Turn[C, S, E]], decisions: list[Decision[S, E]], taken: CommitIdTaken, base: Folded[S]
) -> list[_Turn[C, S, E]]:
    """Those whose ids are free, for what writes nothing its own; the others are told that theirs is not."""
    ids = frozenset(taken.existing.ids)
    free = [
        turn
        for turn, decision in zip(turns, decisions, strict=True)
        if ids.isdisjoint(turn.asked.ids if decision.write else (turn.asked.commit_id,))
    ]
    if len(free) == len(turns):
        raise taken
    for turn in turns:
        if turn.asked.commit_id in ids:
            _tell_taken(turn, stream, taken.existing)
        elif turn not in free:
            # As a refusal: the command itself may have been carried out before.
            turn.give(_Answer(Decision(base, refusal=ClaimTaken("what was to be claimed is taken")), known_first=False))
    return free


def _tell_taken(turn: _Turn[C, S, E], stream: str, existing: Commit) -> None:
    if existing.stream == stream and existing.part(turn.asked.commit_id):
        turn.give(_Answer(None, known_first=False))
    else:
        turn.fail(RequestIdReused("the commit id was used on another stream"))


def _without_writers(
    turns: list[_Turn[C, S, E]], decisions: list[Decision[S, E]], error: EventStoreError
) -> list[_Turn[C, S, E]]:
    """Those that were to write nothing; the others are told the error."""
    for turn, decision in zip(turns, decisions, strict=True):
        if decision.write:
            turn.fail(error)
    return [turn for turn, decision in zip(turns, decisions, strict=True) if not decision.write]


async def _pause(attempt: int) -> None:
    """Let others go first, longer from time to time."""
    await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * 2**attempt))  # noqa: S311 -- not a secret


def fingerprint_of(caller: str, request: bytes) -> str:
    """A digest of who asked and what, hex; `request` is the deterministic encoding of the request message."""
    name = caller.encode()
    return hashlib.sha256(len(name).to_bytes(4, "big") + name + request).hexdigest()


def commit_id_of(caller: str, request_id: str, step: str = "") -> str:
    """The commit id of a caller's request, or of its further `step` on another stream: the same on every repeat.

    Every request that comes from outside gets its id here. Whoever chooses a request id can therefore choose none that
    a service makes for its own commits, all of which share the store's one space of ids. In capitals it is the same id.
    """
    name = f"{caller}/{request_id.lower()}/{step}".encode()
    # A UUID of version 5 (RFC 9562, section 5.5), as `uuid.uuid5` makes it in three times the time.
    digest = bytearray(hashlib.sha1(_REQUESTS.bytes + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
