"""`python -m services.verification`: verification as a process."""

import sys

from services.chassis.lifecycle import run_service
from services.verification.wiring import start

sys.exit(run_service("verification", start))
