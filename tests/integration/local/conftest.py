"""One running infrastructure (stores, bus, mail sink; no services) for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.platform import LocalPlatform


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def infrastructure(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalPlatform]:
    async with LocalPlatform(tmp_path_factory.mktemp("infrastructure"), services=()) as platform:
        yield platform
