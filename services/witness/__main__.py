"""`python -m services.witness`: one witness as a process of its own."""

import sys

from services.chassis.lifecycle import run_service
from services.witness.wiring import start

sys.exit(run_service("witness", start))
