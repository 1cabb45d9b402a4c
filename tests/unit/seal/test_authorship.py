"""A post belongs to a credential only when every link between the two was signed by the right key."""

from dataclasses import replace

import pytest

from services.seal import blind_rsa
from services.seal.authorization import SignedCredential
from services.seal.authorship import SignedPost, verify_authorship
from services.seal.blind_rsa import PSS_RANDOMIZED
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.statements import Context, CredentialMessage, PostStatement, ThreadCertificate

ISSUER = BlindSigner.generate()
ALIAS, THREAD, OTHER = SigningKey.generate(), SigningKey.generate(), SigningKey.generate()


def credential(alias_key: bytes) -> SignedCredential:
    message = CredentialMessage(b"p" * 32, Context("acme", 7), alias_key, b"h" * 32)
    blinding = blind_rsa.blind(ISSUER.public_key, message.signed_bytes(), PSS_RANDOMIZED)
    answer = ISSUER.blind_sign(blinding.blinded_message)
    return SignedCredential(
        message,
        blind_rsa.finalize(ISSUER.public_key, message.signed_bytes(), answer, blinding.inverse, PSS_RANDOMIZED),
    )


CREDENTIAL = credential(ALIAS.public_key)
ISSUER_KEY = ISSUER.public_key.to_spki()
POST = SignedPost(
    "t",
    "p",
    "title",
    "body",
    THREAD.public_key,
    ALIAS.sign(ThreadCertificate(ALIAS.public_key, THREAD.public_key, "t").signed_bytes()),
    THREAD.sign(PostStatement("t", "p", "title", "body").signed_bytes()),
)


def test_an_unbroken_chain_verifies():
    verify_authorship(POST, CREDENTIAL, ISSUER_KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"thread_id": "u"},
        {"post_id": "q"},
        {"title": ""},
        {"body": "other"},
        {"thread_key": OTHER.public_key},
        {"thread_key": b""},
        {"certificate": bytes(64)},
        {"certificate": OTHER.sign(ThreadCertificate(ALIAS.public_key, THREAD.public_key, "t").signed_bytes())},
        {"signature": bytes(64)},
        {"signature": ALIAS.sign(PostStatement("t", "p", "title", "body").signed_bytes())},
    ],
)
def test_a_broken_link_of_the_post_is_refused(change: dict[str, object]):
    with pytest.raises(SealError):
        verify_authorship(replace(POST, **change), CREDENTIAL, ISSUER_KEY)


def test_a_genuine_credential_of_somebody_else_is_refused():
    with pytest.raises(SealError):
        verify_authorship(POST, credential(OTHER.public_key), ISSUER_KEY)


def test_a_credential_that_the_issuer_did_not_sign_is_refused():
    with pytest.raises(SealError):
        verify_authorship(POST, replace(CREDENTIAL, signature=bytes(384)), ISSUER_KEY)
    with pytest.raises(SealError):
        verify_authorship(POST, CREDENTIAL, b"no key")
