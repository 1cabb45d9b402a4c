"""A wallet: a directory with two sealed files, one for the person and one for the aliases.

Each file has its own salt and key, so that either can be kept on another device, and opening one shows nothing of the
other. The wallet only stores; it knows nothing of the services. It is not safe for two processes to write at once.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.keys import Alias, Issuing, Person, from_json, to_json
from vouchsafe.sdk.sealed_file import Cost, SealedFile, sync_directory

PERSON_FILE = "person.sealed"
ALIASES_FILE = "aliases.sealed"


@dataclass(frozen=True)
class PersonCompartment:
    """Content of the person's file; empty until the first registration is sent."""

    person: Person | None = None


@dataclass(frozen=True)
class AliasCompartment:
    """Content of the aliases' file."""

    issuing: tuple[Issuing, ...] = ()
    aliases: tuple[Alias, ...] = ()


class Wallet:
    """An unlocked wallet. Every change is on disk when the method returns."""

    def __init__(
        self,
        person_file: SealedFile,
        alias_file: SealedFile,
        person: PersonCompartment | None = None,
        aliases: AliasCompartment | None = None,
    ) -> None:
        self._person_file = person_file
        self._alias_file = alias_file
        self._person = person or PersonCompartment()
        self._aliases = aliases or AliasCompartment()

    @classmethod
    def create(cls, directory: Path, passphrase: str, *, cost: Cost | None = None) -> "Wallet":
        """An empty wallet in a directory that is empty or not there; WALLET_EXISTS when it holds anything.

        Takes as long as two tries of the passphrase: call it in a thread when others wait. A crash leaves the whole
        wallet or none, since both files are made beside the directory and moved there in one step.
        """
        cost, directory = cost or Cost(), directory.resolve()
        _require_empty(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))  # made with mode 0700
        contents = {PERSON_FILE: ("person", PersonCompartment()), ALIASES_FILE: ("aliases", AliasCompartment())}
        try:
            person, aliases = (
                SealedFile.create(scratch / name, purpose, passphrase, to_json(content), cost=cost)
                for name, (purpose, content) in contents.items()
            )
            _move(scratch, directory)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        return cls(person.moved_to(directory / PERSON_FILE), aliases.moved_to(directory / ALIASES_FILE))

    @classmethod
    def open(cls, directory: Path, passphrase: str) -> "Wallet":
        """The wallet in a directory. WALLET_MISSING, WALLET_DAMAGED or WRONG_PASSPHRASE when it does not open."""
        person_file, person = SealedFile.unlock(directory / PERSON_FILE, "person", passphrase)
        alias_file, aliases = SealedFile.unlock(directory / ALIASES_FILE, "aliases", passphrase)
        try:
            return cls(
                person_file, alias_file, from_json(PersonCompartment, person), from_json(AliasCompartment, aliases)
            )
        except ValueError as error:
            raise VouchsafeError(Reason.WALLET_DAMAGED, f"{directory}: its content is not understood") from error

    @property
    def person(self) -> Person | None:
        """The person's keys; None before a registration was begun."""
        return self._person.person

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """All aliases, in the order they were issued."""
        return self._aliases.aliases

    def registered(self) -> Person:
        """The person's keys; NOT_REGISTERED before identity has answered."""
        person = self.person
        if person is None or not person.registered:
            raise VouchsafeError(Reason.NOT_REGISTERED, "this wallet holds no registered person")
        return person

    def alias(self, label: str, slot: int | None = None) -> Alias:
        """The newest alias under a label, in one slot if given; NO_SUCH_ALIAS when there is none."""
        found = [a for a in self.aliases if a.label == label and slot in (None, a.slot)]
        if not found:
            raise VouchsafeError(Reason.NO_SUCH_ALIAS, f"this wallet holds no alias under {label}")
        return max(found, key=lambda alias: alias.epoch)

    def issuing(self, label: str, epoch: int, slot: int) -> Issuing | None:
        """The issuance under way for this slot, if there is one."""
        return next((i for i in self._aliases.issuing if (i.label, i.epoch, i.slot) == (label, epoch, slot)), None)

    def save_person(self, person: Person) -> None:
        """Replace the person's keys."""
        self._person = PersonCompartment(person)
        self._person_file.write(to_json(self._person))

    def save_issuing(self, issuing: Issuing) -> None:
        """Add an issuance, before it is sent."""
        self._save_aliases(replace(self._aliases, issuing=(*self._aliases.issuing, issuing)))

    def finish_issuing(self, issuing: Issuing, alias: Alias) -> None:
        """Turn an issuance into an alias, in one step."""
        rest = tuple(other for other in self._aliases.issuing if other is not issuing)
        self._save_aliases(AliasCompartment(rest, (*self._aliases.aliases, alias)))

    def save_alias(self, alias: Alias) -> None:
        """Replace the alias of the same label, epoch and slot."""
        kept = tuple(alias if _slot(other) == _slot(alias) else other for other in self._aliases.aliases)
        self._save_aliases(replace(self._aliases, aliases=kept))

    def _save_aliases(self, compartment: AliasCompartment) -> None:
        self._alias_file.write(to_json(compartment))
        self._aliases = compartment


def _require_empty(directory: Path) -> None:
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise VouchsafeError(Reason.WALLET_EXISTS, f"{directory} exists already and is not empty")


def _move(scratch: Path, directory: Path) -> None:
    try:
        scratch.rename(directory)  # in place of an empty directory, never of one that somebody has filled meanwhile
    except OSError as error:
        _require_empty(directory)
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{directory} cannot be made: {error.strerror}") from error
    sync_directory(directory.parent)


def _slot(alias: Alias) -> tuple[str, int, int]:
    return alias.label, alias.epoch, alias.slot
