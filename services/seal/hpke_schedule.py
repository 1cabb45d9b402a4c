"""HPKE's key derivation (RFC 9180 sections 4.1 and 5.1, base mode) for a Diffie-Hellman secret that we compute.

Stock libraries do HPKE for registered groups and with a whole private key. The envelope's group is not registered and
its Diffie-Hellman step is a threshold computation, so only the derivation after that step is here: HKDF-SHA256 and
ChaCha20-Poly1305 (kdf 0x0001, aead 0x0003). With X25519's identifier and secret it gives the stock library's keys.
"""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KDF_ID = 0x0001
AEAD_ID = 0x0003

_MODE_BASE = b"\x00"
_SECRET_SIZE = 32
_KEY_SIZE = 32
_NONCE_SIZE = 12


@dataclass(frozen=True, repr=False)
class MessageKey:
    """Key and nonce of the one message that is sealed under an encapsulation."""

    key: bytes
    nonce: bytes


def message_key(kem_id: int, dh: bytes, kem_context: bytes, info: bytes) -> MessageKey:
    """Return the key and nonce for sequence number 0.

    `dh` is the Diffie-Hellman result and `kem_context` the encapsulated key followed by the recipient's public key.
    """
    shared_secret = _extract_and_expand(b"KEM" + _two(kem_id), dh, kem_context)
    suite = b"HPKE" + _two(kem_id) + _two(KDF_ID) + _two(AEAD_ID)
    psk_id_hash = _extract(suite, b"", b"psk_id_hash", b"")
    info_hash = _extract(suite, b"", b"info_hash", info)
    context = _MODE_BASE + psk_id_hash + info_hash
    secret = _extract(suite, shared_secret, b"secret", b"")
    return MessageKey(
        _expand(suite, secret, b"key", context, _KEY_SIZE),
        _expand(suite, secret, b"base_nonce", context, _NONCE_SIZE),
    )


def _extract_and_expand(suite: bytes, dh: bytes, kem_context: bytes) -> bytes:
    prk = _extract(suite, b"", b"eae_prk", dh)
    return _expand(suite, prk, b"shared_secret", kem_context, _SECRET_SIZE)


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    # An absent salt is as many zero bytes as the hash has (RFC 5869), which HMAC pads an empty key to as well.
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
    labeled = _two(size) + b"HPKE-v1" + suite + label + info
    return HKDFExpand(algorithm=hashes.SHA256(), length=size, info=labeled).derive(prk)


def _two(value: int) -> bytes:
    return value.to_bytes(2, "big")
