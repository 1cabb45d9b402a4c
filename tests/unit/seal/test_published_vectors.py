"""Vectors that come with the stock library's own test data: RFC 9180's key schedule, and Ed25519's by its inventors."""

import json
from collections.abc import Iterator
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from services.seal import ed25519, hpke_schedule
from services.seal.errors import SealError
from services.seal.secret import SecretBytes

_X25519, _P256, _BASE = 0x0020, 0x0010, 0


def _suites() -> Iterator[dict[str, Any]]:
    """The vectors of base mode with our key derivation and cipher, over the groups whose KEM hashes as ours does."""
    ours = (_BASE, hpke_schedule.KDF_ID, hpke_schedule.AEAD_ID)
    with cryptography_vectors.open_vector_file("HPKE/test-vectors.json", "r") as file:
        for vector in json.load(file):
            if (vector["mode"], vector["kdf_id"], vector["aead_id"]) == ours and vector["kem_id"] in (_X25519, _P256):
                yield vector


def _bytes(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector[name])


def _diffie_hellman(vector: dict[str, Any]) -> bytes:
    private, public = _bytes(vector, "skRm"), _bytes(vector, "enc")
    if vector["kem_id"] == _X25519:
        return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
    return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))


def test_rfc_9180_key_schedule():
    seen = set()
    for vector in _suites():
        context = _bytes(vector, "enc") + _bytes(vector, "pkRm")
        derived = hpke_schedule.message_key(vector["kem_id"], _diffie_hellman(vector), context, _bytes(vector, "info"))
        assert derived.key == _bytes(vector, "key")
        assert derived.nonce == _bytes(vector, "base_nonce")
        first = vector["encryptions"][0]
        opened = ChaCha20Poly1305(derived.key).decrypt(derived.nonce, _bytes(first, "ct"), _bytes(first, "aad"))
        assert opened == _bytes(first, "pt")
        seen.add(vector["kem_id"])
    assert seen == {_X25519, _P256}


def test_ed25519_signatures_of_its_inventors():
    """The file `sign.input`: seed and key, key, message, signature and message; each line ends with a colon."""
    with cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
        vectors = [line.split(":") for line in file.read().splitlines()]
    assert len(vectors) == 1024
    for pair, public, text, signed, _ in vectors:
        key, message, signature = bytes.fromhex(public), bytes.fromhex(text), bytes.fromhex(signed)[:64]
        signer = ed25519.SigningKey(SecretBytes(bytes.fromhex(pair)[:32]))
        assert signer.public_key == key
        assert signer.sign(message) == signature
        ed25519.verify(key, message, signature)
        with pytest.raises(SealError):
            ed25519.verify(key, message + b".", signature)
