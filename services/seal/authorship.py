"""Who wrote a post: the chain from its text to a credential, as one check.

Disclosure runs it before it opens a case, an officer's own machine before he signs an approval, and every trustee
before it uses its share, so that none of them can be brought to open an alias that did not write the post. What the
check leaves open: whether the issuer's key is in the log (`authorization.check_credential`), and whether the case at
hand is about this post and credential (`authorization.bundle_hash`). All errors are `SealError`.
"""

from dataclasses import dataclass

from services.seal import ed25519
from services.seal.authorization import SignedCredential, verify_credential
from services.seal.statements import PostStatement, ThreadCertificate


@dataclass(frozen=True)
class SignedPost:
    """A post and what its author signed; not verified by existing. The title is empty unless it opened the thread.

    `certificate` is the alias key's signature over the thread key, `signature` the thread key's over the post.
    """

    thread_id: str
    post_id: str
    title: str
    body: str
    thread_key: bytes
    certificate: bytes
    signature: bytes


def verify_authorship(post: SignedPost, credential: SignedCredential, issuer_key: bytes) -> None:
    """Return when the holder of the credential wrote the post. `issuer_key` is DER SubjectPublicKeyInfo.

    The links: the thread key signed the post, the credential's alias key certified the thread key for this thread, and
    the issuer signed the credential.
    """
    statement = PostStatement(post.thread_id, post.post_id, post.title, post.body)
    ed25519.verify(post.thread_key, statement.signed_bytes(), post.signature)
    certificate = ThreadCertificate(credential.message.cpk, post.thread_key, post.thread_id)
    ed25519.verify(credential.message.cpk, certificate.signed_bytes(), post.certificate)
    verify_credential(credential, issuer_key)
