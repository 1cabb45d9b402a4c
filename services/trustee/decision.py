"""A trustee's decision: check everything that makes one opening lawful, by itself, and only then use the share.

All checks stand in one function so that none can be skipped. They use nothing that the caller could have made up: the
trust material is the trustee's own, and so is the record of used cases. A refusal says nothing about its cause.
"""

from services.chassis.clock import Clock
from services.seal.authorization import Authorization, Demand, SignedCredential, check_credential, verify_authorization
from services.seal.authorship import SignedPost, verify_authorship
from services.seal.envelope import Partial, check_envelope, envelope_hash, partial_decrypt
from services.seal.errors import SealError
from services.seal.statements import CaseStatement, Context, CredentialMessage
from services.seal.threshold import Share, check_share
from services.seal.trust import Trust
from services.trustee.used_cases import UsedCases
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb


class Refused(Exception):
    """Something about the request does not hold."""


class Trustee:
    """One share, and the checks in front of it. Raises SealError when the share is not one that was dealt."""

    def __init__(self, *, share: Share, trust: Trust, used: UsedCases, clock: Clock) -> None:
        check_share(share, trust.share_commitments)
        self._share = share
        self._trust = trust
        self._used = used
        self._clock = clock

    def decrypt(self, request: pb.DecryptShareRequest) -> Partial:
        """This trustee's partial decryption of the envelope, or Refused."""
        now = int(self._clock.now().timestamp())
        try:
            authorization, credential = authorization_of(request), credential_of(request)

            # 1. Enough officers in enough roles approved this very case, and the world can see in the log that it is
            #    about to be opened: the log and a quorum of witnesses have signed for it.
            verify_authorization(authorization, credential, self._trust, now)

            # 2. The credential is genuine, under the one key that the log holds for its label and epoch.
            check_credential(credential, request.issuer_key, request.issuer_key_proof, self._trust)

            # 3. Whoever holds the credential wrote the very post that the officers approved. Otherwise approvals given
            #    for one author's post could open the envelope of another.
            verify_authorship(post_of(request), credential, request.issuer_key)

            # 4. The envelope is the credential's own. Decrypting any other would make this trustee an oracle.
            if envelope_hash(request.envelope) != credential.message.envelope_hash:
                raise Refused
            check_envelope(request.envelope)
        except SealError:
            raise Refused from None

        # 5. The case is new, or this is the same request again. On disk before the share is touched.
        if not self._used.claim(authorization.statement.case_id, authorization.statement.hash()):
            raise Refused
        return partial_decrypt(self._share, request.envelope)


def authorization_of(request: pb.DecryptShareRequest) -> Authorization:
    """The authorization as it was told, unverified; SealError when it is malformed."""
    told = request.authorization
    statement = CaseStatement(
        told.case_id, told.bundle_hash, told.ground, told.policy_hash, told.opened_at, told.expires_at
    )
    demand = Demand(told.requester, told.instrument, told.document_hash)
    return Authorization(
        statement, demand, told.post_id, told.recipient_key, tuple(told.approvals), told.intent_salt, told.intent_proof
    )


def credential_of(request: pb.DecryptShareRequest) -> SignedCredential:
    """The credential as it was told, unverified; SealError when it is malformed."""
    told = request.credential
    context = Context(told.label, told.epoch)
    message = CredentialMessage(told.prefix, context, told.alias_key, told.envelope_hash)
    return SignedCredential(message, told.signature)


def post_of(request: pb.DecryptShareRequest) -> SignedPost:
    """The post of the authorization's case as it was told, unverified."""
    told = request.post
    return SignedPost(
        told.thread_id,
        request.authorization.post_id,
        told.title,
        told.body,
        told.thread_key,
        told.certificate,
        told.signature,
    )
