"""What a command works with: the profile, the wallet, and the secrets that a person types or keeps in a file.

The environment is read here and nowhere else in the client.
"""

import asyncio
import getpass
import os
import sys
import warnings
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import typer

from services.seal.trust import Trust
from vouchsafe.sdk import AliasCompartment, PersonCompartment, Profile, Reason, Vouchsafe, VouchsafeError, Wallet
from vouchsafe.sdk.log_memory import LogMemory
from vouchsafe.sdk.side import PATIENCE

T = TypeVar("T")

PASSPHRASE_FILE = "VOUCHSAFE_PASSPHRASE_FILE"  # noqa: S105  # a variable's name
ALIAS_PASSPHRASE_FILE = "VOUCHSAFE_ALIAS_PASSPHRASE_FILE"  # noqa: S105  # a variable's name
PASSWORD_FILE = "VOUCHSAFE_PASSWORD_FILE"  # noqa: S105  # a variable's name
DEBUG = "VOUCHSAFE_DEBUG"

LOG_SUFFIX = ".public-log"
"""Of the directory beside the wallet's where the public log is kept, as it was read."""

_QUIET = 3.0  # seconds after which somebody who watches wants to know what is waited for


@dataclass(frozen=True)
class Setup:
    """The options that stand before a command. `patience`: seconds to wait for a service that is away."""

    profile_path: Path | None
    wallet_directory: Path
    patience: float = PATIENCE

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

    def platform(self, profile: Profile) -> Vouchsafe:
        """Both sides of the platform, to be opened where they are used."""
        return Vouchsafe(profile, patience=self.patience)

    def log_memory(self, trust: Trust) -> LogMemory:
        """The public log as earlier commands have read it, kept beside the wallet and not in it: it is no secret."""
        directory = self.wallet_directory.with_name(f"{self.wallet_directory.name}{LOG_SUFFIX}")
        return LogMemory(trust, directory)

    def run(self, work: Coroutine[Any, Any, T], *, waiting: str = "", quiet: float = _QUIET) -> T:
        """Run a command's asynchronous part to its end. On a terminal, tell after `quiet` seconds what is waited for.

        Nothing may be asked of the person within: that would pass for waiting.
        """
        hint = waiting or f"still waiting for the platform, for {self.patience:g} s at most (--patience changes it)"

        async def told() -> T:
            telling = asyncio.get_running_loop().call_later(quiet, _tell, hint)
            try:
                return await work
            finally:
                telling.cancel()

        return asyncio.run(told())

    @property
    def has_wallet(self) -> bool:
        """Whether the wallet's directory holds a person already."""
        return (self.wallet_directory / PersonCompartment.FILE).exists()

    def create_wallet(self, *, separate: bool = False) -> Wallet:
        """A new wallet; `separate`, or a variable that names a file for it, gives the aliases their own passphrase."""
        passphrase = _secret(PASSPHRASE_FILE, "Passphrase for the new wallet", confirm=True)
        of_aliases = None
        if separate or os.environ.get(ALIAS_PASSPHRASE_FILE):
            of_aliases = _secret(ALIAS_PASSPHRASE_FILE, "Passphrase for its aliases", confirm=True)
        return Wallet.create(self.wallet_directory, passphrase, alias_passphrase=of_aliases)

    def open_wallet(self) -> Wallet:
        """The wallet, both compartments unlocked: for what goes from one to the other."""
        self._require(PersonCompartment.FILE)
        passphrase = _secret(PASSPHRASE_FILE, "Passphrase of the wallet")
        person = PersonCompartment.open(self.wallet_directory, passphrase)
        if os.environ.get(ALIAS_PASSPHRASE_FILE):
            return Wallet(person, self.open_aliases())
        try:
            return Wallet(person, AliasCompartment.open(self.wallet_directory, passphrase))
        except VouchsafeError as error:
            if error.reason != Reason.WRONG_PASSPHRASE:
                raise
            return Wallet(person, self.open_aliases())

    def open_person(self) -> PersonCompartment:
        """The person's compartment, unlocked. The aliases' stays closed."""
        self._require(PersonCompartment.FILE)
        return PersonCompartment.open(self.wallet_directory, _secret(PASSPHRASE_FILE, "Passphrase of the wallet"))

    def open_aliases(self) -> AliasCompartment:
        """The aliases' compartment, unlocked. The person's stays closed, and need not be on this device."""
        self._require(AliasCompartment.FILE)
        variable = ALIAS_PASSPHRASE_FILE if os.environ.get(ALIAS_PASSPHRASE_FILE) else PASSPHRASE_FILE
        return AliasCompartment.open(self.wallet_directory, _secret(variable, "Passphrase of the aliases"))

    def _require(self, file: str) -> None:
        """WALLET_MISSING, before anybody is asked for the passphrase of what is not there."""
        if not (self.wallet_directory / file).exists():
            raise VouchsafeError(Reason.WALLET_MISSING, f"there is no {file} at {self.wallet_directory}")

    def require_none(self, purpose: str) -> None:
        """WALLET_EXISTS when there is such a compartment already."""
        file = PersonCompartment.FILE if purpose == PersonCompartment.PURPOSE else AliasCompartment.FILE
        if (self.wallet_directory / file).exists():
            raise VouchsafeError(Reason.WALLET_EXISTS, f"{self.wallet_directory / file} exists already")

    def new_passphrase(self, purpose: str) -> str:
        """A passphrase for a compartment that is to be made."""
        of_aliases = purpose == AliasCompartment.PURPOSE and os.environ.get(ALIAS_PASSPHRASE_FILE)
        variable = ALIAS_PASSPHRASE_FILE if of_aliases else PASSPHRASE_FILE
        return _secret(variable, f"New passphrase for the {purpose} compartment", confirm=True)

    def discard_wallet(self) -> None:
        """Remove a wallet that this very command has made."""
        for compartment in (PersonCompartment, AliasCompartment):
            (self.wallet_directory / compartment.FILE).unlink(missing_ok=True)
        self.wallet_directory.rmdir()


def password(*, new: bool = False) -> str:
    """The password at identity, which is not the wallet's passphrase."""
    return _secret(PASSWORD_FILE, "New password for signing in" if new else "Password for signing in", confirm=new)


def ask(prompt: str) -> str:
    """One line from the person at the keyboard. The question goes to stderr: stdout is for results alone."""
    sys.stderr.write(f"{prompt}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.strip()


def refuse(error: VouchsafeError) -> None:
    """Tell a refusal in one line on stderr."""
    sys.stderr.write(f"error: {error.reason}: {' '.join(error.message.split())}\n")


def debugging() -> bool:
    """Whether somebody wants to see where an unforeseen error came from."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def _tell(sentence: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{sentence} …\n")
        sys.stderr.flush()


def _secret(variable: str, prompt: str, *, confirm: bool = False) -> str:
    if path := os.environ.get(variable):
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise VouchsafeError(Reason.FILE_UNREADABLE, f"the file that {variable} names cannot be read") from error
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # it would show what is typed
        try:
            return _typed(prompt, confirm=confirm)
        except getpass.GetPassWarning as error:
            raise VouchsafeError(Reason.NO_TERMINAL, f"nobody can be asked here: name a file in {variable}") from error


def _typed(prompt: str, *, confirm: bool) -> str:
    while True:
        secret = getpass.getpass(f"{prompt}: ", stream=sys.stderr)
        if not confirm or secret == getpass.getpass("Once more: ", stream=sys.stderr):
            return secret
        sys.stderr.write("These two differ.\n")
