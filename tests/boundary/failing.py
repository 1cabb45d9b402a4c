"""A pytest plugin: writes down which test failed in which phase, and by which type of exception.

An exit status would not do: a tree that cannot be imported fails every test as well, and shows nothing.
"""

import json
import os
from pathlib import Path

import pytest

VARIABLE = "VOUCHSAFE_FAILURES"
"""Names the file, one JSON object a line."""


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Hear of each phase of each test."""
    if call.excinfo is not None:
        line = {"test": item.nodeid, "phase": call.when, "error": call.excinfo.type.__name__}
        with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
