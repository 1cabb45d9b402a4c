"""The process that holds the second implementations, installed from the locked packages on its first use."""

import fcntl
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent
_FILES = ("package.json", "package-lock.json", "second.mjs")
_CACHE = Path(__file__).resolve().parents[2] / ".run" / "cache" / "interop"


class Refused(Exception):
    """The other side refused what it was asked."""


class Second:
    """Asks the process one thing after another; bytes go and come as hex."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, what: str, **given: str) -> Any:
        """The answer; raises Refused with the other side's own words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, **given}) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        if "error" in told:
            raise Refused(told["error"])
        return told["answer"]


@pytest.fixture(scope="session")
def second() -> Iterator[Second]:
    """The process; skipped where Node is not, since nothing else of the project needs it."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("Node 20 with npm is not here: the second implementations are JavaScript")
    place = _installed(npm)
    process = subprocess.Popen(  # the locked script of this folder
        [node, "second.mjs"], cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield Second(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def _installed(npm: str) -> Path:
    """A folder named after what is locked, made once and whole, though several runs may want it at the same time."""
    locked = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    place = _CACHE / locked
    with (_CACHE / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (place / "installed").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name in _FILES:
                shutil.copy(_HERE / name, place)
            subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place, check=True)
            (place / "installed").touch()
    return place
