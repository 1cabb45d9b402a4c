"""`up`, `down` and `status`: a runner in the background, known by its lock and its status file.

A process id is believed only while the lock is held, so a stale file can never get a stranger killed.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from deploy.local.layout import REPOSITORY, Layout

POLL_INTERVAL = 0.1
START_SECONDS = 180.0
STOP_SECONDS = 60.0
LAST_MOMENT_SECONDS = 5.0
TAIL_LINES = 30
NEXT_STEPS = """
Try it:  export VOUCHSAFE_PROFILE={run_directory}  and then  .venv/bin/vouchsafe --help
Mail that the services send is in {run_directory}/mail, the officers' keys are in {run_directory}/officers."""


def up(run_directory: Path, services: Collection[str]) -> int:
    """Start a runner and wait until its platform is ready. When it fails, or at Ctrl-C, nothing is left running."""
    layout = Layout(run_directory)
    if runner_pid(layout):
        _say(f"already running in {run_directory}")
        return status(run_directory)
    layout.prepare()
    log = layout.log("runner")
    # A closed terminal or a cancelled job ends the start in the same orderly way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    command = [sys.executable, "-m", "deploy.local", "run", "--run-dir", str(run_directory)]
    with log.open("wb") as output:
        runner = subprocess.Popen(
            [*command, "--services", ",".join(services)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            start_new_session=True,
        )
    try:
        ready = _wait_for_start(layout, runner)
    except BaseException:
        runner.terminate()
        runner.wait(STOP_SECONDS)
        raise
    if ready:
        shown = status(run_directory)
        _say(NEXT_STEPS.format(run_directory=_shown(run_directory)))
        return shown
    sys.stderr.write("\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:]) + "\n")
    return 1


def down(run_directory: Path) -> int:
    """Stop the runner and wait until everything has ended."""
    layout = Layout(run_directory)
    pid = runner_pid(layout)
    if pid is None:
        _say(f"nothing is running in {run_directory}")
        return 0
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if any(runner_pid(layout) is None for _ in _ticks(STOP_SECONDS)):
            # It lets go of the lock a moment before it ends.
            any(not _exists(pid) for _ in _ticks(LAST_MOMENT_SECONDS))
            _say("stopped")
            return 0
    _say(f"process {pid} cannot be ended")
    return 1


def status(run_directory: Path) -> int:
    """Print each process with its state. Exit code 0 when the platform is up and everything is ready."""
    layout = Layout(run_directory)
    if runner_pid(layout) is None:
        _say(f"nothing is running in {run_directory}")
        return 1
    told = _read_status(layout)
    rows = [("PROCESS", "STATE", "PID", "RESTARTS", "PORTS")]
    for name, process in told["processes"].items():
        ports = ", ".join(f"{p.partition('.')[2] or 'tcp'} {n}" for p, n in told["ports"].items() if _owner(p) == name)
        rows.append((name, process["state"], str(process["pid"] or "-"), str(process["restarts"]), ports))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0 if all(process["state"] == "ready" for process in told["processes"].values()) else 1


def runner_pid(layout: Layout) -> int | None:
    """Process id of the runner that holds the run directory, or None."""
    try:
        with layout.lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or 0) or None
    except FileNotFoundError:
        pass
    return None


def _wait_for_start(layout: Layout, runner: "subprocess.Popen[bytes]") -> bool:
    """Wait for the platform of `runner`, telling each process that gets ready. False when the start failed."""
    told: set[str] = set()
    for _ in _ticks(START_SECONDS):
        if runner.poll() is not None:
            return False
        found = _read_status(layout)
        if found.get("runner") != runner.pid:
            continue
        ready = {name for name, process in found["processes"].items() if process["state"] == "ready"}
        for name in sorted(ready - told):
            _say(f"  ready: {name}")
        told |= ready
        if found["state"] == "ready":
            return True
    runner.terminate()
    runner.wait(STOP_SECONDS)
    return False


def _read_status(layout: Layout) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(layout.status.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _owner(port: str) -> str:
    """The process that listens on the port of this name: `forum.rpc` is the forum's, `nats` is its own."""
    return port.partition(".")[0]


def _ticks(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(POLL_INTERVAL)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
