"""Carries out a command: fold the stream, decide, append one commit. Each command is applied once or not at all.

A repeat of a command, recognised by its commit id, gets the outcome of the first time. The commands of one process for
one stream take turns, and states are remembered (`folded`), so that a busy or a long stream costs little. Deciding is
pure and belongs to the decider; who may give a command, and what a fingerprint covers, belongs to the RPC layer.
"""

import asyncio
import hashlib
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from services.chassis.clock import Clock, SystemClock
from services.chassis.codec import EventCodec
from services.chassis.eventstore import (
    Commit,
    CommitIdTaken,
    CommitMeta,
    EventStore,
    RecordedEvent,
    VersionConflict,
    Write,
    stream_category,
)
from services.chassis.folded import Folded, FoldedStates, Turns
from services.chassis.tracelink import current_traceparent, span

_ATTEMPTS = 6
_PAUSE_SECONDS = 0.01
_REQUESTS = uuid.UUID("a2f6f0c3-5b57-4d55-9d0b-7f3b8a6e4c19")

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
_C_contra = TypeVar("_C_contra", contravariant=True)


class Decider(Protocol[_C_contra, S, E]):
    """The decisions of one kind of stream; a module with these three names is one. All pure: no clock, no chance."""

    @property
    def initial(self) -> S:
        """The state of a stream that holds nothing."""
        ...

    def evolve(self, state: S, event: E, /) -> S:
        """The state after an event; never refuses, since the event has happened."""
        ...

    def decide(self, command: _C_contra, state: S, /) -> tuple[E, ...]:
        """What happens when the command is carried out; raises the service's own DomainError to refuse it."""
        ...


class RequestIdReused(Exception):
    """The commit id belongs to another command, by its content, its caller or its stream."""


class Contended(Exception):
    """Others kept changing the stream while this command was decided; nothing was written. Worth another try."""


@dataclass(frozen=True, slots=True)
class Handled(Generic[S, E]):
    """The outcome of a command: the stream's version and state right after it, and what it appended.

    `repeated`: this command had been carried out before; all else is as it was then.
    """

    stream: str
    version: int
    events: tuple[E, ...]
    state: S
    repeated: bool


class CommandHandler(Generic[C, S, E]):
    """Carries out the commands of one decider on one store. `states`: how much it may remember."""

    def __init__(
        self,
        store: EventStore,
        codec: EventCodec,
        decider: Decider[C, S, E],
        clock: Clock | None = None,
        *,
        states: FoldedStates[S] | None = None,
    ) -> None:
        self._store = store
        self._codec = codec
        self._decider = decider
        self._clock = clock or SystemClock()
        self._states: FoldedStates[S] = states or FoldedStates()
        self._turns = Turns()

    async def handle(self, stream: str, command: C, *, commit_id: str, fingerprint: str, caller: str) -> Handled[S, E]:
        """Carry out `command` on `stream`, at most once for `commit_id`.

        `fingerprint` is a digest of the request (`fingerprint_of`); a decision of no events appends nothing and leaves
        no record. Raises what `decide` raises; RequestIdReused, Contended and the errors of `EventStore.append`.
        """
        with span("append", stream_kind=stream_category(stream)):
            async with self._turns.of(stream):
                for attempt in range(_ATTEMPTS):
                    try:
                        return await self._attempt(stream, command, commit_id, fingerprint, caller)
                    except VersionConflict:
                        self._states.forget(stream)
                        await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * 2**attempt))  # noqa: S311
            raise Contended(f"a {stream_category(stream)} stream changed {_ATTEMPTS} times")

    async def state(self, stream: str) -> tuple[S, int]:
        """The stream's present state and version, (`initial`, 0) when it holds nothing."""
        known = self._states.get(stream)
        folded = self._fold(known, await self._store.read_stream(stream, known.version if known else 0))
        self._states.keep(stream, folded)
        return folded.state, folded.version

    async def _attempt(self, stream: str, command: C, commit_id: str, fingerprint: str, caller: str) -> Handled[S, E]:
        known = self._states.get(stream)
        commits = await self._store.read_stream(stream, known.version if known else 0)
        if any(commit.part(commit_id) for commit in commits):
            return await self._repeat(stream, commit_id, fingerprint)
        before = self._fold(known, commits)
        self._states.keep(stream, before)
        try:
            events = self._decider.decide(command, before.state)
        except Exception:
            # Today's refusal is no answer to a command that was carried out before, among what was not read again.
            if known and await self._is_recorded(stream, commit_id):
                return await self._repeat(stream, commit_id, fingerprint)
            raise
        if events:
            return await self._append(stream, before, events, commit_id, fingerprint, caller)
        if known and await self._is_recorded(stream, commit_id):
            return await self._repeat(stream, commit_id, fingerprint)
        return Handled(stream, before.version, (), before.state, repeated=False)

    async def _append(
        self, stream: str, before: Folded[S], events: tuple[E, ...], commit_id: str, fingerprint: str, caller: str
    ) -> Handled[S, E]:
        meta = CommitMeta(fingerprint, int(self._clock.now().timestamp()), caller, current_traceparent())
        write = Write(commit_id, [self._codec.encode(event) for event in events], meta)
        try:
            commit = await self._store.append(stream, before.version, [write])
        except CommitIdTaken as taken:
            if taken.existing.stream != stream:
                raise RequestIdReused("the commit id was used on another stream") from taken
            return await self._repeat(stream, commit_id, fingerprint)
        state = self._evolved(before.state, events)
        self._states.keep(stream, Folded(state, commit.last, before.size + _size(commit)))
        return Handled(stream, commit.last, events, state, repeated=False)

    async def _is_recorded(self, stream: str, commit_id: str) -> bool:
        existing = await self._store.find_commit(commit_id)
        return existing is not None and existing.stream == stream

    async def _repeat(self, stream: str, commit_id: str, fingerprint: str) -> Handled[S, E]:
        """The outcome as it was recorded, whatever has happened to the stream since."""
        commits = await self._store.read_stream(stream)
        part = next((part for commit in commits if (part := commit.part(commit_id))), None)
        if part is None:  # Written a moment ago and not in this read yet: read again, as after a conflict.
            raise VersionConflict(stream, commits[-1].last if commits else 0)
        if part.meta.fingerprint != fingerprint:
            raise RequestIdReused("the commit id was used for another request")
        recorded = [event for commit in commits for event in commit.events if event.version <= part.last]
        state = self._evolved(self._decider.initial, self._decoded(recorded))
        events = self._decoded(event for event in recorded if event.version >= part.first)
        return Handled(stream, part.last, events, state, repeated=True)

    def _fold(self, known: Folded[S] | None, commits: list[Commit]) -> Folded[S]:
        folded = known or Folded(self._decider.initial)
        for commit in commits:
            state = self._evolved(folded.state, self._decoded(commit.events))
            folded = Folded(state, commit.last, folded.size + _size(commit))
        return folded

    def _decoded(self, recorded: Iterable[RecordedEvent]) -> tuple[E, ...]:
        return tuple(event for each in recorded for event in self._codec.decode(each.type, each.data))

    def _evolved(self, state: S, events: tuple[E, ...]) -> S:
        for event in events:
            state = self._decider.evolve(state, event)
        return state


def _size(commit: Commit) -> int:
    return sum(len(event.data) for event in commit.events)


def fingerprint_of(caller: str, request: bytes) -> str:
    """A digest of who asked and what, hex; `request` is the deterministic encoding of the request message."""
    name = caller.encode()
    return hashlib.sha256(len(name).to_bytes(4, "big") + name + request).hexdigest()


def commit_id_of(caller: str, request_id: str, step: str = "") -> str:
    """The commit id of a caller's request, or of its further `step` on another stream: the same on every repeat.

    Every request that comes from outside gets its id here. Whoever chooses a request id can therefore choose none that
    a service makes for its own commits, all of which share the store's one space of ids. In capitals it is the same id.
    """
    return str(uuid.uuid5(_REQUESTS, f"{caller}/{request_id.lower()}/{step}"))
