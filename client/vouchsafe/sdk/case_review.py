"""Checks a case before an officer signs an approval: is it one thing, and is it what the officer will be shown?

Disclosure could show one post and have another author's envelope opened, or name another recipient. So nothing of its
answer is believed that does not follow from the trust material, the log and the author's own signatures. What no
signature covers is who asks and by which instrument: the officer compares those with the paper in his hands.
"""

from dataclasses import dataclass

from services.seal.authorization import Demand, SignedCredential, bundle_hash
from services.seal.authorship import SignedPost, verify_authorship
from services.seal.statements import CaseStatement, Context, CredentialMessage
from services.seal.trust import Trust
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.transparency import LogReader


@dataclass(frozen=True)
class ReviewedCase:
    """A case whose parts belong together. Only `review` makes one, and only one is ever signed."""

    case: pb.Case


async def review(case: pb.Case, *, case_id: str, trust: Trust, log: LogReader) -> ReviewedCase:
    """Return the case when it holds; PROOF_INVALID, or the log's own refusal, when any of this fails.

    It is the case that was asked for, under the policy of the trust material. Its hash covers the demand, the post, the
    credential and the recipient's key that it shows. The credential's holder wrote the post, and the issuer's key is
    in the log.
    """
    if case.case_id != case_id:
        raise VouchsafeError(Reason.PROOF_INVALID, "the answer is about another case")
    if case.policy_hash != trust.policy.hash():
        raise VouchsafeError(Reason.PROOF_INVALID, "the case stands under a policy that is not ours")
    with translated():
        credential = _credential_of(case)
        demand = Demand(pb.RequesterClass.Name(case.requester), case.instrument, case.document_hash)
        if case.bundle_hash != bundle_hash(credential, demand, case.post_id, case.recipient_key):
            raise VouchsafeError(Reason.PROOF_INVALID, "the case is about another demand, post, author or recipient")
        verify_authorship(_post_of(case), credential, case.issuer_key)
    await log.check_issuer_key(case.credential.label, case.credential.epoch, case.issuer_key)
    return ReviewedCase(case)


def case_statement(case: pb.Case) -> CaseStatement:
    """What officers approve of a case."""
    return CaseStatement(case.case_id, case.bundle_hash, case.ground, case.policy_hash, case.opened_at, case.expires_at)


def _credential_of(case: pb.Case) -> SignedCredential:
    told = case.credential
    context = Context(told.label, told.epoch)
    message = CredentialMessage(told.prefix, context, told.alias_key, told.envelope_hash)
    return SignedCredential(message, told.signature)


def _post_of(case: pb.Case) -> SignedPost:
    told = case.post
    return SignedPost(
        told.thread_id, case.post_id, told.title, told.body, told.thread_key, told.certificate, told.signature
    )
