"""What a command works with: the profile, the wallet, and the secrets that a person types or keeps in a file.

The environment is read here and nowhere else in the client.
"""

import asyncio
import getpass
import os
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import typer

from vouchsafe.sdk import Profile, Reason, VouchsafeError, Wallet

T = TypeVar("T")

PASSPHRASE_FILE = "VOUCHSAFE_PASSPHRASE_FILE"  # noqa: S105  # a variable's name
PASSWORD_FILE = "VOUCHSAFE_PASSWORD_FILE"  # noqa: S105  # a variable's name


@dataclass(frozen=True)
class Setup:
    """The options that stand before a command."""

    profile_path: Path | None
    wallet_directory: Path

    @classmethod
    def of(cls, context: typer.Context) -> "Setup":
        """The options of the running command line."""
        found = context.find_object(cls)
        if found is None:
            raise LookupError("the command line was not read")
        return found

    def profile(self) -> Profile:
        """The connection profile, which has no default: nobody should speak to a platform by accident."""
        if self.profile_path is None:
            raise VouchsafeError(Reason.PROFILE_INVALID, "name a profile with --profile or VOUCHSAFE_PROFILE")
        return Profile.load(self.profile_path)

    def create_wallet(self) -> Wallet:
        """A new wallet, or the one that an unfinished registration left."""
        if (self.wallet_directory / "person.sealed").exists():
            return self.open_wallet()
        passphrase = _secret(PASSPHRASE_FILE, "Passphrase for the new wallet", confirm=True)
        return Wallet.create(self.wallet_directory, passphrase)

    def open_wallet(self) -> Wallet:
        """The wallet, unlocked."""
        return Wallet.open(self.wallet_directory, _secret(PASSPHRASE_FILE, "Passphrase of the wallet"))


def password(*, new: bool = False) -> str:
    """The password at identity, which is not the wallet's passphrase."""
    return _secret(PASSWORD_FILE, "New password" if new else "Password", confirm=new)


def ask(prompt: str) -> str:
    """One line from the person at the keyboard. The question goes to stderr: stdout is for results alone."""
    sys.stderr.write(f"{prompt}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.strip()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's asynchronous part to its end."""
    return asyncio.run(work)


def _secret(variable: str, prompt: str, *, confirm: bool = False) -> str:
    if path := os.environ.get(variable):
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise VouchsafeError(Reason.FILE_UNREADABLE, f"the file that {variable} names cannot be read") from error
    while True:
        secret = getpass.getpass(f"{prompt}: ", stream=sys.stderr)
        if not confirm or secret == getpass.getpass("Once more: ", stream=sys.stderr):
            return secret
        sys.stderr.write("These two differ.\n")
