"""Provenance of a post: a file that shows, offline, that a verified employee wrote it and the platform did not.

It holds the post as its author signed it, the author's key of the thread, the alias key that certifies it, the
credential of that alias key, what its label means, the issuer's key, and proofs that the meaning, this key and the
label's activation are in the witnessed log. Once the day of the post is over it also shows that the post, as it is, was
committed to then, and that every sentence that can be quoted from that commitment is the post's own: the passages are
cut from the signed text once more, and their root is recomputed. So whoever has the file can tell a forged quotation;
the salts that this takes tell him nothing that the whole text does not. What takes verifying is RSASSA-PSS, Ed25519 and
SHA-256, all in stock tools; `docs/provenance.md` does it with openssl.

It names nobody, and holds no envelope and no other thread. It does show the alias key, so the files of two threads of
one alias belong visibly together: handing one out is for the author, or for a lawful order, to decide. Not shown: that
the issuer vouched truthfully, that the label has not been revoked after the file was made, or concealed to be so by
whoever made it, and who the author is. All errors are `SealError`.
"""

from dataclasses import dataclass

from services.seal.authorization import SignedCredential
from services.seal.authorship import SignedPost, verify_authorship
from services.seal.checkpoint import LogPolicy
from services.seal.commitment import TextCommitment, TextId, passages_root_of, statement_commitment
from services.seal.errors import SealError
from services.seal.exhibit import Exhibit
from services.seal.leaves import IssuerKeyLeaf, LabelActivatedLeaf, LabelDefinedLeaf, LabelRevokedLeaf, PostRootLeaf
from services.seal.logged import Logged, check_logged
from services.seal.passages import passages
from services.seal.post_root import DayPlace, verify_place
from services.seal.statements import Context, CredentialMessage, Nonce, PostStatement, Statement


@dataclass(frozen=True)
class ProvenanceRequest(Statement):
    """ "Show me the provenance of my post", for the forum's nonce; signed by the author's key of the thread."""

    TAG = "provenance-request"
    nonce: Nonce
    post_id: str


@dataclass(frozen=True, kw_only=True)
class Provenance(Exhibit):
    """The file. Unverified by existing; `verify_provenance` judges it.

    Keys, signatures and hashes are raw bytes, `issuer_key` is DER SubjectPublicKeyInfo, the proofs are tlog-proofs.
    `label_name` and `parent` are the words for the label and the wider label, or `leaves.NO_PARENT`, as the log has
    them. `revoked` and its proof are there if the label was revoked in this epoch before the file was made; what
    follows them is there, as a whole, if the day of the post was over.
    """

    KIND = "provenance"

    thread: str
    post: str
    title: str = ""
    body: str
    thread_key: bytes
    post_signature: bytes
    alias_key: bytes
    thread_certificate: bytes
    label: str
    epoch: int
    prefix: bytes
    envelope_hash: bytes
    credential_signature: bytes
    label_name: str
    parent: str
    definition_proof: str
    issuer_key: bytes
    issuer_key_proof: str
    crowd_at_least: int
    activation_proof: str
    revoked: str = ""
    revocation_proof: str = ""
    statement_salt: bytes = b""
    passage_salts: tuple[bytes, ...] = ()
    passage_count: int | None = None
    passages_root: bytes = b""
    day: str = ""
    day_size: int | None = None
    day_index: int | None = None
    day_path: tuple[bytes, ...] = ()
    day_root: bytes = b""
    day_proof: str = ""

    @property
    def statement(self) -> PostStatement:
        """What the author signed."""
        return PostStatement(self.thread, self.post, self.title, self.body)


@dataclass(frozen=True)
class Verdict:
    """What a file has proven. `revocation` and `day` are None when the file says nothing of them."""

    definition: Logged
    issuer_key: Logged
    activation: Logged
    revocation: Logged | None
    day: Logged | None

    @property
    def log_size(self) -> int:
        """Leaves of the largest log that was shown: what came later is not known here."""
        shown = (self.definition, self.issuer_key, self.activation, self.revocation, self.day)
        return max(each.size for each in shown if each is not None)


def verify_provenance(provenance: Provenance, policy: LogPolicy) -> Verdict:
    """Return the verdict when every link holds, from the text to the log that the policy describes.

    The links, in this order: the log says what the label means in the epoch; the issuer's key is in it for both; the
    label was activated, and revoked if the file says so; the issuer signed the credential of the alias key, which
    certified the thread's key, which signed the post; and the post with its own passages, and no others, is in the tree
    of a day, whose root is in the log. A revoked label makes no file false: what the revocation means for a post that
    was written before is for the reader to judge.
    """
    p = provenance
    definition = check_logged(LabelDefinedLeaf(p.label, p.epoch, p.label_name, p.parent), p.definition_proof, policy)
    issuer_key = check_logged(IssuerKeyLeaf.of(p.label, p.epoch, p.issuer_key), p.issuer_key_proof, policy)
    activation = check_logged(LabelActivatedLeaf(p.label, p.epoch, p.crowd_at_least), p.activation_proof, policy)
    message = CredentialMessage(p.prefix, Context(p.label, p.epoch), p.alias_key, p.envelope_hash)
    credential = SignedCredential(message, p.credential_signature)
    post = SignedPost(p.thread, p.post, p.title, p.body, p.thread_key, p.thread_certificate, p.post_signature)
    verify_authorship(post, credential, p.issuer_key)
    return Verdict(definition, issuer_key, activation, _check_revocation(p, policy), _check_day(p, policy))


def _check_revocation(p: Provenance, policy: LogPolicy) -> Logged | None:
    if not p.revoked and not p.revocation_proof:
        return None
    return check_logged(LabelRevokedLeaf(p.label, p.epoch, p.revoked), p.revocation_proof, policy)


def _check_day(p: Provenance, policy: LogPolicy) -> Logged | None:
    count, size, index = p.passage_count, p.day_size, p.day_index
    part = (p.statement_salt, count, p.passages_root, p.day, size, index, p.day_path, p.day_root, p.day_proof)
    absent = [each in (None, "", b"", ()) for each in part]
    if all(absent) and not p.passage_salts:
        return None
    if any(absent) or count is None or size is None or index is None:
        raise SealError("the part about the day is not complete")
    cut = passages(p.body, p.title)
    if (len(cut), passages_root_of(cut, p.passage_salts)) != (count, p.passages_root):
        raise SealError("other passages were committed to than those of the text")
    statement = statement_commitment(p.statement_salt, p.statement.hash())
    commitment = TextCommitment(TextId(p.thread, p.post), statement, count, p.passages_root)
    leaf = PostRootLeaf(p.day, size, p.day_root)
    verify_place(DayPlace(p.day, size, index, p.day_path), commitment.to_bytes(), leaf)
    return check_logged(leaf, p.day_proof, policy)
