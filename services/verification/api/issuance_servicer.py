"""Issue credentials blindly, one for each slot of a person: what the person-side edge may ask."""

from dataclasses import dataclass
from typing import Any

import grpc

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler, commit_id_of, fingerprint_of
from services.chassis.rpc_call import Call, current_call
from services.seal.canonical import sha256
from services.verification.adapters.assertions import AssertionVerifier
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.crowds import Crowds
from services.verification.domain import slots_decider
from services.verification.domain.epoch import EpochLength, epoch_at
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Organisations
from services.verification.domain.slots_decider import CredentialIssued, UseSlot
from vouchsafe.verification.v1 import issuance_service_pb2 as rpc
from vouchsafe.verification.v1 import issuance_service_pb2_grpc as stubs

Context = grpc.aio.ServicerContext[Any, Any]
SlotsHandler = CommandHandler[UseSlot, slots_decider.State, CredentialIssued]


@dataclass(frozen=True)
class IssuancePolicy:
    """Credentials a person gets in an epoch, and how long that is."""

    slots: int
    epoch: EpochLength


class IssuanceServicer(stubs.IssuanceServiceServicer):
    """IssuanceService."""

    def __init__(
        self,
        *,
        slots: SlotsHandler,
        crowds: Crowds,
        assertions: AssertionVerifier,
        organisations: Organisations,
        keys: IssuerKeys,
        policy: IssuancePolicy,
        clock: Clock,
    ) -> None:
        self._slots = slots
        self._crowds = crowds
        self._assertions = assertions
        self._organisations = organisations
        self._keys = keys
        self._policy = policy
        self._clock = clock

    async def GetIssuerKey(self, request: rpc.GetIssuerKeyRequest, _context: Context) -> rpc.GetIssuerKeyResponse:  # noqa: N802
        """The public key of a label in the current epoch; UNKNOWN_LABEL."""
        self._assertions.person(current_call().metadata)
        label = self._organisations.label(request.label)
        key = await self._keys.key(label, self._epoch())
        return rpc.GetIssuerKeyResponse(
            label=label.id,
            label_name=label.name,
            epoch=key.epoch,
            public_key=key.public_key,
            slots=self._policy.slots,
        )

    async def IssueCredential(  # noqa: N802
        self, request: rpc.IssueCredentialRequest, _context: Context
    ) -> rpc.IssueCredentialResponse:
        """Sign a blinded message for a slot; EPOCH_CLOSED, UNKNOWN_SLOT, SLOT_USED, and what `Crowds.admit` refuses."""
        call = current_call()
        reference = self._assertions.person(call.metadata).escrow_reference
        label = self._organisations.label(request.label)
        if request.epoch != self._epoch():
            raise DomainError(Reason.EPOCH_CLOSED)
        await self._crowds.admit(reference, label.id, request.epoch)
        key = await self._keys.key(label, request.epoch)
        # Step 1: a message that cannot be signed must not cost a slot.
        if not key.can_sign(request.blinded_message):
            raise DomainError(Reason.BLINDED_MESSAGE_INVALID)
        # Step 2: no signature leaves without its record. From here on a repeat gives the same answer.
        await self._use_slot(reference, request, call)
        await self._crowds.count(reference, label.id, request.epoch)
        # Step 3: the same message gives the same signature, so none is kept.
        return rpc.IssueCredentialResponse(blind_signature=await self._keys.sign(key, request.blinded_message))

    async def _use_slot(self, reference: bytes, request: rpc.IssueCredentialRequest, call: Call) -> None:
        command = UseSlot(
            label=request.label,
            epoch=request.epoch,
            slot=request.slot,
            blinded_hash=sha256(request.blinded_message),
            slots=self._policy.slots,
        )
        await self._slots.handle(
            f"slots-{reference.hex()}",
            command,
            commit_id=commit_id_of(call.caller, request.request_id),
            fingerprint=fingerprint_of(call.caller, request.SerializeToString(deterministic=True)),
            caller=call.caller,
        )

    def _epoch(self) -> int:
        return epoch_at(self._clock.now(), self._policy.epoch)
