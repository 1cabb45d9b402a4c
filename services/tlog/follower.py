"""The log as a party sees it that believes nobody: what governs now, by the log's own public leaves.

Here: what such a party asks (`LogView`), and the two ways in which it gets no answer.
"""

from typing import Any, Protocol


class LogUnavailable(Exception):
    """No mirror shows a tree that is fresh, witnessed and large enough. Asking later may help."""


class LogForked(Exception):
    """The log has shown two histories. Nothing may be believed until an operator has looked at the evidence.

    `evidence` are the signed checkpoints that contradict each other, as they were received; or one alone, when what
    hangs below it does not lead to its root.
    """

    def __init__(self, reason: str, evidence: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.evidence = evidence


class LogView(Protocol):
    """The public log, folded."""

    async def view(self, min_size: int) -> Any:
        """The `Governance` of a fresh, co-signed tree of at least `min_size` leaves that extends all that was seen.

        Raises LogUnavailable, and LogForked for ever once two histories were seen.
        """
