"""A view is the fold of the log, whoever drove it, whatever failed and however often it was built anew."""

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.log.eventstore import Commit, StoreUnavailable, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from services.chassis.log.worker import LogWorker
from services.chassis.views import projection_driver, projector
from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.projection_driver import ProjectionDriver, drive_all
from services.chassis.views.rebuild import NoSuchView, rebuild_progress, request_rebuild
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import Advance, Document, Generations, Loaded, StoredView, ViewNotBuilt
from services.chassis.views.viewstore_memory import MemoryDocuments, MemoryViewStore
from tests.support.commits import META, new_id, sequence_all
from tests.support.events import CODEC, Closed, CounterEvent, Raised, Renamed
from tests.support.losing_views import LosingDocuments

VIEW = "totals_v1"


def evolve(document: Document | None, event: CounterEvent, context: EventContext) -> Document | None:
    if isinstance(event, Closed):
        return None
    document = document or {"total": 0, "seen": []}
    document["seen"].append([context.position, context.version])
    document["total"] += event.by if isinstance(event, Raised) else 0
    return document


TOTALS = Projection(
    name="totals", version=1, handles=(Raised, Closed), route=lambda event: [event.counter, "all"], evolve=evolve
)


@pytest.fixture(autouse=True, scope="module")
def _impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection_driver, "_QUIET_SECONDS", 0)
        patch.setattr(projection_driver, "_HEARD_SECONDS", 0)
        patch.setattr(projection_driver, "_FIRST_BACKOFF", 0)
        patch.setattr(projector, "_MANY_NEW", 2)
        patch.setattr(projector, "_BULK", 2)  # So that a replay inserts while it reads on.
        patch.setattr(projector, "_COLD", 2)
        yield


def driver(store: MemoryEventStore, catalog: ViewCatalog, epoch: int = 1, **options: Any) -> ProjectionDriver:
    options.setdefault("projection", TOTALS)
    options.setdefault("grace_seconds", 0)
    return ProjectionDriver(log=store, codec=CODEC, catalog=catalog, epoch=epoch, **options)


async def write(store: MemoryEventStore, *events: CounterEvent) -> None:
    await store.append(f"counter-{new_id()}", 0, [Write(new_id(), [CODEC.encode(each) for each in events], META)])
    await sequence_all(store)


async def driven(driver: ProjectionDriver) -> None:
    """Step until nothing is left to be done."""
    quiet = 0
    while quiet < 3:
        quiet = 0 if await driver.step() else quiet + 1


async def present(views: MemoryViewStore) -> Generations:
    return (await views.generations())[VIEW]


def folded(commits: Sequence[Commit]) -> dict[str, Document]:
    """What a naive reader of the whole log would hold."""
    documents: dict[str, Document | None] = {}
    for commit in commits:
        for recorded, meta in commit.recorded():
            for event in CODEC.decode(recorded.type, recorded.data):
                context = EventContext(commit.position or 0, commit.stream, recorded.version, meta.at)
                if not isinstance(event, Renamed):
                    for name in (event.counter, "all"):
                        documents[name] = evolve(documents.get(name), event, context)
    return {name: document for name, document in documents.items() if document is not None}


async def test_the_first_generation_is_built_before_anything_is_read() -> None:
    store, catalog = MemoryEventStore(), ViewCatalog(MemoryViewStore())
    await write(store, Raised("a", 1))
    views = catalog.views(TOTALS)
    with pytest.raises(ViewNotBuilt):
        await views.get("a")
    built = asyncio.create_task(catalog.built([TOTALS]))
    await driven(driver(store, catalog))
    await asyncio.wait_for(built, 5)
    assert await views.get("a") == {"total": 1, "seen": [[1, 1]]}
    assert await views.position() == 1


async def test_a_rebuild_grows_beside_and_replaces_what_is_in_use() -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    catalog = ViewCatalog(rows)
    await write(store, Raised("a", 1))
    driving = driver(store, catalog, grace_seconds=3600)
    await driven(driving)
    assert await request_rebuild(rows, "totals", 1) == 2
    assert await request_rebuild(rows, "totals", 1) == 2
    assert not (await rebuild_progress(rows, store, "totals", 1, 2)).begun
    await catalog.look(VIEW, max_age=0)
    await driven(driving)
    generations = await present(rows)
    assert (generations.active, generations.building, generations.retiring) == (2, 0, 1)
    assert (await rebuild_progress(rows, store, "totals", 1, 2)).done
    await write(store, Raised("a", 5))
    await driven(driving)
    for number, total in ((1, 1), (2, 6)):  # Who has not heard reads what was read at the flip.
        assert (await rows.documents(VIEW, number).get("a") or {})["total"] == total
    driving._grace_seconds = 0
    await driven(driving)
    generations = await present(rows)
    assert (generations.active, generations.retiring, generations.dropped) == (2, 0, 1)
    assert await rows.documents(VIEW, 1).empty()


async def test_what_touches_nothing_is_passed_here_at_once_and_elsewhere_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    here, elsewhere = ViewCatalog(rows), ViewCatalog(rows)
    driving = driver(store, here)
    await driven(driving)
    await write(store, Raised("a", 1))
    await driven(driving)
    await write(store, Renamed("a", "touches nothing"))
    monkeypatch.setattr(projection_driver, "_QUIET_SECONDS", 1.0)
    with here.moved.listen() as moved:
        step = asyncio.create_task(driving.step())
        assert await moved.wait(5)
    assert (await here.views(TOTALS).position(), await elsewhere.views(TOTALS).position()) == (2, 1)
    await step
    assert await elsewhere.views(TOTALS).position() == 2


async def test_an_older_process_goes_on_with_its_version_while_a_newer_one_builds_the_next() -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))
    next_version = dataclasses.replace(TOTALS, version=2)
    catalogs = [ViewCatalog(rows), ViewCatalog(rows)]
    workers = [LogWorker(store, poll_seconds=0.02) for _ in catalogs]
    running = []
    for worker, catalog, projection in zip(workers, catalogs, (TOTALS, next_version), strict=True):
        drive_all(worker, [projection], history=store, codec=CODEC, catalog=catalog)
        running.append(asyncio.create_task(worker.run()))
        async with asyncio.timeout(60):
            await catalog.built([projection])
    await store.append("counter-b", 0, [Write(new_id(), [CODEC.encode(Raised("b", 2))], META)])
    async with asyncio.timeout(60):
        for projection in (TOTALS, next_version):
            views = ViewCatalog(rows).views(projection)
            await views.reached(2)
            assert set(await views.get_many(["a", "b"])) == {"a", "b"}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_how_far_a_view_is_behind_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[tuple[float, Any]] = []

    class Gauge:
        def set(self, value: float, attributes: Any) -> None:
            measured.append((value, attributes))

    monkeypatch.setattr(projection_driver, "PROJECTION_LAG", Gauge())
    store, rows = MemoryEventStore(), MemoryViewStore()
    driving = driver(store, ViewCatalog(rows), most=4)
    await driven(driving)
    for number in range(10):
        await write(store, Raised("a", number))
    measured.clear()
    await driving.step()
    await driven(driving)
    assert measured[0] == (6, {"projection": VIEW})
    assert measured[-1] == (0, {"projection": VIEW})


async def test_many_who_wait_for_a_position_ask_the_store_together() -> None:
    asked = 0

    class Counted(MemoryDocuments):
        async def position(self) -> int:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0.001)
            return await super().position()

    documents = Counted()
    store, rows = MemoryEventStore(), MemoryViewStore()
    rows._documents[VIEW, 1] = documents
    await driven(driver(store, ViewCatalog(rows)))
    views = ViewCatalog(rows).views(TOTALS)
    waiting = [asyncio.create_task(views.reached(1)) for _ in range(50)]
    await asyncio.sleep(0.12)
    assert not any(task.done() for task in waiting)
    await write(store, Raised("a", 1))
    await driven(driver(store, ViewCatalog(rows), epoch=2))
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    await asyncio.gather(*(views.reached(1) for _ in range(50)))
    assert asked < 15


async def test_a_wish_for_an_unknown_view_is_refused() -> None:
    with pytest.raises(NoSuchView):
        await request_rebuild(MemoryViewStore(), "totals", 1)


@pytest.mark.parametrize("most", [1, 3, 500])
async def test_what_was_read_in_one_process_stays_in_all_when_a_view_is_flipped(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(projection_driver, "_HEARD_SECONDS", 0.22)
    store, rows = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))
    driving = driver(store, ViewCatalog(rows), most=most)
    await driven(driving)
    readers = [LateCatalog(rows, late) for late in (0.0, 0.07, 0.2)]
    views = [catalog.views(TOTALS) for catalog in readers]
    seen = position = 0
    active: set[tuple[int, ...]] = set()

    async def drive() -> None:
        while not (await present(rows)).dropped:
            await driving.step()
            await asyncio.sleep(0)

    async def load() -> None:
        while True:
            await write(store, *([Raised("a", 1)] if len(store._commits) % 3 else [Renamed("a", "nothing")]))
            await asyncio.sleep(0.001)

    driving._grace_seconds = 0.3
    loading, stepping = asyncio.create_task(load()), asyncio.create_task(drive())
    await request_rebuild(rows, "totals", 1)
    driving._catalog._seen_at = float("-inf")
    async with asyncio.timeout(60):
        while not stepping.done():
            for view in views:
                document = await view.get("a") or {"total": 0}
                assert document["total"] >= seen
                seen = document["total"]
                reached = await view.position()
                assert reached >= position
                position = reached
                active.add(tuple(catalog._seen.get(VIEW, Generations()).active for catalog in readers))
            await asyncio.sleep(0)
    await stepping
    loading.cancel()
    assert (2, 2, 1) in active  # They did not hear at once.


class LateCatalog(ViewCatalog):
    """That of a process of its own, which looks as rarely as it may."""

    def __init__(self, store: MemoryViewStore, seconds: float) -> None:
        super().__init__(store)
        self._late = seconds

    async def look(self, view: str, *, max_age: float = 1.0) -> tuple[Generations, float]:
        return await super().look(view, max_age=min(max_age, self._late))


async def test_a_flip_of_unknown_outcome_is_decided_before_anything_else_is_written() -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    catalog = ViewCatalog(rows)
    await write(store, Raised("a", 1))
    driving = driver(store, catalog, grace_seconds=3600)
    await driven(driving)
    await request_rebuild(rows, "totals", 1)
    await catalog.look(VIEW, max_age=0)
    swap, late = rows.swap, []

    async def lost(view: str, old: Generations, new: Generations) -> bool:
        if new.active == 2:
            rows.swap = swap  # type: ignore[method-assign]
            late.append((old, new))
            raise StoreUnavailable
        return await swap(view, old, new)

    rows.swap = lost  # type: ignore[method-assign]
    while not late:
        await driving.step()
    await write(store, Raised("a", 5))
    await driving.step()
    assert not await swap(VIEW, *late[0])
    await driven(driving)
    assert (await present(rows)).active == 2
    assert (await catalog.views(TOTALS).get("a") or {})["total"] == 6


async def test_a_build_that_fails_does_not_hold_up_what_is_in_use() -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    catalog = ViewCatalog(rows)
    await write(store, Raised("poison", 1))
    await driven(driver(store, catalog))

    def fail_on_replay(document: Document | None, event: CounterEvent, context: EventContext) -> Document | None:
        if context.position == 1:
            raise KeyError
        return evolve(document, event, context)

    broken = Projection(name="totals", version=1, handles=TOTALS.handles, route=TOTALS.route, evolve=fail_on_replay)
    driving = driver(store, catalog, epoch=2, projection=broken)
    await request_rebuild(rows, "totals", 1)
    await catalog.look(VIEW, max_age=0)
    await write(store, Raised("a", 1))
    for _ in range(10):
        await driving.step()
    assert (await present(rows)).active == 1
    assert await catalog.views(TOTALS).get("a") == {"total": 1, "seen": [[2, 1]]}
    await driven(driver(store, catalog, epoch=3))
    assert (await present(rows)).active == 2


async def test_a_build_goes_on_where_it_was_cut_off() -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    for number in range(30):
        await write(store, Raised("a", number))
    first = driver(store, ViewCatalog(rows), most=2, replay_bytes=300)
    for _ in range(6):
        await first.step()
    reached = await rows.documents(VIEW, 1).position()
    assert 0 < reached < 30
    assert not (await present(rows)).active
    await driven(driver(store, ViewCatalog(rows), epoch=2))
    assert await rows.documents(VIEW, 1).get_many(["a", "all"]) == folded(await store.read_log(0, 100))
    with pytest.raises(LeaseLost):
        await first.step()


async def test_what_the_store_has_lost_is_found_and_folded_again_although_nothing_is_appended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, rows, documents = MemoryEventStore(), MemoryViewStore(), LosingDocuments()
    rows._documents[VIEW, 1] = documents
    catalog = ViewCatalog(rows)
    driving = driver(store, catalog)
    for _ in range(2):
        await write(store, Raised("a", 1))
        await driven(driving)
    documents.lose()
    assert (await catalog.views(TOTALS).get("a") or {})["total"] == 1
    await driven(driving)  # It looked a moment ago.
    monkeypatch.setattr(projection_driver, "LOOK_SECONDS", 0)
    with pytest.raises(LeaseLost):
        await driving.step()
    await driven(driver(store, catalog, epoch=2))
    assert (await catalog.views(TOTALS).get("a") or {})["total"] == 2


async def test_an_overtaken_driver_can_change_nothing() -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    zombie = driver(store, ViewCatalog(rows), epoch=1)
    await driven(zombie)
    await driven(driver(store, ViewCatalog(rows), epoch=2))
    await request_rebuild(rows, "totals", 1)
    await write(store, Raised("a", 1))
    with pytest.raises(LeaseLost):
        await driven(zombie)
    assert (await present(rows)).active == 1
    assert await rows.documents(VIEW, 1).position() == 0


async def test_a_reader_that_was_asleep_does_not_answer_from_what_may_be_gone() -> None:
    store, rows = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))
    driving = driver(store, ViewCatalog(rows))
    await driven(driving)

    class Sleepy(ViewCatalog):
        """Sleeps for an hour once it knows which generation is in use; meanwhile that is replaced and dropped."""

        asleep = False

        async def look(self, view: str, *, max_age: float = 1.0) -> tuple[Generations, float]:
            generations, known_since = await super().look(view, max_age=max_age)
            if self.asleep:
                return generations, known_since
            self.asleep = True
            await request_rebuild(rows, "totals", 1)
            driving._catalog._seen_at = float("-inf")
            await driven(driving)
            self._seen_at -= 3600
            return generations, known_since - 3600

    assert await Sleepy(rows).views(TOTALS).get("a") == {"total": 1, "seen": [[1, 1]]}
    assert (await present(rows)).dropped == 1


# --- Random histories -------------------------------------------------------------------------------------------------


class FlakyDocuments:
    """Fails as told: before the store has done anything, after it has, when it is half done, or without a word.

    It inserts a little later, also for a caller who does not wait any more, what the documents are by then.
    """

    def __init__(self, inner: LosingDocuments, faults: Iterator[str], late: "set[asyncio.Task[None]]") -> None:
        self._inner = inner
        self._faults = faults
        self._late = late

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def load(self, document_ids: Sequence[str]) -> Loaded:
        if next(self._faults, "") == "before":
            raise StoreUnavailable
        return await self._inner.load(document_ids)

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        fault = next(self._faults, "")
        if fault == "lost":
            self._inner.lose()
        if fault == "half":
            await self._inner.write(dict(list(views.items())[: len(views) // 2]), None)
        if fault == "after":
            await self._inner.write(views, advance, durable=durable)
        if fault not in ("", "lost"):
            raise StoreUnavailable
        await self._inner.write(views, advance, durable=durable)

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        late = asyncio.create_task(self._insert(views, next(self._faults, "")))
        self._late.add(late)
        await asyncio.shield(late)

    async def _insert(self, views: Mapping[str, StoredView], fault: str) -> None:
        for _ in range(9):
            await asyncio.sleep(0)
        if fault == "lost":
            self._inner.lose()
        if fault in ("half", "after"):
            await self._inner.insert(dict(list(views.items())[: len(views) if fault == "after" else 1]))
        if fault not in ("", "lost"):
            raise StoreUnavailable
        await self._inner.insert(views)


class FlakyViews(MemoryViewStore):
    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__()
        self._faults = iter(faults)
        self.late: set[asyncio.Task[None]] = set()

    def documents(self, view: str, generation: int) -> Any:
        documents = self._documents.setdefault((view, generation), LosingDocuments())
        assert isinstance(documents, LosingDocuments)
        return FlakyDocuments(documents, self._faults, self.late)


EVENTS = st.lists(
    st.lists(
        st.one_of(
            st.builds(Raised, st.sampled_from("abcdef"), st.integers(1, 9)),
            st.builds(Closed, st.sampled_from("abcdef")),
            st.builds(Renamed, st.sampled_from("abc"), st.just("n")),
        ),
        min_size=1,
        max_size=3,
    ),
    max_size=25,
)
FAULTS = st.lists(st.sampled_from(["", "", "", "before", "after", "half", "lost"]), max_size=25)
ACTIONS = st.lists(st.sampled_from(["write", "write", "step", "step", "kill", "zombie", "rebuild"]), max_size=60)


@settings(max_examples=80, deadline=None)
@given(log=EVENTS, faults=FAULTS, actions=ACTIONS, page=st.integers(1, 7), size=st.sampled_from([1, 400, 10**6]))
def test_a_view_is_the_fold_of_the_log_and_rebuilt_it_is_the_same(
    log: list[list[CounterEvent]], faults: list[str], actions: list[str], page: int, size: int
) -> None:
    async def story() -> None:
        store, rows = MemoryEventStore(), FlakyViews(faults)
        limits = {"most": page, "replay_bytes": size}
        zombies: list[ProjectionDriver] = []
        rest, epoch = list(log), 1
        driving = driver(store, ViewCatalog(rows), **limits)

        async def step(one: ProjectionDriver) -> None:
            nonlocal driving, epoch
            one._catalog._seen_at = float("-inf")
            try:
                await one.step()
            except StoreUnavailable:
                pass
            except LeaseLost:
                if one is driving:
                    epoch += 1
                    driving = driver(store, ViewCatalog(rows), epoch, **limits)

        for action in actions:
            if action == "write" and rest:
                await write(store, *rest.pop(0))
            elif action == "step":
                await step(driving)
            elif action == "kill":
                zombies.append(driving)
                epoch += 1
                driving = driver(store, ViewCatalog(rows), epoch, **limits)
            elif action == "zombie" and zombies:
                await step(zombies[-1])
            elif action == "rebuild" and await rows.generations():
                await request_rebuild(rows, "totals", 1)
        while rest:
            await write(store, *rest.pop(0))
        rows._faults = iter(())
        await asyncio.sleep(0)  # What a driver has just begun to insert is begun.
        await asyncio.gather(*rows.late, return_exceptions=True)
        epoch += 1
        await driven(driver(store, ViewCatalog(rows), epoch, **limits))
        expected, generations = folded(await store.read_log(0, 1000)), await present(rows)
        live = rows.documents(VIEW, generations.active)
        assert await live.get_many([*"abcdef", "all"]) == expected
        assert await live.position() == await store.head_position()
        await request_rebuild(rows, "totals", 1)
        await driven(driver(store, ViewCatalog(rows), epoch + 1, **limits))
        rebuilt = rows.documents(VIEW, generations.active + 1)
        assert await rebuilt.get_many([*"abcdef", "all"]) == expected
        assert (await present(rows)).active == generations.active + 1

    asyncio.run(story())
