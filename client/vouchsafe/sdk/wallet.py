"""A wallet: a directory with the person's compartment and the aliases', both open.

Only what concerns both sides needs both: registering makes them, an issuance goes from one to the other. Everything
else opens one of `compartments`.
"""

import shutil
import tempfile
from pathlib import Path

from vouchsafe.sdk.compartments import AliasCompartment, PersonCompartment
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.keys import Alias, Issuing, Person
from vouchsafe.sdk.sealed_file import Cost, sync_directory


class Wallet:
    """An unlocked wallet. Every change is on disk when the method returns; each method is a compartment's own."""

    def __init__(self, person_compartment: PersonCompartment, alias_compartment: AliasCompartment) -> None:
        self.person_compartment = person_compartment
        self.alias_compartment = alias_compartment

    @classmethod
    def create(
        cls, directory: Path, passphrase: str, *, alias_passphrase: str | None = None, cost: Cost | None = None
    ) -> "Wallet":
        """An empty wallet in a directory that is empty or not there; WALLET_EXISTS when it holds anything.

        One passphrase opens both files unless the aliases are given their own. Takes as long as two tries: call it in
        a thread when others wait. A crash leaves the whole wallet or none, since both files are made beside the
        directory and moved there in one step.
        """
        cost, directory = cost or Cost(), directory.resolve()
        _require_empty(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))  # made with mode 0700
        try:
            person = PersonCompartment.create(scratch, passphrase, cost=cost)
            aliases = AliasCompartment.create(
                scratch, passphrase if alias_passphrase is None else alias_passphrase, cost=cost
            )
            _move(scratch, directory)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        return cls(person.moved_to(directory), aliases.moved_to(directory))

    @classmethod
    def open(cls, directory: Path, passphrase: str, *, alias_passphrase: str | None = None) -> "Wallet":
        """The wallet in a directory. WALLET_MISSING, WALLET_DAMAGED or WRONG_PASSPHRASE when it does not open."""
        return cls(
            PersonCompartment.open(directory, passphrase),
            AliasCompartment.open(directory, passphrase if alias_passphrase is None else alias_passphrase),
        )

    @property
    def person(self) -> Person | None:
        """The person's keys; None before a registration was begun."""
        return self.person_compartment.person

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """All aliases, in the order they were issued."""
        return self.alias_compartment.aliases

    def registered(self) -> Person:
        """The person's keys; NOT_REGISTERED before identity has answered."""
        return self.person_compartment.registered()

    def alias(self, label: str, slot: int | None = None) -> Alias:
        """The newest alias under a label, in one slot if given; NO_SUCH_ALIAS when there is none."""
        return self.alias_compartment.alias(label, slot)

    def issuing(self, label: str, epoch: int, slot: int) -> Issuing | None:
        """The issuance under way for this slot, if there is one."""
        return self.alias_compartment.issuing(label, epoch, slot)

    def save_person(self, person: Person) -> None:
        """Replace the person's keys."""
        self.person_compartment.save(person)

    def save_issuing(self, issuing: Issuing) -> Issuing:
        """Add an issuance or its choice, before it is sent; see `AliasCompartment`."""
        return self.alias_compartment.save_issuing(issuing)

    def finish_issuing(self, issuing: Issuing, alias: Alias) -> Alias:
        """Turn an issuance into an alias, in one step; see `AliasCompartment`."""
        return self.alias_compartment.finish_issuing(issuing, alias)

    def save_alias(self, alias: Alias) -> None:
        """Replace the alias of the same label, epoch and slot."""
        self.alias_compartment.save_alias(alias)


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
