"""What stands for the subject of an opening in the public log, so that he finds himself and nobody else learns of him.

Two hashes, one inside the other. The inner one, the *mark*, takes the sealed envelope: only its owner, disclosure and
the trustees can make it. The forum, which knows every alias and the hash of every envelope, never sees an envelope, so
the log tells it nothing. The outer one, the *tag*, anybody can make of blind and mark. It is in the intent and fixes
both: whatever notice follows, everybody sees whether it tells what the intent fixed, and need not know of whom.

That the mark is of the envelope to be opened is for whoever has that to check: the trustees, before they open it.
All errors are `SealError`.
"""

from services.seal.canonical import sha256, signed_bytes
from services.seal.errors import SealError

BLIND_SIZE = 32
"""Bytes of a blind. It is random and new for each intent, so that two about one alias have nothing in common."""


def subject_mark(blind: bytes, envelope: bytes) -> bytes:
    """Return what the owner of the envelope knows himself by in a notice, 32 bytes."""
    _check_blind(blind)
    return sha256(signed_bytes("subject-mark", blind, envelope))


def subject_tag(blind: bytes, mark: bytes) -> bytes:
    """Return what stands in an intent for its subject, 32 bytes."""
    _check_blind(blind)
    return sha256(signed_bytes("subject", blind, mark))


def _check_blind(blind: bytes) -> None:
    if len(blind) != BLIND_SIZE:
        raise SealError(f"a subject's blind has {BLIND_SIZE} bytes")
