"""Reading what one has written: a token stands for what a command appended, and a reader waits until it can be seen.

Positions are dense and views are complete up to theirs, so that a view which has reached the commit's position shows
it, and everything before it. Having waited proves nothing of a read that follows, for a store that ends suddenly may
come back with less: what was waited for is kept as a `Promise`, and each read of views looks whether it holds. Waiting
is bounded by the call's deadline. A token is opaque to whoever carries it, and authorizes nothing. How it is sealed is
the service's business (`Sealer`); the log it belongs to is sealed in with it.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol

import grpc

from services.chassis.log.eventstore import EventStore
from services.chassis.log.tailing import LogTail
from services.chassis.rpc_deadline import Deadline
from services.chassis.rpc_errors import Failure, RefusedError

MAX_TOKEN_BYTES: Final = 1024

_SIZES: Final = struct.Struct(">QH")
_LEFT_SECONDS: Final = 0.1
"""Kept back of the deadline, so that the answer says why."""
_LOOK_SECONDS: Final = 0.25

INVALID: Final = Failure(
    grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONSISTENCY_TOKEN", "the consistency token is not one of this service"
)
NOT_YET_VISIBLE: Final = Failure(
    grpc.StatusCode.UNAVAILABLE, "NOT_YET_VISIBLE", "what the consistency token stands for cannot be read yet"
)


class Sealer(Protocol):
    """Authenticated encryption under a key that all replicas share."""

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """The sealed bytes, different each time."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """What was sealed with that `aad`; raises ValueError for anything else."""
        ...


@dataclass(frozen=True, slots=True)
class Promise:
    """What reads show that belong to a call with a token, whose `deadline` it is: all up to the log's `position`."""

    position: int
    deadline: Deadline


_promise: ContextVar[Promise | None] = ContextVar("promise", default=None)


def promised() -> Promise | None:
    """What this task, or the one that began it, has waited for last; None when it was nothing."""
    return _promise.get()


def promise(position: int, deadline: Deadline) -> None:
    """Have the views that this task reads from now on show all up to `position`, which it has waited for."""
    _promise.set(Promise(position, deadline))


@asynccontextmanager
async def in_time(deadline: Deadline) -> AsyncIterator[None]:
    """Ends the block shortly before the deadline, with NOT_YET_VISIBLE."""
    try:
        async with asyncio.timeout(deadline.remaining() - _LEFT_SECONDS) as scope:
            yield
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise RefusedError(NOT_YET_VISIBLE) from error


@dataclass(frozen=True, slots=True)
class Written:
    """What a command has done: its stream, the version it left that at, and its commit id."""

    stream: str
    version: int
    commit_id: str


class Visible(Protocol):
    """Something that readers read: `tailing.LogTail`, `view_catalog.ActiveViews`."""

    async def reached(self, position: int) -> None:
        """Return when all up to that log position can be seen."""
        ...


class ConsistencyTokens:
    """Makes and reads tokens of the log whose `store_epoch` it is, see `LogOperations.store_epoch`."""

    def __init__(self, sealer: Sealer, store_epoch: str) -> None:
        self._sealer = sealer
        self._aad = store_epoch.encode()

    def issue(self, written: Written) -> bytes:
        """The token for what a command has done."""
        stream = written.stream.encode()
        return self._sealer.seal(
            _SIZES.pack(written.version, len(stream)) + stream + written.commit_id.encode(), self._aad
        )

    def read(self, token: bytes) -> Written:
        """What the token stands for; RefusedError, INVALID_CONSISTENCY_TOKEN."""
        if len(token) > MAX_TOKEN_BYTES:
            raise RefusedError(INVALID)
        try:
            return _parsed(self._sealer.open(token, self._aad))
        except (ValueError, struct.error) as error:
            raise RefusedError(INVALID) from error


class Waiter:
    """Waits for what tokens stand for. `tail` is this process's; it must be running."""

    def __init__(self, store: EventStore, tail: LogTail, tokens: ConsistencyTokens) -> None:
        self._store = store
        self._tail = tail
        self._tokens = tokens

    async def wait(self, token: bytes, deadline: Deadline, *read: Visible) -> None:
        """Return when all of `read` shows what the token stands for; an empty token asks for nothing.

        From then on it is `promised` to this task, whichever views that reads. Raises RefusedError:
        INVALID_CONSISTENCY_TOKEN, or NOT_YET_VISIBLE shortly before the deadline; and StoreUnavailable.
        """
        if not token:
            return
        written = self._tokens.read(token)
        async with in_time(deadline):
            position = await self._position(written)
            for each in read:
                await each.reached(position)
        promise(position, deadline)

    async def _position(self, written: Written) -> int:
        """Where the commit stands, as soon as it has a position."""
        position = self._tail.position_of(written.commit_id)
        while position is None:
            commit = await self._store.find_commit(written.commit_id)
            part = commit.part(written.commit_id) if commit is not None else None
            if commit is None or part is None or (commit.stream, part.last) != (written.stream, written.version):
                raise RefusedError(INVALID)
            position = commit.position or await self._tail.seen(written.commit_id, _LOOK_SECONDS)
        return position


def _parsed(plaintext: bytes) -> Written:
    version, size = _SIZES.unpack_from(plaintext)
    stream, commit_id = plaintext[_SIZES.size : _SIZES.size + size], plaintext[_SIZES.size + size :]
    return Written(stream.decode(), version, commit_id.decode())
