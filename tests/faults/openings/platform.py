"""A local platform whose processes can be killed at a step, kept away, and replaced by rogues.

Disclosure runs with fail points (`rig.disclosure`); all others are what ships. Nothing here knows what a case is.
"""

import asyncio
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy.local.configuration import lay_down
from deploy.local.platform import LocalPlatform
from deploy.local.ports import PortReservations
from deploy.local.supervisor import Unit
from tests.faults.rig.breaking import give_order
from tests.support import held

DISCLOSURE: Final = "disclosure"
CROWD: Final = 2
"""People of whom a label needs no more to speak: who stands under it is nothing that is tried here."""

_CROWD: Final = re.compile(r"(?m)^(insecure_crowd_minimum = )\d+$")
_ARRIVAL_SECONDS: Final = 40.0
_READY_SECONDS: Final = 60.0
_PAUSE: Final = 0.02


class BreakablePlatform(LocalPlatform):
    """A platform below `directory`; `faults` counts what was done to it, by kind."""

    def __init__(self, directory: Path) -> None:
        self.settings = directory / "settings"
        """Where each service's `service.toml` is."""
        lay_down(self.settings)
        verification = self.settings / "verification" / "service.toml"
        lowered, count = _CROWD.subn(rf"\g<1>{CROWD}", verification.read_text(encoding="utf-8"))
        assert count == 1
        verification.write_text(lowered, encoding="utf-8")
        super().__init__(directory / "platform", configuration=self.settings)
        self.faults: Counter[str] = Counter()
        self._restarted = 0

    def _units(self, ports: PortReservations) -> list[Unit]:
        return [self._held(unit) for unit in super()._units(ports)]

    def _held(self, unit: Unit) -> Unit:
        command = list(unit.command)
        if unit.name == DISCLOSURE:
            command[command.index("-m") + 1] = "tests.faults.rig.disclosure"
        program = [sys.executable, "-I", "-S", held.__file__, str(self._order(unit.name)), *command]
        return replace(unit, command=program, ready_within=600.0)

    def _order(self, name: str) -> Path:
        return self.run_directory / f"{name}.held"

    @property
    def _fail_point(self) -> Path:
        return self.layout.state(DISCLOSURE) / "orders"

    async def killed(self, name: str) -> None:
        """SIGKILL a process; returns when it is there again."""
        self._kill(name)
        await self.wait_ready(name, within=_READY_SECONDS)

    @asynccontextmanager
    async def away(self, *names: str) -> AsyncIterator[None]:
        """SIGKILL these processes and keep them away until the block ends; then they are there again."""
        async with self._ordered(names, held.DOWN):
            yield

    @asynccontextmanager
    async def replaced(self, names: Collection[str], module: str) -> AsyncIterator[None]:
        """Have another module run in the place of these processes until the block ends."""
        async with self._ordered(names, module):
            await self._ready(names)
            yield

    @asynccontextmanager
    async def _ordered(self, names: Collection[str], word: str) -> AsyncIterator[None]:
        for name in names:
            self._order(name).write_text(word, encoding="utf-8")
            self._kill(name)
        try:
            yield
        finally:
            for name in names:
                self._order(name).unlink()
                if word != held.DOWN:
                    self._kill(name)
            await self._ready(names)

    async def _ready(self, names: Collection[str]) -> None:
        for name in names:
            await self.wait_ready(name, within=_READY_SECONDS)

    def keep_away_when_killed(self, name: str) -> Path:
        """The file that keeps a process from coming back, once something ends it; remove it and it comes."""
        self._order(name).write_text(held.DOWN, encoding="utf-8")
        return self._order(name)

    def break_at(self, point: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Have disclosure receive a signal when it comes to this fail point next."""
        self._restarted = self._restarts()
        give_order(self._fail_point, point, how)
        self.faults[f"{how.name} at {point}"] += 1

    async def broken(self) -> None:
        """Return when disclosure has come to the point, and has ended if that was to end it. AssertionError: never."""
        try:
            async with asyncio.timeout(_ARRIVAL_SECONDS):
                while self._fail_point.exists():  # noqa: ASYNC110 -- what another process does is seen by looking
                    await asyncio.sleep(_PAUSE)
        except TimeoutError:
            raise AssertionError(f"disclosure never came to {self._fail_point.read_text()}") from None

    async def back(self) -> None:
        """Return when disclosure, which was killed at a fail point, is there again."""
        await self.broken()
        async with asyncio.timeout(_READY_SECONDS):
            while self._restarts() == self._restarted:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(_PAUSE)
        await self.wait_ready(DISCLOSURE, within=_READY_SECONDS)

    def _kill(self, name: str) -> None:
        self.faults[f"SIGKILL {name.partition('-')[0]}"] += 1
        self.kill(name)

    def _restarts(self) -> int:
        return self.processes()[DISCLOSURE][2]
