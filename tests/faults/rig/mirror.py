"""One replica of the rig's mirror: `python -m tests.faults.rig.mirror --config … --endpoints … --secrets …`."""

import sys

from services.chassis.lifecycle import run_service
from tests.faults.rig.wiring import start_mirror

if __name__ == "__main__":
    sys.exit(run_service("mirror", start_mirror))
