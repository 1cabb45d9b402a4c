"""What a process can do so that its memory stays its own: no core dump, no debugger; and a word about swap.

Best effort: it does not protect from the machine's administrator, and Python cannot wipe memory.
"""

import contextlib
import ctypes
import resource
from pathlib import Path

_PR_SET_DUMPABLE = 4
_SWAPS = Path("/proc/swaps")


def keep_memory_private() -> list[str]:
    """Forbid core dumps and tracing of this process; what is to be told to the people in the room."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):  # prctl(2) is Linux's
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if swaps():
        return ["this machine swaps memory to disk: switch that off (swapoff -a) and begin again"]
    return []


def swaps(table: Path = _SWAPS) -> bool:
    """Whether the machine has a swap device; its table has one line of headings."""
    try:
        return len(table.read_text(encoding="ascii", errors="replace").splitlines()) > 1
    except OSError:
        return False
