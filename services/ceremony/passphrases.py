"""Passphrases, asked for without showing them or read from files, and the least that is demanded of a new one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from services.ceremony.errors import CeremonyError
from services.ceremony.new_directory import read
from services.seal.secret import SecretBytes
from services.seal.share_file import passphrase_of

LEAST: Final = 15
"""Characters of a passphrase that stands alone, as NIST SP 800-63B-4 section 3.1.1.2 has it."""


def existing(whose: str, file: Path | None) -> SecretBytes:
    """The passphrase of what exists already."""
    return _from(file) if file else passphrase_of(typer.prompt(f"Passphrase of {whose}", hide_input=True, err=True))


def new(whose: str, file: Path | None) -> SecretBytes:
    """A passphrase for what is about to be made, typed twice; CeremonyError when it is too short."""
    if file:
        passphrase = _from(file)
    else:
        asked = f"New passphrase of {whose}"
        passphrase = passphrase_of(typer.prompt(asked, hide_input=True, confirmation_prompt="The same again", err=True))
    if len(passphrase.reveal().decode()) < LEAST:
        raise CeremonyError(f"the passphrase of {whose} has fewer than {LEAST} characters")
    return passphrase


def for_all(trustees: int, files: Sequence[Path]) -> list[SecretBytes]:
    """A new passphrase for each trustee, no two the same."""
    if files and len(files) != trustees:
        raise CeremonyError(f"{trustees} trustees need {trustees} passphrase files, and {len(files)} are given")
    found = [new(f"trustee {i + 1}", files[i] if files else None) for i in range(trustees)]
    if len({passphrase.reveal() for passphrase in found}) != trustees:
        raise CeremonyError("two trustees have one passphrase; each needs a passphrase that nobody else knows")
    return found


def _from(file: Path) -> SecretBytes:
    try:
        return passphrase_of(read(file).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise CeremonyError(f"{file} is not text") from error
