"""What a lawful opening answers: the fields in scope, sealed to the recipient of the case and to nobody else.

HPKE (`hpke`) to the recipient's X25519 key. `info` is canonical bytes of the tag `release`, the case and the hash of
what it is about, so an answer opens as the answer to its own case alone. The plaintext is canonical bytes of the tag
`released`, then each field's word (`requests.Field`) and value, in the order of the scope. All errors are `SealError`.
"""

from collections.abc import Mapping

from services.seal import hpke
from services.seal.canonical import read_fields, signed_bytes
from services.seal.errors import SealError
from services.seal.secret import SecretBytes


def seal_released(recipient_key: bytes, case_id: str, bundle_hash: bytes, told: Mapping[str, str]) -> bytes:
    """Return the sealed answer to a case."""
    plaintext = signed_bytes("released", *(part for item in told.items() for part in item))
    return hpke.seal(recipient_key, plaintext, _info(case_id, bundle_hash))


def open_released(recipient_key: SecretBytes, case_id: str, bundle_hash: bytes, sealed: bytes) -> dict[str, str]:
    """Return field and value of an answer, for the holder of the recipient's private key."""
    parts = read_fields("released", hpke.open_sealed(recipient_key, sealed, _info(case_id, bundle_hash)))
    if len(parts) % 2:
        raise SealError("an answer is fields and their values")
    try:
        words = [part.decode("utf-8") for part in parts]
    except UnicodeDecodeError as error:
        raise SealError("an answer is text") from error
    return dict(zip(words[::2], words[1::2], strict=True))


def _info(case_id: str, bundle_hash: bytes) -> bytes:
    return signed_bytes("release", case_id, bundle_hash)
