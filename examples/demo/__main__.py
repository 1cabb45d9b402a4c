"""`python -m examples.demo`: exit code 0 when everything that was claimed has been shown, 1 otherwise, 130 for Ctrl-C.

What it runs takes a second to import, and Ctrl-C in that second is answered here, without a traceback.
"""

import os
import signal
import sys
from types import FrameType


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End at once. Raising would end up in whatever is half imported; and nothing has been started yet."""
    sys.stderr.write("demo failed: interrupted\n")
    sys.stderr.flush()
    os._exit(130)


if __name__ == "__main__":
    attended = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not where a shell has it ignored
    if attended:
        signal.signal(signal.SIGINT, _leave)
    from examples.demo import run

    if attended:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run.main())
