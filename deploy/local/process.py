"""One child process: started on a leash in a process group of its own, its output captured, ended for certain.

Says nothing about whether the program works (`readiness.py`) or should be started again (`supervisor.py`).
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local import leash
from deploy.local.layout import REPOSITORY

TAIL_LINES = 20


class Child:
    """A running program. Make one with `Child.start`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start

    @classmethod
    async def start(cls, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None) -> "Child":
        """Start `command` in the repository, appending its output to `log`. OSError when that cannot be."""
        on_leash = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            start = output.tell()
            process = await asyncio.create_subprocess_exec(
                *on_leash,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**_inherited(), **(environment or {})},
                cwd=REPOSITORY,
                start_new_session=True,  # Ctrl-C at the terminal goes to the runner alone, which stops things in order
            )
        return cls(process, log, start)

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its process group."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.returncode

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process; nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def wait(self) -> int:
        """Wait for the end and return the exit code."""
        return await self._process.wait()

    async def stop(self, grace: float) -> None:
        """Ask it to end, wait `grace` seconds, then kill its whole process group."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # a suspended process would never see the request
        try:
            async with asyncio.timeout(grace):
                await self.wait()
        except TimeoutError:
            pass
        finally:
            # Also after an orderly end, and when this task is cancelled: the program may have left children.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        await self.wait()

    def tail(self) -> str:
        """The last lines that this very process wrote, not those of an earlier run."""
        with self._log.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])


def _inherited() -> dict[str, str]:
    """Our environment without what only we may know: a store's administrator is nobody's business but the runner's."""
    return {name: value for name, value in os.environ.items() if name != "MONGODB_URI"} | {"PYTHONUNBUFFERED": "1"}


def describe_exit(code: int) -> str:
    """An exit code in words: `exit code 1` or `SIGKILL`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
