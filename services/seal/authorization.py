"""The authorization to open one envelope: officers' approvals (C2SP signed notes) and the logged, co-signed intent.

Disclosure, every trustee and identity run the same check, each on its own and from its own trust material. What the
check does *not* cover: that the case is unused (a trustee's own record), that the credential is genuine
(`check_credential`), and that the person's own signature in the envelope verifies (identity's register).

An approval's text is four lines: ``vouchsafe/v1/approval``, ``case <id>``, ``statement <hex SHA-256 of the case
statement>``, ``expires <Unix seconds>``; the note is signed by the officer's key under the officer's name. All errors
are `SealError`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.seal.blind_rsa import PSS_RANDOMIZED, PublicKey
from services.seal.blind_rsa import verify as verify_rsa
from services.seal.canonical import sha256, signed_bytes
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.leaves import IssuerKeyLeaf, OpenIntentLeaf
from services.seal.merkle import leaf_hash
from services.seal.note import Note, NoteSigner, SignatureType, VerifierKey, sign, verify
from services.seal.statements import CaseStatement, Context, CredentialMessage
from services.seal.tlog_proof import TlogProof, verify_proof
from services.seal.trust import Officer, Trust

APPROVAL_HEADER = "vouchsafe/v1/approval"
MAY_ASK = frozenset({"REQUESTER_CLASS_COURT", "REQUESTER_CLASS_POLICE", "REQUESTER_CLASS_REGULATOR"})
"""Classes of requesters that may be answered at all, by their names in the protos. A company never is."""

MAX_CLOCK_SKEW = 60
"""Seconds by which an approval or a case may lie in the future."""


@dataclass(frozen=True)
class SignedCredential:
    """A credential: what the issuer signed, and the 384-byte signature."""

    message: CredentialMessage
    signature: bytes

    def hash(self) -> bytes:
        """Return the 32-byte SHA-256 of message and signature."""
        return sha256(signed_bytes("credential", self.message.signed_bytes(), self.signature))


@dataclass(frozen=True)
class Demand:
    """Who asks, on what paper: the requester's class, the instrument's reference, the SHA-256 of its document."""

    requester: str
    instrument: str
    document_hash: bytes

    def hash(self) -> bytes:
        """Return the 32-byte hash over all three."""
        return sha256(signed_bytes("demand", self.requester, self.instrument, self.document_hash))


@dataclass(frozen=True)
class Approval:
    """A verified approval of one officer, good until `expires` (Unix seconds)."""

    officer: Officer
    expires: int


@dataclass(frozen=True)
class Authorization:
    """Everything that one opening stands on."""

    statement: CaseStatement
    demand: Demand
    post_id: str
    recipient_key: bytes
    approvals: tuple[str, ...]
    intent_salt: bytes
    intent_proof: str


def bundle_hash(credential: SignedCredential, demand: Demand, post_id: str, recipient_key: bytes) -> bytes:
    """Return the hash that ties a case to one credential (hence one envelope), demand, post and recipient."""
    return sha256(signed_bytes("bundle", credential.hash(), demand.hash(), post_id, recipient_key))


def sign_approval(statement: CaseStatement, officer: str, key: SigningKey, expires: int) -> str:
    """Return an officer's approval as a signed note. Runs on the officer's own machine."""
    text = f"{APPROVAL_HEADER}\ncase {statement.case_id}\nstatement {statement.hash().hex()}\nexpires {expires}\n"
    return sign(text, NoteSigner(officer, key)).format()


def verify_approval(approval: str, statement: CaseStatement, trust: Trust, now: int) -> Approval:
    """Return the approval when a listed officer signed it for this very statement and it is in force at `now`."""
    note = Note.parse(approval)
    keys = {VerifierKey(o.name, SignatureType.ED25519, o.public): o for o in trust.officers}
    verified = verify(note, tuple(keys))
    if len(verified) != 1:
        raise SealError("an approval is signed by one officer")
    expires = _approved_until(note.text, statement)
    if not now < expires <= now + trust.policy.approval_ttl_seconds + MAX_CLOCK_SKEW:
        raise SealError("the approval has expired or lasts longer than the policy allows")
    return Approval(keys[verified[0].key], expires)


def check_quorum(approvals: Sequence[Approval], trust: Trust) -> None:
    """Return when the approvals are of enough officers in enough roles."""
    officers = {approval.officer.name: approval.officer for approval in approvals}
    roles = {officer.role for officer in officers.values()}
    if len(officers) < trust.policy.approvals or len(roles) < trust.policy.distinct_roles:
        raise SealError("approvals of too few officers or roles")


def verify_authorization(
    authorization: Authorization, credential: SignedCredential, trust: Trust, now: int
) -> tuple[Approval, ...]:
    """Return the approvals when all holds at `now` (Unix seconds): scope, policy, quorum and the logged intent."""
    statement = authorization.statement
    if statement.policy_hash != trust.policy.hash():
        raise SealError("the case stands under another policy")
    if not statement.opened_unix - MAX_CLOCK_SKEW <= now < statement.expires_unix:
        raise SealError("the case is not open at this time")
    told = (authorization.demand, authorization.post_id, authorization.recipient_key)
    if statement.bundle_hash != bundle_hash(credential, *told):
        raise SealError("the case is about another credential, demand, post or recipient")
    if authorization.demand.requester not in MAY_ASK:
        raise SealError("a requester of this class has no right to an opening")
    approvals = tuple(verify_approval(note, statement, trust, now) for note in authorization.approvals)
    check_quorum(approvals, trust)
    intent = OpenIntentLeaf.of(authorization.intent_salt, statement.hash())
    verify_proof(TlogProof.parse(authorization.intent_proof), leaf_hash(intent.to_bytes()), trust.log_policy())
    return approvals


def check_credential(credential: SignedCredential, issuer_key: bytes, key_proof: str, trust: Trust) -> None:
    """Return when the credential verifies under an issuer key (DER) that is in the log for its label and epoch."""
    context: Context = credential.message.context
    leaf = IssuerKeyLeaf.of(context.label, context.epoch, issuer_key)
    verify_proof(TlogProof.parse(key_proof), leaf_hash(leaf.to_bytes()), trust.log_policy())
    verify_credential(credential, issuer_key)


def verify_credential(credential: SignedCredential, issuer_key: bytes) -> None:
    """Return when the credential verifies under the issuer key (DER). Whether that key is logged is left open."""
    key = PublicKey.from_spki(issuer_key)
    verify_rsa(key, credential.message.signed_bytes(), credential.signature, PSS_RANDOMIZED)


def _approved_until(text: str, statement: CaseStatement) -> int:
    head = f"{APPROVAL_HEADER}\ncase {statement.case_id}\nstatement {statement.hash().hex()}\nexpires "
    tail = text.removeprefix(head).removesuffix("\n")
    if not text.startswith(head) or not (tail.isascii() and tail.isdigit() and len(tail) < 16):
        raise SealError("the approval is of another case")
    return int(tail)
