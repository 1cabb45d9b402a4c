"""Work beside the event loop: on another thread, in order, several pieces a hop, and each with its own outcome."""

import asyncio
import threading
import time

import pytest

from services.chassis.aside import Aside


async def test_each_gets_its_own_outcome() -> None:
    aside = Aside("test")

    def divide(number: int) -> float:
        return 12 / number

    asked = [aside.run(lambda each=each: divide(each)) for each in (1, 0, 3)]
    one, error, three = await asyncio.gather(*asked, return_exceptions=True)
    assert (one, three) == (12, 4)
    assert isinstance(error, ZeroDivisionError)


async def test_the_loop_goes_on_meanwhile() -> None:
    aside, going_on = Aside("test"), threading.Event()
    waiting = asyncio.ensure_future(aside.run(lambda: going_on.wait(10)))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    going_on.set()
    assert await waiting


async def test_it_is_all_done_in_order_on_one_thread() -> None:
    aside = Aside("test")
    seen: list[tuple[int, str]] = []
    await asyncio.gather(
        *(aside.run(lambda n=n: seen.append((n, threading.current_thread().name))) for n in range(100))
    )
    assert [number for number, _ in seen] == list(range(100))
    assert {name for _, name in seen} == {"test_0"}


async def test_who_is_cancelled_keeps_nobody_from_an_answer() -> None:
    aside = Aside("test")
    tasks = [asyncio.ensure_future(aside.run(lambda: time.sleep(0.01) or "done")) for _ in range(40)]
    await asyncio.sleep(0.015)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcomes[1::2] == ["done"] * 20
    assert await aside.run(lambda: "later") == "later"


async def test_what_nobody_waits_for_any_more_is_left_out() -> None:
    aside, going_on = Aside("test"), threading.Event()
    done: list[int] = []
    first = asyncio.ensure_future(aside.run(lambda: going_on.wait(10)))
    await asyncio.sleep(0.01)
    waiting = [asyncio.ensure_future(aside.run(lambda n=n: done.append(n))) for n in range(4)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    going_on.set()
    await asyncio.gather(first, *waiting, return_exceptions=True)
    assert done == [0, 2, 3]


def test_a_loop_that_ends_meanwhile_is_left_alone() -> None:
    aside, going_on, complaints = Aside("test"), threading.Event(), list[object]()
    before, threading.excepthook = threading.excepthook, complaints.append

    async def leave() -> None:
        waiting = asyncio.ensure_future(aside.run(lambda: going_on.wait(10)))
        await asyncio.sleep(0.01)
        waiting.cancel()

    try:
        asyncio.run(leave())
        going_on.set()
        assert asyncio.run(asyncio.wait_for(Aside("other").run(lambda: True), 10))
    finally:
        threading.excepthook = before
    assert complaints == []


async def test_an_exception_of_the_work_reaches_who_asked() -> None:
    def refuse() -> None:
        raise PermissionError("no")

    with pytest.raises(PermissionError):
        await Aside("test").run(refuse)


class Panic(BaseException):
    """As a library in another language may raise."""


@pytest.mark.parametrize("ending", [Panic(), SystemExit(1), StopIteration()])
async def test_whatever_ends_one_piece_the_others_are_done(ending: BaseException) -> None:
    aside = Aside("test")

    def end() -> None:
        raise ending

    asked = [aside.run(end), aside.run(lambda: "same hop")]
    async with asyncio.timeout(60):
        error, other = await asyncio.gather(*asked, return_exceptions=True)
        later = await aside.run(lambda: "later")
    assert isinstance(error, RuntimeError)
    assert error.__cause__ is ending
    assert (other, later) == ("same hop", "later")
