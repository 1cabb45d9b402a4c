"""A rig for each scenario, its verdict, and the table at the end.

`FAULTS_SEED` repeats a run's choices (what the machine makes of them is its own); `FAULTS=all` runs every scenario, and
without it only those that are quick.
"""

import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.report import Report
from tests.faults.rig.rig import Rig, running

SEED = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(10**6))
ALL = os.environ.get("FAULTS") == "all"
TABLE = Path(__file__).parents[2] / ".run" / "faults"
REPORT = Report(SEED)

Prove = Callable[[], Awaitable[None]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: a scenario that only `make faults` runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    long = [item for item in items if item.get_closest_marker("long")]
    if long and not ALL:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_report_header() -> str:
    return f"faults: seed {SEED} (FAULTS_SEED repeats it)"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REPORT.rows:
        terminalreporter.section("faults")
        terminalreporter.write_line(REPORT.table())
        if ALL:
            REPORT.write(TABLE)


@pytest_asyncio.fixture
async def rig(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """Everything up, nothing broken yet."""
    async with running(tmp_path, random.Random(f"{SEED}/{request.node.name}")) as rig:
        yield rig


@pytest.fixture
def prove(rig: Rig, request: pytest.FixtureRequest) -> Prove:
    """Comes to rest, judges, and fails the scenario if anything is wrong. May be called again after more faults."""

    async def proved() -> None:
        verdict = await rig.verdict()
        REPORT.add(request.node.name, verdict)
        assert not verdict.breaches, [breach.what for breach in verdict.breaches[:20]]

    return proved
