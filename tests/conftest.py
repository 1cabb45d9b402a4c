"""What several processes need to share the tests (`make test` runs two): who runs what, and names that all agree on.

A test file stays together, since its fixtures are made once; so do the files whose tests share one running platform.
"""

from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

_TOGETHER = {
    "tests/e2e/bad_input/": "platform",
    "tests/e2e/test_admin.py": "platform",
    "tests/e2e/test_command.py": "platform",
    "tests/e2e/test_quickstart.py": "platform",
    "tests/integration/local/": "infrastructure",
    "tests/boundary/test_matrix.py": "ground",
    "tests/boundary/test_refusals.py": "ground",
}
"""Files, and folders, with the fixture that lasts for the whole session and takes long to make."""


# How long an example takes says more of the machine than of the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


class _Files(LoadScopeScheduling):
    """Gives each process a whole file, or several that belong together, at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Files:
    return _Files(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their length: many are random, and two processes would name one test differently."""
    return f"{argname}-{len(val)}B" if isinstance(val, bytes) else None


def group_of(nodeid: str) -> str:
    """What a test has to run in one process with."""
    file = nodeid.partition("::")[0]
    return next((fixture for place, fixture in _TOGETHER.items() if file.startswith(place)), file)
