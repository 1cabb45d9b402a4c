"""A public log with every key in reach: it grows, is signed and co-signed, forks, and is shown by sources in memory."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.chassis import toml_text
from services.seal.checkpoint import Checkpoint, sign_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.governance import Governance, fold
from services.seal.leaves import Leaf, OwnershipLeaf
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import Note, NoteSigner, SignatureType, cosign
from services.seal.trust import Trust
from services.tlog.errors import LogUnavailable, SourceError

ORIGIN = "platform.test/log"
ROLES = {"ann": "legal", "bob": "legal", "cyd": "privacy", "dan": "ombuds"}


@dataclass(frozen=True)
class LogKeys:
    """The keys of a log, its two witnesses and its officers, and the trust material that names them."""

    log: SigningKey = field(default_factory=SigningKey.generate)
    witnesses: tuple[SigningKey, ...] = field(default_factory=lambda: (SigningKey.generate(), SigningKey.generate()))
    officers: dict[str, SigningKey] = field(default_factory=lambda: {name: SigningKey.generate() for name in ROLES})

    @property
    def signer(self) -> NoteSigner:
        return NoteSigner(ORIGIN, self.log)

    @property
    def cosigners(self) -> tuple[NoteSigner, ...]:
        return tuple(
            NoteSigner(f"witness-{i}", key, SignatureType.COSIGNATURE) for i, key in enumerate(self.witnesses, start=1)
        )

    @property
    def text(self) -> str:
        """trust.toml."""
        point = "02" * 32
        officers = [
            {"name": name, "role": ROLES[name], "organisation": "platform", "public": key.public_key.hex()}
            for name, key in self.officers.items()
        ]
        policy = {"approvals": 3, "distinct_roles": 2, "approval_ttl_seconds": 3600}
        delays = {"veto_delay_seconds": 4, "notice_seconds": 6, "case_ttl_seconds": 3600}
        tables = {
            "origin": ORIGIN,
            "log": self.signer.verifier_key.encode(),
            "witness_quorum": len(self.witnesses),
            "receipt_public": point,
            "assertion_public": point,
            "opening_key": point,
            "share_public_keys": [point],
            "share_commitments": [point],
            "threshold": 1,
            "witnesses": [{"name": each.name, "vkey": each.verifier_key.encode()} for each in self.cosigners],
            "officers": officers,
            "policy": policy | delays,
        }
        return toml_text.render(tables)

    @property
    def trust(self) -> Trust:
        return Trust.parse(self.text)


class PublicLog:
    """A log that starts with the ceremony's leaf."""

    def __init__(self, keys: LogKeys | None = None, leaves: Iterable[bytes] = ()) -> None:
        self.keys = keys or LogKeys()
        self.trust = self.keys.trust
        self.leaves: list[bytes] = []
        self.tree = Tree()
        self.append(*(leaves or [self.trust.ceremony_leaf().to_bytes()]))

    def append(self, *leaves: bytes | Leaf) -> None:
        for leaf in leaves:
            data = leaf if isinstance(leaf, bytes) else leaf.to_bytes()
            self.tree.append(leaf_hash(data))
            self.leaves.append(data)

    def grow(self, count: int, seed: int = 0) -> None:
        """Append that many leaves, which differ by their place and the seed."""
        for _ in range(count):
            self.append(OwnershipLeaf(len(self.leaves).to_bytes(16, "big") + seed.to_bytes(16, "big")))

    def fork(self, size: int) -> "PublicLog":
        """Another log with the same keys and the same first `size` leaves."""
        return PublicLog(self.keys, self.leaves[:size])

    def head(self, size: int | None = None, *, at: int | None = None, witnesses: int = 2) -> str:
        """The signed head of the first `size` leaves, co-signed at a Unix time."""
        size = len(self.leaves) if size is None else size
        text = Checkpoint(ORIGIN, size, self.tree.root(size)).format()
        note = sign_checkpoint(Checkpoint.parse(text), self.keys.signer)
        moment = int(time.time()) if at is None else at
        lines = tuple(cosign(text, signer, moment) for signer in self.keys.cosigners[:witnesses])
        return Note(note.text, note.signatures + lines).format()


class MemorySource:
    """Shows a log, or the first `size` leaves of it; breaks as it is told.

    `at`: when its heads were co-signed. `broken`: it answers nothing. `garbled`: its entries are not the log's.
    """

    def __init__(self, log: PublicLog, name: str = "memory") -> None:
        self.log = log
        self.name = name
        self.size: int | None = None
        self.at: int | None = None
        self.broken = False
        self.garbled = False
        self.served = 0

    async def checkpoint(self) -> str:
        self._check()
        return self.log.head(self.size, at=self.at)

    async def entries(self, start: int, size: int) -> list[bytes]:
        self._check()
        self.served += size - start
        return [b"garbage\n"] * (size - start) if self.garbled else self.log.leaves[start:size]

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        self._check()
        assert checkpoint.root == self.log.tree.root(checkpoint.size)
        return self.log.tree.root(size)

    def _check(self) -> None:
        if self.broken:
            raise SourceError("broken")


class MemoryLogView:
    """A `LogView` over leaves in memory: always fresh. `fails` is raised instead of any answer."""

    def __init__(self, trust: Trust, leaves: Iterable[bytes] = ()) -> None:
        self.trust = trust
        self.leaves = list(leaves)
        self.fails: Exception | None = None
        self.known = fold(trust, self.leaves)

    def append(self, *leaves: bytes | Leaf) -> None:
        self.leaves += [leaf if isinstance(leaf, bytes) else leaf.to_bytes() for leaf in leaves]

    async def view(self, min_size: int) -> Governance:
        if self.fails is not None:
            raise self.fails
        if len(self.leaves) < min_size:
            raise LogUnavailable("the log is smaller")
        self.known = fold(self.trust, self.leaves)
        return self.known
