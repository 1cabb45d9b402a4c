"""The local platform on the command line: `python -m deploy.local --help`.

`up` leaves a runner in the background, `run` is that runner in the foreground. Both come to the same `LocalPlatform`.
"""

import argparse
import asyncio
import signal
import sys
import typing
from collections.abc import Sequence
from pathlib import Path

from deploy.local import background
from deploy.local.layout import DEFAULT_RUN_DIR
from deploy.local.platform import AlreadyRunningError, LocalPlatform
from deploy.local.supervisor import StartError
from deploy.local.topology import SERVICES

INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C ended
COMMANDS = {
    "up": "start the platform and leave it running",
    "down": "stop it",
    "status": "show each process, where it listens and how it is",
    "run": "start it and stay in the foreground until Ctrl-C",
    "provision-only": "write certificates, keys and configuration, and start nothing",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 only when it did what it says."""
    chosen = _parse(arguments)
    run_directory: Path = chosen.run_dir.resolve()
    services = SERVICES if chosen.services is None else tuple(filter(None, chosen.services.split(",")))
    try:
        match chosen.command:
            case "up":
                return background.up(run_directory, services)
            case "down":
                return background.down(run_directory)
            case "status":
                return background.status(run_directory)
            case "run":
                return asyncio.run(_run(LocalPlatform(run_directory, services=services)))
            case _:
                return _provision(LocalPlatform(run_directory, services=services))
    except (AlreadyRunningError, StartError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


async def _run(platform: LocalPlatform) -> int:
    """Hold the platform up until SIGINT or SIGTERM, which may come at any moment of the start as well."""
    task = typing.cast("asyncio.Task[int]", asyncio.current_task())
    loop = asyncio.get_running_loop()
    asked: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        # Only the first one counts: stopping takes its time, and a second cancellation would cut it short.
        if not asked:
            asked.append(number)
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        async with platform:
            sys.stdout.write(f"ready in {platform.run_directory}, Ctrl-C stops it\n")
            sys.stdout.flush()
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        if not asked:
            raise
    return 0


def _provision(platform: LocalPlatform) -> int:
    platform.provision()
    platform.release()
    sys.stdout.write(f"provisioned {platform.run_directory}\n")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Run the platform on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("--run-dir", type=Path, default=DEFAULT_RUN_DIR, help="where all its files go")
        command.add_argument("--services", help="only these services, comma-separated; '' for none")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
