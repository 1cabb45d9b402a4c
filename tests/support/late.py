"""Writes of a consumer are not answered and are carried out later, in a story that has every kind of write in it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any

from pymongo.errors import PyMongoError

from services.chassis.integration.bus import BusUnavailable
from services.chassis.integration.dead_letters import DeadLetterDesk, DeadLetters, LetterState
from services.chassis.log.eventstore import Checkpoints, StoreUnavailable
from services.chassis.log.lease import LeaseLost
from tests.support.foreign import KEYED, Producer, Taker, parked

NEVER = 10_000
"""Behind so many writes: after all others."""

Write = Callable[[], Awaitable[object]]


class Network:
    """Between a consumer and what it writes to: `error` for the writes of these numbers, from 1.

    Each of them arrives just before the one that is so far `behind`.
    """

    def __init__(self, lost: Collection[int], behind: int, error: Exception) -> None:
        self.writes: list[str] = []
        self._lost = lost
        self._behind = behind
        self._error = error
        self._late: list[tuple[int, Write]] = []

    def to(self, real: object, writes: Collection[str]) -> Any:
        """The same by way of this network; `writes` are the names of its methods that write."""
        return _Far(self, real, writes)

    async def carry(self, name: str, write: Write) -> object:
        """Have it carried out, or not yet."""
        self.writes.append(name)
        number = len(self.writes)
        await self.arrive(number)
        if number in self._lost:
            self._late.append((number + self._behind, write))
            raise self._error
        return await write()

    async def arrive(self, number: int = 2 * NEVER) -> None:
        """Carry out what is on its way still and due before that write, by default all of it."""
        due = [write for at, write in self._late if at <= number]
        self._late = [each for each in self._late if each[0] > number]
        for write in due:
            with suppress(LeaseLost, PyMongoError):
                await write()


class _Far:
    def __init__(self, network: Network, real: object, writes: Collection[str]) -> None:
        self._network = network
        self._real = real
        self._writes = writes

    def __getattr__(self, name: str) -> object:
        real = getattr(self._real, name)
        if name not in self._writes:
            return real
        return lambda *given, **named: self._network.carry(name, lambda: real(*given, **named))


class Story:
    """Poison, a redrive that fails, a discard, and a redrive that succeeds.

    `store` and `letters` are the consumer's, `desk` is the operators'. `away`: the bus has its trouble at the same time
    as the store. `mended`: what was wrong with the poison is mended meanwhile.
    """

    def __init__(
        self, *, store: Checkpoints, letters: DeadLetters, desk: DeadLetterDesk, away: bool, mended: bool
    ) -> None:
        self._producer = Producer(curation=KEYED)
        self._taker = Taker(self._producer, self._producer.bus.inbox(), store)
        self._letters, self._desk = letters, desk
        self._away, self._mended = away, mended
        self._epoch = 1
        self._consumer = self._taker.consumer(1, letters)
        self._fetch, self._taker.inbox.fetch = self._taker.inbox.fetch, self._fetched  # type: ignore[method-assign, assignment]
        self._silent = False

    async def run(self, network: Network) -> None:
        """Whatever is late has arrived when all else is quiet; each time nothing is lost or doubled."""
        await self._tell("a1", "b1", "a2", "b2", "c1", failing={"a1", "b2"})
        await network.arrive()
        await self._whole("a1", "b1", "a2", "b2", "c1")
        await self._tidy()
        await self._tell("a3", failing={"a2"})
        await network.arrive()
        await self._whole("a1", "b1", "a2", "b2", "c1", "a3")
        await self._tidy()
        await self._tell("a4", failing=set())
        await self._tell("c2", failing=set())
        await self._whole("a1", "b1", "a2", "b2", "c1", "a3", "a4", "c2")
        assert await parked(self._desk) == []
        assert [each for each in self._taker.taken if each[0] == "a"] == ["a1", "a2", "a3", "a4"]
        assert [each for each in self._taker.taken if each[0] == "c"] == ["c1", "c2"]

    async def _tell(self, *said: str, failing: set[str]) -> None:
        """What the producer says next, and which events are poison from now on; then until all is quiet."""
        self._taker.failing = failing
        await self._producer.tell(*said)
        for _ in range(7):
            await self._step()

    async def _step(self) -> None:
        try:
            await self._consumer.step()
        except StoreUnavailable:
            self._silent = self._away
            self._taker.failing = set() if self._mended else self._taker.failing
        except LeaseLost:
            self._epoch += 1
            self._consumer = self._taker.consumer(self._epoch, self._letters)
        except BusUnavailable:
            self._silent = False

    async def _fetched(self, limit: int, _patience: float) -> Any:
        await asyncio.sleep(0)
        if self._silent:
            raise BusUnavailable("away")
        return await self._fetch(limit, 0.0)

    async def _tidy(self) -> None:
        """Have b2 discarded if it is parked, and all others redriven."""
        for each in await self._desk.all_parked():
            letter = await self._desk.letter(each.producer, each.mark)
            if letter is not None and letter.event.data == b"b2":
                await self._desk.wish_discard(each.producer, each.mark, by="olga", reason="a test", now=1)
        await self._desk.wish_redrive("producer", None)

    async def _whole(self, *told: str) -> None:
        """All that was told is in one place: taken in, parked or discarded."""
        gone = ["b2"] * len(await self._desk.discarded())
        assert sorted([*self._taker.taken, *await parked(self._desk), *gone]) == sorted(told)
        assert all(each.state is LetterState.PARKED for each in await self._desk.all_parked())
