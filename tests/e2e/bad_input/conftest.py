"""The world of these tests, once for all of them, and the check that a refusal has changed nothing."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.platform import LocalPlatform
from tests.e2e.bad_input.calls import Refusal, RefusedInVain, refused
from tests.e2e.bad_input.world import World, world_on


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_on(platform, tmp_path_factory.mktemp("bad-input")) as made:
        yield made


@pytest.fixture
def in_vain(world: World) -> RefusedInVain:
    """Makes a call that must be refused, with one typed error that shows nothing, and change nothing anywhere."""

    async def attempt(call: Awaitable[Any]) -> Refusal:
        before = await world.stores.commits()
        refusal = await refused(call)
        world.says_nothing(refusal)
        assert await world.stores.commits() == before
        return refusal

    return attempt
