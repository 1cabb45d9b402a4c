"""Making a credential blindly: the client's half of RFC 9474 and the envelope that goes with it. No I/O.

`begin` makes an alias key, seals the person's reference and signature to the opening key, and blinds the message;
`finish` unblinds and verifies the issuer's answer. Keeping the state in between is `wallet`'s work.
"""

import uuid

from services.seal import blind_rsa, envelope, kdf
from services.seal.secret import SecretBytes
from services.seal.statements import Context, CredentialMessage, Ownership
from vouchsafe.sdk.keys import Alias, Issuing, Person

VARIANT = blind_rsa.PSS_RANDOMIZED
_SECRET_SIZE = 32


def begin(
    person: Person, opening_key: bytes, *, label: str, label_name: str, epoch: int, slot: int, spki: bytes
) -> Issuing:
    """A fresh alias and its blinded credential message, for an issuer key (DER) that the log has shown."""
    context = Context(label, epoch)
    secret = SecretBytes.random(_SECRET_SIZE)
    cpk = kdf.alias_key(secret).public_key
    isig = person.ownership_key.sign(Ownership(context, cpk).signed_bytes())
    escrow = envelope.Escrow(person.escrow_reference, isig)
    sealed = envelope.seal(opening_key, escrow.encode(), envelope.associated_data(context, cpk))
    prefix = SecretBytes.random(VARIANT.prefix_size).reveal()
    message = CredentialMessage(prefix, context, cpk, envelope.envelope_hash(sealed))
    blinding = blind_rsa.blind(blind_rsa.PublicKey.from_spki(spki), message.signed_bytes(), VARIANT)
    return Issuing(
        label=label,
        label_name=label_name,
        epoch=epoch,
        slot=slot,
        secret=secret,
        envelope=sealed,
        prefix=prefix,
        issuer_key=spki,
        blinded_message=blinding.blinded_message,
        inverse=blinding.inverse,
        request_id=str(uuid.uuid4()),
    )


def finish(issuing: Issuing, blind_signature: bytes) -> Alias:
    """The alias with its credential. SealError when the issuer's answer is not a signature over our message."""
    hashed = envelope.envelope_hash(issuing.envelope)
    cpk = kdf.alias_key(issuing.secret).public_key
    message = CredentialMessage(issuing.prefix, Context(issuing.label, issuing.epoch), cpk, hashed)
    key = blind_rsa.PublicKey.from_spki(issuing.issuer_key)
    signature = blind_rsa.finalize(key, message.signed_bytes(), blind_signature, issuing.inverse, VARIANT)
    return Alias(
        label=issuing.label,
        label_name=issuing.label_name,
        epoch=issuing.epoch,
        slot=issuing.slot,
        secret=issuing.secret,
        envelope=issuing.envelope,
        envelope_hash=hashed,
        prefix=issuing.prefix,
        issuer_key=issuing.issuer_key,
        signature=signature,
        deposit_request_id=str(uuid.uuid4()),
        create_request_id=str(uuid.uuid4()),
    )
