"""Issue credentials blindly, one for each slot of a person: what the person-side edge may ask.

That a candidate is signed only when all others were opened and found honest is `challenges`' work; who may be issued
under which label, `crowds`'.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc

from services.chassis.clock import Clock
from services.chassis.log.handle import RequestIdReused, fingerprint_of
from services.chassis.rpc_call import current_call
from services.seal.cut_and_choose import Terms
from services.seal.statements import Context as CredentialContext
from services.verification.adapters.assertions import AssertionVerifier, Person
from services.verification.adapters.issuer_keys import IssuerKey, IssuerKeys
from services.verification.challenges import Answer, Challenges, Order
from services.verification.crowds import Crowds
from services.verification.domain.epoch import EpochLength, epoch_at
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Label, Organisations
from vouchsafe.verification.v1 import issuance_service_pb2 as rpc
from vouchsafe.verification.v1 import issuance_service_pb2_grpc as stubs

Context = grpc.aio.ServicerContext[Any, Any]
Request = rpc.BeginIssuanceRequest | rpc.FinishIssuanceRequest


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
        challenges: Challenges,
        opening_key: bytes,
        crowds: Crowds,
        assertions: AssertionVerifier,
        organisations: Organisations,
        keys: IssuerKeys,
        policy: IssuancePolicy,
        clock: Clock,
    ) -> None:
        self._challenges = challenges
        self._opening_key = opening_key
        self._crowds = crowds
        self._assertions = assertions
        self._organisations = organisations
        self._keys = keys
        self._policy = policy
        self._clock = clock

    async def GetIssuerKey(self, request: rpc.GetIssuerKeyRequest, _context: Context) -> rpc.GetIssuerKeyResponse:  # noqa: N802
        """The public key of a label in the current epoch; UNKNOWN_LABEL, also of one that nobody is issued under."""
        self._assertions.person(current_call().metadata)
        label = self._organisations.label_in_use(request.label)
        key = await self._keys.key(label, self._epoch())
        return rpc.GetIssuerKeyResponse(
            label=label.id,
            label_name=key.label_name,
            parent=key.parent,
            epoch=key.epoch,
            public_key=key.public_key,
            slots=self._policy.slots,
            candidates=self._challenges.candidates,
        )

    async def BeginIssuance(self, request: rpc.BeginIssuanceRequest, _context: Context) -> rpc.BeginIssuanceResponse:  # noqa: N802
        """Draw the candidate that stays closed; EPOCH_CLOSED, and what `Crowds.admit` and `Challenges.begin` refuse."""
        person = self._assertions.person(current_call().metadata)
        label = self._organisations.label(request.label)
        if request.epoch != self._epoch():
            raise DomainError(Reason.EPOCH_CLOSED)
        await self._crowds.admit(person.escrow_reference, label.id, request.epoch)
        key = await self._keys.key(label, request.epoch)
        slot = await self._challenges.begin(
            _order(person, request),
            self._terms(person, request, key, request.candidates),
            stated=request.terms,
            commitment=request.commitment,
        )
        if slot.challenge is None:
            raise RequestIdReused("the commit id was used for another command")
        return rpc.BeginIssuanceResponse(
            chosen=slot.challenge.chosen, expires_at=slot.challenge.expires_at, issued=slot.issued is not None
        )

    async def FinishIssuance(self, request: rpc.FinishIssuanceRequest, _context: Context) -> rpc.FinishIssuanceResponse:  # noqa: N802
        """Sign the closed candidate when all others are honest.

        BLINDED_MESSAGE_INVALID, and what `Crowds.admit` and `Challenges` refuse. LABEL_REVOKED gives the slot of an
        honest answer back.
        """
        person = self._assertions.person(current_call().metadata)
        label = self._organisations.label(request.label)
        order = _order(person, request)
        await self._challenges.check_begun(order, epoch_open=request.epoch == self._epoch())
        revoked = await self._revoked_since(person, label, request.epoch)
        key = await self._keys.key(label, request.epoch)
        # Step 1: a message that cannot be signed must not cost a slot.
        if not key.can_sign(request.blinded_message):
            raise DomainError(Reason.BLINDED_MESSAGE_INVALID)
        answer, terms = Answer(request.blinded_message, request.openings), partial(self._terms, person, request, key)
        if revoked:
            await self._challenges.release(order, answer, terms)
            raise DomainError(Reason.LABEL_REVOKED)
        # Step 2: no signature leaves without its record. From here on a repeat gives the same answer.
        await self._challenges.finish(order, answer, terms)
        await self._crowds.count(person.escrow_reference, label.id, request.epoch)
        # Step 3: the same message gives the same signature, so none is kept.
        return rpc.FinishIssuanceResponse(blind_signature=await self._keys.sign(key, request.blinded_message))

    async def _revoked_since(self, person: Person, label: Label, epoch: int) -> bool:
        """Whether the label was revoked after the challenge, which is nobody's strike; else what `admit` refuses.

        A proof of employment that ended meanwhile can be renewed while the challenge lasts, so it gives nothing back.
        """
        try:
            await self._crowds.admit(person.escrow_reference, label.id, epoch)
        except DomainError as refusal:
            if refusal.reason is not Reason.LABEL_REVOKED:
                raise
            return True
        return False

    def _terms(self, person: Person, request: Request, key: IssuerKey, candidates: int) -> Terms:
        return Terms(
            context=CredentialContext(request.label, request.epoch),
            slot=request.slot,
            eref=person.escrow_reference,
            ipk=person.ownership_key,
            opening_key=self._opening_key,
            issuer_key=key.public_key,
            candidates=candidates,
        )

    def _epoch(self) -> int:
        return epoch_at(self._clock.now(), self._policy.epoch)


def _order(person: Person, request: Request) -> Order:
    caller = current_call().caller
    return Order(
        escrow_reference=person.escrow_reference,
        label=request.label,
        epoch=request.epoch,
        slot=request.slot,
        caller=caller,
        request_id=request.request_id,
        fingerprint=fingerprint_of(caller, request.SerializeToString(deterministic=True)),
    )
