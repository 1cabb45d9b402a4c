"""Checks a case before an officer signs anything of it: is it one thing, lawful, and what the officer will be shown?

Disclosure could show one post and have another author's envelope opened, name another recipient, or leave out the days
in which the subject is told. So nothing of its answer is believed that does not follow from the trust material, the
log and the author's own signatures. What no signature covers is who asks and by which instrument: the officer compares
those with the paper in his hands. Which officer may sign is `officer_signatures`'s to check.
"""

from dataclasses import dataclass
from typing import Final

from services.seal.authorization import (
    LONGEST_GAG,
    MAX_CLOCK_SKEW,
    Authorization,
    Demand,
    Scope,
    SignedCredential,
    bundle_hash,
    verify_approval,
    verify_credential,
    verify_intent,
)
from services.seal.authorship import SignedPost, verify_authorship
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.seal.leaves import CaseAskedLeaf, IssuerKeyLeaf, OpenIntentLeaf, case_reference
from services.seal.requests import may_ask
from services.seal.statements import CaseStatement, Context, CredentialMessage
from services.seal.trust import Trust
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.case_words import basis_of, fields_of, requester_of
from vouchsafe.sdk.checked_log import CheckedLog
from vouchsafe.sdk.errors import translated

_ROUNDED: Final = 3_600
"""Seconds to which the log rounds when an answer is due."""


@dataclass(frozen=True)
class ReviewedCase:
    """A case whose parts belong together, and what governs now. Only `review` makes one, and only one is signed."""

    case: pb.Case
    statement: CaseStatement
    governance: Governance


def review(case: pb.Case, *, case_id: str, trust: Trust, log: CheckedLog) -> ReviewedCase:
    """The case, when it holds; PROOF_INVALID when any of this fails.

    It is the case that was asked for. Its hash covers the demand, the scope, the credential and the recipient's key
    that it shows. The credential's issuer is in the log, and its holder wrote the post, if it is about one. The log
    tells of the same demand. When an intent is told, it is this case's, and in the log.
    """
    with translated():
        if case.case_id != case_id:
            raise SealError("the answer is about another case")
        statement = case_statement(case)
        _check_scope(case)
        _check_author(case, log)
        _check_asked(case, log)
        if case.HasField("intent"):
            _check_intent(case, statement, trust)
    return ReviewedCase(case, statement, log.governance)


def check_approvable(reviewed: ReviewedCase, *, now: int) -> None:
    """Return when an officer may approve the case at `now` (Unix seconds); PROOF_INVALID when the rules forbid it.

    It stands under the officers and the policy in force, whoever asks may ask on this basis, nothing is locked, its
    time is not over, the subject gets the time and the notice that the policy gives him, and those who are said to have
    approved it have.
    """
    statement, governance, policy = reviewed.statement, reviewed.governance, reviewed.governance.policy
    with translated():
        if statement.policy_hash != governance.hash():
            raise SealError("the case stands under officers or a policy that are not those in force")
        if governance.locked:
            raise SealError("an officer has locked everything down; it takes a quorum to go on")
        if not may_ask(requester_of(reviewed.case.requester), basis_of(reviewed.case.basis)):
            raise SealError("a requester of this class has no right to an opening on this basis")
        if not statement.opened_unix - MAX_CLOCK_SKEW <= now < statement.expires_unix:
            raise SealError("the case is not open at this time")
        if statement.expires_unix > statement.opened_unix + policy.case_ttl_seconds:
            raise SealError("the case lasts longer than the policy allows")
        if statement.delay_seconds < policy.veto_delay_seconds:
            raise SealError("the case leaves officers less time for a veto than the policy gives them")
        if not statement.waived and (statement.delay_seconds < policy.notice_seconds or statement.gag_until_unix):
            raise SealError("the case leaves out the notice to the subject, and shows no document that waives it")
        if statement.gag_until_unix > statement.opened_unix + LONGEST_GAG:
            raise SealError("the subject is not told for longer than the rules allow")
        _check_approvals(reviewed)


def case_statement(case: pb.Case) -> CaseStatement:
    """What officers approve of a case. SealError for one that is malformed, as a declined case is."""
    return CaseStatement(
        case.case_id,
        case_reference(case.case_salt, case.case_id),
        case.bundle_hash,
        case.ground,
        case.policy_hash,
        case.opened_at,
        case.expires_at,
        case.delay_seconds,
        case.gag_until,
        case.waiver_hash,
    )


def credential_of(case: pb.Case) -> SignedCredential:
    """The credential of the alias that would be opened."""
    told = case.credential
    context = Context(told.label, told.epoch)
    message = CredentialMessage(told.prefix, context, told.alias_key, told.envelope_hash)
    return SignedCredential(message, told.signature)


def demand_of(case: pb.Case) -> Demand:
    """Who asks, on what paper."""
    return Demand(
        requester_of(case.requester), basis_of(case.basis), case.organisation, case.instrument, case.document_hash
    )


def scope_of(case: pb.Case) -> Scope:
    """About what, and what of the person."""
    return Scope(case.post_id, fields_of(case.fields))


def intent_of(case: pb.Case, statement: CaseStatement) -> OpenIntentLeaf:
    """The leaf of an intent, rebuilt from what the case is and not from what is told of it."""
    return _authorization(case, statement).intent


def _check_scope(case: pb.Case) -> None:
    told = (demand_of(case), scope_of(case), case.recipient_key)
    if case.bundle_hash != bundle_hash(credential_of(case), *told):
        raise SealError("the case is about another demand, post, field, author or recipient")


def _check_author(case: pb.Case, log: CheckedLog) -> None:
    credential = credential_of(case)
    if case.post_id:
        verify_authorship(_post_of(case), credential, case.issuer_key)
    else:
        verify_credential(credential, case.issuer_key)
    context = credential.message.context
    if not log.holds(IssuerKeyLeaf.of(context.label, context.epoch, case.issuer_key)):
        raise SealError("the issuer's key is not in the log")


def _check_asked(case: pb.Case, log: CheckedLog) -> None:
    """The public ledger tells of this demand, once, as the officer is shown it; its times are rounded."""
    reference = case_reference(case.case_salt, case.case_id)
    asked = [leaf for _, leaf in log.all_of(CaseAskedLeaf) if leaf.case == reference]
    shown = (requester_of(case.requester), basis_of(case.basis))
    if [(leaf.requester, leaf.basis) for leaf in asked] != [shown] or not 0 <= case.due_at - asked[0].due < _ROUNDED:
        raise SealError("the log does not tell of this demand as it is shown")


def _check_intent(case: pb.Case, statement: CaseStatement, trust: Trust) -> None:
    told, authorization = case.intent, _authorization(case, statement)
    if authorization.intent.commitment != told.commitment:
        raise SealError("the intent is another case's")
    if not told.proof:
        return
    intended_at = verify_intent(authorization, trust).intended_at
    if (told.intended_at, told.opens_at) != (intended_at, intended_at + statement.delay_seconds):
        raise SealError("the delay does not begin or end when the witnesses' co-signatures say")


def _check_approvals(reviewed: ReviewedCase) -> None:
    """Each approval that is shown was signed for this case, by the officer and until the moment that are shown."""
    case = reviewed.case
    for told in case.approvals:
        verified = verify_approval(told.note, reviewed.statement, reviewed.governance, told.expires_at - 1)
        if (verified.officer.name, verified.officer.role, verified.expires) != (
            told.officer,
            told.role,
            told.expires_at,
        ):
            raise SealError("an approval is not the one that is shown")
    if set(case.approved_by) != {told.officer for told in case.approvals}:
        raise SealError("somebody is said to have approved of whom no approval is shown")


def _authorization(case: pb.Case, statement: CaseStatement) -> Authorization:
    told = case.intent
    return Authorization(
        statement=statement,
        demand=demand_of(case),
        scope=scope_of(case),
        recipient_key=case.recipient_key,
        approvals=tuple(each.note for each in case.approvals),
        case_salt=case.case_salt,
        intent_salt=told.salt,
        subject=told.subject,
        intent_proof=told.proof,
    )


def _post_of(case: pb.Case) -> SignedPost:
    told = case.post
    return SignedPost(
        told.thread_id, case.post_id, told.title, told.body, told.thread_key, told.certificate, told.signature
    )
