"""What keeps a process's memory its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.ceremony.machine import swaps

HEADINGS = "Filename\tType\tSize\tUsed\tPriority\n"


@pytest.mark.parametrize(
    ("table", "swapping"), [(HEADINGS, False), (HEADINGS + "/dev/sda2 partition 1 0 -2\n", True), ("", False)]
)
def test_a_swap_device_is_seen(tmp_path: Path, table: str, swapping: bool) -> None:
    (tmp_path / "swaps").write_text(table, encoding="utf-8")
    assert swaps(tmp_path / "swaps") is swapping
    assert swaps(tmp_path / "another system") is False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_core_is_dumped_and_nobody_else_may_trace() -> None:
    # In a process of its own: it is not undone.
    program = """
import ctypes, resource
from services.ceremony.machine import keep_memory_private
keep_memory_private()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    place = Path(__file__).parents[3]
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=place)
    assert told.stdout == "(0, 0) 0\n"
