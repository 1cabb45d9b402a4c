"""The transparency log as this service stores it: stream `log`, one event a leaf, so the version is the tree's size.

Two processes cannot fork it, for a stream takes one event at each version. Hashing and proofs are `transparency`'s.
"""

from dataclasses import dataclass

STREAM = "log"


@dataclass(frozen=True)
class LeafAppended:
    """The log grew by one leaf, as it is hashed."""

    leaf: bytes
