"""One court for all scenarios of this folder, and the sums of what was broken and what became of the cases."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field

import pytest
import pytest_asyncio

from services.disclosure.domain import case
from tests.faults.conftest import ALL, TABLE
from tests.faults.openings.checks import Evidence, breaches
from tests.faults.openings.court import Court, holding_court
from tests.faults.rig.checks import Kind


@dataclass
class Sums:
    """What the run did and came to."""

    kills: int = 0
    cases: int = 0
    opened: int = 0
    ended: int = 0
    pending: int = 0
    doubled: int = 0
    faults: dict[str, int] = field(default_factory=dict)

    def take(self, evidence: Evidence, faults: Counter[str]) -> None:
        """What there is to be told of cases that were judged."""
        kinds = Counter(_outcome(each.state) for each in evidence.cases)
        self.cases, self.opened, self.ended = len(evidence.cases), kinds["opened"], kinds["ended"]
        self.pending = kinds["pending"]
        self.doubled = sum(breach.kind is Kind.DOUBLED for breach in breaches(evidence))
        self.faults = dict(sorted(faults.items()))
        self.kills = sum(count for kind, count in faults.items() if kind.startswith("SIGKILL"))

    def line(self) -> str:
        """For the end of the run."""
        return (
            f"openings: {self.kills} kills, {self.cases} cases: {self.opened} opened, {self.ended} cleanly ended, "
            f"{self.pending} still under way; doubled: {self.doubled}"
        )


SUMS: list[Sums] = []


def _outcome(state: case.Asked) -> str:
    if isinstance(state, case.Opened | case.Collected):
        return "opened"
    return "pending" if isinstance(state, case.Live | case.Unsealed) else "ended"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Court]:
    """A court on a running platform; whoever judges it judges every case of the run again."""
    async with holding_court(tmp_path_factory.mktemp("court")) as held:
        yield held
        if held.followed:
            sums = Sums()
            sums.take(await held.evidence(), held.platform.faults)
            SUMS.append(sums)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for sums in SUMS:
        terminalreporter.section("faults in openings")
        terminalreporter.write_line(sums.line())
        if ALL:
            TABLE.mkdir(parents=True, exist_ok=True)
            (TABLE / "openings.json").write_text(json.dumps(asdict(sums), indent=2) + "\n")
