"""Raw 32-byte private keys in files of their own: officers' Ed25519 seeds, recipients' X25519 keys.

They are not sealed: an officer's machine keeps them on an encrypted disk or a token. The file is made readable by its
owner only, and never overwritten.
"""

import os
from pathlib import Path

from services.seal.secret import SecretBytes
from vouchsafe.sdk.errors import Reason, VouchsafeError

KEY_SIZE = 32


def read_key(path: Path) -> SecretBytes:
    """The key in a file; FILE_UNREADABLE unless it holds exactly 32 bytes."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path}: {error.strerror}") from error
    if len(data) != KEY_SIZE:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path}: a key file holds {KEY_SIZE} bytes")
    return SecretBytes(data)


def write_key(path: Path, key: SecretBytes) -> None:
    """A new file with mode 0600; FILE_EXISTS when it is there already, FILE_UNREADABLE when it cannot be made."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.reveal())
    except FileExistsError as error:
        raise VouchsafeError(Reason.FILE_EXISTS, f"{path} is there already, and a key is never overwritten") from error
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path}: {error.strerror}") from error
