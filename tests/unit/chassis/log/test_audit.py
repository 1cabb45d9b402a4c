"""An audit finds each kind of fault, and none where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.integration.audit_bus import audit_bus
from services.chassis.integration.bus import Curation, Extent, Message, Stored
from services.chassis.integration.bus_memory import MemoryBus
from services.chassis.integration.relay import Relay
from services.chassis.log import audit
from services.chassis.log.audit import AuditReport, Fault, Finding, audit_log
from services.chassis.log.eventstore import START, Commit, EventData, LogGap, Mark, Unsequenced, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.support.commits import META, append, new_id, sequence_all

PUBLIC, PRIVATE = EventData("test.v1.Public", b"p"), EventData("test.v1.Private", b"secret")
CURATION = Curation("forum", {"test.v1.Public": "Public.v1"})


class BrokenStore(MemoryEventStore):
    """A store of which the log can be spoilt, as no store should be."""

    def lose(self, position: int) -> None:
        self._commits[self._log[position - 1]] = replace(self._commits[self._log[position - 1]], position=-1)

    def swap(self, one: int, other: int) -> None:
        ids = self._log
        ids[one - 1], ids[other - 1] = ids[other - 1], ids[one - 1]
        for position in (one, other):
            self._commits[ids[position - 1]] = replace(self._commits[ids[position - 1]], position=position)

    def repeat_id(self, position: int, of: int) -> None:
        """Have the commit at a position hold the id of another's part."""
        here, there = self._commits[self._log[position - 1]], self._commits[self._log[of - 1]]
        spoilt = replace(here, parts=(replace(here.parts[0], commit_id=there.parts[0].commit_id),))
        self._commits[self._log[position - 1]] = spoilt

    def repeat_claim(self, position: int, of: int) -> None:
        """Have the commit at a position claim the id of another's part."""
        here, there = self._commits[self._log[position - 1]], self._commits[self._log[of - 1]]
        spoilt = replace(here, parts=(replace(here.parts[0], claims=(there.commit_id,)),))
        self._commits[self._log[position - 1]] = spoilt

    async def commits_by_ids(self, commit_ids: Sequence[str]) -> list[Commit]:
        return [commit for commit in self._commits.values() if not set(commit.ids).isdisjoint(commit_ids)]

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        page: list[Commit] = []
        for number, commit in enumerate(await super().read_log(after_position, limit)):
            if commit.position == -1:
                if number == 0:
                    raise LogGap
                break
            page.append(commit)
        return page


async def filled(count: int = 40, store: BrokenStore | None = None) -> BrokenStore:
    """Four streams with commits in turn."""
    store = store or BrokenStore()
    for number in range(count):
        await append(store, f"thread-{number % 4}", number // 4)
    await sequence_all(store)
    return store


def told(report: AuditReport) -> list[tuple[Fault, int]]:
    return [(finding.fault, finding.mark.position) for finding in report.findings]


@pytest.fixture(params=[1, 7, 500], autouse=True)
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.log.audit._PAGE", request.param)
    monkeypatch.setattr("services.chassis.integration.audit_bus._PAGE", request.param)


async def test_a_log_that_is_whole_is_clean() -> None:
    store, progress = await filled(), list[tuple[int, int]]()
    report = await audit_log(store, progress=lambda at, of: progress.append((at, of)))
    assert report.clean
    assert (report.checked, report.through) == (40, 40)
    assert progress[-1] == (40, 40)
    assert (await audit_log(MemoryEventStore())).clean


async def test_a_missing_position_is_found_and_what_follows_is_checked() -> None:
    store = await filled()
    store.lose(7)
    report = await audit_log(store)
    # The next commit of that stream follows one that has no place.
    assert told(report) == [(Fault.MISSING_POSITION, 7), (Fault.WRONG_VERSION, 11)]
    assert (report.checked, report.through) == (39, 40)


async def test_a_head_that_cannot_be_told_does_not_stop_an_audit() -> None:
    class Headless(BrokenStore):
        headless = False

        async def head_position(self) -> int:
            if self.headless:
                raise LogGap
            return await super().head_position()

    store = Headless()
    await filled(store=store)
    store.headless = True
    store.lose(40)
    assert told(await audit_log(store)) == [(Fault.MISSING_POSITION, 40)]


async def test_commits_of_a_stream_out_of_order_are_found() -> None:
    store = await filled()
    store.swap(5, 9)
    assert told(await audit_log(store)) == [(Fault.WRONG_VERSION, position) for position in (5, 9, 13)]


@pytest.mark.parametrize("spoilt", ["events", "parts"])
async def test_a_commit_with_a_hole_is_found(spoilt: str) -> None:
    store = BrokenStore()
    await store.append("thread-1", 0, [Write(new_id(), [PUBLIC, PUBLIC], META), Write(new_id(), [PUBLIC], META)])
    await sequence_all(store)
    [commit_id] = store._log
    whole = store._commits[commit_id]
    holed = replace(whole, events=whole.events[:1] + whole.events[2:])
    if spoilt == "parts":
        holed = replace(whole, parts=(whole.parts[0], replace(whole.parts[1], first=4)))
    store._commits[commit_id] = holed
    assert told(await audit_log(store)) == [(Fault.WRONG_VERSION, 1)]


@pytest.mark.parametrize("repeat", [BrokenStore.repeat_id, BrokenStore.repeat_claim])
async def test_an_id_in_two_commits_is_found(repeat: Callable[[BrokenStore, int, int], None]) -> None:
    store = await filled(8)
    repeat(store, 6, 2)
    report = await audit_log(store)
    assert {finding.mark.position for finding in report.findings if finding.fault == Fault.REPEATED_ID} <= {2, 6}
    assert report.counts[Fault.REPEATED_ID] in (1, 2)


async def test_what_nobody_gives_a_position_is_found() -> None:
    class Passing(BrokenStore):
        """One commit waits only for the first look."""

        async def unsequenced(self, limit: int) -> list[Unsequenced]:
            waiting = await super().unsequenced(limit)
            await sequence_one(self, waiting)
            return waiting

    async def sequence_one(store: Passing, waiting: list[Unsequenced]) -> None:
        if len(waiting) == 2:
            await store.assign_positions(await store.head_position(), [waiting[0].commit_id])

    store = Passing()
    await append(store, "thread-1", 0)
    await append(store, "thread-2", 0)
    report = await audit_log(store, unsequenced_seconds=0)
    assert report.findings == [Finding(Fault.LEFT_UNSEQUENCED, START)]


async def test_an_audit_goes_on_where_it_was() -> None:
    store = await filled()
    for after in range(41):
        report = await audit_log(store, after=after)
        assert report.clean
        assert report.checked == 40 - after


async def test_an_audit_forgets_streams_and_asks_for_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_STREAMS", 2)
    store = await filled()
    assert (await audit_log(store)).clean
    store.swap(5, 9)
    assert (Fault.WRONG_VERSION, 5) in told(await audit_log(store))


async def test_only_the_first_faults_are_named() -> None:
    store = await filled(400)
    for position in range(1, 301):
        store.lose(position)
    report = await audit_log(store)
    assert report.counts[Fault.MISSING_POSITION] == 300
    assert len(report.findings) == 100


async def published(count: int = 20) -> tuple[MemoryEventStore, MemoryBus]:
    """Commits with one private and two public events each, and a bus that holds those."""
    store, bus = MemoryEventStore(), MemoryBus()
    for number in range(count):
        await store.append(f"thread-{number}", 0, [Write(new_id(), [PUBLIC, PRIVATE, PUBLIC], META)])
    await sequence_all(store)
    await Relay(store, bus, CURATION, checkpoints=store, epoch=1).step()
    return store, bus


async def test_a_bus_that_holds_the_log_is_clean() -> None:
    store, bus = await published()
    report = await audit_bus(store, bus, CURATION)
    assert report.clean
    assert (report.checked, report.through) == (40, 40)
    assert (await audit_bus(MemoryEventStore(), MemoryBus(), CURATION)).clean


@pytest.mark.parametrize("kept", [0, 1, 20, 39])
async def test_what_the_relay_has_yet_to_publish_is_no_fault(kept: int) -> None:
    store, bus = await published()
    del bus.stored[kept:]
    assert (await audit_bus(store, bus, CURATION)).clean


@pytest.mark.parametrize("at", [0, 5, 38])
async def test_what_was_not_published_is_found(at: int) -> None:
    store, bus = await published()
    lost = bus.stored.pop(at)
    report = await audit_bus(store, bus, CURATION)
    assert report.findings == [Finding(Fault.NOT_PUBLISHED, lost.event.mark)]


async def test_what_was_published_twice_or_out_of_order_is_found() -> None:
    store, bus = await published()
    bus.stored.insert(7, bus.stored[3])
    bus.stored[20], bus.stored[21] = bus.stored[21], bus.stored[20]
    report = await audit_bus(store, bus, CURATION)
    assert report.findings == [
        Finding(Fault.DOUBLED, bus.stored[3].event.mark),
        Finding(Fault.OUT_OF_ORDER, bus.stored[21].event.mark),
    ]


async def test_what_is_not_of_the_log_is_found() -> None:
    store, bus = await published()
    private = replace(bus.stored[4], event=replace(bus.stored[4].event, mark=Mark(3, 1)))
    bus.stored.insert(5, private)
    beyond = replace(bus.stored[4], event=replace(bus.stored[4].event, mark=Mark(99)))
    bus.stored.append(beyond)
    report = await audit_bus(store, bus, CURATION)
    assert report.findings == [Finding(Fault.FOREIGN, Mark(3, 1)), Finding(Fault.FOREIGN, Mark(99))]


@pytest.mark.parametrize(
    "altered",
    [
        lambda message: replace(message, event=replace(message.event, data=b"q")),
        lambda message: replace(message, event=replace(message.event, type="test.v1.Other")),
        lambda message: replace(message, subject="forum.public.Other.v1"),
        lambda message: replace(message, previous=Mark(1)),
    ],
)
async def test_what_was_altered_is_found(altered: object) -> None:
    store, bus = await published()
    bus.stored[9] = altered(bus.stored[9])  # type: ignore[operator]
    report = await audit_bus(store, bus, CURATION)
    assert report.findings == [Finding(Fault.ALTERED, bus.stored[9].event.mark)]


class AgedBus(MemoryBus):
    """Has forgotten its first messages, and holds some without their bytes or without a mark."""

    first, largest = 1, 1000
    spoilt: dict[int, tuple[Mark | None, Message | None]] = {}  # noqa: RUF012

    async def extent(self) -> Extent:
        return Extent(self.first, len(self.stored), self.largest)

    async def read(self, after_sequence: int, limit: int) -> Sequence[Stored]:
        found = [each for each in await super().read(after_sequence, limit) if each.sequence >= self.first]
        return [Stored(each.sequence, *self.spoilt.get(each.sequence, each[1:])) for each in found]


async def test_a_bus_that_grew_old_is_compared_from_its_first_message() -> None:
    store, bus = await published()
    for first in (2, 3, 20, 40, 41):
        aged = AgedBus()
        aged.stored, aged.first = bus.stored, first
        report = await audit_bus(store, aged, CURATION)
        assert report.clean
        assert report.checked == 41 - first
    assert (await audit_bus(store, bus, CURATION, after=13)).checked == 27


async def test_a_message_without_its_bytes_is_right_for_a_large_event_only() -> None:
    store, bus = await published()
    for largest, fault in ((0, None), (1000, Fault.ALTERED)):
        aged = AgedBus()
        aged.stored, aged.largest = bus.stored, largest
        aged.spoilt = {6: (bus.stored[5].event.mark, None)}
        assert list((await audit_bus(store, aged, CURATION)).counts) == ([fault] if fault else [])


async def test_a_message_without_a_mark_is_foreign() -> None:
    store, bus = await published()
    aged = AgedBus()
    aged.stored = bus.stored
    aged.spoilt = {6: (None, None)}
    assert set((await audit_bus(store, aged, CURATION)).counts) == {Fault.FOREIGN, Fault.NOT_PUBLISHED}


@given(st.data())
async def test_whatever_is_done_to_a_bus_is_noticed(data: st.DataObject) -> None:
    store, bus = await published(6)
    whole = list(bus.stored)
    bus.stored[:] = data.draw(st.lists(st.sampled_from(whole), max_size=14))
    report = await audit_bus(store, bus, CURATION)
    assert report.clean == (bus.stored == whole[: len(bus.stored)])
