"""Issuer keys in use: one for each label and epoch, found in the log or made and kept there, and used for signing.

The log decides which key counts: the first that is written. Where the private halves are is a `Custody`'s business.
"""

import asyncio
import uuid
from collections import defaultdict
from dataclasses import dataclass

from services.chassis.log.handle import CommandHandler, fingerprint_of
from services.chassis.telemetry_log import log
from services.seal.blind_rsa import PublicKey
from services.seal.blind_rsa_signer import in_range
from services.seal.errors import SealError
from services.verification.adapters.key_custody import Custody, IssuerKeyUnavailable, KeptKey, KeyPlace, PrivateKey
from services.verification.domain.epoch import EpochLength, span_of
from services.verification.domain.issuer_key_decider import Event, KeepKey, State
from services.verification.domain.organisation import Label

MADE = "issuer_key_made"
LEFT_OVER = "issuer_key_left_over"
CALLER = "verification"

_COMMIT_IDS = uuid.UUID("0d8f5f0e-6a0c-5f0b-9a53-3f4f4f1a7c11")
_log = log(__name__)


@dataclass(frozen=True)
class IssuerKey:
    """The key of one label in one epoch, ready to sign. `public_key` is DER SubjectPublicKeyInfo.

    `label_name` and `parent`: what the label means in this epoch, as it was published with the key and is logged.
    """

    label: str
    epoch: int
    label_name: str
    parent: str
    public_key: bytes
    numbers: PublicKey
    private_key: PrivateKey

    def can_sign(self, blinded_message: bytes) -> bool:
        """Whether the message is a number that the key's modulus allows."""
        return in_range(self.numbers, blinded_message)


class IssuerKeys:
    """All issuer keys of this process. Two processes that make one at once end up with the same one.

    New keys are made in `token` where there is one, else in `keystore`. A key that was made in the other one before is
    used from there until its epoch ends: the log says where it is. `length`: of the epochs.
    """

    def __init__(
        self,
        keys: CommandHandler[KeepKey, State, Event],
        keystore: Custody,
        *,
        token: Custody | None = None,
        length: EpochLength = EpochLength.MONTH,
    ) -> None:
        self._keys = keys
        self._length = length
        self._keystore = keystore
        self._token = token
        self._open: dict[tuple[str, int], IssuerKey] = {}
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def key(self, label: Label, epoch: int) -> IssuerKey:
        """The key of a label in an epoch; made and kept first when there is none."""
        place = (label.id, epoch)
        async with self._turns[place]:
            if place not in self._open:
                self._open[place] = await self._find_or_make(label, epoch)
            return self._open[place]

    def forget_before(self, epoch: int) -> None:
        """Drop the private keys of closed epochs from memory."""
        self._open = {place: key for place, key in self._open.items() if place[1] >= epoch}

    async def sign(self, key: IssuerKey, blinded_message: bytes) -> bytes:
        """The blind signature, the same for the same message, of which `can_sign` must hold. IssuerKeyUnavailable."""
        return await key.private_key.blind_sign(blinded_message)

    async def close(self) -> None:
        """Wait for the work in progress."""
        await self._keystore.close()
        if self._token is not None:
            await self._token.close()

    async def _find_or_make(self, label: Label, epoch: int) -> IssuerKey:
        place = KeyPlace(label.id, epoch)
        state, _ = await self._keys.state(_stream(place))
        if not state.exists:
            state = await self._make(label, place)
        kept = KeptKey(state.public_key, state.sealed_private_key)
        private = await self._custody_of(kept).open(place, kept)
        return IssuerKey(
            label=place.label,
            epoch=epoch,
            label_name=state.label_name,
            parent=state.parent,
            public_key=kept.public_key,
            numbers=PublicKey.from_spki(kept.public_key),
            private_key=private,
        )

    def _custody_of(self, kept: KeptKey) -> Custody:
        if kept.sealed:
            return self._keystore
        if self._token is None:
            raise SealError("the issuer key is in a token, and none is configured")
        return self._token

    async def _make(self, label: Label, place: KeyPlace) -> State:
        custody = self._token or self._keystore
        made = await custody.make(place)
        span = span_of(place.epoch, self._length)
        command = KeepKey(
            label=place.label,
            epoch=place.epoch,
            label_name=label.name,
            parent=label.parent,
            public_key=made.public_key,
            sealed_private_key=made.sealed,
            begins_at=span.begins_at,
            ends_at=span.ends_at,
        )
        # A failure here does not tell what the log holds, so the key stays where it is: should it be the one that
        # counts, the next try finds it; should it not, it goes when its epoch does.
        handled = await self._keys.handle(
            _stream(place),
            command,
            commit_id=str(uuid.uuid5(_COMMIT_IDS, f"{place.label}/{place.epoch}")),
            fingerprint=fingerprint_of(CALLER, f"{place.label}/{place.epoch}".encode()),
            caller=CALLER,
        )
        if handled.state.public_key == made.public_key:
            _log.info(MADE, epoch=place.epoch)
        else:
            await self._destroy(custody, place, made)
        return handled.state

    async def _destroy(self, custody: Custody, place: KeyPlace, lost: KeptKey) -> None:
        """Another replica was first: nobody will use this key. One that cannot be destroyed now is not in the way."""
        try:
            await custody.destroy(place, lost)
        except IssuerKeyUnavailable:
            _log.warning(LEFT_OVER, epoch=place.epoch)


def _stream(place: KeyPlace) -> str:
    return f"issuer-key-{place.label}-{place.epoch}"
