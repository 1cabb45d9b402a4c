"""Issuer keys in use: made once for each label and epoch, kept sealed in the log, opened into memory when needed.

RSA work runs on threads of its own. gmpy2 keeps Python's global lock during an exponentiation unless each thread is
told otherwise; with it, 3 ms of signing would stand in the way of every other call.
"""

import asyncio
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import gmpy2

from services.chassis.log.handle import CommandHandler, fingerprint_of
from services.chassis.telemetry_log import log
from services.seal import field_crypt, kdf
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.canonical import signed_bytes
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.verification.domain.issuer_key_decider import Event, KeepKey, State
from services.verification.domain.organisation import Organisation

MADE = "issuer_key_made"
CALLER = "verification"

_COMMIT_IDS = uuid.UUID("0d8f5f0e-6a0c-5f0b-9a53-3f4f4f1a7c11")
_log = log(__name__)


@dataclass(frozen=True)
class IssuerKey:
    """The key of one label in one epoch, ready to sign."""

    label: str
    epoch: int
    public_key: bytes
    signer: BlindSigner

    def can_sign(self, blinded_message: bytes) -> bool:
        """Whether the message is a number that the key's modulus allows."""
        public = self.signer.public_key
        return len(blinded_message) == public.size and 0 < int.from_bytes(blinded_message, "big") < public.n


class KeySealing:
    """Seals private keys for the database: PKCS #8 inside AES-256-GCM, both under keys for this very place."""

    def __init__(self, kek: SecretBytes) -> None:
        if len(kek) != field_crypt.KEY_SIZE:
            raise ValueError("kek must hold 32 bytes")
        self._kek = kek

    def seal(self, label: str, epoch: int, signer: BlindSigner) -> bytes:
        """The sealed private key."""
        pkcs8 = signer.to_pkcs8(self._passphrase(label, epoch))
        return field_crypt.encrypt(self._key(label, epoch), pkcs8, _place(label, epoch))

    def open(self, label: str, epoch: int, sealed: bytes) -> BlindSigner:
        """The private key; raises SealError when key, label, epoch or any bit is another."""
        pkcs8 = field_crypt.decrypt(self._key(label, epoch), sealed, _place(label, epoch))
        return BlindSigner.from_pkcs8(pkcs8, self._passphrase(label, epoch))

    def _key(self, label: str, epoch: int) -> SecretBytes:
        return kdf.derive(self._kek, "issuer-key-seal", label, epoch)

    def _passphrase(self, label: str, epoch: int) -> SecretBytes:
        return SecretBytes(kdf.derive(self._kek, "issuer-key-pkcs8", label, epoch).reveal().hex().encode())


class IssuerKeys:
    """All issuer keys of this process. Two processes that make one at once end up with the same one."""

    def __init__(self, keys: CommandHandler[KeepKey, State, Event], sealing: KeySealing, *, threads: int = 2) -> None:
        self._keys = keys
        self._sealing = sealing
        self._open: dict[tuple[str, int], IssuerKey] = {}
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="rsa", initializer=_release_global_lock)

    async def key(self, organisation: Organisation, epoch: int) -> IssuerKey:
        """The key of an organisation's label in an epoch; made and kept first when there is none."""
        place = (organisation.id, epoch)
        async with self._turns[place]:
            if place not in self._open:
                self._open[place] = await self._find_or_make(organisation, epoch)
            return self._open[place]

    def forget_before(self, epoch: int) -> None:
        """Drop the private keys of closed epochs from memory."""
        self._open = {place: key for place, key in self._open.items() if place[1] >= epoch}

    async def sign(self, key: IssuerKey, blinded_message: bytes) -> bytes:
        """The blind signature, the same for the same message, of which `can_sign` must hold."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, key.signer.blind_sign, blinded_message)

    async def close(self) -> None:
        """Wait for the work in progress."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _find_or_make(self, organisation: Organisation, epoch: int) -> IssuerKey:
        label = organisation.id
        state, _ = await self._keys.state(_stream(label, epoch))
        if not state.exists:
            state = await self._make(organisation, epoch)
        loop = asyncio.get_running_loop()
        signer = await loop.run_in_executor(self._threads, self._sealing.open, label, epoch, state.sealed_private_key)
        if signer.public_key.to_spki() != state.public_key:
            raise SealError("the stored halves of an issuer key do not belong together")
        return IssuerKey(label, epoch, state.public_key, signer)

    async def _make(self, organisation: Organisation, epoch: int) -> State:
        label = organisation.id
        signer = await asyncio.get_running_loop().run_in_executor(self._threads, BlindSigner.generate)
        command = KeepKey(
            label=label,
            epoch=epoch,
            label_name=organisation.label_name,
            parent=organisation.sector,
            public_key=signer.public_key.to_spki(),
            sealed_private_key=self._sealing.seal(label, epoch, signer),
        )
        handled = await self._keys.handle(
            _stream(label, epoch),
            command,
            commit_id=str(uuid.uuid5(_COMMIT_IDS, f"{label}/{epoch}")),
            fingerprint=fingerprint_of(CALLER, f"{label}/{epoch}".encode()),
            caller=CALLER,
        )
        _log.info(MADE, epoch=epoch)
        return handled.state


def _stream(label: str, epoch: int) -> str:
    return f"issuer-key-{label}-{epoch}"


def _place(label: str, epoch: int) -> bytes:
    return signed_bytes("issuer-key-place", label, epoch)


def _release_global_lock() -> None:
    gmpy2.get_context().allow_release_gil = True
