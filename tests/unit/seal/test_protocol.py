"""The pieces together: one person's credential from registration to a lawful opening, without any service.

It shows how the constructions fit, and that the two frauds which their composition must stop are stopped.
"""

import pytest

from services.seal import blind_rsa, ed25519, envelope, kdf, threshold
from services.seal.blind_rsa import PSS_RANDOMIZED, PublicKey
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.ed25519 import SigningKey
from services.seal.envelope import Escrow
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.statements import Context, CredentialMessage, Ownership, PostStatement, ThreadCertificate

CONTEXT = Context("employee of Example", 3)
ISSUER = BlindSigner.generate()
TRUSTEES = threshold.deal(threshold.generate_secret(), 3, 5)
EREF = b"e" * 16
PERSON = SigningKey.generate()
ALIAS_SECRET = SecretBytes.random(32)
ALIAS = kdf.alias_key(ALIAS_SECRET)


def _sealed(owner: SigningKey, cpk: bytes) -> bytes:
    isig = owner.sign(Ownership(CONTEXT, cpk).signed_bytes())
    aad = envelope.associated_data(CONTEXT, cpk)
    return envelope.seal(TRUSTEES.public_key, Escrow(EREF, isig).encode(), aad)


def _credential(cpk: bytes, sealed: bytes) -> tuple[CredentialMessage, bytes]:
    message = CredentialMessage(SecretBytes.random(32).reveal(), CONTEXT, cpk, envelope.envelope_hash(sealed))
    prepared = blind_rsa.prepare(message.message(), PSS_RANDOMIZED, prefix=message.prefix)
    assert prepared == message.signed_bytes()
    blinding = blind_rsa.blind(ISSUER.public_key, prepared, PSS_RANDOMIZED)
    answer = ISSUER.blind_sign(blinding.blinded_message)
    return message, blind_rsa.finalize(ISSUER.public_key, prepared, answer, blinding.inverse, PSS_RANDOMIZED)


def _open(cpk: bytes, sealed: bytes) -> Escrow:
    partials = [envelope.partial_decrypt(share, sealed) for share in TRUSTEES.shares[1:4]]
    for partial in partials:
        envelope.verify_partial(TRUSTEES.share_public_keys[partial.index - 1], sealed, partial)
    aad = envelope.associated_data(CONTEXT, cpk)
    return Escrow.decode(envelope.combine(TRUSTEES.public_key, TRUSTEES.threshold, partials, sealed, aad))


def test_a_credential_speaks_and_opens_to_its_owner():
    sealed = _sealed(PERSON, ALIAS.public_key)
    message, signature = _credential(ALIAS.public_key, sealed)

    # Anyone, from public bytes: the issuer vouches for the alias key, which vouches for the thread key of the post.
    blind_rsa.verify(
        PublicKey.from_spki(ISSUER.public_key.to_spki()), message.signed_bytes(), signature, PSS_RANDOMIZED
    )
    thread = SigningKey(kdf.thread_key(ALIAS_SECRET, "t-1"))
    certificate = ThreadCertificate(message.cpk, thread.public_key, "t-1").signed_bytes()
    ed25519.verify(message.cpk, certificate, ALIAS.sign(certificate))
    post = PostStatement("t-1", "p-1", "标题", "正文").signed_bytes()
    ed25519.verify(thread.public_key, post, thread.sign(post))

    # Three trustees, and identity with the registered key.
    escrow = _open(message.cpk, sealed)
    assert escrow.eref == EREF
    ed25519.verify(PERSON.public_key, Ownership(CONTEXT, message.cpk).signed_bytes(), escrow.isig)


def test_an_issuer_that_knows_the_reference_cannot_frame_its_owner():
    issuer_made = SigningKey.generate()
    sealed = _sealed(issuer_made, issuer_made.public_key)
    message, _ = _credential(issuer_made.public_key, sealed)
    escrow = _open(message.cpk, sealed)
    assert escrow.eref == EREF
    with pytest.raises(SealError):
        ed25519.verify(PERSON.public_key, Ownership(CONTEXT, message.cpk).signed_bytes(), escrow.isig)


def test_an_envelope_does_not_move_to_another_alias():
    sealed = _sealed(PERSON, ALIAS.public_key)
    with pytest.raises(SealError):
        _open(SigningKey.generate().public_key, sealed)
