"""Takes envelopes into the vault and says so with a receipt.

The order of the checks is cheap before dear; each has its own reason, since the depositor is told what to mend. The
receipt is deterministic, so a repeat gets the same one.
"""

from services.disclosure.domain import deposit
from services.disclosure.evidence import check_deposit
from services.disclosure.labels import Labels
from services.disclosure.request import Request
from services.disclosure.shelf import DepositHandler
from services.seal.ed25519 import SigningKey
from services.seal.statements import Receipt


class Deposits:
    """The depositing side of the vault."""

    def __init__(self, *, deposits: DepositHandler, labels: Labels, receipt_key: SigningKey) -> None:
        self._deposits = deposits
        self._labels = labels
        self._receipt_key = receipt_key

    async def deposit(self, request: Request, unverified: deposit.EnvelopeDeposited) -> bytes:
        """Keep the envelope and return the receipt's signature.

        Raises DomainError: UNKNOWN_KEY, LABEL_NOT_ACTIVE, LABEL_REVOKED, CREDENTIAL_INVALID, ENVELOPE_MISMATCH,
        ENVELOPE_INVALID, ALIAS_KEY_USED.
        """
        issuer_key = await self._labels.active_key(unverified.label, unverified.epoch)
        verified = check_deposit(unverified, issuer_key)
        await self._deposits.handle(deposit.stream(verified.alias_key), verified, **request.once())
        return self._receipt_key.sign(Receipt(verified.alias_key, verified.envelope_hash).signed_bytes())
