"""Which issuer key counts for a label in an epoch, and the commands that change it.

Keys are remembered, since a label has one for good. Whether it may speak is read each time: it can be revoked.
"""

from services.chassis.log.handle import CommandHandler
from services.disclosure.domain import label as domain
from services.disclosure.domain.errors import DomainError, Reason

LabelHandler = CommandHandler[domain.Command, domain.State, domain.Event]


class Labels:
    """The labels of one process."""

    def __init__(self, handler: LabelHandler) -> None:
        self._handler = handler
        self._keys: dict[tuple[str, int], bytes] = {}

    async def active_key(self, label: str, epoch: int) -> bytes:
        """The issuer key (DER) of a label that may speak; DomainError UNKNOWN_KEY, LABEL_NOT_ACTIVE, LABEL_REVOKED."""
        state, _ = await self._handler.state(domain.stream(label, epoch))
        match state:
            case domain.Unknown():
                raise DomainError(Reason.UNKNOWN_KEY)
            case domain.Keyed():
                raise DomainError(Reason.LABEL_NOT_ACTIVE)
            case domain.Revoked():
                raise DomainError(Reason.LABEL_REVOKED)
            case domain.Active(public_key):
                return public_key

    async def key(self, label: str, epoch: int) -> bytes:
        """The issuer key (DER) of a label, whether it may speak or not; DomainError UNKNOWN_KEY."""
        if (label, epoch) not in self._keys:
            state, _ = await self._handler.state(domain.stream(label, epoch))
            if isinstance(state, domain.Unknown) or not state.public_key:
                raise DomainError(Reason.UNKNOWN_KEY)
            self._keys[label, epoch] = state.public_key
        return self._keys[label, epoch]

    async def record(self, command: domain.Command, *, commit_id: str, fingerprint: str, caller: str) -> None:
        """Record what verification published, after its leaves were logged; KeyConflict for a second key."""
        stream = domain.stream(command.label, command.epoch)
        await self._handler.handle(stream, command, commit_id=commit_id, fingerprint=fingerprint, caller=caller)
