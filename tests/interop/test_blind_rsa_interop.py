"""RFC 9474 with a second implementation on the other side, in both directions and all four variants."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.seal import blind_rsa
from services.seal.blind_rsa import Variant
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.errors import SealError
from tests.interop.conftest import Refused, Second

VARIANTS = (
    blind_rsa.PSS_RANDOMIZED,
    blind_rsa.PSSZERO_RANDOMIZED,
    blind_rsa.PSS_DETERMINISTIC,
    blind_rsa.PSSZERO_DETERMINISTIC,
)
MESSAGE = b"spoken under an alias"

_PRIVATE = rsa.generate_private_key(blind_rsa.EXPONENT, blind_rsa.MODULUS_BITS)
PKCS8 = _PRIVATE.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex()
SIGNER = BlindSigner(_PRIVATE)
KEY = SIGNER.public_key
SPKI = KEY.to_spki().hex()

each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


@each_variant
def test_their_client_takes_our_signature(second: Second, variant: Variant):
    message = bytes.fromhex(second.ask("prepare", variant=variant.name, message=MESSAGE.hex()))
    assert len(message) == variant.prefix_size + len(MESSAGE)
    blinding = second.ask("blind", variant=variant.name, spki=SPKI, input=message.hex())
    signed = SIGNER.blind_sign(bytes.fromhex(blinding["blinded"]))
    finalized = second.ask(
        "finalize",
        variant=variant.name,
        spki=SPKI,
        input=message.hex(),
        signed=signed.hex(),
        inverse=blinding["inverse"],
    )
    blind_rsa.verify(KEY, message, bytes.fromhex(finalized), variant)


@each_variant
def test_our_client_takes_their_signature(second: Second, variant: Variant):
    message = blind_rsa.prepare(MESSAGE, variant)
    blinding = blind_rsa.blind(KEY, message, variant)
    signed = second.ask("sign", variant=variant.name, pkcs8=PKCS8, blinded=blinding.blinded_message.hex())
    signature = blind_rsa.finalize(KEY, message, bytes.fromhex(signed), blinding.inverse, variant)
    told = {"variant": variant.name, "spki": SPKI, "signature": signature.hex()}
    assert second.ask("verify", input=message.hex(), **told)
    assert not second.ask("verify", input=(message + b".").hex(), **told)


def test_both_sign_one_message_alike(second: Second):
    blinded = blind_rsa.blind(KEY, MESSAGE, blind_rsa.PSSZERO_DETERMINISTIC).blinded_message
    theirs = second.ask("sign", variant=blind_rsa.PSSZERO_DETERMINISTIC.name, pkcs8=PKCS8, blinded=blinded.hex())
    assert SIGNER.blind_sign(blinded).hex() == theirs


def test_both_refuse_what_another_variant_signed(second: Second):
    randomized, zero = blind_rsa.PSS_RANDOMIZED, blind_rsa.PSSZERO_RANDOMIZED
    message = blind_rsa.prepare(MESSAGE, randomized)
    blinding = blind_rsa.blind(KEY, message, randomized)
    signed = SIGNER.blind_sign(blinding.blinded_message)
    with pytest.raises(SealError):
        blind_rsa.finalize(KEY, message, signed, blinding.inverse, zero)
    with pytest.raises(Refused):
        second.ask(
            "finalize",
            variant=zero.name,
            spki=SPKI,
            input=message.hex(),
            signed=signed.hex(),
            inverse=blinding.inverse.reveal().hex(),
        )
