"""The demonstration's command line: its options, its exit code, and the one line in which it fails.

Whatever happens, Ctrl-C included, every process that was started is stopped before the end.
"""

import argparse
import asyncio
import logging
import signal
import time
from pathlib import Path

from deploy.local.layout import REPOSITORY
from deploy.local.platform import AlreadyRunningError
from deploy.local.supervisor import StartError
from deploy.local.topology import CORE
from examples.demo.show import StoryError, console, failure
from examples.demo.story import Settings, tell
from vouchsafe.sdk import VouchsafeError

POSTS = REPOSITORY / "examples" / "posts.jsonl"
RUN_DIRECTORY = REPOSITORY / ".run" / "demo"


def main(arguments: list[str] | None = None) -> int:
    """Tell the story; the exit code."""
    settings = _settings(arguments)
    # The runner warns of each restart; the story kills processes on purpose and tells it in its own words.
    logging.getLogger("deploy.local").setLevel(logging.ERROR)
    begun = time.monotonic()
    try:
        whole = asyncio.run(_tell(settings))
    except (KeyboardInterrupt, asyncio.CancelledError):
        failure("interrupted")
        return 130
    except BaseExceptionGroup as group:
        failure(_sentence(_first(group)))
        return 1
    except Exception as error:  # noqa: BLE001  # the last resort: one line for people, and the exit code
        failure(_sentence(error))
        return 1
    what = "The whole story" if whole else "All of the story that the input allows"
    console.print(f"\n{what} held, in {time.monotonic() - begun:.0f} s.")
    return 0


async def _tell(settings: Settings) -> bool:
    task = asyncio.current_task()

    def interrupt() -> None:
        if task is not None and not task.cancelling():  # asked twice, it still stops what it started
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    return await tell(settings)


def _settings(arguments: list[str] | None) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description="The whole story on real parts.")
    parser.add_argument("--posts", type=Path, default=POSTS, help="one JSON object a line")
    parser.add_argument("--run-dir", type=Path, default=RUN_DIRECTORY, help="where all files go; emptied first")
    parser.add_argument("--keep", action="store_true", help="leave the platform running at the end, until Ctrl-C")
    parser.add_argument("--fault-kill", default="", choices=("", *CORE), help="kill this service while posts are made")
    chosen = parser.parse_args(arguments)
    return Settings(chosen.posts, chosen.run_dir.resolve(), chosen.fault_kill, chosen.keep)


def _sentence(error: BaseException) -> str:
    known = isinstance(error, StoryError | VouchsafeError | StartError | AlreadyRunningError)
    return str(error) if known else f"{type(error).__name__}: {error}"


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
