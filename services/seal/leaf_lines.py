"""The lines of a leaf: each field of it as text that anyone can read, and back.

Integers are decimal without leading zeros, below 2^64; bytes are lower-case hex, 64 of a field called ``signature`` and
32 of any other; text is printable and at most `MAX_TEXT` bytes. Which leaves there are, and of which fields, is told by
`leaves`. All errors are `SealError`.
"""

from services.seal.canonical import MAX_INTEGER
from services.seal.errors import SealError

HEADER = "vouchsafe/v1/leaf/"
MAX_LEAF = 16_384
"""Bytes of the largest leaf."""
SIGNATURE_SIZE = 64
"""Bytes of an officer's Ed25519 signature in a leaf."""
MAX_TEXT = 256
"""Bytes, in UTF-8, of the longest text in a leaf."""


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a leaf, the one with its kind first, without their line feeds."""
    if len(data) > MAX_LEAF:
        raise SealError("a leaf is too long")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SealError("a leaf is UTF-8 text") from error
    if not text.endswith("\n"):
        raise SealError("a leaf ends with a line feed")
    return text[:-1].split("\n")


def from_line(line: str, key: str, kind: object) -> str | int | bytes:
    """Return the value of the field with that key and type (`int`, `bytes`, else text) from its line."""
    prefix = key + " "
    if not line.startswith(prefix):
        raise SealError(f"a line of the leaf must start with '{key}'")
    text = line[len(prefix) :]
    try:
        if kind is int:
            return int(text)
        return bytes.fromhex(text) if kind is bytes else text
    except ValueError as error:
        raise SealError(f"the value of '{key}' is malformed") from error


def check_value(name: str, value: object) -> None:
    """Return when a field of that name may hold the value."""
    if isinstance(value, bytes):
        size = SIGNATURE_SIZE if name == "signature" else 32
        if len(value) != size:
            raise SealError(f"{name} has {size} bytes")
    elif isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= MAX_INTEGER:
            raise SealError(f"{name} is outside 0..2^64-1")
    elif not isinstance(value, str) or not value or not value.isprintable():
        raise SealError(f"{name} must be printable text")
    elif len(value.encode("utf-8")) > MAX_TEXT:
        raise SealError(f"{name} has at most {MAX_TEXT} bytes")


def key_of(name: str) -> str:
    """Return the key that a field of that name has in its line."""
    return name.replace("_", "-")


def to_text(value: object) -> str:
    """Return the value as its line has it."""
    return value.hex() if isinstance(value, bytes) else str(value)
