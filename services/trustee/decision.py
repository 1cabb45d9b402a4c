"""A trustee's decision: check everything that makes one opening lawful, by itself, and only then use the share.

All checks stand in one function so that none can be skipped. They use nothing that the caller could have made up: the
trust material is the trustee's own, and so are its view of the public log and the records of used cases and of what
officers told it to stop. A refusal says nothing about its cause.
"""

from services.chassis.clock import Clock
from services.seal.authorization import check_credential, verify_authorization, verify_intent
from services.seal.authorship import verify_authorship
from services.seal.envelope import Partial, check_envelope, envelope_hash, partial_decrypt
from services.seal.errors import SealError
from services.seal.subject import subject_mark, subject_tag
from services.seal.threshold import Share, check_share
from services.seal.trust import Trust
from services.stops.stops import Stops
from services.tlog.errors import LogForked
from services.tlog.follower import LogView
from services.trustee.told import authorization_of, credential_of, post_of
from services.trustee.used_cases import UsedCases
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb


class Refused(Exception):
    """Something about the request does not hold."""


class Trustee:
    """One share, and the checks in front of it. Raises SealError when the share is not one that was dealt."""

    def __init__(
        self,
        *,
        share: Share,
        trust: Trust,
        log: LogView,
        used: UsedCases,
        stops: Stops,
        clock: Clock,
    ) -> None:
        check_share(share, trust.share_commitments)
        self._share = share
        self._trust = trust
        self._log = log
        self._used = used
        self._stops = stops
        self._clock = clock

    async def decrypt(self, request: pb.DecryptShareRequest) -> Partial:
        """This trustee's partial decryption of the envelope; Refused, or LogUnavailable when asking again may help."""
        try:
            authorization, credential = authorization_of(request.authorization), credential_of(request.credential)

            # 1. The world can see in the log that somebody is about to be opened. This trustee sees it too: it reads
            #    the log for itself, up to that leaf and to this day, so that nothing officers did can be kept from it.
            witnessed = verify_intent(authorization, self._trust)
            governance = await self._log.view(witnessed.size)
            self._stops.check(authorization.intent.commitment, governance)

            # 2. Enough officers in enough roles approved this very case, for somebody who may ask; none of them has
            #    stopped it since; the subject was told, and the delay is over.
            now = int(self._clock.now().timestamp())
            verify_authorization(authorization, credential, governance=governance, trust=self._trust, now=now)

            # 3. The credential is genuine, under the one key that the log holds for its label and epoch.
            check_credential(credential, request.issuer_key, request.issuer_key_proof, self._trust)

            # 4. Whoever holds the credential wrote the very post that the officers approved. Otherwise approvals given
            #    for one author's post could open the envelope of another. A case about the alias itself has no post.
            post_id = authorization.scope.post_id
            if post_id:
                verify_authorship(post_of(request.post, post_id), credential, request.issuer_key)

            # 5. The envelope is the credential's own. Decrypting any other would make this trustee an oracle.
            if envelope_hash(request.envelope) != credential.message.envelope_hash:
                raise Refused
            check_envelope(request.envelope)

            # 6. What the log says of the subject is said of this envelope's owner. Nobody was told in his stead, or
            #    can be: any other notice of this intent is void.
            mark = subject_mark(request.subject_blind, request.envelope)
            if authorization.subject != subject_tag(request.subject_blind, mark):
                raise Refused
        except (SealError, LogForked) as error:
            raise Refused from error

        # 7. The case is new, or this is the same request again. On disk before the share is touched.
        if not self._used.claim(authorization.statement.case_id, authorization.statement.hash()):
            raise Refused
        return partial_decrypt(self._share, request.envelope)
