"""The whole public log, verified to its root on this machine, and what governs openings by it.

Disclosure could hide a lock-down, or invent an officer. So its word about either is not asked for: the leaves are
hashed to a root that witnesses co-signed minutes ago, and `seal.governance` folds them. What each leaf means is
`seal.leaves`'s; keeping a copy, so that not everything is downloaded again, is `log_memory`'s.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.seal import governance
from services.seal.checkpoint import VerifiedCheckpoint, verify_checkpoint
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.seal.leaves import Leaf, kind_of
from services.seal.trust import Trust
from services.tlog.follower import FRESH_SECONDS
from services.tlog.root_check import log_of
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.log_memory import LogMemory, SourceFor

L = TypeVar("L", bound=Leaf)


@dataclass(frozen=True)
class CheckedLog:
    """All leaves under one fresh, co-signed checkpoint, and their fold. Only `check_log` makes one."""

    leaves: tuple[bytes, ...]
    governance: Governance

    def holds(self, leaf: Leaf) -> bool:
        """Whether the leaf stands in the log."""
        return leaf.to_bytes() in self.leaves

    def all_of(self, kind: type[L]) -> Iterator[tuple[int, L]]:
        """Index and content of each leaf of a kind; malformed ones are an auditor's find, not ours."""
        for index, data in enumerate(self.leaves):
            try:
                if kind_of(data) == kind.KIND:
                    yield index, kind.parse(data)
            except SealError:
                continue


async def read_checked(memory: LogMemory, source_for: SourceFor, trust: Trust) -> CheckedLog:
    """Read the log, as far as it is not remembered, and check all of it; the refusals are the memory's and ours."""
    log = await memory.read(source_for)
    with translated():
        verified = verify_checkpoint(log.signed.note, trust.log_policy())
    return check_log(log.leaves, verified, trust, now=int(time.time()))


def check_log(leaves: Sequence[bytes], verified: VerifiedCheckpoint, trust: Trust, *, now: int) -> CheckedLog:
    """The log of these leaves, when they are all that the checkpoint is over and begin with this trust material.

    PROOF_INVALID when they are not; LOG_STALE when too few witnesses co-signed within `FRESH_SECONDS`.
    """
    fresh = [each for each in verified.cosignatures if abs(now - each.timestamp) <= FRESH_SECONDS]
    if len(fresh) < trust.witness_quorum:
        what = f"too few witnesses co-signed the log within {FRESH_SECONDS} seconds; what came since may be hidden"
        raise VouchsafeError(Reason.LOG_STALE, what)
    with translated():
        log_of(leaves, verified.checkpoint, first_leaf=trust.ceremony_leaf().to_bytes())
    return CheckedLog(tuple(leaves), governance.fold(trust, leaves))
