"""A second implementation of what docs/protocol.md describes up to a credential, by the page's words.

Nothing of `services` is used: hashes, stock cryptography, libsodium's group and Python's integers, which are neither
fast nor constant-time. It takes the inputs of the page's worked example and is for tests alone.
"""

import hashlib
import hmac
import struct
from functools import cache
from math import lcm

import pysodium
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.unit.seal.protocol_document import inputs, page

L = 2**252 + 27742317777372353535851937790883648493
E = 65537
GIVEN = inputs(page())


def octets(name: str) -> bytes:
    value = GIVEN[name]
    assert isinstance(value, bytes)
    return value


def number(name: str) -> int:
    value = GIVEN[name]
    assert isinstance(value, int)
    return value


def text(name: str) -> str:
    return str(GIVEN[name])


# Section 1 and 2.


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(tag: str, *fields: bytes | str | int) -> bytes:
    data = f"vouchsafe/v1/{tag}\n".encode()
    for field in fields:
        encoded = struct.pack(">Q", field) if isinstance(field, int) else field
        encoded = encoded.encode() if isinstance(encoded, str) else encoded
        data += struct.pack(">I", len(encoded)) + encoded
    return data


def hashed(tag: str, *fields: bytes | str | int) -> bytes:
    return sha256(canonical(tag, *fields))


def expand(prk: bytes, info: bytes, size: int) -> bytes:
    block, output = b"", b""
    for count in range(1, -(-size // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([count]), "sha256")
        output += block
    return output[:size]


def hkdf(secret: bytes, tag: str, *fields: bytes | str | int, size: int = 32) -> bytes:
    return expand(hmac.digest(bytes(32), secret, "sha256"), canonical(tag, *fields), size)


def point(scalar: int, base: bytes | None = None) -> bytes:
    encoded = scalar.to_bytes(32, "little")
    if base is None:
        return bytes(pysodium.crypto_scalarmult_ristretto255_base(encoded))
    return bytes(pysodium.crypto_scalarmult_ristretto255(encoded, base))


def key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(octets(f"{name}_seed"))


def public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


# Sections 4, 6 and 7.3.

CONTEXT = canonical("context", text("label"), number("epoch"))
P, Q = (int.from_bytes(octets(name), "big") for name in ("issuer_p", "issuer_q"))
MODULUS = P * Q
ISSUER = rsa.RSAPublicNumbers(E, MODULUS).public_key()
DER = ISSUER.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SECRET, COEFFICIENT = (int.from_bytes(octets(f"opening_{name}"), "little") for name in ("secret", "coefficient"))
OPENING_KEY = point(SECRET)
SHARES = {index: (SECRET + COEFFICIENT * index) % L for index in (1, 2, 3)}
IPK = public(key("ownership"))
DIGEST = hashed("issuance-terms", CONTEXT, number("slot"), octets("eref"), IPK, OPENING_KEY, DER, number("candidates"))


def message_key(dh: bytes, c1: bytes) -> tuple[bytes, bytes]:
    """RFC 9180's key and nonce of the first message."""
    kem, suite = b"KEM\xfe\x55", b"HPKE\xfe\x55\x00\x01\x00\x03"

    def extract(of: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + of + label + ikm, "sha256")

    def labeled(of: bytes, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
        return expand(prk, struct.pack(">H", size) + b"HPKE-v1" + of + label + info, size)

    shared = labeled(kem, extract(kem, b"", b"eae_prk", dh), b"shared_secret", c1 + OPENING_KEY, 32)
    context = b"\0" + extract(suite, b"", b"psk_id_hash", b"")
    context += extract(suite, b"", b"info_hash", canonical("envelope"))
    secret = extract(suite, shared, b"secret", b"")
    return labeled(suite, secret, b"key", context, 32), labeled(suite, secret, b"base_nonce", context, 12)


def pss_encoded(message: bytes, salt: bytes) -> int:
    """EMSA-PSS-ENCODE for 3071 bits: the top bit of 384 bytes is cleared."""
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    data = (b"\1" + salt).rjust(384 - 48 - 1, b"\0")
    mask = b"".join(hashlib.sha384(digest + struct.pack(">I", i)).digest() for i in range(7))[: len(data)]
    masked = bytes(a ^ b for a, b in zip(data, mask, strict=True))
    return int.from_bytes(bytes([masked[0] & 0x7F]) + masked[1:] + digest + b"\xbc", "big")


class Candidate:
    """One candidate, step by step as the page numbers them."""

    def __init__(self, index: int) -> None:
        self.seed = hkdf(octets("master"), "candidate-seed", DIGEST, index)
        self.alias_secret = hkdf(octets("master"), "candidate-alias", DIGEST, index)
        self.stream = hkdf(self.seed, "candidate", DIGEST, index, size=544)
        u, salt = self.stream[:64], self.stream[64:112]
        self.prefix, w = self.stream[112:144], self.stream[144:]
        self.alias = Ed25519PrivateKey.from_private_bytes(hkdf(self.alias_secret, "alias-key"))
        self.cpk = public(self.alias)
        c, self.r = int.from_bytes(u, "little") % L, int.from_bytes(w, "big") % MODULUS
        self.isig = key("ownership").sign(canonical("own", CONTEXT, self.cpk))
        secret, nonce = message_key(point(c, OPENING_KEY), point(c))
        self.aad = canonical("envelope-aad", CONTEXT, self.cpk)
        self.envelope = point(c) + ChaCha20Poly1305(secret).encrypt(nonce, octets("eref") + self.isig, self.aad)
        self.message = self.prefix + canonical("cred", CONTEXT, self.cpk, sha256(self.envelope))
        self.blinded = pss_encoded(self.message, salt) * pow(self.r, E, MODULUS) % MODULUS


@cache
def candidates() -> list[Candidate]:
    return [Candidate(index) for index in range(number("candidates"))]


def closed() -> Candidate:
    return candidates()[number("chosen")]


def credential_signature() -> tuple[bytes, bytes]:
    """What the issuer answers, and what the client makes of it."""
    blind = pow(closed().blinded, pow(E, -1, lcm(P - 1, Q - 1)), MODULUS)
    signature = blind * pow(closed().r, -1, MODULUS) % MODULUS
    return blind.to_bytes(384, "big"), signature.to_bytes(384, "big")
