"""A command as a process of its own that need not import everything first: a process that has done so forks for each.

What the command sees is what a shell would give it: arguments, standard streams, an exit code to give. A command whose
start is the subject is started as users start it.
"""

import asyncio
import atexit
import contextlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import NoReturn

_LARGEST_REQUEST = 1 << 16
_LARGEST_NUMBER = 64


@dataclass(frozen=True)
class Ended:
    """What came of a command."""

    code: int
    output: str
    error: str


class Prepared:
    """A module that is run as `python -m module arguments`. Make one with `prepared`."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door

    async def run(
        self,
        *arguments: str,
        typed: Callable[[], Awaitable[str]] | None = None,
        environment: Mapping[str, str] | None = None,
        within: float = 60.0,
    ) -> Ended:
        """Run it to its end; `typed` gives the one line that is typed into it, `environment` is added to this one.

        TimeoutError, and it is killed, when that takes too long.
        """
        request = json.dumps([arguments, {**os.environ, **(environment or {})}]).encode()
        keyboard, hands = os.pipe()
        here, there = socket.socketpair()
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error, here, there:
            socket.send_fds(self._door, [request], [keyboard, output.fileno(), error.fileno(), there.fileno()])
            os.close(keyboard)
            there.close()
            code = await _ended(here, hands, typed, within)
            return Ended(code, _text(output.fileno()), _text(error.fileno()))


async def _ended(told: socket.socket, hands: int, typed: Callable[[], Awaitable[str]] | None, within: float) -> int:
    """The exit code, told by who forked the command after its process id."""
    told.setblocking(False)
    loop = asyncio.get_running_loop()
    pid = json.loads(await loop.sock_recv(told, _LARGEST_NUMBER))
    try:
        async with asyncio.timeout(within):
            # A command may well end before anything is typed.
            with contextlib.suppress(BrokenPipeError), os.fdopen(hands, "wb") as keyboard:
                keyboard.write((await typed()).encode() + b"\n" if typed else b"")
            return int(json.loads(await loop.sock_recv(told, _LARGEST_NUMBER)))
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        raise


def _text(file: int) -> str:
    return os.pread(file, os.fstat(file).st_size, 0).decode()


@contextlib.contextmanager
def prepared(module: str, *imports: str) -> Iterator[Prepared]:
    """The command `python -m module`, for which `imports` were imported before."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        command = [sys.executable, "-m", __name__, str(there.fileno()), module, *imports]
        process = subprocess.Popen(command, pass_fds=[there.fileno()])
        there.close()
        try:
            yield Prepared(here)
        finally:
            here.close()  # with which it ends
            process.wait(60)


@cache
def lasting(module: str, *imports: str) -> Prepared:
    """The same, kept to the end of all tests."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(prepared(module, *imports))


# --- The process that forks -------------------------------------------------------------------------------------------


def _serve(door: socket.socket, module: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks what became of those that watch
    while True:
        request, streams, _, _ = socket.recv_fds(door, _LARGEST_REQUEST, 4)
        if not request:
            return
        if os.fork() == 0:
            door.close()
            _watch(module, *json.loads(request), streams)
        for stream in streams:
            os.close(stream)


def _watch(module: str, arguments: list[str], environment: dict[str, str], streams: list[int]) -> NoReturn:
    """Fork the command, tell its process id and, when it has ended, its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told = socket.socket(fileno=streams.pop())
    pid = os.fork()
    if pid == 0:
        told.close()
        os.environ.clear()
        os.environ.update(environment)
        _become(module, arguments, streams)
    told.send(str(pid).encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    told.send(str(code).encode())
    os._exit(0)


def _become(module: str, arguments: list[str], streams: list[int]) -> NoReturn:
    """Run the command as the interpreter would, and end with its code."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.argv = [module, *arguments]
    sys.modules.pop(module, None)
    code = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        if isinstance(ending.code, str):
            print(ending.code, file=sys.stderr)  # noqa: T201
    except BaseException:  # noqa: BLE001  # as the interpreter does with whatever nobody has caught
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    for _name in sys.argv[3:]:
        import_module(_name)
    _serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])
