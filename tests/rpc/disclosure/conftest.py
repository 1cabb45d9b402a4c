"""A platform around disclosure for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.rpc.disclosure.world import Ceremony, Platform


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """Both witnesses and three of five trustees run; the other two are dead."""
    async with Platform(tmp_path, Ceremony(), MemoryEventStore()) as made:
        await made.start("witness-1", "witness-2", "trustee-1", "trustee-3", "trustee-5")
        yield made
