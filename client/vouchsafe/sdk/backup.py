"""Backups of single compartments, and the recovery code that opens them.

A backup is one file, sealed with AES-256-GCM under a key that follows from its compartment's root (HKDF), so it needs
no passphrase and may lie anywhere. The recovery code is that root on paper: base32 (RFC 4648) with a checksum. It stays
the same for the life of the compartment, so it is written down once, and newer backups need only be copied. Each
compartment has its own: whoever finds one code and one file learns one half.

A backup leaves out issuances under way. A wallet that forgot which candidate was chosen could be asked to show the rest
of them (`services.seal.cut_and_choose`); what was under way at the time of the backup is lost with its slot.
"""

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from services.seal import field_crypt, kdf
from services.seal.canonical import from_base64, sha256, signed_bytes, to_base64
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from vouchsafe.sdk.compartments import ROOT_SIZE, AliasCompartment, AliasContent, PersonCompartment, PersonContent
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.keys import from_json, to_json
from vouchsafe.sdk.sealed_file import Cost

FORMAT: Final = "vouchsafe/backup/1"
_CHECK_SIZE: Final = 3  # bytes; with the root's 32 they make 56 base32 digits
_GROUP: Final = 4

Compartment = PersonCompartment | AliasCompartment


def recovery_code(compartment: Compartment) -> str:
    """The root of a compartment for paper: 14 groups of 4 letters and digits. It opens every backup of it."""
    root, purpose = compartment.content.root.reveal(), compartment.PURPOSE
    digits = base64.b32encode(root + _check(root, purpose)).decode("ascii").rstrip("=")
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def read_code(text: str, purpose: str) -> SecretBytes:
    """The root that a code stands for; RECOVERY_CODE_WRONG for a slip of the pen, or the other compartment's code.

    Spaces, hyphens and case do not matter; 0, 1 and 8, which base32 does not have, are read as O, I and B.
    """
    digits = "".join(text.split()).replace("-", "").upper().translate(str.maketrans("018", "OIB"))
    try:
        data = base64.b32decode(digits)
    except ValueError:
        data = b""
    root = data[:ROOT_SIZE]
    if len(data) != ROOT_SIZE + _CHECK_SIZE or data[ROOT_SIZE:] != _check(root, purpose):
        raise VouchsafeError(Reason.RECOVERY_CODE_WRONG, f"this is not a recovery code of a wallet's {purpose} file")
    return SecretBytes(root)


def write_backup(compartment: Compartment, path: Path) -> None:
    """A new file with all of a compartment but what is under way; FILE_EXISTS rather than to overwrite one."""
    content, purpose = compartment.content, compartment.PURPOSE
    if isinstance(content, AliasContent):
        content = replace(content, issuing=())
    sealed = field_crypt.encrypt(_key(content.root, purpose), to_json(content), _header(purpose))
    document = {"format": FORMAT, "purpose": purpose, "sealed": to_base64(sealed)}
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=2) + "\n")
    except FileExistsError as error:
        raise VouchsafeError(Reason.FILE_EXISTS, f"{path} is there already") from error
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path}: {error.strerror}") from error


def purpose_of(path: Path) -> str:
    """Which compartment a backup is of, `person` or `aliases`; FILE_UNREADABLE when it is no backup."""
    return _read(path)[0]


def restore(path: Path, code: str, directory: Path, passphrase: str, *, cost: Cost | None = None) -> Compartment:
    """Make a compartment of a backup, in a directory that has none of its kind, under a new passphrase.

    RECOVERY_CODE_WRONG, FILE_UNREADABLE, or WALLET_EXISTS.
    """
    purpose, sealed = _read(path)
    root = read_code(code, purpose)
    try:
        content = field_crypt.decrypt(_key(root, purpose), sealed, _header(purpose))
    except SealError as error:
        raise VouchsafeError(Reason.RECOVERY_CODE_WRONG, "the recovery code does not open this backup") from error
    try:
        if purpose == PersonCompartment.PURPOSE:
            person = from_json(PersonContent, content)
            return PersonCompartment.create(directory, passphrase, cost=cost or Cost(), content=person)
        aliases = from_json(AliasContent, content)
        return AliasCompartment.create(directory, passphrase, cost=cost or Cost(), content=aliases)
    except ValueError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path}: its content is not understood") from error


def restore_person(code: str, directory: Path, passphrase: str, *, cost: Cost | None = None) -> PersonCompartment:
    """The person's compartment from its code alone, empty: to register again as before answers as it did then."""
    content = PersonContent(read_code(code, PersonCompartment.PURPOSE))
    return PersonCompartment.create(directory, passphrase, cost=cost or Cost(), content=content)


def _read(path: Path) -> tuple[str, bytes]:
    try:
        document: Any = json.loads(path.read_bytes())
        form, purpose, sealed = document["format"], document["purpose"], from_base64(document["sealed"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path} is not a backup that this version can read") from error
    if form != FORMAT or purpose not in _PURPOSES:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path} is not a backup that this version can read")
    return purpose, sealed


_PURPOSES: Sequence[str] = (PersonCompartment.PURPOSE, AliasCompartment.PURPOSE)


def _key(root: SecretBytes, purpose: str) -> SecretBytes:
    return kdf.derive(root, "backup-key", purpose, size=field_crypt.KEY_SIZE)


def _header(purpose: str) -> bytes:
    return signed_bytes("backup", purpose)


def _check(root: bytes, purpose: str) -> bytes:
    return sha256(signed_bytes("recovery-code", purpose, root))[:_CHECK_SIZE]
