"""The supervisor with small real programs: order, restarts, failed starts, and nothing left behind."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from deploy.local.supervisor import StartError, State, Supervisor, Unit

SLEEP = "import time; time.sleep(300)"


def _program(directory: Path, name: str, code: str, *, after: tuple[str, ...] = (), grace: float = 5.0) -> Unit:
    """A program that counts as ready when it has made the file called like itself."""
    mark = directory / name
    mark_ready = f"import os, pathlib; pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))"

    async def probe() -> bool:
        return mark.exists() and psutil.pid_exists(int(mark.read_text()))

    command = [sys.executable, "-c", f"{mark_ready}\n{code}"]
    return Unit(name=name, command=command, log=directory / f"{name}.log", probe=probe, after=after, grace=grace)


async def _no() -> bool:
    return False


async def _eventually(condition: Callable[[], bool], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _pid(supervisor: Supervisor, name: str) -> int:
    pid = supervisor.states()[name][1]
    assert pid is not None
    return pid


async def test_a_process_that_lives_but_does_not_answer_is_told_apart(tmp_path: Path) -> None:
    answers = True
    unit = _program(tmp_path, "mute", SLEEP)
    probe = unit.probe

    async def sometimes() -> bool:
        return answers and await probe()

    supervisor = Supervisor([dataclasses.replace(unit, probe=sometimes, probe_every=0.02)])
    await supervisor.start()
    pid = _pid(supervisor, "mute")
    answers = False
    await _eventually(lambda: supervisor.states()["mute"][0] is State.UNRESPONSIVE)
    answers = True
    await _eventually(lambda: supervisor.states()["mute"] == (State.READY, pid, 0))
    await supervisor.stop()


async def test_dependents_start_after_what_they_depend_on_was_settled(tmp_path: Path) -> None:
    order: list[str] = []

    def note(word: str) -> Callable[[], Awaitable[None]]:
        async def noting() -> None:
            order.append(word)

        return noting

    base = _program(tmp_path, "base", SLEEP)
    top = _program(tmp_path, "top", SLEEP, after=("base",))
    base = Unit(
        name="base",
        command=base.command,
        log=base.log,
        probe=base.probe,
        prepare=note("prepare"),
        settle=note("settle"),
    )
    top = Unit(name="top", command=top.command, log=top.log, probe=top.probe, after=("base",), prepare=note("top"))
    supervisor = Supervisor([top, base])
    await supervisor.start()
    assert order == ["prepare", "settle", "top"]
    assert {state for state, _, _ in supervisor.states().values()} == {State.READY}
    await supervisor.stop()
    assert {state for state, _, _ in supervisor.states().values()} == {State.STOPPED}


async def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor([_program(tmp_path, "one", SLEEP)])
    await supervisor.start()
    try:
        for restart in (1, 2):
            before = _pid(supervisor, "one")
            supervisor.send("one", signal.SIGKILL)
            await supervisor.wait_ready("one", 20)
            assert _pid(supervisor, "one") != before
            assert supervisor.states()["one"][2] == restart
    finally:
        await supervisor.stop()


async def test_a_failed_start_names_the_process_and_its_last_words_and_stops_the_others(tmp_path: Path) -> None:
    good = _program(tmp_path, "good", SLEEP)
    bad = Unit(
        name="bad",
        command=[sys.executable, "-c", "import sys; print('no such thing as a port'); sys.exit(3)"],
        log=tmp_path / "bad.log",
        probe=_no,
    )
    supervisor = Supervisor([good, bad])
    with pytest.raises(StartError, match=r"(?s)bad ended before it was ready \(exit code 3\).*no such thing as a port"):
        await supervisor.start()
    assert {pid for _, pid, _ in supervisor.states().values()} == {None}


async def test_a_program_that_does_not_exist(tmp_path: Path) -> None:
    unit = Unit(name="ghost", command=["/nowhere/ghost"], log=tmp_path / "ghost.log", probe=_no)
    with pytest.raises(StartError, match=r"(?s)ghost ended before it was ready.*nowhere/ghost"):
        await Supervisor([unit]).start()


async def test_a_process_that_never_gets_ready_fails_the_start(tmp_path: Path) -> None:
    unit = Unit(name="slow", command=[sys.executable, "-c", SLEEP], log=tmp_path / "l", probe=_no, ready_within=0.3)
    supervisor = Supervisor([unit])
    with pytest.raises(StartError, match="slow was not ready within 0 s"):
        await supervisor.start()
    assert supervisor.states()["slow"][1] is None


async def test_stopping_kills_what_ignores_the_request_with_all_its_children(tmp_path: Path) -> None:
    child_file = tmp_path / "child.pid"
    code = f"""
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
pathlib.Path({str(child_file)!r}).write_text(str(child.pid))
time.sleep(300)
"""
    supervisor = Supervisor([_program(tmp_path, "stubborn", code, grace=0.5)])
    await supervisor.start()
    await _eventually(child_file.exists)
    stubborn, child = _pid(supervisor, "stubborn"), int(child_file.read_text())
    await supervisor.stop()
    assert not psutil.pid_exists(stubborn)
    await _eventually(lambda: not _runs(child))


async def test_a_suspended_process_can_be_stopped_in_order(tmp_path: Path) -> None:
    supervisor = Supervisor([_program(tmp_path, "frozen", SLEEP, grace=120)])
    await supervisor.start()
    supervisor.send("frozen", signal.SIGSTOP)
    started = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - started < 60


async def test_a_probe_that_loses_a_cancellation_does_not_keep_it_running(tmp_path: Path) -> None:
    unit, asked = _program(tmp_path, "lossy", SLEEP), asyncio.Event()
    probe = unit.probe

    async def lossy() -> bool:
        """As a wait does, once, that is cancelled at the very moment it ends."""
        if supervisor.states()["lossy"][0] is State.READY and not asked.is_set():
            asked.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        return await probe()

    supervisor = Supervisor([dataclasses.replace(unit, probe=lossy, probe_every=0.01)])
    await supervisor.start()
    await asked.wait()
    async with asyncio.timeout(60):
        await supervisor.stop()
    assert supervisor.states()["lossy"][:2] == (State.STOPPED, None)


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.1, 0.3])
async def test_cancelling_the_start_at_any_moment_leaves_nothing(tmp_path: Path, moment: float) -> None:
    units = [_program(tmp_path, f"p{i}", SLEEP) for i in range(3)]
    never = _program(tmp_path, "never", SLEEP, after=("p0",))
    units.append(dataclasses.replace(never, probe=_no))
    supervisor = Supervisor(units)
    starting = asyncio.create_task(supervisor.start())
    await asyncio.sleep(moment)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert {pid for _, pid, _ in supervisor.states().values()} == {None}
    ours = [p for p in psutil.Process(os.getpid()).children(recursive=True) if str(tmp_path) in " ".join(_cmdline(p))]
    assert ours == []


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
