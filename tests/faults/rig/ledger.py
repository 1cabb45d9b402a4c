"""One replica of the rig's ledger: `python -m tests.faults.rig.ledger --config … --endpoints … --secrets …`."""

import sys

from services.chassis.lifecycle import run_service
from tests.faults.rig.wiring import start_ledger

if __name__ == "__main__":
    sys.exit(run_service("ledger", start_ledger))
