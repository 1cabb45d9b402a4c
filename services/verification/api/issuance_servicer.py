"""Issue credentials blindly, one for each slot of a person: what the person-side edge may ask."""

import uuid
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.context import Context as TraceContext

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler, commit_id_of, fingerprint_of
from services.chassis.rpc_call import Call, current_call
from services.chassis.tracelink import opened
from services.seal.canonical import sha256
from services.verification.adapters.assertions import AssertionVerifier
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.api.employment_servicer import EmploymentHandler, employment_stream
from services.verification.domain import crowd_decider, slots_decider
from services.verification.domain.crowd_decider import CountPerson
from services.verification.domain.epoch import EpochLength, epoch_at
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Organisations
from services.verification.domain.slots_decider import CredentialIssued, UseSlot
from vouchsafe.verification.v1 import issuance_service_pb2 as rpc
from vouchsafe.verification.v1 import issuance_service_pb2_grpc as stubs

Context = grpc.aio.ServicerContext[Any, Any]
SlotsHandler = CommandHandler[UseSlot, slots_decider.State, CredentialIssued]
CrowdHandler = CommandHandler[CountPerson, crowd_decider.State, crowd_decider.Event]

_COUNTED = uuid.UUID("5b1ff0f1-2a5d-5c5e-8f8a-0f6a4c8f2d11")


@dataclass(frozen=True)
class IssuancePolicy:
    """Credentials a person gets in an epoch, how long that is, and the smallest crowd that a label speaks for."""

    slots: int
    epoch: EpochLength
    crowd_minimum: int


class IssuanceServicer(stubs.IssuanceServiceServicer):
    """IssuanceService."""

    def __init__(
        self,
        *,
        slots: SlotsHandler,
        crowds: CrowdHandler,
        employments: EmploymentHandler,
        assertions: AssertionVerifier,
        organisations: Organisations,
        keys: IssuerKeys,
        policy: IssuancePolicy,
        clock: Clock,
    ) -> None:
        self._slots = slots
        self._crowds = crowds
        self._employments = employments
        self._assertions = assertions
        self._organisations = organisations
        self._keys = keys
        self._policy = policy
        self._clock = clock

    async def GetIssuerKey(self, request: rpc.GetIssuerKeyRequest, _context: Context) -> rpc.GetIssuerKeyResponse:  # noqa: N802
        """The public key of a label in the current epoch; UNKNOWN_LABEL."""
        self._assertions.person(current_call().metadata)
        organisation = self._organisations.of_label(request.label)
        key = await self._keys.key(organisation, self._epoch())
        return rpc.GetIssuerKeyResponse(
            label=organisation.id,
            label_name=organisation.label_name,
            epoch=key.epoch,
            public_key=key.public_key,
            slots=self._policy.slots,
        )

    async def IssueCredential(  # noqa: N802
        self, request: rpc.IssueCredentialRequest, _context: Context
    ) -> rpc.IssueCredentialResponse:
        """Sign a blinded message for a slot; UNKNOWN_LABEL, EPOCH_CLOSED, NOT_EMPLOYED, UNKNOWN_SLOT, SLOT_USED."""
        call = current_call()
        reference = self._assertions.person(call.metadata).escrow_reference
        organisation = self._organisations.of_label(request.label)
        if request.epoch != self._epoch():
            raise DomainError(Reason.EPOCH_CLOSED)
        await self._check_employed(reference, organisation.id)
        key = await self._keys.key(organisation, request.epoch)
        # Step 1: a message that cannot be signed must not cost a slot.
        if not key.can_sign(request.blinded_message):
            raise DomainError(Reason.BLINDED_MESSAGE_INVALID)
        # Step 2: no signature leaves without its record. From here on a repeat gives the same answer.
        await self._use_slot(reference, request, call)
        await self._count(reference, request, call)
        # Step 3: the same message gives the same signature, so none is kept.
        return rpc.IssueCredentialResponse(blind_signature=await self._keys.sign(key, request.blinded_message))

    async def _check_employed(self, reference: bytes, organisation: str) -> None:
        state, _ = await self._employments.state(employment_stream(reference))
        if not state.employed(organisation, int(self._clock.now().timestamp())):
            raise DomainError(Reason.NOT_EMPLOYED)

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

    async def _count(self, reference: bytes, request: rpc.IssueCredentialRequest, call: Call) -> None:
        """Count the person, once for the label and epoch: the commit's id is the same whichever slot was used.

        In a trace of its own: the one who completes a crowd has it announced to the alias side, and the announcement
        must not name the call that caused it.
        """
        stream = f"crowd-{request.label}-{request.epoch}"
        person = f"{stream}/{reference.hex()}"
        with opened("count", parent=TraceContext()):
            await self._crowds.handle(
                stream,
                CountPerson(request.label, request.epoch, reference, self._policy.crowd_minimum),
                commit_id=str(uuid.uuid5(_COUNTED, person)),
                fingerprint=fingerprint_of(call.caller, person.encode()),
                caller=call.caller,
            )

    def _epoch(self) -> int:
        return epoch_at(self._clock.now(), self._policy.epoch)
