"""`python -m services.forum`: one process of the forum; any number may run on one store."""

import sys

from services.chassis.lifecycle import run_service
from services.forum.wiring import start

sys.exit(run_service("forum", start))
