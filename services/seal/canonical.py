"""Canonical bytes: the one encoding of everything that Vouchsafe signs, hashes or authenticates.

An object is the concatenation of

1. the domain tag: the ASCII bytes ``vouchsafe/v1/<what>`` and one line feed (0x0A);
2. each field in order: its length as an unsigned 32-bit big-endian integer, then its bytes.

A text field is its UTF-8 bytes, unnormalised. An integer field is 8 bytes, unsigned big-endian. ``<what>`` consists of
``a-z``, ``0-9`` and ``-`` only, so the tag ends at the first line feed. For one ``<what>`` the number and the types of
the fields are fixed (see `statements`), hence two different objects never share an encoding.

The idea is that of TLS presentation language vectors (RFC 8446 section 3.4) with one length size for everything. What
the fields mean is left to `statements`.
"""

import base64
import binascii
import hashlib
import re
import struct

from services.seal.errors import SealError

DOMAIN = b"vouchsafe/v1/"
HASH_SIZE = 32
MAX_INTEGER = 2**64 - 1
MAX_FIELD = 2**32 - 1

_WHAT = re.compile(r"[a-z0-9-]+")


def signed_bytes(what: str, *fields: bytes | str | int) -> bytes:
    """Return the canonical bytes of the fields under the domain tag ``vouchsafe/v1/<what>``.

    Raises `SealError` for a malformed tag, an integer outside 0..2^64-1, text that UTF-8 cannot carry (a lone
    surrogate), or a value of another type.
    """
    if not _WHAT.fullmatch(what):
        raise SealError("a domain tag consists of a-z, 0-9 and '-'")
    return b"".join([DOMAIN, what.encode("ascii"), b"\n", *(_framed(field) for field in fields)])


def read_fields(what: str, data: bytes) -> tuple[bytes, ...]:
    """Return the raw fields of canonical bytes, the inverse of `signed_bytes`.

    Raises `SealError` when the tag is another one or the framing does not end exactly with the data.
    """
    tag = signed_bytes(what)
    if not data.startswith(tag):
        raise SealError(f"not canonical bytes of '{what}'")
    fields: list[bytes] = []
    at = len(tag)
    while at < len(data):
        start = at + 4
        if start > len(data):
            raise SealError("the last field's length is cut off")
        (size,) = struct.unpack_from(">I", data, at)
        at = start + size
        if at > len(data):
            raise SealError("a field is longer than the data")
        fields.append(data[start:at])
    return tuple(fields)


def sha256(*parts: bytes) -> bytes:
    """Return the 32-byte SHA-256 (FIPS 180-4) of the parts, concatenated. The caller frames them."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def to_base64url(data: bytes) -> str:
    """Return base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Decode unpadded base64url, refusing every text but the one `to_base64url` returns."""
    data = _decode64(text + "=" * (-len(text) % 4), b"-_")
    if to_base64url(data) != text:
        raise SealError("base64url is not canonical")
    return data


def to_base64(data: bytes) -> str:
    """Return padded base64 (RFC 4648 section 4), the alphabet of notes and checkpoints."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """Decode padded base64, refusing every text but the one `to_base64` returns."""
    data = _decode64(text, b"+/")
    if to_base64(data) != text:
        raise SealError("base64 is not canonical")
    return data


def _framed(field: bytes | str | int) -> bytes:
    data = _field_bytes(field)
    if len(data) > MAX_FIELD:
        raise SealError("a field is longer than 2^32-1 bytes")
    return struct.pack(">I", len(data)) + data


def _field_bytes(field: object) -> bytes:
    if isinstance(field, bytes):
        return field
    if isinstance(field, str):
        try:
            return field.encode("utf-8")
        except UnicodeEncodeError as error:
            raise SealError("text is not encodable as UTF-8") from error
    # bool is an int to Python, but True and 1 must not be one signed value by accident.
    if isinstance(field, int) and not isinstance(field, bool):
        if not 0 <= field <= MAX_INTEGER:
            raise SealError("an integer field is outside 0..2^64-1")
        return field.to_bytes(8, "big")
    raise SealError(f"a field cannot be a {type(field).__name__}")


def _decode64(text: str, altchars: bytes) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), altchars=altchars, validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise SealError("not base64") from error
