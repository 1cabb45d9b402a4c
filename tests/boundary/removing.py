"""`make removals`: take each countermeasure of THREATS.md away in a copy of the tree; the tests that show it must fail.

`python -m tests.boundary.removing [ATTACK ...]`. A test counts as failed when it ran and an assertion of its own, or an
error that it waited for and that did not come, ended it: not for an import, a name or a type that the removal broke.
First all these tests must pass in an untouched copy.
"""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.layout import REPOSITORY
from tests.boundary import failing
from tests.boundary.removals import Removal, faults, read

AT_ONCE = 2
PATIENCE = 150.0
"""Seconds for the tests of one removal."""

_ASSERTIONS = frozenset({"AssertionError", "Failed"})
"""`Failed` is pytest's own: what was expected to be raised was not."""


@dataclass(frozen=True)
class Verdict:
    """What became of a removal's tests: `survived` are those that did not fail as they should, and why."""

    removal: Removal
    survived: tuple[str, ...]
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether every test failed as it should."""
        return not self.survived


class Tree:
    """A tree to break."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def copied_to(cls, directory: Path) -> Self:
        """A copy of the working tree as it stands."""
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
        for name in filter(None, names.split("\0")):
            if (REPOSITORY / name).is_file():
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(REPOSITORY / name, directory / name)
        return cls(directory)

    @contextlib.contextmanager
    def without(self, removal: Removal) -> Iterator[None]:
        """The tree with the countermeasure gone, for the block."""
        path = self.directory / removal.file
        sound = path.read_text(encoding="utf-8")
        path.write_text(sound.replace(removal.text, removal.replacement), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(sound, encoding="utf-8")

    def failures(self, tests: Iterable[str], *options: str) -> list[dict[str, str]]:
        """Run tests on the tree; every failure of every phase. TimeoutExpired when they take too long."""
        report = self.directory / ".failures.jsonl"
        report.write_text("", encoding="utf-8")
        roots = (self.directory, self.directory / "client", self.directory / "proto" / "gen")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, roots)),
            "PYTHONDONTWRITEBYTECODE": "1",
            failing.VARIABLE: str(report),
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.boundary.failing"]
        subprocess.run(
            [*command, *options, *tests],
            cwd=self.directory,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


def judge(removal: Removal, tree: Tree) -> Verdict:
    """Take the countermeasure away and run its tests."""
    began = time.monotonic()
    try:
        with tree.without(removal):
            failures = tree.failures(removal.tests)
    except subprocess.TimeoutExpired:
        return Verdict(removal, (f"not done within {PATIENCE:.0f} s",), time.monotonic() - began)
    survived = tuple(why for test in removal.tests if (why := _survived(test, failures, removal.by)))
    return Verdict(removal, survived, time.monotonic() - began)


def _survived(test: str, failures: Sequence[dict[str, str]], by: Sequence[str]) -> str:
    """Why `test` has not failed as it should; "" when it has. One case of a parametrized test is enough."""
    own = [each for each in failures if each["test"] == test or each["test"].startswith(f"{test}[")]
    if any(each["phase"] == "call" and each["error"] in (*_ASSERTIONS, *by) for each in own):
        return ""
    other = ", ".join(sorted({f"{each['error']} in {each['phase']}" for each in own}))
    return f"{test}: {other or 'passed, or never ran'}"


def carry_out(removals: Sequence[Removal]) -> bool:
    """Judge all, and print the table; whether the absence of every countermeasure was noticed."""
    with tempfile.TemporaryDirectory(prefix="vouchsafe-removals-") as directory:
        at_once = min(AT_ONCE, len(removals))
        trees = [Tree.copied_to(Path(directory) / str(number)) for number in range(at_once)]
        every = sorted({test for removal in removals for test in removal.tests})
        workers = ("-n", str(at_once)) if at_once > 1 else ()
        if broken := {each["test"] for each in trees[0].failures(every, *workers)}:
            print("these fail with every countermeasure in place:", *sorted(broken), sep="\n  ")  # noqa: T201
            return False
        free: queue.SimpleQueue[Tree] = queue.SimpleQueue()
        for tree in trees:
            free.put(tree)

        def judged(removal: Removal) -> Verdict:
            tree = free.get()
            try:
                return judge(removal, tree)
            finally:
                free.put(tree)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            verdicts = [_shown(verdict) for verdict in pool.map(judged, removals)]
    caught = sum(verdict.caught for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} countermeasures are noticed by their tests to be gone")  # noqa: T201
    return caught == len(verdicts)


def _shown(verdict: Verdict) -> Verdict:
    removal = verdict.removal
    word = "noticed" if verdict.caught else "NOT NOTICED"
    print(f"{word:11}  {removal.attack:32}  {removal.file:48}  {verdict.seconds:5.1f} s")  # noqa: T201
    for why in verdict.survived:
        print(f"{'':13}{why}")  # noqa: T201
    sys.stdout.flush()
    return verdict


def main(attacks: Sequence[str]) -> int:
    """Carry out the removals of these attacks, or all."""
    if found := sorted(faults()):
        print(*found, sep="\n")  # noqa: T201
        return 1
    removals = [removal for removal in read() if not attacks or removal.attack in attacks]
    if unknown := set(attacks) - {removal.attack for removal in removals}:
        print(f"no such attack: {', '.join(sorted(unknown))}")  # noqa: T201
        return 1
    return 0 if carry_out(removals) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
