"""A whole world in small for exhibits: an issuer, a log with witnesses, and a post whose day is over."""

from dataclasses import dataclass, field, replace
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.seal import checkpoint, note
from services.seal.checkpoint import Checkpoint, LogPolicy
from services.seal.commitment import (
    TextCommitment,
    TextId,
    passage_hash,
    passage_path,
    passages_root,
    salts_of,
    statement_commitment,
)
from services.seal.ed25519 import SigningKey
from services.seal.kdf import alias_key, thread_key
from services.seal.leaves import (
    IssuerKeyLeaf,
    LabelActivatedLeaf,
    LabelDefinedLeaf,
    LabelRevokedLeaf,
    Leaf,
    PostRootLeaf,
)
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType
from services.seal.passages import passages
from services.seal.post_root import DayPlace, DayTree
from services.seal.provenance import Provenance
from services.seal.quotation import Quotation, path_line
from services.seal.secret import SecretBytes
from services.seal.statements import Context, CredentialMessage, PostStatement, ThreadCertificate
from services.seal.tlog_proof import TlogProof

LABEL, EPOCH, LABEL_NAME, PARENT = "harbour-games", 3, "Employee of Harbour Games '海港'", "gaming"
THREAD, POST = "8d9f3c2e-6a0f-4f4c-9f5e-0c1d2e3f4a5b", "1f2e3d4c-5b6a-4978-8796-a5b4c3d2e1f0"
TITLE = "Night shifts 夜班"
BODY = "Who sets the rota? Nobody says.\n\n\tThey said: “Next month.” 没人说。真的。\nIt costs 3.5 hours"
SECRET = SecretBytes(b"commitment secret of the forum..")
DAY = "2030-01-02"
SEEN = 1_893_600_000


@cache
def issuer() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 3072)


@dataclass
class Log:
    """A transparency log with two witnesses, both of whom must sign."""

    signer: NoteSigner = field(default_factory=lambda: NoteSigner("log.example/1", SigningKey.generate()))
    witnesses: tuple[NoteSigner, ...] = field(
        default_factory=lambda: tuple(
            NoteSigner(f"witness-{i}", SigningKey.generate(), SignatureType.COSIGNATURE) for i in (1, 2)
        )
    )
    leaves: list[bytes] = field(default_factory=lambda: [b"leaf %d\n" % i for i in range(5)])

    @property
    def policy(self) -> LogPolicy:
        return LogPolicy(self.signer.verifier_key, tuple(each.verifier_key for each in self.witnesses), 2)

    def add(self, *leaves: Leaf) -> None:
        self.leaves += [leaf.to_bytes() for leaf in leaves]

    def proof(self, leaf: Leaf) -> str:
        """The tlog-proof of a leaf under the newest checkpoint."""
        tree = Tree(leaf_hash(each) for each in self.leaves)
        head = Checkpoint(self.signer.name, tree.size, tree.root())
        signed = checkpoint.add_cosignatures(
            checkpoint.sign_checkpoint(head, self.signer).format(),
            tuple(note.cosign(head.format(), each, SEEN + i).line() for i, each in enumerate(self.witnesses)),
        )
        index = self.leaves.index(leaf.to_bytes())
        return TlogProof(index, tree.inclusion(index, tree.size), signed).format()


@dataclass(frozen=True)
class World:
    """The log and one post, committed to."""

    log: Log
    provenance: Provenance
    quotation: Quotation

    @property
    def revoked(self) -> Provenance:
        """The file as it is made after the label was revoked."""
        leaf = LabelRevokedLeaf(LABEL, EPOCH, "key-compromised")
        if leaf.to_bytes() not in self.log.leaves:
            self.log.add(leaf)
        return replace(self.provenance, revoked=leaf.reason, revocation_proof=self.log.proof(leaf))

    @property
    def before_the_day_was_over(self) -> Provenance:
        return replace(
            self.provenance,
            statement_salt=b"",
            passage_salts=(),
            passage_count=None,
            passages_root=b"",
            day="",
            day_size=None,
            day_index=None,
            day_path=(),
            day_root=b"",
            day_proof="",
        )


def commitment_of(
    statement: PostStatement, cut: tuple[str, ...] | None = None
) -> tuple[TextCommitment, tuple[bytes, ...], tuple[bytes, ...], bytes]:
    """The commitment to a post, its passages' hashes and salts, and the statement's salt. `cut`: other passages."""
    cut = passages(statement.body, statement.title) if cut is None else cut
    text = TextId(statement.thread_id, statement.post_id)
    salts = salts_of(SECRET, text, len(cut))
    hashed = tuple(passage_hash(salt, passage) for salt, passage in zip(salts.passages, cut, strict=True))
    kept = statement_commitment(salts.statement, statement.hash())
    return TextCommitment(text, kept, len(cut), passages_root(hashed)), hashed, salts.passages, salts.statement


def made(title: str = TITLE, body: str = BODY, *, cut: tuple[str, ...] | None = None) -> World:
    """A world around a post. `cut`: the passages that the forum commits to, if it lies about them."""
    cut = passages(body, title) if cut is None else cut
    log, secret = Log(), SecretBytes.random(32)
    alias, thread = alias_key(secret), SigningKey(thread_key(secret, THREAD))
    spki = issuer().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    message = CredentialMessage(b"p" * 32, Context(LABEL, EPOCH), alias.public_key, b"h" * 32)
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    statement = PostStatement(THREAD, POST, title, body)
    commitment, hashed, salts, statement_salt = commitment_of(statement, cut)
    tree = DayTree(SECRET, DAY, [commitment.to_bytes(), b"another text"])
    place = tree.place(commitment.to_bytes())
    key_leaf, activation, root = IssuerKeyLeaf.of(LABEL, EPOCH, spki), LabelActivatedLeaf(LABEL, EPOCH, 20), tree.leaf()
    definition = LabelDefinedLeaf(LABEL, EPOCH, LABEL_NAME, PARENT)
    log.add(definition, key_leaf, activation, root)
    provenance = Provenance(
        thread=THREAD,
        post=POST,
        title=title,
        body=body,
        thread_key=thread.public_key,
        post_signature=thread.sign(statement.signed_bytes()),
        alias_key=alias.public_key,
        thread_certificate=alias.sign(ThreadCertificate(alias.public_key, thread.public_key, THREAD).signed_bytes()),
        label=LABEL,
        epoch=EPOCH,
        prefix=message.prefix,
        envelope_hash=message.envelope_hash,
        credential_signature=issuer().sign(message.signed_bytes(), pss, hashes.SHA384()),
        label_name=LABEL_NAME,
        parent=PARENT,
        definition_proof=log.proof(definition),
        issuer_key=spki,
        issuer_key_proof=log.proof(key_leaf),
        crowd_at_least=20,
        activation_proof=log.proof(activation),
        statement_salt=statement_salt,
        passage_salts=salts,
        passage_count=commitment.passage_count,
        passages_root=commitment.passages_root,
        day=DAY,
        day_size=place.size,
        day_index=place.index,
        day_path=place.path,
        day_root=root.root,
        day_proof=log.proof(root),
    )
    return World(log, provenance, _quotation(log, cut, commitment, hashed, salts, place, root.root))


def _quotation(
    log: Log,
    cut: tuple[str, ...],
    commitment: TextCommitment,
    hashed: tuple[bytes, ...],
    salts: tuple[bytes, ...],
    place: DayPlace,
    root: bytes,
) -> Quotation:
    """The second and third passages, or the first; of no passages it quotes nothing, and verifies nowhere."""
    chosen = range(1, 3) if len(cut) > 2 else range(len(cut[:1]))
    return Quotation(
        thread=THREAD,
        post=POST,
        first=chosen.start,
        passages=tuple(cut[i] for i in chosen),
        salts=tuple(salts[i] for i in chosen),
        paths=tuple(path_line(passage_path(hashed, i)) for i in chosen),
        statement_commitment=commitment.statement,
        passage_count=commitment.passage_count,
        passages_root=commitment.passages_root,
        day=place.day,
        day_size=place.size,
        day_index=place.index,
        day_path=place.path,
        day_root=root,
        day_proof=log.proof(PostRootLeaf(place.day, place.size, root)),
    )
