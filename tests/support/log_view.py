"""The public log as a party sees it, in memory: its leaves, and the two ways in which it gives no answer."""

from services.seal.governance import Governance, fold
from services.seal.leaves import Leaf
from services.seal.trust import Trust
from services.tlog.errors import LogForked, LogUnavailable


class MemoryLog:
    """A `LogView` of leaves that a test appends; `failing` is raised instead of an answer."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self.leaves: list[bytes] = [trust.ceremony_leaf().to_bytes()]
        self.failing: LogUnavailable | LogForked | None = None

    def append(self, *leaves: Leaf) -> int:
        """Append leaves; the number there are now."""
        self.leaves.extend(leaf.to_bytes() for leaf in leaves)
        return len(self.leaves)

    async def view(self, min_size: int) -> Governance:
        """See `LogView`."""
        if self.failing is not None:
            raise self.failing
        if len(self.leaves) < min_size:
            raise LogUnavailable("the log is too short")
        return fold(self._trust, self.leaves)
