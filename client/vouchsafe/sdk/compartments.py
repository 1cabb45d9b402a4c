"""The two compartments of a wallet: what each holds, and changes that are on disk when a method returns.

The person's file and the aliases' file have a salt and a key each, so that either opens without the other, and may be
kept on another device. Whoever only speaks needs `AliasCompartment` alone. Each change is made to what is on disk then,
so processes that share a wallet keep each other's changes. A compartment knows nothing of the services.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final, Generic, Self, TypeVar

from services.seal import kdf
from services.seal.secret import SecretBytes
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.keys import Alias, Issuing, Person, from_json, to_json
from vouchsafe.sdk.sealed_file import Cost, SealedFile

ROOT_SIZE: Final = 32

C = TypeVar("C", "PersonContent", "AliasContent")


@dataclass(frozen=True)
class PersonContent:
    """The person's file; `person` is None until the first registration is sent.

    `root`, 32 random bytes, is what a recovery code holds: the person's keys and the key of backups follow from it.
    """

    root: SecretBytes
    person: Person | None = None


@dataclass(frozen=True)
class AliasContent:
    """The aliases' file. From `root`, 32 random bytes, only the key of backups follows.

    Aliases do not: a wallet that could make its candidates again, but has forgotten which of them it has shown, could
    be made to show the rest (`services.seal.cut_and_choose`).
    """

    root: SecretBytes
    issuing: tuple[Issuing, ...] = ()
    aliases: tuple[Alias, ...] = ()


class _Compartment(Generic[C]):
    """An unlocked file with its content as it was read or written last."""

    FILE: ClassVar[str]
    PURPOSE: ClassVar[str]
    _kind: type[C]

    def __init__(self, file: SealedFile, content: C) -> None:
        self._file = file
        self._content: C = content

    @classmethod
    def create(cls, directory: Path, passphrase: str, *, cost: Cost, content: C | None = None) -> Self:
        """A new file in a directory, empty unless something is restored; WALLET_EXISTS when there is one."""
        content = content or cls._kind(SecretBytes.random(ROOT_SIZE))
        file = SealedFile.create(directory / cls.FILE, cls.PURPOSE, passphrase, to_json(content), cost=cost)
        return cls(file, content)

    @classmethod
    def open(cls, directory: Path, passphrase: str) -> Self:
        """The file in a directory. WALLET_MISSING, WALLET_DAMAGED or WRONG_PASSPHRASE when it does not open."""
        path = directory / cls.FILE
        file, content = SealedFile.unlock(path, cls.PURPOSE, passphrase)
        try:
            return cls(file, from_json(cls._kind, content))
        except ValueError as error:
            raise VouchsafeError(Reason.WALLET_DAMAGED, f"{path}: its content is not understood") from error

    def moved_to(self, directory: Path) -> Self:
        """The same compartment where its directory has been moved to; nothing is read or written."""
        return type(self)(self._file.moved_to(directory / self.FILE), self._content)

    @property
    def content(self) -> C:
        """All of it, for a backup."""
        return self._content

    def _change(self, change: Callable[[C], C]) -> None:
        """Change what is on disk now, and know it then."""
        written = self._file.update(lambda data: to_json(change(from_json(self._kind, data))))
        self._content = from_json(self._kind, written)


class PersonCompartment(_Compartment[PersonContent]):
    """An unlocked person's file."""

    FILE = "person.sealed"
    PURPOSE = "person"
    _kind = PersonContent

    @property
    def person(self) -> Person | None:
        """The person's keys; None before a registration was begun."""
        return self._content.person

    def registered(self) -> Person:
        """The person's keys; NOT_REGISTERED before identity has answered."""
        if self.person is None or not self.person.registered:
            raise VouchsafeError(Reason.NOT_REGISTERED, "this wallet holds no registered person")
        return self.person

    def new_person(self, login: str) -> Person:
        """The person that a login has in this compartment, which derives the same from the same root again.

        So a registration repeated from a recovery code gets identity's first answer.
        """
        root = self._content.root
        request = kdf.derive(root, "registration-request", login, size=16).reveal()
        return Person(login, str(uuid.UUID(bytes=request, version=4)), kdf.derive(root, "ownership-seed", login))

    def save(self, person: Person) -> None:
        """Replace the person's keys."""
        self._change(lambda content: replace(content, person=person))


class AliasCompartment(_Compartment[AliasContent]):
    """An unlocked aliases' file. It holds nothing of the person that is not sealed to the opening key."""

    FILE = "aliases.sealed"
    PURPOSE = "aliases"
    _kind = AliasContent

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """All aliases, in the order they were issued, those that were retired included."""
        return self._content.aliases

    def alias(self, label: str, slot: int | None = None) -> Alias:
        """The newest alias under a label; with a slot, the newest in it. NO_SUCH_ALIAS when there is none.

        A retired alias is found by its slot alone: nobody shall speak with it by accident.
        """
        found = [a for a in self.aliases if a.label == label and (a.slot == slot or (slot is None and not a.retired))]
        if not found:
            raise VouchsafeError(Reason.NO_SUCH_ALIAS, f"this wallet holds no alias under {label}")
        return max(found, key=lambda alias: alias.epoch)

    def held(self, label: str, epoch: int, slot: int) -> Alias | None:
        """The alias of one slot of one epoch, if there is one."""
        return next((a for a in self.aliases if slot_of(a) == (label, epoch, slot)), None)

    def speaker(self, label: str) -> Alias:
        """The newest alias under a label that can speak. NO_SUCH_ALIAS when there is none, ALIAS_NOT_READY before."""
        ready = [a for a in self.aliases if a.label == label and a.handle and not a.retired]
        if not ready and self.alias(label):
            raise VouchsafeError(Reason.ALIAS_NOT_READY, f"the alias under {label} has not been created yet")
        return max(ready, key=lambda alias: alias.epoch)

    def issuing(self, label: str, epoch: int, slot: int) -> Issuing | None:
        """The issuance under way for this slot, if there is one."""
        return next((i for i in self._content.issuing if slot_of(i) == (label, epoch, slot)), None)

    def save_issuing(self, issuing: Issuing) -> Issuing:
        """Add an issuance before it is sent, or its choice before it is answered; returns what is kept of the slot.

        That is another process's, should it have begun the slot meanwhile. ISSUING_ELSEWHERE when what is on disk is
        not this issuance, or has another choice: to answer two would give every candidate away.
        """
        self._change(lambda content: replace(content, issuing=_with(content.issuing, issuing)))
        return self.issuing(*slot_of(issuing)) or issuing

    def finish_issuing(self, issuing: Issuing, alias: Alias) -> Alias:
        """Turn an issuance into an alias, in one step; the alias that is kept, by whichever process was first."""

        def change(content: AliasContent) -> AliasContent:
            held = any(slot_of(each) == slot_of(alias) for each in content.aliases)
            aliases = content.aliases if held else (*content.aliases, alias)
            return replace(content, issuing=_others(content.issuing, issuing), aliases=aliases)

        self._change(change)
        return self.held(*slot_of(alias)) or alias

    def change_alias(self, alias: Alias, change: Callable[[Alias], Alias]) -> None:
        """Change the alias of the same label, epoch and slot, as it is now."""
        slot = slot_of(alias)
        self._change(
            lambda content: replace(
                content, aliases=tuple(change(a) if slot_of(a) == slot else a for a in content.aliases)
            )
        )

    def save_alias(self, alias: Alias) -> None:
        """Replace the alias of the same label, epoch and slot."""
        self.change_alias(alias, lambda _: alias)

    def retire(self, label: str, *, except_for: Alias) -> None:
        """Set all aliases under a label aside but one, in one step."""

        def retired(alias: Alias) -> Alias:
            return replace(
                alias, retired=alias.retired or (alias.label == label and slot_of(alias) != slot_of(except_for))
            )

        self._change(lambda content: replace(content, aliases=tuple(map(retired, content.aliases))))


def _others(issuings: tuple[Issuing, ...], issuing: Issuing) -> tuple[Issuing, ...]:
    return tuple(other for other in issuings if slot_of(other) != slot_of(issuing))


def _with(issuings: tuple[Issuing, ...], issuing: Issuing) -> tuple[Issuing, ...]:
    """The issuances with this one, unless its slot is taken: only what was kept before it was sent gets a choice."""
    kept = next((other for other in issuings if slot_of(other) == slot_of(issuing)), None)
    if issuing.chosen is None:
        taken = kept is not None and (kept.chosen is not None or kept.candidates == issuing.candidates)
        return issuings if taken else (*_others(issuings, issuing), issuing)
    if kept not in (issuing, replace(issuing, chosen=None)):
        raise VouchsafeError(
            Reason.ISSUING_ELSEWHERE, "this wallet has gone on with the slot elsewhere; nothing was opened; ask again"
        )
    return (*_others(issuings, issuing), issuing)


def slot_of(held: Alias | Issuing) -> tuple[str, int, int]:
    """Label, epoch and slot: there is one issuance or alias of each."""
    return held.label, held.epoch, held.slot
