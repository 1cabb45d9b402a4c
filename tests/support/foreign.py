"""A producer of public events and a service that takes them in, both in memory, for tests of consumers."""

from collections import Counter

from services.chassis.integration.bus import Curation
from services.chassis.integration.bus_memory import MemoryBus, MemoryInbox
from services.chassis.integration.consumer import Consumer, ForeignEvent
from services.chassis.integration.dead_letters import DeadLetterDesk, DeadLetters
from services.chassis.integration.log_reader import CuratedLog, PublicPage
from services.chassis.log.eventstore import Checkpoints, EventData, LogStore, Mark, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.support.commits import META, new_id, sequence_all

CURATION = Curation("producer", {"test.v1.Public": "Public.v1", "test.v1.Dull": "Dull.v1"})
KEYED = Curation("producer", {"test.v1.Public": "Public.v1"}, group=lambda stream: stream.split("-")[1])


class Producer:
    """A producer's log, its bus, and what `ReadEvents` was asked."""

    def __init__(self, store: LogStore | None = None, curation: Curation = CURATION) -> None:
        self.store: LogStore = store or MemoryEventStore()
        self.bus = MemoryBus()
        self.curation = curation
        self.asked: list[Mark] = []

    async def publish(self, count: int) -> None:
        """Publish 0, 1, 2 and so on, every second commit and some events private."""
        for number in range(count):
            events = [EventData("test.v1.Public", str(number).encode()), EventData("test.v1.Private", b"")]
            await self._append(f"thing-{new_id()}", events[:: -1 if number % 3 else 1])
            await self._append(f"thing-{new_id()}", [EventData("test.v1.Private", b"")])
        await self.relay()

    async def tell(self, *said: str) -> None:
        """Publish each word; its first letter says to which key it belongs."""
        for word in said:
            await self._append(f"thing-{word[0]}-{new_id()}", [EventData("test.v1.Public", word.encode())])
        await self.relay()

    async def relay(self) -> None:
        """Give positions, and publish what the bus has not had yet."""
        await sequence_all(self.store)
        tail = await self.bus.tail()
        commits = await self.store.read_log(0, await self.store.head_position())
        await self.bus.publish(self.curation.messages(commits, tail.mark), tail.sequence)

    async def read_events(self, after: Mark, limit: int) -> PublicPage:
        """See `LogReader.read_events`; pages of two."""
        self.asked.append(after)
        return await CuratedLog(self.store, self.curation).read_events(after, min(limit, 2))

    async def _append(self, stream: str, events: list[EventData]) -> None:
        await self.store.append(stream, 0, [Write(new_id(), events, META)])


class Taker:
    """The service that takes the events in: what it took in first, and how often anything was tried."""

    def __init__(self, producer: Producer, inbox: MemoryInbox, store: Checkpoints | None = None) -> None:
        self.producer, self.inbox = producer, inbox
        self.store: Checkpoints = store or MemoryEventStore()
        self.taken: list[str] = []
        self.tries: Counter[str] = Counter()
        self.failing: set[str] = set()
        self.error: type[Exception] = ValueError
        self._done: set[str] = set()

    async def react(self, event: ForeignEvent) -> None:
        """Take the event in once for each commit id, as a command would be."""
        said = event.data.decode()
        self.tries[said] += 1
        if said in self.failing:
            raise self.error("cannot be applied")
        if event.commit_id not in self._done:
            self._done.add(event.commit_id)
            self.taken.append(said)

    def consumer(
        self,
        epoch: int = 1,
        dead_letters: DeadLetters | None = None,
        *,
        most_parked: int = 10_000,
        most_parked_bytes: int = 1_000_000,
    ) -> Consumer:
        """A consumer for the lease of that epoch."""
        return Consumer(
            producer="producer",
            inbox=self.inbox,
            reader=self.producer,
            checkpoints=self.store,
            epoch=epoch,
            reactions={"test.v1.Public": self.react},
            dead_letters=dead_letters,
            most_parked=most_parked,
            most_parked_bytes=most_parked_bytes,
        )


async def parked(desk: DeadLetterDesk) -> list[str]:
    """What is parked, in order."""
    letters = [await desk.letter(each.producer, each.mark) for each in await desk.all_parked()]
    return [letter.event.data.decode() for letter in letters if letter is not None]
