"""`python -m services.disclosure`: the service as a process.

Some libraries load others if they find them installed: an HTTP server (nats, for WebSockets), foreign coroutines and
pretty tracebacks (structlog), compilers (gRPC), process lists (OpenTelemetry). Nothing here uses these, and every line
of them would stand beside the vault, so they are kept out. `IMPORTS.lock` names what is left.
"""

import sys

for _unwanted in ("aiohttp", "greenlet", "grpc_tools", "psutil", "rich"):
    sys.modules[_unwanted] = None  # type: ignore[assignment]  # the language's own way to say: cannot be imported

from services.chassis.lifecycle import run_service  # noqa: E402
from services.disclosure.wiring import start  # noqa: E402

sys.exit(run_service("disclosure", start))
