"""Governance as the own log has it, and what officers add to it.

Who may approve, under which policy, and whether everything is locked down is a fold of the public leaves
(`seal.governance`), the same for trustees, identity and anybody. Here it is kept folded, and a leaf is appended only if
it would count. Nothing is remembered beside the log, and no officer's key is ever here.
"""

import uuid
from collections.abc import Callable
from typing import Final, TypeVar

from services.disclosure.domain.errors import DomainError, Reason
from services.seal import governance as fold
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.seal.leaves import Leaf
from services.seal.merkle import leaf_hash
from services.seal.trust import Trust
from services.tlog.log import TransparencyLog

_IDS: Final = uuid.UUID("7a5f0f5e-3a0b-5d0e-8c53-2d8c9b7f4e16")
_PAGE: Final = 1000

L = TypeVar("L", bound=Leaf)


class LogGovernance:
    """The governance of one process: possibly short of the newest leaves, never wrong about the others."""

    def __init__(self, log: TransparencyLog, trust: Trust) -> None:
        self._log = log
        self._known = fold.begin(trust)

    async def present(self) -> Governance:
        """What all leaves say that are stored now."""
        await self._log.refresh()
        while leaves := self._log.leaves(self._known.size, _PAGE):
            for leaf in leaves:
                self._known = fold.evolve(self._known, leaf)
        return self._known

    async def append(self, make: Callable[[Governance], L]) -> tuple[L, Governance]:
        """Append the leaf made for what governs now, once; the leaf, and what governs then.

        Raises DomainError GOVERNANCE_REFUSED for a leaf that would not count.
        """
        governance = await self.present()
        try:
            leaf = make(governance)
            hashed = leaf_hash(leaf.to_bytes())
            if await self._log.find(hashed) is None:
                fold.check_leaf(governance, leaf.to_bytes())
        except SealError:
            raise DomainError(Reason.GOVERNANCE_REFUSED) from None
        await self._log.append(leaf, commit_id=str(uuid.uuid5(_IDS, hashed.hex())))
        return leaf, await self.present()
