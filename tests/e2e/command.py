"""The `vouchsafe` command as a real process, with what a person types into it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    error: str

    @property
    def facts(self) -> dict[str, str]:
        pairs = (line.partition(": ") for line in self.output.splitlines())
        return {name: value for name, separator, value in pairs if separator}


@dataclass(frozen=True)
class Device:
    """A person's device: a wallet, its passphrase and the profile of a platform."""

    profile: Path
    directory: Path

    def __post_init__(self) -> None:
        self.directory.mkdir(exist_ok=True)
        (self.directory / "passphrase").write_text("the wallet's passphrase\n")
        (self.directory / "password").write_text("a password long enough\n")

    async def run(self, *arguments: str, typed: Callable[[], Awaitable[str]] | None = None) -> Ended:
        """Run a command; `typed` gives the one line that is typed into it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "vouchsafe.cli.main", "--wallet", str(self.directory / "wallet"), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "VOUCHSAFE_PROFILE": str(self.profile),
                "VOUCHSAFE_PASSPHRASE_FILE": str(self.directory / "passphrase"),
                "VOUCHSAFE_PASSWORD_FILE": str(self.directory / "password"),
            },
        )
        try:
            line = (await typed()).encode() + b"\n" if typed else b""
            output, error = await asyncio.wait_for(process.communicate(line), 120)
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return Ended(process.returncode or 0, output.decode(), error.decode())

    async def must(self, *arguments: str, typed: Callable[[], Awaitable[str]] | None = None) -> Ended:
        """Run a command that must succeed and must show no secret."""
        ended = await self.run(*arguments, typed=typed)
        assert ended.code == 0, ended.error
        for secret in ("the wallet's passphrase", "a password long enough"):
            assert secret not in ended.output + ended.error
        return ended
