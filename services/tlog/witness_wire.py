"""The body of a C2SP tlog-witness add-checkpoint request, and what else both sides of it must agree on.

The body is the size from which the tree is shown to have grown, the consistency proof between the two, an empty line
and the signed checkpoint, which stays opaque here. https://c2sp.org/tlog-witness
"""

from dataclasses import dataclass
from typing import Final

from services.seal.canonical import HASH_SIZE, from_base64, to_base64
from services.seal.checkpoint import parse_decimal
from services.seal.errors import SealError

PATH: Final = "/add-checkpoint"
"""Below a witness's submission prefix."""

SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of the answer to an old size that is not the witness's: that size in decimal, and a newline."""

MAX_PROOF: Final = 63
MAX_REQUEST: Final = 64 * 1024
MAX_ANSWER: Final = 16 * 1024
"""Bytes. A request of our own has less than 4 KiB, an answer less than 1."""


@dataclass(frozen=True)
class AddCheckpoint:
    """A request to co-sign `note`, whose tree is said to begin with the one of `old_size` leaves, by `proof`."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    def format(self) -> bytes:
        """The body as it is sent."""
        lines = [f"old {self.old_size}", *(to_base64(node) for node in self.proof)]
        return ("\n".join(lines) + "\n\n" + self.note).encode("utf-8")

    @classmethod
    def parse(cls, body: bytes) -> "AddCheckpoint":
        """Parse a body; raises SealError for anything but the exact format."""
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SealError("a request is UTF-8") from error
        head, gap, note = text.partition("\n\n")
        old, *proof = head.split("\n")
        if not gap or not old.startswith("old ") or len(proof) > MAX_PROOF:
            raise SealError("a request is an old size, a proof of at most 63 lines, an empty line and a checkpoint")
        nodes = tuple(from_base64(line) for line in proof)
        if any(len(node) != HASH_SIZE for node in nodes):
            raise SealError("a line of a consistency proof is one hash")
        return cls(parse_decimal(old.removeprefix("old ")), nodes, note)
