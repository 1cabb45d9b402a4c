"""What a dealing publishes: the opening key, the threshold, the dealer's commitments and each share's public key.

As TOML it has the names that `trust.toml` has, so that it is one of the parts which that is assembled from.
"""

import tomllib
from dataclasses import dataclass

from services.ceremony.errors import CeremonyError
from services.chassis import toml_text
from services.seal import threshold
from services.seal.canonical import sha256, signed_bytes
from services.seal.errors import SealError
from services.seal.threshold import Dealing, Share


@dataclass(frozen=True)
class PublicPart:
    """Points of ristretto255, 32 bytes each; `share_public_keys` in the order of the indices, from 1."""

    opening_key: bytes
    threshold: int
    share_public_keys: tuple[bytes, ...]
    share_commitments: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Everything follows from the commitments (Feldman); CeremonyError when anything contradicts them."""
        if self.threshold != len(self.share_commitments) or not 2 <= self.threshold <= len(self.share_public_keys):
            raise CeremonyError("the threshold does not fit the commitments, or the number of shares")
        if self.opening_key != self.share_commitments[0]:
            raise CeremonyError("the opening key is not the one that was committed to")
        for index, key in enumerate(self.share_public_keys, 1):
            try:
                expected = threshold.share_public_key(self.share_commitments, index)
            except SealError as error:
                raise CeremonyError("a commitment is not a point") from error
            if key != expected:
                raise CeremonyError(f"the public key of share {index} does not fit the commitments")

    @classmethod
    def of(cls, dealing: Dealing) -> "PublicPart":
        """The public part of a dealing."""
        return cls(dealing.public_key, dealing.threshold, dealing.share_public_keys, dealing.commitments)

    @classmethod
    def parse(cls, text: str) -> "PublicPart":
        """The public part of a TOML text, checked; other keys of the text are left aside, so trust.toml will do."""
        try:
            table = tomllib.loads(text)
            return cls(
                opening_key=bytes.fromhex(table["opening_key"]),
                threshold=int(table["threshold"]),
                share_public_keys=tuple(bytes.fromhex(key) for key in table["share_public_keys"]),
                share_commitments=tuple(bytes.fromhex(key) for key in table["share_commitments"]),
            )
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            raise CeremonyError("not the public part of a ceremony") from error

    def render(self) -> str:
        """The TOML text."""
        return toml_text.render(
            {
                "opening_key": self.opening_key.hex(),
                "threshold": self.threshold,
                "share_public_keys": [key.hex() for key in self.share_public_keys],
                "share_commitments": [key.hex() for key in self.share_commitments],
            }
        )

    def hash(self) -> bytes:
        """32 bytes over all of it, for people to compare."""
        keys, commitments = (signed_bytes("keys", *each) for each in (self.share_public_keys, self.share_commitments))
        return sha256(signed_bytes("ceremony-public", self.opening_key, self.threshold, keys, commitments))

    def check(self, share: Share) -> None:
        """CeremonyError unless the share is one of this dealing."""
        try:
            threshold.check_share(share, self.share_commitments)
        except SealError as error:
            raise CeremonyError(f"share {share.index} does not fit the dealer's commitments") from error
        if share.index > len(self.share_public_keys):
            raise CeremonyError(f"nobody was dealt a share {share.index}")
