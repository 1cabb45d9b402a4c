"""Start a program that cannot outlive its runner: `python -I -S leash.py RUNNER_PID PROGRAM [ARGUMENT ...]`.

The kernel is told to kill this process when its parent dies, however it dies, and the order survives the exec that
follows. Doing this in a fresh interpreter, and not between fork and exec of the runner, keeps the runner free to have
threads. Imports nothing of the project, so that it starts in a few milliseconds. On systems without prctl (not Linux)
the program starts all the same, and only an orderly stop of the runner ends it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(runner: int, program: list[str]) -> None:
    """Replace this process by `program`, on a leash held by the process `runner`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The runner may have died before the line above took effect.
        if os.getppid() != runner:
            sys.exit(1)
    try:
        os.execvp(program[0], program)  # noqa: S606 (this is the point of the file)
    except OSError as error:
        sys.exit(f"{program[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
