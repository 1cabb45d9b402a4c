"""`python -m services.disclosure`: the service as a process."""

import sys

from services.chassis.lifecycle import run_service
from services.disclosure.wiring import start

sys.exit(run_service("disclosure", start))
