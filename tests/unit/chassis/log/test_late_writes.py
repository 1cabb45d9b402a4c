"""A consumer's write that is given up on and carried out later changes nothing that was claimed anew meanwhile."""

import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from services.chassis.integration import consumer as consumer_module
from services.chassis.integration import parking
from services.chassis.integration.bus import BusUnavailable
from services.chassis.integration.claim import NUMBERS, Claim
from services.chassis.integration.dead_letters import LetterState
from services.chassis.integration.dead_letters_memory import MemoryDeadLetters
from services.chassis.log.eventstore import StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from tests.support.foreign import KEYED, Producer, Taker, parked

WRITES = {"claim_mark", "save_mark", "claim", "park", "remove", "failed", "discard"}
NEVER = 10_000

Write = Callable[[], Awaitable[object]]


class Network:
    """Between a consumer and what it writes to: no answer to the n-th write, which arrives before a later one."""

    def __init__(self, write: int, behind: int) -> None:
        self.writes: list[str] = []
        self._lost = write
        self._due = write + behind
        self._late: Write | None = None

    def to(self, real: object) -> Any:
        """The same, by way of this network."""
        return _Far(self, real)

    async def carry(self, name: str, write: Write) -> object:
        self.writes.append(name)
        if len(self.writes) == self._due:
            await self.arrive()
        if len(self.writes) == self._lost:
            self._late = write
            raise StoreUnavailable("no answer")
        return await write()

    async def arrive(self) -> None:
        """Carry out what is on its way still, if anything is."""
        late, self._late = self._late, None
        if late is not None:
            with suppress(LeaseLost):
                await late()


class _Far:
    def __init__(self, network: Network, real: object) -> None:
        self._network = network
        self._real = real

    def __getattr__(self, name: str) -> object:
        real = getattr(self._real, name)
        return (lambda *given: self._network.carry(name, lambda: real(*given))) if name in WRITES else real


class Story:
    """Poison, a redrive that fails, a discard and a redrive that does not, with one write that is late."""

    def __init__(self, network: Network, *, away: bool, mended: bool) -> None:
        self.producer = Producer(curation=KEYED)
        self.letters = MemoryDeadLetters()
        self.taker = Taker(self.producer, self.producer.bus.inbox(), network.to(MemoryEventStore()))
        self._letters = network.to(self.letters)
        self._away, self._mended = away, mended
        self._epoch = 1
        self._consumer = self.taker.consumer(1, self._letters)
        self._fetch, self.taker.inbox.fetch = self.taker.inbox.fetch, self._fetched  # type: ignore[method-assign]
        self._silent = 0

    async def _fetched(self, limit: int, patience: float) -> Any:
        if self._silent:
            self._silent -= 1
            raise BusUnavailable("away")
        return await self._fetch(limit, 0.0)

    async def tell(self, *said: str, failing: set[str]) -> None:
        """What the producer says next, and which events are poison from now on; then until all is quiet."""
        self.taker.failing = failing
        await self.producer.tell(*said)
        for _ in range(7):
            await self._step()

    async def _step(self) -> None:
        try:
            await self._consumer.step()
        except StoreUnavailable:
            # The bus has its trouble at the same time; meanwhile what was wrong with the event may be mended.
            self._silent = int(self._away)
            self.taker.failing = set() if self._mended else self.taker.failing
        except LeaseLost:
            self._epoch += 1
            self._consumer = self.taker.consumer(self._epoch, self._letters)
        except BusUnavailable:
            pass

    async def tidy(self) -> None:
        """Discard b2 if it is parked and have all others redriven."""
        for each in await self.letters.all_parked():
            letter = await self.letters.letter(each.producer, each.mark)
            if letter is not None and letter.event.data == b"b2":
                await self.letters.wish_discard(each.producer, each.mark, by="olga", reason="a test", now=1)
        await self.letters.wish_redrive("producer", None)

    async def whole(self, *told: str) -> None:
        """All that was told is in one place: taken in, parked or discarded."""
        gone = ["b2"] * len(await self.letters.discarded())
        assert sorted([*self.taker.taken, *await parked(self.letters), *gone]) == sorted(told)
        assert all(each.state is LetterState.PARKED for each in await self.letters.all_parked())


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(parking, "_LOOK_SECONDS", 0)


@pytest.mark.parametrize("mended", [False, True])
@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("behind", [1, 2, 3, 4, 6, NEVER])
async def test_a_write_that_arrives_late_loses_and_doubles_nothing(behind: int, away: bool, mended: bool) -> None:
    """For each write there is; one that has not arrived when all is quiet does so then."""
    for write in itertools.count(1):
        network = Network(write, behind)
        await _told(Story(network, away=away, mended=mended), network)
        if len(network.writes) < write:
            break
    assert set(network.writes) == WRITES


async def _told(story: Story, network: Network) -> None:
    await story.tell("a1", "b1", "a2", "b2", "c1", failing={"a1", "b2"})
    await network.arrive()
    await story.whole("a1", "b1", "a2", "b2", "c1")
    await story.tidy()
    await story.tell("a3", failing={"a2"})
    await network.arrive()
    await story.whole("a1", "b1", "a2", "b2", "c1", "a3")
    await story.tidy()
    await story.tell("a4", failing=set())
    await story.tell("c2", failing=set())
    assert await parked(story.letters) == []
    assert [each for each in story.taker.taken if each[0] == "a"] == ["a1", "a2", "a3", "a4"]
    assert [each for each in story.taker.taken if each[0] == "c"] == ["c1", "c2"]
    await story.whole("a1", "b1", "a2", "b2", "c1", "a3", "a4", "c2")


def test_a_number_is_used_until_a_write_under_it_fails() -> None:
    claim = Claim(3)
    numbers = []
    for error in (None, StoreUnavailable("no answer"), None, LeaseLost("later")):
        with suppress(StoreUnavailable, LeaseLost), claim.writing() as number:
            numbers.append(number)
            if error:
                raise error
    assert numbers == [3 * NUMBERS, 3 * NUMBERS, 3 * NUMBERS + 1, 3 * NUMBERS + 1]
    assert Claim(4).number > claim.number > numbers[-1]
