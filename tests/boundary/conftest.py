"""One small run of the linkage attack for all tests of this folder."""

import pytest
import pytest_asyncio

from tests.boundary.breaking import Build
from tests.boundary.parties import Bench
from tests.boundary.session import SMALL, carry_out


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def benches(tmp_path_factory: pytest.TempPathFactory) -> dict[Build, Bench]:
    """The evidence of each build's course."""
    return await carry_out(tmp_path_factory.mktemp("boundary") / "run", SMALL)
