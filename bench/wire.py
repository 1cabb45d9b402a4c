"""How the bench speaks with its own processes: a line of JSON each way, and files of request bytes.

A process is told one thing at a time on standard input and answers it on standard output.
"""

import asyncio
import json
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

_LENGTH = struct.Struct(">I")


class ProcessEnded(Exception):
    """A process of the bench ended before it answered; its log says why."""


async def ask(process: "subprocess.Popen[bytes]", what: str, **arguments: object) -> dict[str, Any]:
    """Have the process do `what`, and return its answer."""
    return await asyncio.to_thread(_ask, process, {"what": what, **arguments})


def _ask(process: "subprocess.Popen[bytes]", question: dict[str, object]) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101  # as `machine.running` starts it
    assert process.stdout is not None  # noqa: S101
    try:
        process.stdin.write(json.dumps(question).encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        line = b""
    if not line:
        raise ProcessEnded(str(process.args))
    answer: dict[str, Any] = json.loads(line)
    return answer


async def questions() -> AsyncIterator[dict[str, Any]]:
    """In such a process: each thing that is asked, until whoever asks is gone."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


def answer(**what: object) -> None:
    """Answer the question asked last."""
    print(json.dumps(what), flush=True)


def write_requests(path: Path, requests: Iterable[bytes]) -> None:
    """Keep requests, in order."""
    path.write_bytes(b"".join(_LENGTH.pack(len(request)) + request for request in requests))


def read_requests(path: Path) -> Iterator[bytes]:
    """What `write_requests` kept."""
    kept = path.read_bytes()
    place = 0
    while place < len(kept):
        (length,) = _LENGTH.unpack_from(kept, place)
        place += _LENGTH.size + length
        yield kept[place - length : place]
