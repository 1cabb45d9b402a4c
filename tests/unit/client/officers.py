"""A ceremony, its officers and its log in memory, and an honest case under it: what an officer's machine is shown."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from services.seal import hpke, ristretto, threshold
from services.seal.authorization import Authorization, Demand, Scope, bundle_hash, sign_approval
from services.seal.checkpoint import (
    Checkpoint,
    VerifiedCheckpoint,
    add_cosignatures,
    sign_checkpoint,
    verify_checkpoint,
)
from services.seal.ed25519 import SigningKey
from services.seal.governance import fold
from services.seal.leaves import CaseAskedLeaf, IssuerKeyLeaf, Leaf, case_reference
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType, cosign
from services.seal.secret import SecretBytes
from services.seal.statements import NO_WAIVER, CaseStatement
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Officer, Policy, Trust
from tests.rpc.disclosure.authors import EPOCH, LABEL, Author, credential_message, issuer
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.checked_log import CheckedLog, check_log

ORIGIN = "vouchsafe.test/log"
LOG = NoteSigner(ORIGIN, SigningKey.generate())
WITNESSES = tuple(NoteSigner(f"witness-{i}", SigningKey.generate(), SignatureType.COSIGNATURE) for i in (1, 2))
ROLES = {"ann": "legal", "bob": "legal", "cyd": "privacy", "dan": "ombuds"}
POLICY = Policy(
    approvals=2,
    distinct_roles=2,
    approval_ttl_seconds=3_600,
    veto_delay_seconds=86_400,
    notice_seconds=14 * 86_400,
    case_ttl_seconds=60 * 86_400,
)
KEYS = {name: SigningKey.generate() for name in ROLES}
RECIPIENT_PRIVATE, RECIPIENT = hpke.generate()
NOW = int(time.time())


@cache
def trust() -> Trust:
    """The material of one ceremony, for all tests of a run."""
    dealing = threshold.deal(SecretBytes(ristretto.random_scalar()), 2, 3)
    officers = tuple(Officer(name, role, f"{name} & Co", KEYS[name].public_key) for name, role in ROLES.items())
    return Trust(
        origin=ORIGIN,
        log=LOG.verifier_key.encode(),
        witnesses=tuple(witness.verifier_key.encode() for witness in WITNESSES),
        witness_quorum=2,
        receipt_public=SigningKey.generate().public_key,
        assertion_public=SigningKey.generate().public_key,
        opening_key=dealing.public_key,
        share_public_keys=dealing.share_public_keys,
        share_commitments=dealing.commitments,
        threshold=2,
        officers=officers,
        policy=POLICY,
    )


def leaves_of(*leaves: Leaf) -> list[bytes]:
    """A log: the ceremony, the issuer's key, and what a test adds."""
    key = IssuerKeyLeaf.of(LABEL, EPOCH, issuer().public_key.to_spki())
    return [leaf.to_bytes() for leaf in (trust().ceremony_leaf(), key, *leaves)]


def note_of(leaves: Sequence[bytes], *, at: int = NOW) -> str:
    """A checkpoint over these leaves, co-signed at a time."""
    tree = Tree(leaf_hash(leaf) for leaf in leaves)
    head = Checkpoint(ORIGIN, tree.size, tree.root())
    lines = tuple(cosign(head.format(), witness, at).line() for witness in WITNESSES)
    return add_cosignatures(sign_checkpoint(head, LOG).format(), lines)


def verified_of(leaves: Sequence[bytes], *, at: int = NOW) -> VerifiedCheckpoint:
    """`note_of`, verified."""
    return verify_checkpoint(note_of(leaves, at=at), trust().log_policy())


def log_of(*leaves: Leaf) -> CheckedLog:
    """A log that an officer's machine has checked."""
    data = leaves_of(*leaves)
    return check_log(data, verified_of(data), trust(), now=NOW)


@dataclass
class Shown:
    """An honest case about an author's post, as disclosure tells it and as the log does."""

    author: Author = field(default_factory=lambda: Author(trust().opening_key))
    case: pb.Case = field(default_factory=pb.Case)

    def __post_init__(self) -> None:
        self.case = pb.Case(
            case_id=str(uuid.uuid4()),
            state=pb.CASE_STATE_PENDING,
            requester=pb.REQUESTER_CLASS_COURT,
            basis=pb.LEGAL_BASIS_COURT_ORDER,
            organisation="District Court",
            instrument="7 O 113/26",
            ground="defamation",
            document_hash=b"d" * 32,
            post_id=self.author.post_id,
            recipient_key=RECIPIENT,
            fields=[pb.PERSON_FIELD_NAME],
            policy_hash=fold(trust(), leaves_of()).hash(),
            opened_at=NOW - 60,
            expires_at=NOW - 60 + POLICY.case_ttl_seconds,
            due_at=NOW + 86_400,
            delay_seconds=POLICY.notice_seconds,
            waiver_hash=NO_WAIVER,
            case_salt=b"s" * 32,
            post=self.author.post_evidence(),
            credential=credential_message(self.author.credential),
            issuer_key=issuer().public_key.to_spki(),
        )
        self.bind()

    def bind(self) -> None:
        """Make the hash fit what the case now shows, as a liar would who is consistent."""
        self.case.bundle_hash = bundle_hash(self.author.credential, self.demand, self.scope, self.case.recipient_key)

    @property
    def demand(self) -> Demand:
        case = self.case
        return Demand("court", "court-order", case.organisation, case.instrument, case.document_hash)

    @property
    def scope(self) -> Scope:
        return Scope(self.case.post_id, ("name",))

    @property
    def statement(self) -> CaseStatement:
        case = self.case
        times = (case.opened_at, case.expires_at, case.delay_seconds, case.gag_until)
        named = (case.case_id, case_reference(case.case_salt, case.case_id))
        return CaseStatement(*named, case.bundle_hash, case.ground, case.policy_hash, *times, case.waiver_hash)

    @property
    def asked(self) -> CaseAskedLeaf:
        """What the log tells of it."""
        reference = case_reference(self.case.case_salt, self.case.case_id)
        hours = [at - at % 3_600 for at in (self.case.opened_at, self.case.due_at)]
        return CaseAskedLeaf(reference, "court", "court-order", *hours)

    def log(self, *more: Leaf) -> CheckedLog:
        """The log with what it tells of this case."""
        return log_of(self.asked, *more)

    def approve(self, name: str) -> None:
        """Have an officer approve, as disclosure shows it."""
        expires = NOW + 3_000
        note = sign_approval(self.statement, name, KEYS[name], expires)
        self.case.approved_by.append(name)
        self.case.approvals.append(pb.CaseApproval(officer=name, role=ROLES[name], note=note, expires_at=expires))

    def intend(self, *, at: int = NOW - 10) -> None:
        """Have the intent logged and co-signed."""
        authorization = Authorization(
            self.statement, self.demand, self.scope, RECIPIENT, (), self.case.case_salt, b"i" * 32, b"t" * 32, ""
        )
        leaf = authorization.intent
        leaves = [*leaves_of(self.asked), leaf.to_bytes()]
        tree = Tree(leaf_hash(each) for each in leaves)
        proof = TlogProof(len(leaves) - 1, tree.inclusion(len(leaves) - 1, tree.size), note_of(leaves, at=at)).format()
        self.case.state = pb.CASE_STATE_WITNESSED
        self.case.intent.CopyFrom(
            pb.OpeningIntent(
                commitment=leaf.commitment,
                salt=b"i" * 32,
                subject=b"t" * 32,
                proof=proof,
                intended_at=at,
                opens_at=at + self.case.delay_seconds,
            )
        )
