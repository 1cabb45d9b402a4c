"""The authorization to open one envelope: officers' approvals (C2SP signed notes) and the logged, co-signed intent.

Disclosure, every trustee and identity run the same check, each on its own, from its own trust material and its own
view of the log (`governance`). What the check does *not* cover: that the case is unused and the subject the envelope's
own (a trustee's), that the credential is genuine (`check_credential`), and that the person's own signature in the
envelope verifies (identity's register).

An approval's text is four lines: ``vouchsafe/v1/approval``, ``case <id>``, ``statement <hex SHA-256 of the case
statement>``, ``expires <Unix seconds>``; the note is signed by the officer's key under the officer's name, and has no
other signature. All times are Unix seconds. All errors are `SealError`.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.seal.blind_rsa import PSS_RANDOMIZED, PublicKey
from services.seal.blind_rsa import verify as verify_rsa
from services.seal.canonical import sha256, signed_bytes
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.seal.leaves import IssuerKeyLeaf, OpenIntentLeaf, case_reference
from services.seal.merkle import leaf_hash
from services.seal.note import Note, NoteSigner, SignatureType, VerifierKey, sign, verify
from services.seal.requests import Field, may_ask
from services.seal.statements import CaseStatement, Context, CredentialMessage
from services.seal.tlog_proof import TlogProof, verify_proof
from services.seal.trust import Officer, Trust

APPROVAL_HEADER = "vouchsafe/v1/approval"

MAX_CLOCK_SKEW = 60
"""Seconds by which an approval or a case may lie in the future."""
LONGEST_GAG: Final = 180 * 24 * 60 * 60
"""Seconds from the opening of a case to the end of its gag, at most."""
_HOUR: Final = 3600


class ApprovalWithdrawn(SealError):
    """An officer's approval of a case in which he has taken back, for good, whatever he approved."""


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
    """Who asks, on what paper: `requests.Requester` and `Basis`, his organisation, the instrument and its document."""

    requester: str
    basis: str
    organisation: str
    instrument: str
    document_hash: bytes

    def hash(self) -> bytes:
        """Return the 32-byte hash over all of it."""
        told = (self.requester, self.basis, self.organisation, self.instrument, self.document_hash)
        return sha256(signed_bytes("demand", *told))


@dataclass(frozen=True)
class Scope:
    """What is asked for: the post, or the alias itself when `post_id` is empty; and which fields (`requests.Field`)."""

    post_id: str
    fields: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.fields or len(set(self.fields)) != len(self.fields) or not set(self.fields) <= set(Field):
            raise SealError("a scope names at least one field, each once")

    def hash(self) -> bytes:
        """Return the 32-byte hash over all of it."""
        return sha256(signed_bytes("scope", self.post_id, signed_bytes("fields", *self.fields)))


@dataclass(frozen=True)
class Approval:
    """A verified approval of one officer, good until `expires`."""

    officer: Officer
    expires: int


@dataclass(frozen=True)
class Authorization:
    """Everything that one opening stands on, as it was told. `intent_proof` is the first co-signed one there was."""

    statement: CaseStatement
    demand: Demand
    scope: Scope
    recipient_key: bytes
    approvals: tuple[str, ...]
    case_salt: bytes
    intent_salt: bytes
    subject: bytes
    intent_proof: str

    @property
    def intent(self) -> OpenIntentLeaf:
        """The leaf that must stand in the log."""
        case = case_reference(self.case_salt, self.statement.case_id)
        return OpenIntentLeaf.of(self.statement, salt=self.intent_salt, case=case, subject=self.subject)


@dataclass(frozen=True)
class WitnessedIntent:
    """An intent that stands in the log: among how many leaves witnesses first showed it, and when the last of them did.

    The delay runs from `intended_at`. From `size` leaves on, everybody's view of the log has the intent in it.
    """

    size: int
    intended_at: int


@dataclass(frozen=True)
class VerifiedAuthorization:
    """An authorization that holds. `intent` is the commitment of the intent that it stands on."""

    approvals: tuple[Approval, ...]
    intended_at: int
    intent: bytes


def bundle_hash(credential: SignedCredential, demand: Demand, scope: Scope, recipient_key: bytes) -> bytes:
    """Return the hash that ties a case to one credential (hence one envelope), demand, scope and recipient."""
    return sha256(signed_bytes("bundle", credential.hash(), demand.hash(), scope.hash(), recipient_key))


def sign_approval(statement: CaseStatement, officer: str, key: SigningKey, expires: int) -> str:
    """Return an officer's approval as a signed note. Runs on the officer's own machine."""
    text = f"{APPROVAL_HEADER}\ncase {statement.case_id}\nstatement {statement.hash().hex()}\nexpires {expires}\n"
    return sign(text, NoteSigner(officer, key)).format()


def approval_hash(case_id: str, officer: str) -> bytes:
    """Return what a withdrawal names: all approvals of an officer in a case, also those that he is not shown.

    Which case it is nobody can tell who does not know its identifier.
    """
    return sha256(signed_bytes("approvals", case_id, officer))


def has_withdrawn(governance: Governance, case_id: str, officer: str) -> bool:
    """Whether the log shows that the officer has taken back, for good, whatever he approved in this case."""
    return (approval_hash(case_id, officer), officer) in governance.withdrawn


def verify_approval(approval: str, statement: CaseStatement, governance: Governance, at: int) -> Approval:
    """Return the approval when an officer signed it for this very statement and it is in force at that time.

    None of an officer's who has taken back what he approved in this case is in force at any time, wherever that stands
    in the log: an honest disclosure takes no withdrawal after the intent, and a dishonest one gains nothing by keeping
    it back until then. `ApprovalWithdrawn` is raised for it, and `SealError` for all else.
    """
    note = Note.parse(approval)
    if len(note.signatures) != 1 or note.format() != approval:
        raise SealError("an approval has one signature and one spelling")
    keys = {VerifierKey(o.name, SignatureType.ED25519, o.public): o for o in governance.officers}
    verified = verify(note, tuple(keys))
    officer = keys[verified[0].key]
    if has_withdrawn(governance, statement.case_id, officer.name):
        raise ApprovalWithdrawn("the officer has taken back what he approved in this case")
    expires = _approved_until(note.text, statement)
    if not at < expires <= at + governance.policy.approval_ttl_seconds + MAX_CLOCK_SKEW:
        raise SealError("the approval has expired or lasts longer than the policy allows")
    return Approval(officer, expires)


def gag_end(opened: int, until: int) -> int:
    """Return the full hour at which a gag ends that is asked for until then, in a case that was opened at that time.

    It stands in the log, which would otherwise tell everybody in which second somebody asked. It is the next hour, or
    the one before where the next would be too late and what was asked for is not.
    """
    rounded = until + -until % _HOUR
    return rounded - _HOUR if until <= opened + LONGEST_GAG < rounded else rounded


def check_independent(officer: Officer, demand: Demand) -> None:
    """Return when the officer answers to another organisation than the one that asks, however either is written."""
    own, asking = organisation_letters(officer.organisation), organisation_letters(demand.organisation)
    if not own or not asking:
        raise SealError("an organisation has a name")
    if own == asking:
        raise SealError("nobody approves what his own organisation asks for")


def organisation_letters(name: str) -> str:
    """Return what a name keeps however it is typed: letters and digits, NFKC, without case (UAX 15, UAX 31 R4).

    Letters that only look alike stay different (UTS 39): whoever approves reads the name.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(char for char in folded if char.isalnum())


def check_quorum(approvals: Iterable[Approval], governance: Governance) -> None:
    """Return when the approvals are of enough officers in enough roles."""
    if not governance.policy.met_by(approval.officer for approval in approvals):
        raise SealError("approvals of too few officers or roles")


def verify_intent(authorization: Authorization, trust: Trust) -> WitnessedIntent:
    """Return what the intent's own proof shows when the log and a quorum of witnesses have signed for it."""
    leaf = leaf_hash(authorization.intent.to_bytes())
    verified = verify_proof(TlogProof.parse(authorization.intent_proof), leaf, trust.log_policy())
    if not verified.cosignatures:
        raise SealError("no witness says when the intent was in the log")
    return WitnessedIntent(verified.checkpoint.size, max(each.timestamp for each in verified.cosignatures))


def verify_authorization(
    authorization: Authorization, credential: SignedCredential, *, governance: Governance, trust: Trust, now: int
) -> VerifiedAuthorization:
    """Return the approvals, and since when the world could know, when all holds at `now`.

    `governance` is folded from a fresh, co-signed tree by whoever checks. The checks stand in one function, numbered,
    so that none can be skipped.
    """
    statement, demand, intent = authorization.statement, authorization.demand, authorization.intent

    # 1. The case stands under what governs now, and no officer has stopped it.
    if statement.policy_hash != governance.hash():
        raise SealError("the case stands under other officers or another policy")
    if governance.locked or intent.commitment in governance.vetoed:
        raise SealError("an officer has stopped this opening, or all of them")

    # 2. Whoever asks may ask.
    if not may_ask(demand.requester, demand.basis):
        raise SealError("this requester has no right to an opening on this basis")

    # 3. The case is open, and not for longer than it may be.
    if not statement.opened_unix - MAX_CLOCK_SKEW <= now < statement.expires_unix:
        raise SealError("the case is not open at this time")
    if statement.expires_unix - statement.opened_unix > governance.policy.case_ttl_seconds:
        raise SealError("the case is open for longer than the policy allows")

    # 4. It is about exactly what was told.
    told = (demand, authorization.scope, authorization.recipient_key)
    if statement.bundle_hash != bundle_hash(credential, *told):
        raise SealError("the case is about another credential, demand, scope or recipient")

    # 5. The world can know: the officers approved what the log knows as this very case, its intent stands there, a
    #    quorum of witnesses has signed for it, and the view that governance is folded from is no older. In that view it
    #    is the one intent of the case, whoever asked is who the log says, and nobody who reads it has been told that it
    #    is over.
    if intent.case != statement.case:
        raise SealError("the officers approved what the log knows as another case")
    witnessed = verify_intent(authorization, trust)
    if governance.size < witnessed.size:
        raise SealError("the log was looked at before the intent was in it")
    governance.announced.check(intent, demand.requester, demand.basis)

    # 6. When it was co-signed, enough officers in enough roles wanted it, none of them of the requester's own; and none
    #    whose approval counts has taken it back.
    approvals = tuple(
        verify_approval(note, statement, governance, witnessed.intended_at) for note in authorization.approvals
    )
    for approval in approvals:
        check_independent(approval.officer, demand)
    check_quorum(approvals, governance)

    # 7. Officers have had their days to stop it, and the subject has been told unless a document in the case forbids.
    _check_notice(statement, intent, governance, witnessed)

    # 8. Those days are over.
    if now < witnessed.intended_at + statement.delay_seconds:
        raise SealError("the delay is not over")
    return VerifiedAuthorization(approvals, witnessed.intended_at, intent.commitment)


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


def _check_notice(
    statement: CaseStatement, intent: OpenIntentLeaf, governance: Governance, witnessed: WitnessedIntent
) -> None:
    policy = governance.policy
    if statement.delay_seconds < policy.veto_delay_seconds:
        raise SealError("officers have too little time to stop the opening")
    if statement.gag_until_unix > statement.opened_unix + LONGEST_GAG:
        raise SealError("the subject would not be told for too long")
    if not statement.waived and (statement.gag_until_unix or statement.delay_seconds < policy.notice_seconds):
        raise SealError("nothing in the case takes the subject's notice away")
    # A document alone shortens what he is told beforehand; only a gag has him told later, and the log says until when.
    notice = governance.noticed.get(intent.commitment)
    if not statement.gag_until_unix and (notice is None or notice >= witnessed.size):
        raise SealError("the subject was not told when the intent was co-signed")


def _approved_until(text: str, statement: CaseStatement) -> int:
    head = f"{APPROVAL_HEADER}\ncase {statement.case_id}\nstatement {statement.hash().hex()}\nexpires "
    tail = text.removeprefix(head).removesuffix("\n")
    if not text.startswith(head) or not (tail.isascii() and tail.isdigit() and len(tail) < 16):
        raise SealError("the approval is of another case")
    return int(tail)
