"""What deciders take for granted, as types: claims of the outside world, and the same claims once they are verified.

A plain dataclass here is a claim. Its `Verified…` counterpart is a distinct type that only `checks` makes, after it has
verified every signature: a decider that asks for one cannot be handed an unverified claim by mistake. Nothing here
verifies anything.
"""

from dataclasses import dataclass
from typing import NewType


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """The key that verification publishes for a label in an epoch; `public_key` is a DER SubjectPublicKeyInfo.

    `ends_at`: when the epoch ends, Unix seconds; 0 when that was not told.
    """

    label: str
    epoch: int
    label_name: str
    public_key: bytes
    ends_at: int = 0


@dataclass(frozen=True, slots=True)
class Credential:
    """An issuer's word that a verified person under the label controls `alias_key` (32 bytes).

    `envelope_hash` (32 bytes) names the envelope that disclosure keeps, `prefix` (32) is RFC 9474's message randomizer,
    `signature` (384) the issuer's.
    """

    label: str
    epoch: int
    alias_key: bytes
    envelope_hash: bytes
    prefix: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class AliasClaim:
    """All that an alias stands on, with the label's words as the issuer key was published with them."""

    credential: Credential
    label_name: str
    handle: str
    receipt_signature: bytes


@dataclass(frozen=True, slots=True)
class AuthorProof:
    """Keys (32 bytes each) and signatures (64 each) that tie a text to an alias in one thread."""

    alias_key: bytes
    thread_key: bytes
    certificate: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedPost:
    """A post as its author signed it; `title` is empty unless the post opens the thread."""

    thread_id: str
    title: str
    post_id: str
    body: str
    proof: AuthorProof


@dataclass(frozen=True, slots=True)
class SignedComment:
    """A comment as its author signed it."""

    thread_id: str
    post_id: str
    comment_id: str
    body: str
    proof: AuthorProof


VerifiedIssuerKey = NewType("VerifiedIssuerKey", IssuerKey)
"""A well-formed key: an RSA key of the one size and exponent in the one encoding."""

VerifiedCredential = NewType("VerifiedCredential", Credential)
"""Its signature is that of the label's issuer key."""

VerifiedAlias = NewType("VerifiedAlias", AliasClaim)
"""Credential, receipt and possession of the alias key are verified."""

VerifiedPost = NewType("VerifiedPost", SignedPost)
"""Certificate and signature are verified. That the alias exists is not."""

VerifiedComment = NewType("VerifiedComment", SignedComment)
"""Certificate and signature are verified. That the alias exists is not."""
