"""`python -m tests.boundary.part DIRECTORY NAME SERVICE ...`: a service as shipped, on the run's clock, overheard.

`services.<SERVICE>` is run with the rest of the arguments; DIRECTORY holds the clock, the orders and the recordings.
"""

import runpy
import sys
from pathlib import Path

from tests.boundary import breaking
from tests.boundary.recorder import Recorder
from tests.boundary.simulated_clock import SimulatedClock, rule_services

CLOCK, ORDERS = "clock", "orders"


def recording(directory: Path, name: str) -> Path:
    """Where the calls of the process `name` are written down."""
    return directory / f"{name}.calls.jsonl"


def main(directory: Path, name: str, service: str, arguments: list[str]) -> None:
    """Run the service until it is told to stop."""
    rule_services(SimulatedClock(directory / CLOCK))
    Recorder(recording(directory, name)).install()
    breaking.install(breaking.Orders(directory / ORDERS), service)
    sys.argv = [service, *arguments]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
