"""What the tests of this folder share: one small run of the linkage attack, and one platform as it ships."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.boundary import ground as grounds
from tests.boundary.breaking import Build
from tests.boundary.ground import Ground
from tests.boundary.parties import Bench
from tests.boundary.session import SMALL, carry_out


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def benches(tmp_path_factory: pytest.TempPathFactory) -> dict[Build, Bench]:
    """The evidence of each build's course."""
    return await carry_out(tmp_path_factory.mktemp("boundary") / "run", SMALL)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A platform with the shipped configuration."""
    async with grounds.running(tmp_path_factory.mktemp("ground") / "platform") as made:
        yield made
