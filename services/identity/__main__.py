"""`python -m services.identity`: identity as a process."""

import sys

from services.chassis.lifecycle import run_service
from services.identity.wiring import start

sys.exit(run_service("identity", start))
