"""`python -m tests.boundary`: the linkage attack with 200 people, its table on the screen and in docs/boundary.md; then
the attacks on an opening, each with its countermeasure taken away.

Exit status 1 when a sound platform gave anything away, or when what is broken was not found out.
"""

import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.boundary import delays_law, linkage_table, removing
from tests.boundary.breaking import Build
from tests.boundary.parties import PARTIES
from tests.boundary.session import WHOLE, carry_out
from tests.boundary.verdicts import holds, judge


def main() -> int:
    """Run it."""
    with tempfile.TemporaryDirectory(prefix="vouchsafe-boundary-") as directory:
        benches = asyncio.run(carry_out(Path(directory) / "run", WHOLE))
        sound = benches.pop(Build.SOUND)
        rows, readers = [sound.row(party) for party in PARTIES], sound.readers()
        findings = [judge(bench) for bench in benches.values()]
    delays = list(delays_law.table(random.Random(WHOLE.seed)))
    text = linkage_table.render(rows, readers, findings, delays, WHOLE.people)
    print(text)  # noqa: T201
    linkage_table.write(text)
    for row in rows:
        for where in row.found.where[:3]:
            print(f"{row.party}: {where}")  # noqa: T201
        if not holds(row):
            print(f"{row.party}: {row.order.how}; {row.time.how}")  # noqa: T201
    good = all(map(holds, rows)) and not readers.aliases and all(finding.found for finding in findings)
    return max(removing.main(()), 0 if good else 1)


if __name__ == "__main__":
    sys.exit(main())
