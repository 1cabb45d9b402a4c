"""Authors as their own devices make them: keys, an envelope, a credential of one issuer, and a signed post."""

import uuid
from dataclasses import dataclass, field
from functools import cache

from services.seal import blind_rsa, envelope
from services.seal.authorization import SignedCredential
from services.seal.blind_rsa import PSS_RANDOMIZED
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.ed25519 import SigningKey
from services.seal.envelope import Escrow
from services.seal.secret import SecretBytes
from services.seal.statements import Context, CredentialMessage, Ownership, PostStatement, ThreadCertificate
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.forum.v1 import evidence_service_pb2 as forum_pb
from vouchsafe.forum.v1 import thread_service_pb2
from vouchsafe.trustee.v1 import post_evidence_pb2

LABEL, EPOCH = "acme-games", 203001
CONTEXT = Context(LABEL, EPOCH)


@cache
def issuer() -> BlindSigner:
    """Verification's key of the label; dear to make, so one for all tests."""
    return BlindSigner.generate()


@dataclass(frozen=True)
class Author:
    """A person with a credential, and a post under it."""

    opening_key: bytes
    person: SigningKey = field(default_factory=SigningKey.generate)
    alias: SigningKey = field(default_factory=SigningKey.generate)
    thread: SigningKey = field(default_factory=SigningKey.generate)
    eref: bytes = field(default_factory=lambda: SecretBytes.random(16).reveal())
    thread_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    post_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    envelope: bytes = field(init=False)
    credential: SignedCredential = field(init=False)

    def __post_init__(self) -> None:
        ownership = self.person.sign(Ownership(CONTEXT, self.alias.public_key).signed_bytes())
        aad = envelope.associated_data(CONTEXT, self.alias.public_key)
        sealed = envelope.seal(self.opening_key, Escrow(self.eref, ownership).encode(), aad)
        object.__setattr__(self, "envelope", sealed)
        object.__setattr__(self, "credential", self.credential_for(sealed))

    def credential_for(self, sealed: bytes, by: BlindSigner | None = None) -> SignedCredential:
        """A credential for this alias and any envelope, signed by the issuer or by another key."""
        signer = by or issuer()
        prefix = SecretBytes.random(32).reveal()
        message = CredentialMessage(prefix, CONTEXT, self.alias.public_key, envelope.envelope_hash(sealed))
        key = signer.public_key
        blinding = blind_rsa.blind(key, message.signed_bytes(), PSS_RANDOMIZED)
        answer = signer.blind_sign(blinding.blinded_message)
        signature = blind_rsa.finalize(key, message.signed_bytes(), answer, blinding.inverse, PSS_RANDOMIZED)
        return SignedCredential(message, signature)

    def evidence(self) -> forum_pb.GetPostEvidenceResponse:
        """What the forum answers about the post."""
        title, body = "标题", "text"
        statement = PostStatement(self.thread_id, self.post_id, title, body)
        certificate = ThreadCertificate(self.alias.public_key, self.thread.public_key, self.thread_id)
        return forum_pb.GetPostEvidenceResponse(
            thread_id=self.thread_id,
            title=title,
            body=body,
            proof=thread_service_pb2.AuthorProof(
                alias_key=self.alias.public_key,
                thread_key=self.thread.public_key,
                certificate=self.alias.sign(certificate.signed_bytes()),
                signature=self.thread.sign(statement.signed_bytes()),
            ),
            credential=credential_message(self.credential),
        )

    def post_evidence(self) -> post_evidence_pb2.PostEvidence:
        """What trustees and officers are shown of the post."""
        told = self.evidence()
        return post_evidence_pb2.PostEvidence(
            thread_id=told.thread_id,
            title=told.title,
            body=told.body,
            thread_key=told.proof.thread_key,
            certificate=told.proof.certificate,
            signature=told.proof.signature,
        )


def credential_message(credential: SignedCredential) -> credential_pb2.Credential:
    """A credential as it travels."""
    message = credential.message
    return credential_pb2.Credential(
        label=message.context.label,
        epoch=message.context.epoch,
        alias_key=message.cpk,
        envelope_hash=message.envelope_hash,
        prefix=message.prefix,
        signature=credential.signature,
    )
