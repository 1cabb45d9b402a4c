"""`python -m services.mirror`: one mirror as a process of its own."""

import sys

from services.chassis.lifecycle import run_service
from services.mirror.wiring import start

sys.exit(run_service("mirror", start))
