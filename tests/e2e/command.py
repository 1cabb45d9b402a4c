"""The `vouchsafe` command as a real process, with what a person types into it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.support.prepared import lasting

_COMMAND = "vouchsafe.cli.main"


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

    PASSPHRASE: ClassVar = "the wallet's passphrase"

    profile: Path
    directory: Path

    @property
    def wallet(self) -> Path:
        """Where its wallet is, or will be."""
        return self.directory / "wallet"

    def __post_init__(self) -> None:
        self.directory.mkdir(exist_ok=True)
        (self.directory / "passphrase").write_text(f"{self.PASSPHRASE}\n")
        (self.directory / "password").write_text("a password long enough\n")

    async def run(self, *arguments: str, typed: Callable[[], Awaitable[str]] | None = None) -> Ended:
        """Run a command; `typed` gives the one line that is typed into it."""
        environment = {
            "VOUCHSAFE_PROFILE": str(self.profile),
            "VOUCHSAFE_PASSPHRASE_FILE": str(self.directory / "passphrase"),
            "VOUCHSAFE_PASSWORD_FILE": str(self.directory / "password"),
        }
        given = ("--wallet", str(self.wallet), *arguments)
        ended = await lasting(_COMMAND, _COMMAND).run(*given, typed=typed, environment=environment, within=120)
        return Ended(ended.code, ended.output, ended.error)

    async def must(self, *arguments: str, typed: Callable[[], Awaitable[str]] | None = None) -> Ended:
        """Run a command that must succeed and must show no secret."""
        ended = await self.run(*arguments, typed=typed)
        assert ended.code == 0, ended.error
        for secret in (self.PASSPHRASE, "a password long enough"):
            assert secret not in ended.output + ended.error
        return ended
