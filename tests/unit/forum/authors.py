"""People as the forum meets them: an issuer, disclosure's receipt key, and authors who sign what they write."""

import uuid
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.forum.domain.verified import AuthorProof, Credential, IssuerKey, SignedComment, SignedPost
from services.seal.ed25519 import SigningKey
from services.seal.kdf import alias_key, thread_key
from services.seal.secret import SecretBytes
from services.seal.statements import (
    AliasProof,
    CommentStatement,
    Context,
    CredentialMessage,
    PostStatement,
    Receipt,
    ThreadCertificate,
)

LABEL = "harbour-games"
LABEL_NAME = "Harbour Games 海港游戏"
EPOCH = 3
RECEIPT_KEY = SigningKey.generate()


@cache
def issuer(name: str = "first") -> rsa.RSAPrivateKey:
    """An issuer's private key, made once for each name."""
    return rsa.generate_private_key(65537, 3072)


def issuer_key(name: str = "first", *, label: str = LABEL, label_name: str = LABEL_NAME) -> IssuerKey:
    """The public half, as verification publishes it."""
    der = issuer(name).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return IssuerKey(label, EPOCH, label_name, der)


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Author:
    """Somebody with a credential; everything signed is signed for real."""

    label: str = LABEL
    issuer: str = "first"
    secret: SecretBytes = field(default_factory=lambda: SecretBytes.random(32))
    envelope_hash: bytes = field(default_factory=lambda: SecretBytes.random(32).reveal())
    prefix: bytes = field(default_factory=lambda: SecretBytes.random(32).reveal())

    @property
    def key(self) -> SigningKey:
        return alias_key(self.secret)

    def thread_key(self, thread_id: str) -> SigningKey:
        return SigningKey(thread_key(self.secret, thread_id))

    def credential(self) -> Credential:
        context = Context(self.label, EPOCH)
        message = CredentialMessage(self.prefix, context, self.key.public_key, self.envelope_hash)
        pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
        signature = issuer(self.issuer).sign(message.signed_bytes(), pss, hashes.SHA384())
        return Credential(self.label, EPOCH, self.key.public_key, self.envelope_hash, self.prefix, signature)

    def receipt(self, key: SigningKey = RECEIPT_KEY) -> bytes:
        return key.sign(Receipt(self.key.public_key, self.envelope_hash).signed_bytes())

    def possession(self, nonce: bytes, handle: str) -> bytes:
        return self.key.sign(AliasProof(nonce, self.key.public_key, handle).signed_bytes())

    def post(self, thread_id: str, body: str = "words", *, title: str = "", post_id: str = "") -> SignedPost:
        post_id = post_id or new_id()
        statement = PostStatement(thread_id, post_id, title, body)
        return SignedPost(thread_id, title, post_id, body, self.proof(thread_id, statement.signed_bytes()))

    def comment(self, thread_id: str, post_id: str, body: str = "words", *, comment_id: str = "") -> SignedComment:
        comment_id = comment_id or new_id()
        statement = CommentStatement(thread_id, post_id, comment_id, body)
        return SignedComment(thread_id, post_id, comment_id, body, self.proof(thread_id, statement.signed_bytes()))

    def proof(self, thread_id: str, text: bytes) -> AuthorProof:
        key = self.thread_key(thread_id)
        certificate = ThreadCertificate(self.key.public_key, key.public_key, thread_id)
        return AuthorProof(
            self.key.public_key, key.public_key, self.key.sign(certificate.signed_bytes()), key.sign(text)
        )
