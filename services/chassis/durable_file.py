"""Small files that outlive a crash: held by one process, appended to or replaced, on disk when the call returns.

What the bytes mean, and what to do with a torn tail, is the caller's.
"""

import fcntl
import os
import secrets
import stat
from pathlib import Path


class StateError(Exception):
    """A file cannot be trusted, could not be written, or is in use by another process; going on would be unsafe."""


class InUseError(StateError):
    """Another process has the file; it may be asked for again."""


def open_alone(path: Path) -> int:
    """Open or create a file for appending, for this process alone; its descriptor, mode 0600.

    Missing directories are made, and the file's name is durable on return. Closing the descriptor gives the file up.
    Raises InUseError when another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sync_directory(path.parent)
    except BlockingIOError as error:
        os.close(descriptor)
        raise InUseError(f"{path.name} is held by another process") from error
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def append(descriptor: int, data: bytes) -> None:
    """Add data at the end. After a StateError nobody knows what is on disk, until the file is read again."""
    try:
        if os.write(descriptor, data) != len(data):
            raise StateError("a record could not be written")
        os.fsync(descriptor)
    except OSError as error:
        raise StateError("a record could not be written") from error


def read(path: Path) -> bytes:
    """The whole content of a regular file. OSError for anything else: a pipe would be waited for, a link followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path.name} is no regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes) -> None:
    """Put data in place of the whole file; a crash leaves the old content or the new. OSError when it fails."""
    # A name of its own: several may replace one file at once, and nobody can lay a link there beforehand.
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory as durable as the files' content."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
