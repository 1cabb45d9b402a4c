"""Carries out a command: fold the stream, decide, append one commit. Each command is applied once or not at all.

A repeat of a command, recognised by its commit id, gets the outcome of the first time. Deciding is pure and belongs to
the decider; who may give a command, and where the fingerprint's bytes come from, belongs to the RPC layer.
"""

import asyncio
import hashlib
import random
import uuid
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from services.chassis.clock import Clock, SystemClock
from services.chassis.codec import EventCodec
from services.chassis.eventstore import (
    Commit,
    CommitIdTaken,
    CommitMeta,
    EventStore,
    VersionConflict,
    stream_category,
)
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
    """Carries out the commands of one decider on one store."""

    def __init__(self, store: EventStore, codec: EventCodec, decider: Decider[C, S, E], clock: Clock | None = None):
        self._store = store
        self._codec = codec
        self._decider = decider
        self._clock = clock or SystemClock()

    async def handle(self, stream: str, command: C, *, commit_id: str, fingerprint: str, caller: str) -> Handled[S, E]:
        """Carry out `command` on `stream`, at most once for `commit_id`.

        `fingerprint` is a digest of the request (`fingerprint_of`); a decision of no events appends nothing and leaves
        no record. Raises what `decide` raises; RequestIdReused, Contended and the errors of `EventStore.append`.
        """
        with span("append", stream_kind=stream_category(stream)):
            for attempt in range(_ATTEMPTS):
                try:
                    return await self._attempt(stream, command, commit_id, fingerprint, caller)
                except VersionConflict:
                    await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * 2**attempt))  # noqa: S311
            raise Contended(f"a {stream_category(stream)} stream changed {_ATTEMPTS} times")

    async def state(self, stream: str) -> tuple[S, int]:
        """The stream's present state and version, (`initial`, 0) when it holds nothing."""
        handled = self._folded(stream, await self._store.read_stream(stream))
        return handled.state, handled.version

    async def _attempt(self, stream: str, command: C, commit_id: str, fingerprint: str, caller: str) -> Handled[S, E]:
        commits = await self._store.read_stream(stream)
        if any(commit.commit_id == commit_id for commit in commits):
            return self._repeat(stream, commits, commit_id, fingerprint)
        before = self._folded(stream, commits)
        events = self._decider.decide(command, before.state)
        if not events:
            return before
        meta = CommitMeta(fingerprint, int(self._clock.now().timestamp()), caller, current_traceparent())
        data = [self._codec.encode(event) for event in events]
        try:
            commit = await self._store.append(commit_id, stream, before.version, data, meta)
        except CommitIdTaken as taken:
            if taken.existing.stream != stream:
                raise RequestIdReused("the commit id was used on another stream") from taken
            return self._repeat(stream, await self._store.read_stream(stream), commit_id, fingerprint)
        return Handled(stream, commit.last, events, self._evolved(before.state, events), repeated=False)

    def _repeat(self, stream: str, commits: list[Commit], commit_id: str, fingerprint: str) -> Handled[S, E]:
        """The outcome as it was recorded, whatever has happened to the stream since."""
        index = next((index for index, commit in enumerate(commits) if commit.commit_id == commit_id), None)
        if index is None:  # Written a moment ago and not in this read yet: read again, as after a conflict.
            raise VersionConflict(stream, commits[-1].last if commits else 0)
        if commits[index].meta.fingerprint != fingerprint:
            raise RequestIdReused("the commit id was used for another request")
        return self._folded(stream, commits[: index + 1], repeated=True)

    def _folded(self, stream: str, commits: list[Commit], *, repeated: bool = False) -> Handled[S, E]:
        decoded = [tuple(self._codec.decode(event.type, event.data) for event in commit.events) for commit in commits]
        state = self._evolved(self._decider.initial, [event for events in decoded for event in events])
        last = decoded[-1] if repeated else ()
        return Handled(stream, commits[-1].last if commits else 0, last, state, repeated)

    def _evolved(self, state: S, events: tuple[E, ...] | list[E]) -> S:
        for event in events:
            state = self._decider.evolve(state, event)
        return state


def fingerprint_of(caller: str, request: bytes) -> str:
    """A digest of who asked and what, hex; `request` is the deterministic encoding of the request message."""
    name = caller.encode()
    return hashlib.sha256(len(name).to_bytes(4, "big") + name + request).hexdigest()


def commit_id_of(caller: str, request_id: str, step: str = "") -> str:
    """The commit id of a caller's request, or of its further `step` on another stream: the same on every repeat.

    Every request that comes from outside gets its id here. Whoever chooses a request id can therefore choose none that
    a service makes for its own commits, all of which share the store's one space of ids.
    """
    return str(uuid.uuid5(_REQUESTS, f"{caller}/{request_id}/{step}"))
