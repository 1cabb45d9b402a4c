"""What several processes need to share the tests (`make test` runs two): who runs what, and names that all agree on.

A test file stays together, since its fixtures are made once; so do the folders whose tests share one running platform.
"""

from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
_TOGETHER = frozenset({"e2e/bad_input", "integration/local", "integration/admin", "boundary", "faults", "interop"})
"""Folders with a fixture that lasts for the whole session and takes long to make."""
_ON_ONE_PLATFORM = frozenset({"e2e/test_admin.py", "e2e/test_command.py", "e2e/test_quickstart.py"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of every test."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group_of(item.path)))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their length: many are random, and two processes would name one test differently."""
    return f"{argname}-{len(val)}B" if isinstance(val, bytes) else None


def _group_of(path: Path) -> str:
    folder, file = (each.relative_to(_TESTS).as_posix() for each in (path.parent, path))
    if folder in _TOGETHER:
        return folder
    return "e2e" if file in _ON_ONE_PLATFORM else file
