"""A lawful opening as disclosure would bring it, built from the officers', the log's and the witnesses' own keys.

`Opening` holds what may be told, `dataclasses.replace` makes it unlawful in one respect; whatever follows from a part
(the bundle's hash, the approvals, the intent, the log, the proof) is made of the parts as they are.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from services.seal.authorization import Authorization, Demand, Scope, SignedCredential, bundle_hash, sign_approval
from services.seal.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.governance import begin
from services.seal.leaves import (
    CaseAskedLeaf,
    Leaf,
    OpenIntentLeaf,
    SubjectNoticeLeaf,
    case_reference,
)
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType, cosign
from services.seal.statements import NO_WAIVER, CaseStatement
from services.seal.subject import subject_mark, subject_tag
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Trust
from tests.support.public_log import MemoryLogView
from vouchsafe.trustee.v1 import authorization_pb2

COURT = Demand("court", "court-order", "Landgericht Hafenstadt", "7 O 113/26", b"d" * 32)


@dataclass(frozen=True)
class Signers:
    """Who signs: officers and witnesses by name."""

    trust: Trust
    log: SigningKey
    witnesses: Mapping[str, SigningKey]
    officers: Mapping[str, SigningKey]

    def checkpoint(self, tree: Tree, at: int, quorum: int) -> str:
        """The head of a tree, co-signed by so many witnesses at that time."""
        head = Checkpoint(self.trust.origin, tree.size, tree.root())
        signed = sign_checkpoint(head, NoteSigner(self.trust.origin, self.log))
        signers = [NoteSigner(name, key, SignatureType.COSIGNATURE) for name, key in self.witnesses.items()][:quorum]
        return add_cosignatures(signed.format(), tuple(cosign(signed.text, each, at).line() for each in signers))


@dataclass(frozen=True)
class Opening:
    """A case about a credential and its envelope, approved and logged so long ago that it may be opened `now`."""

    signers: Signers
    credential: SignedCredential
    envelope: bytes
    now: int
    recipient_key: bytes
    before: tuple[Leaf, ...] = ()
    """Leaves that stand in the log before the intent, after the ceremony's."""
    demand: Demand = COURT
    scope: Scope = field(default_factory=lambda: Scope(str(uuid.uuid4()), ("name", "login")))
    approved_by: tuple[str, ...] = ()
    """All officers unless some are named."""
    approved_until: int = 0
    intended: int = 10
    """Seconds ago that witnesses co-signed the intent."""
    opened: int = 30
    """Seconds ago that the case was opened."""
    lasts: int = 600
    """Seconds after now that it ends."""
    delay: int = 0
    """The policy's if 0."""
    gag_until: int = 0
    waiver_hash: bytes = NO_WAIVER
    noticed: bool = True
    notice_blind: bytes = b"b" * 32
    ground: str = "court order"
    quorum: int = 2
    case_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    policy_hash: bytes = b""
    blind: bytes = b"b" * 32
    case_salt: bytes = b"c" * 32
    intent_salt: bytes = b"s" * 32

    @cached_property
    def statement(self) -> CaseStatement:
        """What the officers sign."""
        trust = self.signers.trust
        return CaseStatement(
            case_id=self.case_id,
            case=case_reference(self.case_salt, self.case_id),
            bundle_hash=bundle_hash(self.credential, self.demand, self.scope, self.recipient_key),
            ground=self.ground,
            policy_hash=self.policy_hash or begin(trust).hash(),
            opened_unix=self.now - self.opened,
            expires_unix=self.now + self.lasts,
            delay_seconds=self.delay or max(trust.policy.veto_delay_seconds, trust.policy.notice_seconds),
            gag_until_unix=self.gag_until,
            waiver_hash=self.waiver_hash,
        )

    @cached_property
    def subject(self) -> bytes:
        return subject_tag(self.blind, subject_mark(self.blind, self.envelope))

    @cached_property
    def asked(self) -> CaseAskedLeaf:
        at = self.now - self.opened
        case = case_reference(self.case_salt, self.case_id)
        return CaseAskedLeaf(case, self.demand.requester, self.demand.basis, at, at + 10)

    @cached_property
    def intent(self) -> OpenIntentLeaf:
        return OpenIntentLeaf.of(self.statement, salt=self.intent_salt, case=self.asked.case, subject=self.subject)

    @cached_property
    def notice(self) -> SubjectNoticeLeaf:
        mark = subject_mark(self.notice_blind, self.envelope)
        return SubjectNoticeLeaf(self.intent.commitment, self.notice_blind, mark)

    @cached_property
    def logged(self) -> tuple[bytes, ...]:
        """The log as witnesses co-signed it with the intent in it."""
        notice = (self.notice,) if self.noticed else ()
        leaves = (self.signers.trust.ceremony_leaf(), *self.before, self.asked, self.intent, *notice)
        return tuple(leaf.to_bytes() for leaf in leaves)

    def proof_of(self, leaf: Leaf) -> str:
        """The tlog-proof of a leaf in that log."""
        tree = Tree(leaf_hash(each) for each in self.logged)
        index = self.logged.index(leaf.to_bytes())
        note = self.signers.checkpoint(tree, self.now - self.intended, self.quorum)
        return TlogProof(index, tree.inclusion(index, tree.size), note).format()

    def twin(self, **changes: Any) -> "Twin":
        """What these officers approved, on a second intent in the same log; of a second case if its salt changes."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}
        notice = (self.notice,) if self.noticed else ()
        before = (*self.before, self.asked, self.intent, *notice)
        return Twin(**{**parts, "before": before, "intent_salt": b"t" * 32, **changes}, approved=self)

    def log(self) -> MemoryLogView:
        """What a follower of that log sees."""
        return MemoryLogView(self.signers.trust, self.logged)

    @cached_property
    def approvals(self) -> tuple[str, ...]:
        until = self.approved_until or self.now + 300
        officers = self.approved_by or tuple(self.signers.officers)
        return tuple(sign_approval(self.statement, each, self.signers.officers[each], until) for each in officers)

    def authorization(self) -> Authorization:
        """All of it."""
        return Authorization(
            statement=self.statement,
            demand=self.demand,
            scope=self.scope,
            recipient_key=self.recipient_key,
            approvals=self.approvals,
            case_salt=self.case_salt,
            intent_salt=self.intent_salt,
            subject=self.subject,
            intent_proof=self.proof_of(self.intent),
        )

    def message(self) -> authorization_pb2.Authorization:
        """All of it, as it travels."""
        statement, demand = self.statement, self.demand
        return authorization_pb2.Authorization(
            case_id=statement.case_id,
            bundle_hash=statement.bundle_hash,
            ground=statement.ground,
            policy_hash=statement.policy_hash,
            opened_at=statement.opened_unix,
            expires_at=statement.expires_unix,
            requester=demand.requester,
            basis=demand.basis,
            organisation=demand.organisation,
            instrument=demand.instrument,
            document_hash=demand.document_hash,
            post_id=self.scope.post_id,
            fields=self.scope.fields,
            recipient_key=self.recipient_key,
            approvals=self.approvals,
            case_salt=self.case_salt,
            intent_salt=self.intent_salt,
            subject=self.subject,
            intent_proof=self.proof_of(self.intent),
            delay_seconds=statement.delay_seconds,
            gag_until=statement.gag_until_unix,
            waiver_hash=statement.waiver_hash,
        )


@dataclass(frozen=True)
class Twin(Opening):
    """An opening on the very statement that was approved for another."""

    approved: Opening = field(kw_only=True)

    @cached_property
    def statement(self) -> CaseStatement:
        return self.approved.statement
