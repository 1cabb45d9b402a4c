"""A local platform as shipped, but on a clock of its own, and overheard.

Same processes, stores, bus, certificates and accounts as `make up`; `settings` says where its configuration differs.
"""

import sys
from dataclasses import replace
from pathlib import Path

from deploy.local.configuration import CONFIGURATION
from deploy.local.platform import LocalPlatform
from deploy.local.ports import PortReservations
from deploy.local.supervisor import Unit
from tests.boundary import settings
from tests.boundary.breaking import Orders
from tests.boundary.part import CLOCK, ORDERS
from tests.boundary.simulated_clock import SimulatedClock


class OverheardPlatform(LocalPlatform):
    """A platform below `directory` whose clock starts at `at` (Unix seconds), with so many employers."""

    def __init__(self, directory: Path, at: float, employers: int) -> None:
        self.overheard = directory / "overheard"
        self.overheard.mkdir(parents=True)
        configuration = settings.write(directory / "configuration", CONFIGURATION, employers)
        super().__init__(directory / "platform", configuration=configuration)
        self.clock = SimulatedClock.create(self.overheard / CLOCK, at)
        self.orders = Orders(self.overheard / ORDERS)

    def _service(self, ports: PortReservations, name: str) -> Unit:
        unit = super()._service(ports, name)
        _, _, module, *arguments = unit.command
        command = [sys.executable, "-m", "tests.boundary.part", str(self.overheard), name]
        return replace(unit, command=[*command, module.rpartition(".")[2], *arguments])
