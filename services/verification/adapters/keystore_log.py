"""Private issuer keys sealed in the log, opened into this process's memory: custody for development and tests.

RSA work runs on threads of its own. gmpy2 keeps Python's global lock during an exponentiation unless each thread is
told otherwise; with it, 3 ms of signing would stand in the way of every other call.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import gmpy2

from services.seal import field_crypt, kdf
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.canonical import signed_bytes
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.verification.adapters.key_custody import KeptKey, KeyPlace

P = ParamSpec("P")
T = TypeVar("T")


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


class LogKeystore:
    """Custody of keys whose private halves stand in the log, under the key-encrypting key."""

    def __init__(self, sealing: KeySealing, *, threads: int = 2) -> None:
        self._sealing = sealing
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="rsa", initializer=_release_global_lock)

    async def make(self, place: KeyPlace) -> KeptKey:
        """A new key, sealed."""
        signer = await self.run(BlindSigner.generate)
        return KeptKey(signer.public_key.to_spki(), self._sealing.seal(place.label, place.epoch, signer))

    async def open(self, place: KeyPlace, kept: KeptKey) -> "OpenKey":
        """The key in memory; SealError when anything about it is not as it was sealed."""
        signer = await self.run(self._sealing.open, place.label, place.epoch, kept.sealed)
        if signer.public_key.to_spki() != kept.public_key:
            raise SealError("the stored halves of an issuer key do not belong together")
        return OpenKey(self, signer)

    async def destroy(self, place: KeyPlace, kept: KeptKey) -> None:
        """Nothing to do: what the log did not take was never stored."""

    async def close(self) -> None:
        """Wait for the work in progress."""
        await asyncio.to_thread(self._threads.shutdown)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do RSA work off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))


class OpenKey:
    """A private key in this process's memory."""

    def __init__(self, keystore: LogKeystore, signer: BlindSigner) -> None:
        self._keystore = keystore
        self._signer = signer

    async def blind_sign(self, blinded_message: bytes) -> bytes:
        """The blind signature."""
        return await self._keystore.run(self._signer.blind_sign, blinded_message)


def _place(label: str, epoch: int) -> bytes:
    return signed_bytes("issuer-key-place", label, epoch)


def _release_global_lock() -> None:
    gmpy2.get_context().allow_release_gil = True
