"""Which issuer key counts for a label in an epoch, and the two commands that change it.

Active labels are remembered, since nothing about them can change any more.
"""

from services.chassis.log.handle import CommandHandler
from services.disclosure.domain import label as domain
from services.disclosure.domain.errors import DomainError, Reason

LabelHandler = CommandHandler[domain.Command, domain.State, domain.Event]


class Labels:
    """The labels of one process."""

    def __init__(self, handler: LabelHandler) -> None:
        self._handler = handler
        self._active: dict[tuple[str, int], bytes] = {}

    async def active_key(self, label: str, epoch: int) -> bytes:
        """The issuer key (DER) of a label that may speak; DomainError UNKNOWN_KEY or LABEL_NOT_ACTIVE."""
        if (label, epoch) in self._active:
            return self._active[label, epoch]
        state, _ = await self._handler.state(domain.stream(label, epoch))
        match state:
            case domain.Unknown():
                raise DomainError(Reason.UNKNOWN_KEY)
            case domain.Keyed():
                raise DomainError(Reason.LABEL_NOT_ACTIVE)
        self._active[label, epoch] = state.public_key
        return state.public_key

    async def record(self, command: domain.Command, *, commit_id: str, fingerprint: str, caller: str) -> None:
        """Record what verification published, after its leaf was logged; KeyConflict for a second key."""
        stream = domain.stream(command.label, command.epoch)
        await self._handler.handle(stream, command, commit_id=commit_id, fingerprint=fingerprint, caller=caller)
