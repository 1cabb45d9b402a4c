"""AliasService: challenges, aliases that stand on a credential and a receipt, and what their owners are to be told."""

from services.chassis.coarse_clock import CoarseClock
from services.chassis.log.handle import CommandHandler, commit_id_of
from services.chassis.rpc_call import current_call
from services.forum import checks
from services.forum.api.alias_side import Context, alias_side
from services.forum.api.mapping import alias_claim, notices
from services.forum.api.nonces import Nonces
from services.forum.api.requests import fingerprint
from services.forum.domain import alias, label
from services.forum.domain import notices as told
from services.forum.domain.alias_decider import CreateAlias
from services.forum.domain.label_decider import Command as LabelCommand
from services.forum.domain.notices_decider import Command as NoticeCommand
from vouchsafe.forum.v1 import alias_service_pb2 as pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceServicer


@alias_side
class AliasServicer(AliasServiceServicer):
    """`receipt_key`: disclosure's Ed25519 public key, from the public trust material."""

    def __init__(
        self,
        *,
        aliases: CommandHandler[CreateAlias, alias.State, alias.Event],
        labels: CommandHandler[LabelCommand, label.State, label.Event],
        notices: CommandHandler[NoticeCommand, told.State, told.Event],
        nonces: Nonces,
        receipt_key: bytes,
        grace: label.Grace,
        clock: CoarseClock,
    ) -> None:
        self._aliases = aliases
        self._labels = labels
        self._notices = notices
        self._nonces = nonces
        self._receipt_key = receipt_key
        self._grace = grace
        self._clock = clock

    async def CreateChallenge(  # noqa: N802 -- the name is the proto's
        self, _request: pb.CreateChallengeRequest, _context: Context
    ) -> pb.CreateChallengeResponse:
        """A fresh nonce; nothing is stored."""
        return pb.CreateChallengeResponse(nonce=self._nonces.issue())

    async def CreateAlias(self, request: pb.CreateAliasRequest, _context: Context) -> pb.CreateAliasResponse:  # noqa: N802
        """Check everything that the alias stands on, cheapest first, and create it."""
        # 1. The nonce: costs nothing, and turns away what is merely replayed.
        self._nonces.check(request.nonce)
        # 2. The label, whose key decides about the credential.
        credential = request.credential
        state, _ = await self._labels.state(label.stream(credential.label, credential.epoch))
        opened = label.require_open(state, self._clock.seconds(), self._grace)
        # 3. Credential, receipt and possession.
        verified = checks.verified_alias(
            alias_claim(request, opened.label_name),
            issuer_key=opened.public_key,
            receipt_key=self._receipt_key,
            nonce=request.nonce,
            possession=request.signature,
        )
        # 4. The stream of the alias key: whoever comes second with one credential is refused there. A client that lost
        #    the answer asks again with a new nonce, which is therefore no part of what makes the request the same.
        caller = current_call().caller
        await self._aliases.handle(
            alias.stream(credential.alias_key),
            CreateAlias(verified),
            commit_id=commit_id_of(caller, request.request_id),
            fingerprint=fingerprint(caller, request, besides=("nonce", "signature")),
            caller=caller,
            begins=True,
        )
        return pb.CreateAliasResponse(label_name=opened.label_name)

    async def ListNotices(self, request: pb.ListNoticesRequest, _context: Context) -> pb.ListNoticesResponse:  # noqa: N802
        """The openings of an alias that were announced, to whoever has its key; none for one that nobody spoke of."""
        self._nonces.check(request.nonce)
        checks.verify_owner(request.alias_key, nonce=request.nonce, signature=request.signature)
        state, _ = await self._notices.state(told.stream(request.alias_key))
        return notices(state.openings)
