"""What the vault keeps for an alias, with the issuer key under which it was taken. Neither changes any more."""

from dataclasses import dataclass

from services.chassis.log.handle import CommandHandler
from services.disclosure.domain import deposit
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.labels import Labels

DepositHandler = CommandHandler[deposit.Deposit, deposit.State, deposit.EnvelopeDeposited]


@dataclass(frozen=True)
class Held:
    """A verified deposit, and the issuer key (DER) of its credential; the key's leaf is in the log."""

    deposit: deposit.EnvelopeDeposited
    issuer_key: bytes


class Shelf:
    """Reads deposits; taking them is `deposits`'s."""

    def __init__(self, deposits: DepositHandler, labels: Labels) -> None:
        self._deposits = deposits
        self._labels = labels

    async def of(self, alias_key: bytes) -> Held:
        """What is held for the alias; DomainError EVIDENCE_INVALID when that is nothing."""
        held, _ = await self._deposits.state(deposit.stream(alias_key))
        if isinstance(held, deposit.Empty):
            raise DomainError(Reason.EVIDENCE_INVALID)
        return Held(held, await self._labels.key(held.label, held.epoch))
