"""The worked example of docs/protocol.md: one person, one alias, one post and one case, all from fixed inputs.

The parts are made by the production code and put through the production checks, so that it is a story that holds
together and not a list of bytes. What the page shows of it is `protocol_outputs`'s.
"""

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from typing import Any

from services.seal import checkpoint, commitment, ed25519, governance, merkle, note
from services.seal.authorization import (
    Demand,
    Scope,
    approval_hash,
    bundle_hash,
    sign_approval,
)
from services.seal.leaves import (
    ApprovalWithdrawnLeaf,
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    CaseEndedLeaf,
    EndorsementLeaf,
    GagExtendedLeaf,
    HoldLeaf,
    IssuerKeyLeaf,
    LabelActivatedLeaf,
    LabelDefinedLeaf,
    LabelRevokedLeaf,
    Leaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OfficerRemovedLeaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    OwnershipLeaf,
    PolicySetLeaf,
    PostRootLeaf,
    SubjectNoticeLeaf,
    UnlockLeaf,
    case_reference,
)
from services.seal.note import NoteSigner, SignatureType
from services.seal.passages import passages
from services.seal.post_root import DayTree
from services.seal.provenance import Provenance, ProvenanceRequest, verify_provenance
from services.seal.quotation import Quotation, path_line, verify_quotation
from services.seal.statements import (
    AliasProof,
    Assertion,
    CaseStatement,
    CommentStatement,
    Context,
    Endorsement,
    LockDown,
    NoticesRequest,
    Ownership,
    PostStatement,
    Receipt,
    Registration,
    Session,
    Statement,
    ThreadCertificate,
    Veto,
    Withdrawal,
    ownership_commitment,
)
from services.seal.subject import subject_mark, subject_tag
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Officer, Policy, Trust
from tests.unit.seal.protocol_issued import OFFICERS, Issued, Value

NOTICED = 9
"""How many leaves there are when the subject has been told: the intent's proof is under the checkpoint over those."""

SIGNED_BY: Mapping[type[Statement], str] = {
    Registration: "ownership",
    Ownership: "ownership",
    Receipt: "receipt",
    Assertion: "assertion",
    Session: "session",
    AliasProof: "alias",
    NoticesRequest: "alias",
    ThreadCertificate: "alias",
    PostStatement: "thread",
    CommentStatement: "thread",
    ProvenanceRequest: "thread",
    Withdrawal: "officer",
    Veto: "officer",
    LockDown: "officer",
    Endorsement: "officer",
}
"""Which of the story's Ed25519 keys signs which statement; the others are embedded, hashed, or signed with RSA."""


@dataclass(frozen=True)
class Story(Issued):
    """Everything that follows from the page's inputs, each part made from those before it."""

    # Statements.

    @cached_property
    def fields(self) -> Mapping[str, Value | Context]:
        """The value of each field that a statement declares."""
        return {
            **self._fields,
            "ceremony": self.trust.hash(),
            "approval": approval_hash(self.text("case_id"), self.text("officer")),
            "intent": self.intent.commitment,
            "proposal": governance.proposal_hash(self.proposal),
        }

    @cached_property
    def _fields(self) -> Mapping[str, Value | Context]:
        """Those of the case's statement, from which others follow, among them."""
        derived: dict[str, Value | Context] = {
            "context": self.context,
            "ipk": self.keys["ownership"].public_key,
            "cpk": self.keys["alias"].public_key,
            "tk": self.keys["thread"].public_key,
            "prefix": self.survivor.message.prefix,
            "envelope_hash": self.survivor.message.envelope_hash,
            "case": self.reference,
            "bundle_hash": self.bundle,
            "policy_hash": governance.begin(self.trust).hash(),
        }
        return {**self.given, **derived}

    def statement(self, kind: type[Statement]) -> Any:
        return kind(*(self.fields[name] for name in kind.SCHEMA))

    def signature(self, kind: type[Statement]) -> bytes:
        key, data = self.keys[SIGNED_BY[kind]], self.statement(kind).signed_bytes()
        signature = key.sign(data)
        ed25519.verify(key.public_key, data, signature)
        return signature

    # The written word.

    @cached_property
    def cut(self) -> tuple[str, ...]:
        return passages(self.text("body"), self.text("title"))

    @cached_property
    def salts(self) -> commitment.Salts:
        return commitment.salts_of(self.secret("commitment_secret"), self._text_id, len(self.cut))

    @cached_property
    def passage_hashes(self) -> tuple[bytes, ...]:
        salted = zip(self.salts.passages, self.cut, strict=True)
        return tuple(commitment.passage_hash(salt, passage) for salt, passage in salted)

    @cached_property
    def text_commitment(self) -> commitment.TextCommitment:
        statement = commitment.statement_commitment(self.salts.statement, self.statement(PostStatement).hash())
        root = commitment.passages_root(self.passage_hashes)
        return commitment.TextCommitment(self._text_id, statement, len(self.cut), root)

    @cached_property
    def day_tree(self) -> DayTree:
        return DayTree(self.secret("commitment_secret"), self.text("day"), [self.text_commitment.to_bytes()])

    @property
    def _text_id(self) -> commitment.TextId:
        return commitment.TextId(self.text("thread_id"), self.text("post_id"))

    # The case.

    @cached_property
    def policy(self) -> Policy:
        return Policy(**{field.name: self.number(field.name) for field in fields(Policy)})

    @cached_property
    def officers(self) -> tuple[Officer, ...]:
        """The third has the first's role, as the fourth would."""
        roles = [self.text(name) for name in ("role", "second_role", "role")]
        told = zip(OFFICERS, roles, strict=True)
        organisation = self.text("officers_organisation")
        return tuple(Officer(self.text(name), role, organisation, self.keys[name].public_key) for name, role in told)

    @cached_property
    def proposal(self) -> OfficerAddedLeaf:
        name, role, organisation = map(self.text, ("fourth_officer", "role", "officers_organisation"))
        return OfficerAddedLeaf(self.number("number"), name, role, organisation, self.keys["fourth_officer"].public_key)

    @cached_property
    def demand(self) -> Demand:
        told = map(self.text, ("requester", "basis", "organisation", "instrument"))
        return Demand(*told, self.octets("document_hash"))

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.text("post_id"), (self.text("field"),))

    @cached_property
    def bundle(self) -> bytes:
        return bundle_hash(self.credential, self.demand, self.scope, self.octets("recipient_key"))

    @cached_property
    def case(self) -> CaseStatement:
        return CaseStatement(*(self._fields[name] for name in CaseStatement.SCHEMA))  # type: ignore[arg-type]

    def approval(self, officer: str) -> str:
        return sign_approval(self.case, self.text(officer), self.keys[officer], self.number("approved_until_unix"))

    @cached_property
    def reference(self) -> bytes:
        return case_reference(self.octets("case_salt"), self.text("case_id"))

    @cached_property
    def mark(self) -> bytes:
        return subject_mark(self.octets("blind"), self.survivor.envelope)

    @cached_property
    def subject(self) -> bytes:
        return subject_tag(self.octets("blind"), self.mark)

    @cached_property
    def intent(self) -> OpenIntentLeaf:
        salt = self.octets("intent_salt")
        return OpenIntentLeaf.of(self.case, salt=salt, case=self.reference, subject=self.subject)

    # The log.

    @cached_property
    def log_signer(self) -> NoteSigner:
        return NoteSigner(self.text("origin"), self.keys["log"])

    @cached_property
    def witness(self) -> NoteSigner:
        return NoteSigner(self.text("witness"), self.keys["witness"], SignatureType.COSIGNATURE)

    @cached_property
    def trust(self) -> Trust:
        return Trust(
            origin=self.text("origin"),
            log=self.log_signer.verifier_key.encode(),
            witnesses=(self.witness.verifier_key.encode(),),
            witness_quorum=1,
            receipt_public=self.keys["receipt"].public_key,
            assertion_public=self.keys["assertion"].public_key,
            opening_key=self.dealing.public_key,
            share_public_keys=self.dealing.share_public_keys,
            share_commitments=self.dealing.commitments,
            threshold=self.dealing.threshold,
            officers=self.officers,
            policy=self.policy,
        )

    @cached_property
    def registration(self) -> bytes:
        ipk = self.keys["ownership"].public_key
        return ownership_commitment(self.octets("commitment_salt"), self.octets("eref"), ipk)

    @cached_property
    def leaves(self) -> Mapping[type[Leaf], Leaf]:
        """One leaf of each kind, in the order of the log."""
        label, epoch = self.context.label, self.context.epoch
        leaves: tuple[Leaf, ...] = (
            self.trust.ceremony_leaf(),
            OwnershipLeaf(self.registration),
            LabelDefinedLeaf.of(label, epoch, self.text("label_name"), self.text("parent")),
            IssuerKeyLeaf.of(label, epoch, self.issuer.public_key.to_spki()),
            LabelActivatedLeaf(label, epoch, self.number("crowd_at_least")),
            self.day_tree.leaf(),
            *self._of_the_case(),
            LabelRevokedLeaf(label, epoch, self.text("reason")),
            *self._of_other_cases(),
            *self._of_governance(),
        )
        return {type(leaf): leaf for leaf in leaves}

    def _of_the_case(self) -> Iterator[Leaf]:
        asked, at, intent = map(self.text, ("requester", "basis")), self.number("opened_unix"), self.intent.commitment
        yield CaseAskedLeaf(self.reference, *asked, at, self.number("due_unix"))
        yield self.intent
        yield SubjectNoticeLeaf(intent, self.octets("blind"), self.mark)
        yield OpenResultLeaf(intent, self.text("outcome"), at + self.number("delay_seconds"))

    def _of_other_cases(self) -> Iterator[Leaf]:
        """Of the same case and intent, though one log would not hold them beside the result."""
        at, until = self.number("opened_unix"), self.number("until_unix")
        declined = map(self.text, ("declined_requester", "declined_basis", "wants"))
        yield CaseDeclinedLeaf(self.reference, *declined, at)
        yield GagExtendedLeaf(self.intent.commitment, until, self.octets("document_hash"))
        yield CaseEndedLeaf(self.reference, self.text("ended"), at)
        yield HoldLeaf(self.reference, until)

    def _of_governance(self) -> Iterator[Leaf]:
        number, officer = self.number("number"), self.text("officer")
        approval = approval_hash(self.text("case_id"), self.text("officer"))
        yield ApprovalWithdrawnLeaf(approval, officer, self.signature(Withdrawal))
        yield OpeningVetoedLeaf(self.intent.commitment, officer, self.signature(Veto))
        yield LockDownLeaf(number, officer, self.signature(LockDown))
        yield UnlockLeaf(number)
        yield self.proposal
        yield OfficerRemovedLeaf(number, self.text("third_officer"))
        yield PolicySetLeaf(number, *astuple(self.policy))
        yield EndorsementLeaf(governance.proposal_hash(self.proposal), officer, self.signature(Endorsement))

    @cached_property
    def tree(self) -> merkle.Tree:
        return merkle.Tree(merkle.leaf_hash(leaf.to_bytes()) for leaf in self.leaves.values())

    @cached_property
    def checkpoint(self) -> str:
        """Over all leaves."""
        return self.checkpoint_of(self.tree.size)

    def checkpoint_of(self, size: int) -> str:
        head = checkpoint.Checkpoint(self.text("origin"), size, self.tree.root(size))
        signed = checkpoint.sign_checkpoint(head, self.log_signer).format()
        cosigned = note.cosign(head.format(), self.witness, self.number("witnessed_unix")).line()
        return checkpoint.add_cosignatures(signed, (cosigned,))

    def proof(self, kind: type[Leaf], size: int | None = None) -> str:
        """Under the checkpoint over so many leaves, all by default."""
        index, under = list(self.leaves).index(kind), self.tree.size if size is None else size
        return TlogProof(index, self.tree.inclusion(index, under), self.checkpoint_of(under)).format()

    # Files.

    @cached_property
    def provenance(self) -> Provenance:
        place, root = self.day_tree.place(self.text_commitment.to_bytes()), self.day_tree.leaf()
        made = Provenance(
            thread=self.text("thread_id"),
            post=self.text("post_id"),
            title=self.text("title"),
            body=self.text("body"),
            thread_key=self.keys["thread"].public_key,
            post_signature=self.signature(PostStatement),
            alias_key=self.keys["alias"].public_key,
            thread_certificate=self.signature(ThreadCertificate),
            label=self.context.label,
            epoch=self.context.epoch,
            prefix=self.survivor.message.prefix,
            envelope_hash=self.survivor.message.envelope_hash,
            credential_signature=self.credential.signature,
            label_name=self.text("label_name"),
            parent=self.text("parent"),
            definition_proof=self.proof(LabelDefinedLeaf),
            issuer_key=self.issuer.public_key.to_spki(),
            issuer_key_proof=self.proof(IssuerKeyLeaf),
            crowd_at_least=self.number("crowd_at_least"),
            activation_proof=self.proof(LabelActivatedLeaf),
            revoked=self.text("reason"),
            revocation_proof=self.proof(LabelRevokedLeaf),
            statement_salt=self.salts.statement,
            passage_salts=self.salts.passages,
            passage_count=len(self.cut),
            passages_root=self.text_commitment.passages_root,
            day=place.day,
            day_size=place.size,
            day_index=place.index,
            day_path=place.path,
            day_root=root.root,
            day_proof=self.proof(PostRootLeaf),
        )
        verify_provenance(made, self.trust.log_policy())
        return made

    @cached_property
    def quotation(self) -> Quotation:
        """The second passage, alone."""
        place, root, kept = self.day_tree.place(self.text_commitment.to_bytes()), self.day_tree.leaf(), self.cut[1:2]
        made = Quotation(
            thread=self.text("thread_id"),
            post=self.text("post_id"),
            first=1,
            passages=kept,
            salts=self.salts.passages[1:2],
            paths=(path_line(commitment.passage_path(self.passage_hashes, 1)),),
            statement_commitment=self.text_commitment.statement,
            passage_count=len(self.cut),
            passages_root=self.text_commitment.passages_root,
            day=place.day,
            day_size=place.size,
            day_index=place.index,
            day_path=place.path,
            day_root=root.root,
            day_proof=self.proof(PostRootLeaf),
        )
        verify_quotation(made, self.trust.log_policy())
        return made
