"""RFC 9474: its four vectors, the round trip, and every refusal on both sides."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given

from services.seal import blind_rsa
from services.seal.blind_rsa import PSS_RANDOMIZED, PublicKey, Variant
from services.seal.blind_rsa_signer import BlindSigner, checked
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from tests.support.vectors import load_vectors
from tests.unit.seal.tampering import few, flips

VARIANTS = [
    blind_rsa.PSS_RANDOMIZED,
    blind_rsa.PSSZERO_RANDOMIZED,
    blind_rsa.PSS_DETERMINISTIC,
    blind_rsa.PSSZERO_DETERMINISTIC,
]
SIGNER = BlindSigner.generate()
KEY = SIGNER.public_key
MESSAGE = blind_rsa.prepare(b"message", PSS_RANDOMIZED)
BLINDING = blind_rsa.blind(KEY, MESSAGE, PSS_RANDOMIZED)
BLIND_SIGNATURE = SIGNER.blind_sign(BLINDING.blinded_message)
SIGNATURE = blind_rsa.finalize(KEY, MESSAGE, BLIND_SIGNATURE, BLINDING.inverse, PSS_RANDOMIZED)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_rfc_9474(variant: Variant):
    [vector] = [each for each in load_vectors("rfc9474_blind_rsa.json") if each["name"] == variant.name]
    octets = {name: bytes.fromhex(value.removeprefix("0x")) for name, value in vector.items() if name != "name"}
    p, q, n, d = (int(vector[name], 16) for name in "pqnd")
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(65537, n))
    signer = BlindSigner(numbers.private_key())
    key = PublicKey.from_spki(signer.public_key.to_spki(), bits=4096)
    factor = SecretBytes(pow(int(vector["inv"], 16), -1, n).to_bytes(512, "big"))

    message = blind_rsa.prepare(octets["msg"], variant, prefix=octets["msg_prefix"])
    assert message == octets["input_msg"]
    blinding = blind_rsa.blind(key, message, variant, salt=octets["salt"], factor=factor)
    assert blinding.blinded_message == octets["blinded_msg"]
    assert blinding.inverse.reveal() == int(vector["inv"], 16).to_bytes(512, "big")
    assert signer.blind_sign(blinding.blinded_message) == octets["blind_sig"]
    assert blind_rsa.finalize(key, message, octets["blind_sig"], blinding.inverse, variant) == octets["sig"]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_variant_round_trips(variant: Variant):
    message = blind_rsa.prepare(b"message", variant)
    blinding = blind_rsa.blind(KEY, message, variant)
    signature = blind_rsa.finalize(KEY, message, SIGNER.blind_sign(blinding.blinded_message), blinding.inverse, variant)
    blind_rsa.verify(KEY, message, signature, variant)


def test_the_signer_sees_neither_message_nor_signature():
    # The same message blinded twice has nothing in common on the wire.
    again = blind_rsa.blind(KEY, MESSAGE, PSS_RANDOMIZED)
    assert again.blinded_message != BLINDING.blinded_message
    assert SIGNATURE != BLIND_SIGNATURE


@few
@given(flips(SIGNATURE))
def test_a_flipped_signature_is_refused(signature: bytes):
    with pytest.raises(SealError):
        blind_rsa.verify(KEY, MESSAGE, signature, PSS_RANDOMIZED)


@few
@given(flips(MESSAGE))
def test_a_flipped_message_is_refused(message: bytes):
    with pytest.raises(SealError):
        blind_rsa.verify(KEY, message, SIGNATURE, PSS_RANDOMIZED)


@few
@given(flips(BLIND_SIGNATURE))
def test_finalize_refuses_a_flipped_blind_signature(blind_signature: bytes):
    with pytest.raises(SealError):
        blind_rsa.finalize(KEY, MESSAGE, blind_signature, BLINDING.inverse, PSS_RANDOMIZED)


def test_another_variant_does_not_verify():
    with pytest.raises(SealError):
        blind_rsa.verify(KEY, MESSAGE, SIGNATURE, blind_rsa.PSSZERO_RANDOMIZED)


@pytest.mark.parametrize("size", [0, 383, 385])
def test_blind_signatures_are_as_long_as_the_modulus(size: int):
    with pytest.raises(SealError):
        blind_rsa.finalize(KEY, MESSAGE, bytes(size), BLINDING.inverse, PSS_RANDOMIZED)


@pytest.mark.parametrize("blinded", [b"", bytes(384), bytes(383), b"\xff" * 384, KEY.n.to_bytes(384, "big")])
def test_the_signer_refuses_messages_out_of_range(blinded: bytes):
    with pytest.raises(SealError):
        SIGNER.blind_sign(blinded)


@pytest.mark.parametrize("half", ["dmp1", "dmq1", "iqmp"])
def test_a_fault_in_the_private_operation_gives_nothing_away(half: str):
    signer = BlindSigner.generate(bits=2048)
    numbers = signer._numbers
    parts = {name: getattr(numbers, name) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp", "public_numbers")}
    signer._numbers = rsa.RSAPrivateNumbers(**parts | {half: parts[half] ^ 2})
    with pytest.raises(SealError, match="check"):
        signer.blind_sign((12345).to_bytes(256, "big"))


def test_a_result_is_checked_whoever_made_it():
    assert checked(KEY, BLINDING.blinded_message, BLIND_SIGNATURE) == BLIND_SIGNATURE
    too_large = (int.from_bytes(BLIND_SIGNATURE, "big") + KEY.n).to_bytes(385, "big")
    for wrong in (BLIND_SIGNATURE[:-1], b"", b"\0" + BLIND_SIGNATURE, too_large, KEY.n.to_bytes(384, "big")):
        with pytest.raises(SealError):
            checked(KEY, BLINDING.blinded_message, wrong)


@pytest.mark.parametrize("factor", [bytes(384), KEY.n.to_bytes(384, "big")])
def test_blinding_factors_out_of_range_are_refused(factor: bytes):
    with pytest.raises(SealError):
        blind_rsa.blind(KEY, MESSAGE, PSS_RANDOMIZED, factor=SecretBytes(factor))


def test_given_randomness_makes_the_same_bytes():
    factor = blind_rsa.blinding_factor(KEY, SecretBytes(b"u" * 400))
    blindings = [blind_rsa.blind(KEY, MESSAGE, PSS_RANDOMIZED, salt=b"s" * 48, factor=factor) for _ in range(2)]
    assert blindings[0] == blindings[1]


def test_short_randomness_is_refused():
    with pytest.raises(SealError):
        blind_rsa.blinding_factor(KEY, SecretBytes(b"u" * 399))
    with pytest.raises(SealError):
        blind_rsa.blind(KEY, MESSAGE, PSS_RANDOMIZED, salt=b"s")
    with pytest.raises(SealError):
        blind_rsa.prepare(b"message", PSS_RANDOMIZED, prefix=b"p")


def test_a_key_round_trips_through_spki():
    assert PublicKey.from_spki(KEY.to_spki()) == KEY


def test_a_key_of_another_size_exponent_or_kind_is_refused():
    others = [
        rsa.generate_private_key(65537, 2048),
        rsa.generate_private_key(3, 3072),
        ec.generate_private_key(ec.SECP256R1()),
    ]
    for other in others:
        with pytest.raises(SealError):
            PublicKey.from_spki(other.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def test_a_key_has_one_encoding():
    der = KEY.to_spki()
    for other in (der + b"\x00", der[:-1], b"", der[:1] + b"\x83\x00" + der[2:]):
        with pytest.raises(SealError):
            PublicKey.from_spki(other)


def test_the_same_key_under_the_pss_identifier_is_another_encoding():
    # The stock parser accepts id-RSASSA-PSS as well: an issuer could show it to one person only.
    der = KEY.to_spki()
    plain, pss = bytes.fromhex("300d06092a864886f70d0101010500"), bytes.fromhex("300b06092a864886f70d01010a")
    body = der[4:].replace(plain, pss)
    other = der[:2] + len(body).to_bytes(2, "big") + body
    assert load_der_public_key(other).public_numbers() == rsa.RSAPublicNumbers(KEY.e, KEY.n)
    with pytest.raises(SealError, match="canonical"):
        PublicKey.from_spki(other)


def test_the_private_key_is_stored_under_a_passphrase():
    stored = SIGNER.to_pkcs8(SecretBytes(b"passphrase"))
    loaded = BlindSigner.from_pkcs8(stored, SecretBytes(b"passphrase"))
    assert loaded.blind_sign(BLINDING.blinded_message) == BLIND_SIGNATURE
    for der, passphrase in ((stored, b"wrong"), (stored[:-1], b"passphrase"), (b"", b"passphrase"), (stored, b"")):
        with pytest.raises(SealError):
            BlindSigner.from_pkcs8(der, SecretBytes(passphrase))
    with pytest.raises(SealError):
        SIGNER.to_pkcs8(SecretBytes(b""))


def test_a_faulty_private_operation_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(BlindSigner, "_private_power", lambda self, base: base)
    with pytest.raises(SealError, match="check"):
        SIGNER.blind_sign(BLINDING.blinded_message)
