"""Work that holds no lock of the interpreter, done beside the event loop: checking signatures, above all.

Such work would keep every other call waiting; on a thread it takes another processor. A hop there and back costs as
much as a small part of a signature, so that what waits goes together. For functions that compute and touch nothing
else: no store, no call, nothing that belongs to the loop.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

T = TypeVar("T")

_TOGETHER: Final = 16
"""Pieces of work for one hop: enough that it costs little, few enough that the first is not kept waiting."""


class _Piece(NamedTuple):
    work: Callable[[], Any]
    outcome: "asyncio.Future[Any]"


_Done = tuple[Any, Exception | None]


class Aside:
    """A thread for the work of one event loop. What nobody waits for any more is left out, or done for nothing."""

    def __init__(self, name: str) -> None:
        """`name` is the thread's, for profiles."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[_Piece] = []
        self._busy = False

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns; raises what it raises, or RuntimeError in place of what is no `Exception`."""
        loop = asyncio.get_running_loop()
        piece = _Piece(work, loop.create_future())
        self._waiting.append(piece)
        if not self._busy:
            self._busy = True
            # Once all that this turn of the loop brings is here: it goes in the same hop.
            loop.call_soon(self._begin, loop)
        outcome: T = await piece.outcome
        return outcome

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting = [piece for piece in self._waiting if not piece.outcome.done()]
        pieces, self._waiting = waiting[:_TOGETHER], waiting[_TOGETHER:]

        def tell(done: "Future[list[_Done]]") -> None:
            outcomes = done.result()
            with suppress(RuntimeError):  # The loop has ended, if only just now: nobody waits.
                loop.call_soon_threadsafe(self._end, loop, pieces, outcomes)

        self._thread.submit(_done, pieces).add_done_callback(tell)

    def _end(self, loop: asyncio.AbstractEventLoop, pieces: Sequence[_Piece], done: Sequence[_Done]) -> None:
        for piece, (value, error) in zip(pieces, done, strict=True):
            if piece.outcome.done():  # whoever waited was cancelled
                continue
            if error is not None:
                piece.outcome.set_exception(error)
            else:
                piece.outcome.set_result(value)
        self._busy = bool(self._waiting)
        if self._busy:
            self._begin(loop)


def _done(pieces: Sequence[_Piece]) -> list[_Done]:
    return [_one(piece) for piece in pieces]


def _one(piece: _Piece) -> _Done:
    try:
        return piece.work(), None
    except BaseException as error:  # noqa: BLE001 -- whoever waits for it is told, and what waits behind it is done
        return None, error if isinstance(error, Exception) and not isinstance(error, StopIteration) else _broken(error)


def _broken(cause: BaseException) -> Exception:
    """Tells of what must not pass through an event loop, such as a library's panic."""
    broken = RuntimeError(f"work beside the loop ended with {type(cause).__name__}")
    broken.__cause__ = cause
    return broken
