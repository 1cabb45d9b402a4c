"""One file that only a passphrase opens, replaced in one step.

How a passphrase becomes a key, and what stands in the file, is `services.seal.passphrase`'s; what the content means is
the business of `wallet`.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.seal.errors import SealError
from services.seal.passphrase import Cost, Kind, Lock, WrongPassphrase, purpose_of
from services.seal.secret import SecretBytes
from vouchsafe.sdk.errors import Reason, VouchsafeError

__all__ = ["Cost", "SealedFile", "sync_directory"]

WALLET = Kind("vouchsafe/wallet/1", "wallet")


class SealedFile:
    """A file whose key is in memory. Make one with `create` or `unlock`; both take as long as `Cost` says."""

    def __init__(self, path: Path, lock: Lock) -> None:
        self._path = path
        self._lock = lock

    @classmethod
    def create(cls, path: Path, purpose: str, passphrase: str, content: bytes, *, cost: Cost) -> "SealedFile":
        """A new file; `purpose` is shown in it and bound to it. WALLET_EXISTS when there is one already."""
        if path.exists():
            raise VouchsafeError(Reason.WALLET_EXISTS, f"{path} exists already")
        file = cls(path, Lock.new(WALLET, purpose, _bytes(passphrase), cost=cost))
        file.write(content)
        return file

    @classmethod
    def unlock(cls, path: Path, purpose: str, passphrase: str) -> tuple["SealedFile", bytes]:
        """The file and its content. WALLET_MISSING, WALLET_DAMAGED or WRONG_PASSPHRASE when it does not open."""
        try:
            text = path.read_bytes()
            found = purpose_of(WALLET, text)
        except FileNotFoundError as error:
            raise VouchsafeError(Reason.WALLET_MISSING, f"there is no {path.name} at {path.parent}") from error
        except (OSError, SealError) as error:
            damaged = f"{path} is not a wallet that this version can read"
            raise VouchsafeError(Reason.WALLET_DAMAGED, damaged) from error
        if found != purpose:
            raise VouchsafeError(Reason.WALLET_DAMAGED, f"{path} is another kind of file")
        try:
            lock, content = Lock.unlock(WALLET, text, _bytes(passphrase))
        except WrongPassphrase as error:
            raise VouchsafeError(Reason.WRONG_PASSPHRASE, "the passphrase does not open the wallet") from error
        return cls(path, lock), content

    def moved_to(self, path: Path) -> "SealedFile":
        """The same file where its directory has been moved to; nothing is read or written."""
        return SealedFile(path, self._lock)

    def write(self, content: bytes) -> None:
        """Replace the content in one step, readable by the owner only: a crash leaves the old file or the new."""
        _replace(self._path, self._lock.seal(content))

    def update(self, change: Callable[[bytes], bytes]) -> bytes:
        """Replace what is in the file *now* by what `change` makes of it, and return that.

        Several processes may do so at once: each sees the others' changes. WALLET_MISSING or WALLET_DAMAGED when the
        file is gone, or is another one by now.
        """
        try:
            with _alone_in(self._path.parent):
                content = change(self._lock.open(self._path.read_bytes()))
                self.write(content)
        except FileNotFoundError as error:
            raise VouchsafeError(Reason.WALLET_MISSING, f"there is no {self._path.name} any more") from error
        except SealError as error:
            raise VouchsafeError(Reason.WALLET_DAMAGED, f"{self._path} is not the file that was opened") from error
        return content


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep other processes' updates of a directory's files waiting; the system lets go when a process dies."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _bytes(passphrase: str) -> SecretBytes:
    return SecretBytes(passphrase.encode("utf-8", errors="surrogateescape"))


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
