"""Starts a program as its runner wants it, unless a file says otherwise: `held.py FILE PROGRAM [ARGUMENT ...]`.

While FILE reads `down` nothing is started, so that a process whose runner starts it again and again can be kept away.
Any other word in it is the module to run instead, with the same arguments: `python -m MODULE`. Imports nothing of the
project, so that it costs a moment only.
"""

import os
import sys
import time
from pathlib import Path

DOWN = "down"
_PAUSE_SECONDS = 0.05


def main(order: Path, program: list[str]) -> None:
    """Become the program once the order allows it."""
    while (word := _word(order)) == DOWN:
        time.sleep(_PAUSE_SECONDS)
    if word:
        program[program.index("-m") + 1] = word
    os.execvp(program[0], program)  # noqa: S606 (this is the point of the file)


def _word(order: Path) -> str:
    try:
        return order.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
