"""One file that only a passphrase opens: Argon2id (RFC 9106), then AES-256-GCM, replaced in one step.

The file is JSON, so that anyone can see what it is and what it costs to try a passphrase; the content is in `sealed`
and the tag covers the rest of the header too. What the content means is the business of `wallet`.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from services.seal import field_crypt
from services.seal.canonical import from_base64, signed_bytes, to_base64
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from vouchsafe.sdk.errors import Reason, VouchsafeError

FORMAT = "vouchsafe/wallet/1"
_SALT_SIZE = 16
_MOST_MEMORY_KIB = 2 * 1024 * 1024  # a damaged header must not take all the memory there is
_MOST_PASSES = 64


@dataclass(frozen=True)
class Cost:
    """What one try of a passphrase costs.

    The default is RFC 9106's second recommended setting on one lane: with more, OpenSSL takes threads from one pool,
    and two derivations at a time in one process wait for each other's for ever (seen with cryptography 50.0.2).
    """

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.passes <= _MOST_PASSES and 0 < self.lanes <= 64):
            raise ValueError("passes or lanes are out of range")
        if not 8 * self.lanes <= self.memory_kib <= _MOST_MEMORY_KIB:
            raise ValueError("the memory is out of range")


class SealedFile:
    """A file whose key is in memory. Make one with `create` or `unlock`; both take as long as `Cost` says."""

    def __init__(self, path: Path, purpose: str, cost: Cost, salt: bytes, key: SecretBytes) -> None:
        self._path = path
        self._purpose = purpose
        self._cost = cost
        self._salt = salt
        self._key = key

    @classmethod
    def create(cls, path: Path, purpose: str, passphrase: str, content: bytes, *, cost: Cost) -> "SealedFile":
        """A new file; `purpose` is shown in it and bound to it. WALLET_EXISTS when there is one already."""
        if path.exists():
            raise VouchsafeError(Reason.WALLET_EXISTS, f"{path} exists already")
        salt = os.urandom(_SALT_SIZE)
        file = cls(path, purpose, cost, salt, _derive(passphrase, salt, cost))
        file.write(content)
        return file

    @classmethod
    def unlock(cls, path: Path, purpose: str, passphrase: str) -> tuple["SealedFile", bytes]:
        """The file and its content. WALLET_MISSING, WALLET_DAMAGED or WRONG_PASSPHRASE when it does not open."""
        cost, salt, sealed = _read(path, purpose)
        file = cls(path, purpose, cost, salt, _derive(passphrase, salt, cost))
        try:
            return file, field_crypt.decrypt(file._key, sealed, file._header())
        except SealError as error:
            raise VouchsafeError(Reason.WRONG_PASSPHRASE, "the passphrase does not open the wallet") from error

    def moved_to(self, path: Path) -> "SealedFile":
        """The same file where its directory has been moved to; nothing is read or written."""
        return SealedFile(path, self._purpose, self._cost, self._salt, self._key)

    def write(self, content: bytes) -> None:
        """Replace the content in one step, readable by the owner only: a crash leaves the old file or the new."""
        document = {
            "format": FORMAT,
            "purpose": self._purpose,
            "argon2id": asdict(self._cost) | {"salt": to_base64(self._salt)},
            "sealed": to_base64(field_crypt.encrypt(self._key, content, self._header())),
        }
        _replace(self._path, json.dumps(document, indent=2).encode() + b"\n")

    def _header(self) -> bytes:
        cost = self._cost
        return signed_bytes("wallet", self._purpose, cost.memory_kib, cost.passes, cost.lanes, self._salt)


def _derive(passphrase: str, salt: bytes, cost: Cost) -> SecretBytes:
    kdf = Argon2id(
        salt=salt, length=field_crypt.KEY_SIZE, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return SecretBytes(kdf.derive(passphrase.encode("utf-8", errors="surrogateescape")))


def _read(path: Path, purpose: str) -> tuple[Cost, bytes, bytes]:
    try:
        document: Any = json.loads(path.read_bytes())
        cost = dict(document["argon2id"])
        salt = from_base64(cost.pop("salt"))
        header, fields = (
            (document["format"], document["purpose"]),
            (Cost(**cost), salt, from_base64(document["sealed"])),
        )
    except FileNotFoundError as error:
        raise VouchsafeError(Reason.WALLET_MISSING, f"there is no wallet at {path.parent}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VouchsafeError(Reason.WALLET_DAMAGED, f"{path} is not a wallet that this version can read") from error
    if header != (FORMAT, purpose):
        raise VouchsafeError(Reason.WALLET_DAMAGED, f"{path} is another kind of file")
    return fields


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Have the directory's entries on disk: a rename is not, before its directory is (fsync(2))."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
