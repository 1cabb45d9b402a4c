"""Run the `vouchsafe` command as an officer would, in a process of its own, and show what was typed."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from examples.demo.show import StoryError, say

_LONGEST = 120.0


@dataclass(frozen=True)
class Outcome:
    """How a command ended. `facts` are the `name: value` lines of its output."""

    code: int
    output: str
    error: str

    @property
    def facts(self) -> dict[str, str]:
        """What the command told."""
        pairs = (line.partition(": ") for line in self.output.splitlines())
        return {name: value for name, separator, value in pairs if separator}


class Command:
    """The `vouchsafe` command with one profile."""

    def __init__(self, profile: Path) -> None:
        self._environment = {**os.environ, "VOUCHSAFE_PROFILE": str(profile)}

    async def run(self, *arguments: str) -> Outcome:
        """Run it to its end, whatever that is."""
        say(f"$ vouchsafe {' '.join(_quoted(argument) for argument in arguments)}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "vouchsafe.cli.main", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )
        try:
            async with asyncio.timeout(_LONGEST):
                output, error = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return Outcome(process.returncode or 0, output.decode(), error.decode().strip())

    async def must(self, *arguments: str) -> dict[str, str]:
        """Run it and return its facts; StoryError when it refuses."""
        outcome = await self.run(*arguments)
        if outcome.code != 0:
            raise StoryError(f"vouchsafe {arguments[0]}: {outcome.error or 'ended without a word'}")
        return outcome.facts

    async def refused(self, reason: str, *arguments: str) -> None:
        """Run it and tell its refusal; StoryError when it does not refuse for this reason."""
        outcome = await self.run(*arguments)
        if outcome.code == 0 or not outcome.error.startswith(f"error: {reason}: "):
            raise StoryError(
                f"vouchsafe {arguments[0]} was not refused as it should be: {outcome.error or outcome.output}"
            )
        say(outcome.error)


def _quoted(argument: str) -> str:
    return f'"{argument}"' if " " in argument else argument
