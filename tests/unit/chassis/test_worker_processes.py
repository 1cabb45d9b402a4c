"""Work in other processes: parallel, off the loop, replaced when it dies, gone when the service is."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from services.chassis.worker_processes import WorkerProcesses, WorkersDied

REPOSITORY = Path(__file__).parents[3]


def doubled(number: int) -> int:
    return 2 * number


def refusing() -> None:
    raise ValueError("of the work itself")


def dying(marker: str, times: int) -> str:
    """Kills its process the first `times` times that it is run."""
    path = Path(marker)
    died = len(path.read_text()) if path.exists() else 0
    if died < times:
        path.write_text("x" * (died + 1))
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"


def environment() -> tuple[int, list[str]]:
    return os.getpid(), sorted(name for name in sys.modules if name.startswith(("services.verification", "grpc")))


async def test_answers_and_errors_come_back() -> None:
    processes = WorkerProcesses(1)
    try:
        assert await processes.run(doubled, 21) == 42
        with pytest.raises(ValueError, match="of the work itself"):
            await processes.run(refusing)
        assert await processes.run(doubled, 1) == 2
    finally:
        await processes.close()


async def test_the_work_is_done_elsewhere_where_nothing_of_the_service_is_loaded() -> None:
    processes = WorkerProcesses(1)
    try:
        pid, modules = await processes.run(environment)
    finally:
        await processes.close()
    assert pid != os.getpid()
    assert modules == []


async def test_a_process_that_is_killed_is_replaced_and_its_work_done_again(tmp_path: Path) -> None:
    processes = WorkerProcesses(2)
    try:
        assert await processes.run(dying, str(tmp_path / "once"), 1) == "lived"
        assert await processes.run(doubled, 3) == 6
    finally:
        await processes.close()


async def test_work_that_kills_again_is_refused_and_harms_no_other(tmp_path: Path) -> None:
    processes = WorkerProcesses(1)
    try:
        with pytest.raises(WorkersDied):
            await processes.run(dying, str(tmp_path / "always"), 100)
        assert await processes.run(doubled, 4) == 8
    finally:
        await processes.close()


async def test_the_loop_goes_on_meanwhile() -> None:
    processes = WorkerProcesses(1)
    await processes.start()
    try:
        working = asyncio.create_task(processes.run(time.sleep, 0.5))
        turns = 0
        while not working.done():
            await asyncio.sleep(0)
            turns += 1
    finally:
        await processes.close()
    assert turns > 100


async def test_closing_ends_the_processes() -> None:
    processes = WorkerProcesses(2)
    pid, _ = await processes.run(environment)
    await processes.close()
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_they_end_with_the_service_however_it_ends(number: signal.Signals) -> None:
    program = textwrap.dedent(
        """
        import asyncio
        from services.chassis.worker_processes import WorkerProcesses

        async def main():
            await WorkerProcesses(2).start()
            print("ready", flush=True)
            await asyncio.sleep(60)

        if __name__ == "__main__":
            asyncio.run(main())
        """
    )
    service = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert service.stdout is not None
        assert service.stdout.readline() == "ready\n"
        children = psutil.Process(service.pid).children(recursive=True)
        assert len(children) >= 2
        service.send_signal(number)
        service.wait(10)
        _, alive = psutil.wait_procs(children, timeout=20)
        assert alive == []
    finally:
        service.kill()
        service.wait()
        service.stdout.close()
