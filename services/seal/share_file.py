"""A trustee's share as a file: the 34 bytes of `threshold.Share.encode` under the trustee's own passphrase.

The header names the share's index and the opening key that it belongs to, so that a file of another trustee, or of
another ceremony, is known before anybody types a passphrase. Whether the share fits the dealer's commitments is
`threshold.check_share`'s to say.
"""

import unicodedata

from services.seal.errors import SealError
from services.seal.passphrase import Cost, Kind, Lock, purpose_of
from services.seal.secret import SecretBytes
from services.seal.threshold import Share

SHARE = Kind("vouchsafe/share/1", "share-file")


def seal_share(share: Share, opening_key: bytes, passphrase: SecretBytes, *, cost: Cost) -> bytes:
    """Return the file's bytes."""
    lock = Lock.new(SHARE, _purpose(share.index, opening_key), passphrase, cost=cost)
    return lock.seal(share.encode().reveal())


def open_share(text: bytes, opening_key: bytes, passphrase: SecretBytes) -> Share:
    """Return the share; SealError for another ceremony's file, a damaged one, or a wrong passphrase."""
    index = index_of(text, opening_key)
    _, content = Lock.unlock(SHARE, text, passphrase)
    share = Share.decode(SecretBytes(content))
    if share.index != index:
        raise SealError("the share is not the one that its file names")
    return share


def passphrase_of(text: str) -> SecretBytes:
    """Return a passphrase as it is used: without space around it, and the same however a keyboard composes it (NFC)."""
    return SecretBytes(unicodedata.normalize("NFC", text.strip()).encode("utf-8", errors="surrogateescape"))


def index_of(text: bytes, opening_key: bytes) -> int:
    """Return whose share the file says it holds; SealError when it is not a share of this opening key."""
    purpose = purpose_of(SHARE, text)
    index = purpose.removeprefix("share ").partition(" of ")[0]
    if not (index.isascii() and index.isdecimal()) or purpose != _purpose(int(index), opening_key):
        raise SealError("the file is not a share of this opening key")
    return int(index)


def _purpose(index: int, opening_key: bytes) -> str:
    return f"share {index} of {opening_key.hex()}"
