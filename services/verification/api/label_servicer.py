"""Labels, for the two who may ask: what is a person's own, for the person-side edge; revocation, for the operators."""

from datetime import timedelta
from typing import Any, Final

import grpc

from services.chassis.clock import Clock
from services.chassis.rpc_call import current_call
from services.chassis.telemetry_log import log
from services.verification.adapters.assertions import AssertionVerifier
from services.verification.crowds import Crowds, EmploymentHandler, Standing, employment_stream
from services.verification.domain.crowd_decider import RevocationReason, told
from services.verification.domain.epoch import EpochLength, epoch_at, epoch_before, span_of
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Organisations
from vouchsafe.verification.v1 import label_service_pb2 as rpc
from vouchsafe.verification.v1 import label_service_pb2_grpc as stubs

Context = grpc.aio.ServicerContext[Any, Any]

REVOKED: Final = "label_revoked"

_REASONS: Final = {
    rpc.REVOCATION_REASON_KEY_COMPROMISED: RevocationReason.KEY_COMPROMISED,
    rpc.REVOCATION_REASON_WRONGLY_ISSUED: RevocationReason.WRONGLY_ISSUED,
    rpc.REVOCATION_REASON_ORGANISATION_WITHDRAWN: RevocationReason.ORGANISATION_WITHDRAWN,
    rpc.REVOCATION_REASON_CEASED: RevocationReason.CEASED,
}
_log = log(__name__)


class LabelServicer(stubs.LabelServiceServicer):
    """LabelService."""

    def __init__(
        self,
        *,
        crowds: Crowds,
        employments: EmploymentHandler,
        assertions: AssertionVerifier,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._crowds = crowds
        self._employments = employments
        self._assertions = assertions
        self._organisations = organisations
        self._clock = clock

    async def ListMyLabels(self, _request: rpc.ListMyLabelsRequest, _context: Context) -> rpc.ListMyLabelsResponse:  # noqa: N802
        """The labels of the employers that the person has proven, narrowest first; none without a proof in force."""
        reference = self._assertions.person(current_call().metadata).escrow_reference
        state, _ = await self._employments.state(employment_stream(reference))
        now = int(self._clock.now().timestamp())
        epoch = self._crowds.epoch
        employers = [each.id for each in self._organisations if not each.withdrawn and state.employed(each.id, now)]
        labels = dict.fromkeys(label for each in employers for label in self._organisations.path(each))
        return rpc.ListMyLabelsResponse(
            labels=[await self._standing(label, epoch) for label in labels],
            epoch=epoch,
            epoch_ends_at=self._crowds.ends_at,
            crowd_minimum=self._crowds.minimum,
        )

    async def _standing(self, label: str, epoch: int) -> rpc.LabelStanding:
        declared, standing = self._organisations.label(label), await self._crowds.standing(label, epoch)
        return rpc.LabelStanding(
            label=label,
            name=declared.name,
            parent=declared.parent,
            state=_state(standing),
            crowd_at_least=told(standing.crowd),
        )


class LabelRevocationServicer(stubs.LabelRevocationServiceServicer):
    """LabelRevocationService."""

    def __init__(
        self, *, crowds: Crowds, organisations: Organisations, length: EpochLength, ahead: timedelta, clock: Clock
    ) -> None:
        self._crowds = crowds
        self._organisations = organisations
        self._length = length
        self._ahead = ahead
        self._clock = clock

    async def RevokeLabel(self, request: rpc.RevokeLabelRequest, _context: Context) -> rpc.RevokeLabelResponse:  # noqa: N802
        """Stop a label in one epoch or in all that matter; UNKNOWN_LABEL, EPOCH_UNKNOWN."""
        label = self._organisations.label(request.label).id
        epochs = (self._known(request.epoch),) if request.epoch else self._in_use()
        caller = current_call().caller
        for epoch in epochs:
            reason = _REASONS[request.reason]
            await self._crowds.revoke(label, epoch, reason, request_id=request.request_id, caller=caller)
            _log.warning(REVOKED, epoch=epoch)
        return rpc.RevokeLabelResponse(epochs=epochs)

    def _in_use(self) -> tuple[int, ...]:
        """The epochs whose keys may still be used, or are published already."""
        current = self._crowds.epoch
        ahead = epoch_at(self._clock.now() + self._ahead, self._length)
        return tuple(sorted({epoch_before(current, self._length), current, ahead}))

    def _known(self, epoch: int) -> int:
        try:
            span_of(epoch, self._length)
        except ValueError:
            raise DomainError(Reason.EPOCH_UNKNOWN) from None
        return epoch


def _state(standing: Standing) -> rpc.LabelState:
    if standing.revoked:
        return rpc.LABEL_STATE_REVOKED
    return rpc.LABEL_STATE_ACTIVE if standing.active else rpc.LABEL_STATE_WAITING
