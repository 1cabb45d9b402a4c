"""`python -m services.trustee`: one trustee as a process of its own."""

import sys

from services.chassis.lifecycle import run_service
from services.trustee.wiring import start

sys.exit(run_service("trustee", start))
