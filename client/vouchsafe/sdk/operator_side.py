"""The operators' desk: stopping a label. What that does, and that it is never taken back, is told in docs/labels.md."""

import uuid
from enum import StrEnum

from vouchsafe.sdk.profile import OperatorEdge
from vouchsafe.sdk.side import PATIENCE, Side
from vouchsafe.verification.v1 import label_service_pb2 as pb
from vouchsafe.verification.v1.label_service_pb2_grpc import LabelRevocationServiceStub


class RevocationReason(StrEnum):
    """Why a label is stopped, in the words of the transparency log."""

    KEY_COMPROMISED = "key-compromised"
    WRONGLY_ISSUED = "wrongly-issued"
    ORGANISATION_WITHDRAWN = "organisation-withdrawn"
    CEASED = "ceased"


_REASONS = {
    RevocationReason.KEY_COMPROMISED: pb.REVOCATION_REASON_KEY_COMPROMISED,
    RevocationReason.WRONGLY_ISSUED: pb.REVOCATION_REASON_WRONGLY_ISSUED,
    RevocationReason.ORGANISATION_WITHDRAWN: pb.REVOCATION_REASON_ORGANISATION_WITHDRAWN,
    RevocationReason.CEASED: pb.REVOCATION_REASON_CEASED,
}


class OperatorSide(Side):
    """Connections with the operators' certificate, to verification alone."""

    def __init__(self, edge: OperatorEdge, *, patience: float = PATIENCE) -> None:
        super().__init__(edge, patience=patience)
        self._verification = self.connect("verification", edge.verification)
        self._revocation = LabelRevocationServiceStub(self._verification.channel)

    async def revoke_label(self, label: str, reason: RevocationReason, *, epoch: int = 0) -> tuple[int, ...]:
        """Stop a label in an epoch, by default in all whose keys may still be used; the epochs.

        UNKNOWN_LABEL, EPOCH_UNKNOWN.
        """
        request = pb.RevokeLabelRequest(request_id=str(uuid.uuid4()), label=label, epoch=epoch, reason=_REASONS[reason])
        answer = await self._verification.call(self._revocation.RevokeLabel, request)
        return tuple(answer.epochs)
