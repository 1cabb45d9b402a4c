"""`python -m tests.boundary.watched FILE SERVICE ...`: a service as shipped, which tells on request what it imported.

On SIGUSR1 the names of its modules are written to FILE, as JSON, in one step. The rest of the arguments are the
service's.
"""

import json
import runpy
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.boundary.closure import imported


def main(file: Path, service: str, arguments: list[str]) -> None:
    """Run the service until it is told to stop."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(sorted(imported())), encoding="utf-8")
        draft.replace(file)

    signal.signal(signal.SIGUSR1, tell)
    sys.argv = [service, *arguments]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
