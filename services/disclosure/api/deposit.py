"""DepositService: the alias side's only door to the vault. Whatever shows a person is turned away unread."""

from services.chassis.rpc_call import current_call
from services.disclosure.deposits import Deposits
from services.disclosure.domain.deposit import EnvelopeDeposited
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.request import Request
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.disclosure.v1 import deposit_service_pb2 as pb
from vouchsafe.disclosure.v1 import deposit_service_pb2_grpc as rpc


class DepositServicer(rpc.DepositServiceServicer):
    """Serves `Deposits`."""

    def __init__(self, deposits: Deposits) -> None:
        self._deposits = deposits

    async def DepositEnvelope(  # noqa: N802
        self, request: pb.DepositEnvelopeRequest, _context: object
    ) -> pb.DepositEnvelopeResponse:
        """Keep an envelope and answer a receipt."""
        # A client that sends its person's token here is broken in the one way that must never go unnoticed.
        if "authorization" in current_call().metadata:
            raise DomainError(Reason.PERSON_TOKEN_REFUSED)
        signature = await self._deposits.deposit(Request.of(request.request_id, request), _unverified(request))
        return pb.DepositEnvelopeResponse(receipt=credential_pb2.Receipt(signature=signature))


def _unverified(request: pb.DepositEnvelopeRequest) -> EnvelopeDeposited:
    credential = request.credential
    return EnvelopeDeposited(
        label=credential.label,
        epoch=credential.epoch,
        alias_key=credential.alias_key,
        envelope_hash=credential.envelope_hash,
        prefix=credential.prefix,
        credential_signature=credential.signature,
        envelope=request.envelope,
    )
