"""Keep a set of processes running: started in parallel as their dependencies allow, restarted when they die.

A process is described by a `Unit`. Starting is all or nothing: when one unit fails before it was ever ready, everything
is stopped and `StartError` tells which one and what it said last. Later deaths are repaired, with growing pauses.
"""

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from deploy.local.process import Child, describe_exit

_log = logging.getLogger(__name__)

Probe = Callable[[], Awaitable[bool]]

PROBE_INTERVAL = 0.05
PROBE_TIMEOUT = 3.0
MISSED_PROBES = 3  # in a row, before a living process is called unresponsive
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
CANCEL_AGAIN = 1.0  # seconds after which a task that was cancelled and goes on is cancelled once more
HEALTHY_AFTER = 10.0  # seconds of readiness after which a death counts as the first one again
_ENDING = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT})


class StartError(Exception):
    """A process did not come up. The message names it and ends with the tail of its log."""


class State(StrEnum):
    """Where a process is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    UNRESPONSIVE = "unresponsive"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Unit:
    """How to run one process.

    `prepare` runs before the first start, `settle` after it was ready for the first time and before anything in whose
    `after` it stands is started. `probe` returns whether the process does its work; an error counts as no. It is
    asked again each `probe_every` seconds.
    """

    name: str
    command: Sequence[str]
    log: Path
    probe: Probe
    after: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], Awaitable[None]] | None = None
    settle: Callable[[], Awaitable[None]] | None = None
    ready_within: float = 60.0
    grace: float = 10.0
    probe_every: float = 10.0


class Supervisor:
    """Runs units between `start` and `stop`. `on_change` is called after each change of any unit's state."""

    def __init__(self, units: Sequence[Unit], *, on_change: Callable[[], None] = lambda: None) -> None:
        self._runs = {unit.name: _Run(unit, on_change) for unit in units}
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start everything and return when all are ready. On any failure everything is stopped first."""
        try:
            async with asyncio.TaskGroup() as group:
                for run in self._runs.values():
                    group.create_task(self._start_one(run), name=f"start {run.unit.name}")
        except BaseExceptionGroup as failures:
            await self.stop()
            raise _first_cause(failures) from failures
        except BaseException:
            await self.stop()
            raise
        self._watchers = [
            asyncio.create_task(run.keep_running(), name=f"keep {name}") for name, run in self._runs.items()
        ]

    async def stop(self) -> None:
        """Stop everything, dependents first. Safe at any moment and more than once."""
        await _end_all(self._watchers)
        depended_on = {name for run in self._runs.values() for name in run.unit.after}
        for wave in (self._runs.keys() - depended_on, depended_on):
            await asyncio.gather(*(self._runs[name].stop() for name in wave if name in self._runs))

    def states(self) -> dict[str, tuple[State, int | None, int]]:
        """State, process id and number of restarts of each unit."""
        return {name: (run.state, run.pid, run.restarts) for name, run in self._runs.items()}

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one process. After one that ends it, the unit is not ready until it was restarted."""
        self._runs[name].send(number)

    async def wait_ready(self, name: str, within: float) -> None:
        """Wait until the unit is ready. TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            await self._runs[name].ready.wait()

    async def _start_one(self, run: "_Run") -> None:
        for dependency in run.unit.after:
            if dependency in self._runs:
                await self._runs[dependency].ready.wait()
        await run.first_start()


class _Run:
    """One unit's life."""

    def __init__(self, unit: Unit, on_change: Callable[[], None]) -> None:
        self.unit = unit
        self.ready = asyncio.Event()
        self.state = State.WAITING
        self.restarts = 0
        self._on_change = on_change
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.returncode is None else None

    async def first_start(self) -> None:
        """Prepare, start, settle. StartError when any of it fails."""
        self._enter(State.STARTING)
        try:
            if self.unit.prepare:
                await self.unit.prepare()
            await self._start_until_ready()
            if self.unit.settle:
                await self.unit.settle()
        except StartError:
            raise
        except Exception as error:
            raise StartError(self._report(f"could not be started: {error}")) from error
        self._enter(State.READY)

    async def keep_running(self) -> None:
        """Start the process again whenever it has ended, until cancelled."""
        pause = FIRST_PAUSE
        while True:
            watched_since = time.monotonic()
            await self._until_it_ends()
            self._enter(State.RESTARTING)
            if time.monotonic() - watched_since >= HEALTHY_AFTER:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            self.restarts += 1
            try:
                await self._start_until_ready()
            except (StartError, OSError) as error:
                _log.warning("%s", error)
                await self._end(self.unit.grace)
            else:
                self._enter(State.READY)

    async def _until_it_ends(self) -> None:
        if self._child is None or self._child.returncode is not None:
            return
        ended = asyncio.ensure_future(self._child.wait())
        try:
            await self._watch_health(ended)
        finally:
            ended.cancel()
        _log.warning("%s ended (%s), starting it again", self.unit.name, describe_exit(ended.result()))

    async def _watch_health(self, ended: "asyncio.Future[int]") -> None:
        """Tell when the process lives but answers no more, and when it answers again. It is not killed for that."""
        missed = 0
        while not (await asyncio.wait({ended}, timeout=self.unit.probe_every))[0]:
            missed = 0 if await _answers(self.unit.probe) else missed + 1
            if missed == MISSED_PROBES:
                self._enter(State.UNRESPONSIVE)
            elif missed == 0 and self.state is State.UNRESPONSIVE:
                self._enter(State.READY)

    def send(self, number: signal.Signals) -> None:
        if self._child is None:
            return
        if number in _ENDING:
            self._enter(State.RESTARTING)
        self._child.send(number)

    async def stop(self) -> None:
        await self._end(self.unit.grace)
        self._enter(State.STOPPED)

    async def _end(self, grace: float) -> None:
        if self._child is not None:
            await self._child.stop(grace)

    async def _start_until_ready(self) -> None:
        unit = self.unit
        # Shielded, so that a Ctrl-C at this very moment cannot lose sight of a process that was just made.
        starting = asyncio.ensure_future(Child.start(unit.command, log=unit.log, environment=unit.environment))
        try:
            self._child = await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._child = await starting
            raise
        deadline = time.monotonic() + unit.ready_within
        while not await _answers(unit.probe):
            if self._child.returncode is not None:
                raise StartError(self._report(f"ended before it was ready ({describe_exit(self._child.returncode)})"))
            if time.monotonic() > deadline:
                raise StartError(self._report(f"was not ready within {unit.ready_within:.0f} s"))
            await asyncio.sleep(PROBE_INTERVAL)
        if self._child.returncode is not None:  # somebody else answered the probe
            raise StartError(self._report(f"ended before it was ready ({describe_exit(self._child.returncode)})"))

    def _enter(self, state: State) -> None:
        self.state = state
        if state is State.READY:
            self.ready.set()
        else:
            self.ready.clear()
        self._on_change()

    def _report(self, problem: str) -> str:
        tail = self._child.tail() if self._child else ""
        said = f"\n  last lines of {self.unit.log}:\n" + "\n".join(f"    {line}" for line in tail.splitlines())
        return f"{self.unit.name} {problem}" + (said if tail else "")


async def _end_all(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended: once may be lost where a wait ends at that very moment (bpo-37658)."""
    going = set(tasks)
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=CANCEL_AGAIN)


async def _answers(probe: Probe) -> bool:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(PROBE_TIMEOUT):
            return await probe()
    return False


def _first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to tell: the first failed start, else whatever came first."""
    leaves = list(_leaves(group))
    return next((leaf for leaf in leaves if isinstance(leaf, StartError)), leaves[0])


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
