"""A running forum for each test, with one open label or with none."""

from collections.abc import AsyncIterator

import pytest

from tests.rpc.forum.world import World, running_forum


@pytest.fixture
async def bare_forum() -> AsyncIterator[World]:
    """A forum that has heard of no label."""
    async with running_forum() as world:
        yield world


@pytest.fixture
async def forum(bare_forum: World) -> World:
    """A forum with one open label."""
    await bare_forum.open_label()
    return bare_forum
