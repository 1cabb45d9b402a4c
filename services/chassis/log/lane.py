"""Lanes: those who wait for the same thing are served by one task, in their order, some of them together.

Knows nothing of what is waited for. Whoever is cancelled while waiting is taken out; whoever is being served then is
served to the end, and the answer is nobody's.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Turn(Generic[Q, A]):
    """One who waits: what is asked, and the answer to come. The first answer counts."""

    __slots__ = ("answer", "asked")

    def __init__(self, asked: Q) -> None:
        self.asked = asked
        self.answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()

    def give(self, answer: A) -> None:
        """Answer."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Lanes(Generic[Q, A]):
    """A lane for each name, for as long as somebody waits or is served there.

    `serve(name, turns)` answers each turn, or returns it to be served again before all others; what it raises goes to
    all who have no answer yet. `fits(taken, next)`: whether the next who waits may be served with those taken.
    """

    def __init__(
        self,
        serve: Callable[[str, list[Turn[Q, A]]], Awaitable[Iterable[Turn[Q, A]]]],
        fits: Callable[[Sequence[Turn[Q, A]], Turn[Q, A]], bool],
    ) -> None:
        self._serve = serve
        self._fits = fits
        self._queues: dict[str, deque[Turn[Q, A]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, name: str, asked: Q, *, alone: bool = False) -> A:
        """The answer of `serve`; raises what it failed with.

        `alone`: nobody else is likely to wait there. Then it is served in the caller's own task if the lane is free,
        which saves the lane's; and if the caller is cancelled, that ends the serving.
        """
        turn: Turn[Q, A] = Turn(asked)
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = deque()
            if alone:
                return await self._served_here(name, queue, turn)
            self._open(name, queue)
        queue.append(turn)
        try:
            return await turn.answer
        except asyncio.CancelledError:
            if turn in queue:
                queue.remove(turn)
            raise

    def _open(self, name: str, queue: deque[Turn[Q, A]]) -> None:
        # In a context of its own: the lane may outlive the call that opened it, and serves others' as well.
        task = asyncio.get_running_loop().create_task(self._run(name, queue), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _served_here(self, name: str, queue: deque[Turn[Q, A]], turn: Turn[Q, A]) -> A:
        """The answer for one who came to a free lane; whoever comes meanwhile is served by a task."""
        try:
            while not turn.answer.done():
                await self._served(name, [turn])
        finally:
            if queue:
                self._open(name, queue)
            else:
                del self._queues[name]
        return turn.answer.result()

    def __len__(self) -> int:
        return len(self._queues)

    async def _run(self, name: str, queue: deque[Turn[Q, A]]) -> None:
        turns: list[Turn[Q, A]] = []
        try:
            while queue:
                turns = self._taken(queue)
                queue.extendleft(reversed(await self._served(name, turns)))
        finally:
            # Between the last look at the queue and here nothing else runs, so nobody waits in a lane that is gone.
            del self._queues[name]
            for turn in (*turns, *queue):
                turn.answer.cancel()

    def _taken(self, queue: deque[Turn[Q, A]]) -> list[Turn[Q, A]]:
        taken: list[Turn[Q, A]] = []
        while queue and (not taken or self._fits(taken, queue[0])):
            turn = queue.popleft()
            if not turn.answer.done():
                taken.append(turn)
        return taken

    async def _served(self, name: str, turns: list[Turn[Q, A]]) -> list[Turn[Q, A]]:
        if not turns:
            return []
        try:
            return list(await self._serve(name, turns))
        except Exception as error:  # noqa: BLE001 -- whoever waits is told, and the lane goes on
            for turn in turns:
                turn.fail(error)
            return []
