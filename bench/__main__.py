"""`python -m bench`: measure the rows of the table, one after another, and write them down.

Each row is written as soon as it is measured; the table on standard output, and in `table.md`, comes at the end. The
exit status says whether the bench ran, not whether its targets were met: a slow machine is no error.
"""

import argparse
import asyncio
import importlib
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Comparison
from bench.report import table, write
from bench.settings import Settings
from services.chassis.telemetry_log import configure_logging

ROWS = (
    "append",
    "round_trips",
    "create_post",
    "create_post_parts",
    "feed",
    "relay",
    "rebuild",
    "growth",
    "library",
    "forum_checks",
    "provenance",
    "issuance",
    "leaves",
    "inclusion",
)
_FULL_ROUNDS, _QUICK_ROUNDS = 5, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rows asked for; the exit status."""
    given = _parser().parse_args(arguments)
    # So that what was started is stopped when the bench is, as it is for Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    configure_logging("bench", log_file=given.directory / "log.jsonl")
    rounds = given.rounds or (_QUICK_ROUNDS if given.quick else _FULL_ROUNDS)
    found: list[Comparison] = []
    for row in given.rows or ROWS:
        started = time.monotonic()
        print(f"{row}: {rounds} rounds of each side ...", end="", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix=f"bench-{row}-") as directory:
            settings = Settings(rounds=rounds, quick=given.quick, directory=Path(directory))
            found += asyncio.run(importlib.import_module(f"bench.rows.{row}").measure(settings))
        print(f" {time.monotonic() - started:.0f} s", file=sys.stderr)
        write(found, given.directory)
    print(table(found))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=ROWS, metavar="ROW", help=f"of {', '.join(ROWS)}; all by default")
    parser.add_argument("--rounds", type=int, help=f"rounds of each side, {_FULL_ROUNDS} by default")
    parser.add_argument("--quick", action="store_true", help="small rounds: shows that all runs, with rough figures")
    parser.add_argument("--directory", type=Path, default=Path(".run/bench"), help="where the table and JSON go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
