"""Making a credential blindly: the client's side of cut and choose, and of the blind signature at its end. No I/O.

`begin` draws the secret that all candidates come from, `offer` makes them, `challenged` notes which one stays closed,
and `finish` turns the issuer's answer into an alias. Keeping the state in between is the wallet's work, and sending
what each step says `account`'s.
"""

import uuid
from dataclasses import replace

from services.seal import blind_rsa, cut_and_choose, envelope
from services.seal.cut_and_choose import Offer, Terms
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.statements import Context
from vouchsafe.sdk.keys import Alias, Issuing, Person

_MASTER_SIZE = 32


def begin(
    person: Person,
    opening_key: bytes,
    *,
    label: str,
    label_name: str,
    epoch: int,
    slot: int,
    issuer_key: bytes,
    candidates: int,
    master: SecretBytes | None = None,
) -> Issuing:
    """A new issuance, for an issuer key (DER) that the log has shown; `master` (32 bytes) is random unless given.

    SealError when the key, or the number of candidates, is none that may be.
    """
    blind_rsa.PublicKey.from_spki(issuer_key)
    issuing = Issuing(
        label=label,
        label_name=label_name,
        epoch=epoch,
        slot=slot,
        master=master or SecretBytes.random(_MASTER_SIZE),
        issuer_key=issuer_key,
        opening_key=opening_key,
        candidates=candidates,
        begin_request_id=str(uuid.uuid4()),
        finish_request_id=str(uuid.uuid4()),
    )
    terms(person, issuing)
    return issuing


def terms(person: Person, issuing: Issuing) -> Terms:
    """What all candidates of an issuance are bound to."""
    return Terms(
        context=Context(issuing.label, issuing.epoch),
        slot=issuing.slot,
        eref=person.escrow_reference,
        ipk=person.ownership_key.public_key,
        opening_key=issuing.opening_key,
        issuer_key=issuing.issuer_key,
        candidates=issuing.candidates,
    )


def offer(person: Person, issuing: Issuing) -> Offer:
    """The candidates, the same each time. Takes some 0.4 ms of processor for each: call it in a thread."""
    return Offer(terms(person, issuing), issuing.master, person.ownership_key)


def challenged(issuing: Issuing, chosen: int) -> Issuing:
    """The issuance with its choice, to be kept before anything is opened; SealError for another than was kept."""
    if not 0 <= chosen < issuing.candidates:
        raise SealError("verification has chosen a candidate that does not exist")
    if issuing.chosen not in (None, chosen):
        raise SealError("verification has chosen another candidate than before, which would give the alias away")
    return replace(issuing, chosen=chosen)


def finish(issuing: Issuing, candidates: Offer, blind_signature: bytes) -> Alias:
    """The alias with its credential. SealError when the issuer's answer is not a signature over our message."""
    survivor = candidates.survivor(chosen_of(issuing))
    signature = blind_rsa.finalize(
        blind_rsa.PublicKey.from_spki(issuing.issuer_key),
        survivor.message.signed_bytes(),
        blind_signature,
        survivor.blinding.inverse,
        cut_and_choose.VARIANT,
    )
    return Alias(
        label=issuing.label,
        label_name=issuing.label_name,
        epoch=issuing.epoch,
        slot=issuing.slot,
        secret=survivor.alias_secret,
        envelope=survivor.envelope,
        envelope_hash=envelope.envelope_hash(survivor.envelope),
        prefix=survivor.message.prefix,
        issuer_key=issuing.issuer_key,
        signature=signature,
        deposit_request_id=str(uuid.uuid4()),
        create_request_id=str(uuid.uuid4()),
    )


def chosen_of(issuing: Issuing) -> int:
    """The candidate that stays closed; SealError before verification has drawn it."""
    if issuing.chosen is None:
        raise SealError("no candidate was chosen yet")
    return issuing.chosen
