"""A person's account with its aliases: from a proven employer to a credential, and on to an alias that speaks.

How a credential comes about is in `issuance`, what concerns the person alone in `person_account`, what an alias does
once it has its credential in `voice`.
"""

from typing import Final

from services.chassis.clock import Clock, SystemClock
from services.seal.leaves import LabelDefinedLeaf
from services.seal.trust import Trust
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.delays import Delays
from vouchsafe.sdk.epochs import check_epoch
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.issuance import Issuance
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.patience import until_known
from vouchsafe.sdk.person_account import PersonAccount
from vouchsafe.sdk.person_side import PersonSide
from vouchsafe.sdk.voice import Voice
from vouchsafe.sdk.wallet import Wallet

_MOST_SLOTS: Final = 64
_NO_SUCH_SLOT: Final = "UNKNOWN_SLOT"
_SLOT_GONE: Final = frozenset({"SLOT_USED", "SLOT_CHALLENGED", "SLOT_LOST"})


class Account(PersonAccount):
    """One wallet on one platform. The person side and the alias side are used one after the other, never together."""

    def __init__(
        self,
        person: PersonSide,
        alias: AliasSide,
        wallet: Wallet,
        trust: Trust,
        *,
        patience: float,
        delays: Delays | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(person, wallet.person_compartment)
        self._alias_side = alias
        self._trust = trust
        self._patience = patience
        self._delays = delays or Delays()
        self._clock = clock or SystemClock()
        self.wallet = wallet

    async def issue(self, label: str, slot: int = 0) -> Alias:
        """Get a credential for one slot of the current epoch, blindly, under a key and words that the log shows.

        Asked again for the same slot it returns the alias of the wallet, or resumes where it was cut short; that has
        to be while verification's challenge lasts, or the slot is lost. EPOCH_UNEXPECTED for one that is not now.
        """
        person = self.wallet.registered()
        assertion = await self._identity_assertion()
        key = await self._person_side.issuer_key(assertion, label)
        check_epoch(key.epoch, self._clock.now())
        if known := self.wallet.alias_compartment.held(label, key.epoch, slot):
            return known
        begun = self.wallet.issuing(label, key.epoch, slot)
        told = ((key.public_key, key.label_name), *(((begun.issuer_key, begun.label_name),) if begun else ()))
        for public_key, label_name in told:  # what was begun may still be begun anew, under what is told now
            await self._check_issuer_key(label, key.epoch, public_key)
            await self._check_meaning(label, key.epoch, label_name, key.parent)
        issuance = Issuance(
            self._person_side,
            self.wallet.alias_compartment,
            person,
            assertion=assertion,
            opening_key=self._trust.opening_key,
        )
        return await issuance.carry_through(label, slot, key)

    async def rotate(self, label: str) -> Alias:
        """Get a credential for another alias under a label, and set the older ones aside: they are kept, not used.

        NO_SLOT_LEFT when all credentials of this epoch have been taken.
        """
        before = self.wallet.aliases
        for slot in range(_MOST_SLOTS):
            try:
                alias = await self.issue(label, slot)
            except VouchsafeError as error:
                if error.reason == _NO_SUCH_SLOT:
                    break
                if error.reason not in _SLOT_GONE:
                    raise
                continue
            if alias not in before:
                self.wallet.alias_compartment.retire(label, except_for=alias)
                return alias
        raise VouchsafeError(Reason.NO_SLOT_LEFT, "all credentials of this epoch are taken; rotate in the next one")

    async def wait_active(self, label: str, slot: int | None = None, *, patience: float | None = None) -> int:
        """Wait until the log shows that enough people hold a credential under the label; returns how many at least."""
        return await self.voice(label, slot).wait_active(patience=patience)

    async def create_alias(self, label: str, handle: str, slot: int | None = None, *, wait: bool = False) -> Voice:
        """Deposit the envelope, then make the alias known to the forum; what was done already is left alone.

        TOO_EARLY before the moments that were drawn for both, unless told to wait for them.
        """
        voice = self.voice(label, slot)
        await voice.deposit(wait=wait)
        await voice.create(handle, wait=wait)
        return voice

    def voice(self, label: str, slot: int | None = None) -> Voice:
        """The alias under a label, to speak with; NO_SUCH_ALIAS when the wallet has none."""
        compartment = self.wallet.alias_compartment
        return Voice(
            self._alias_side,
            compartment,
            compartment.alias(label, slot),
            self._trust.receipt_public,
            delays=self._delays,
            clock=self._clock,
            patience=self._patience,
        )

    async def _check_issuer_key(self, label: str, epoch: int, public_key: bytes) -> None:
        log = self._person_side.log
        await until_known(
            lambda: log.check_issuer_key(label, epoch, public_key), {"LEAF_UNKNOWN"}, patience=self._patience
        )

    async def _check_meaning(self, label: str, epoch: int, label_name: str, parent: str) -> None:
        with translated():
            defined = LabelDefinedLeaf.of(label, epoch, label_name, parent)
        await self._person_side.log.check_meaning(defined)
