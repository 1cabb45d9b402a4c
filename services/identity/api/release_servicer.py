"""Release a person to the recipient of an authorised case, and to nobody else; disclosure carries it unread.

Every refusal is the one constant RELEASE_REFUSED: whoever asks learns nothing of which check failed, nor whether a
reference exists. Only a log that cannot be read at the moment is told apart, for asking again may help.
"""

from typing import Any

import grpc

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler, RequestIdReused, commit_id_of, fingerprint_of
from services.chassis.rpc_call import current_call
from services.chassis.views.viewstore import Views
from services.identity.adapters.profiles import Profiles
from services.identity.api.mapping import to_authorization, to_credential
from services.identity.api.person_servicer import person_stream
from services.identity.domain.errors import DomainError, Reason
from services.identity.domain.person import Event, PersonReleased, Registered, State
from services.identity.domain.person_decider import Command, RecordRelease
from services.identity.projections.persons_by_escrow import person_id_of
from services.seal import ed25519
from services.seal.authorization import SignedCredential, verify_authorization, verify_intent
from services.seal.errors import SealError
from services.seal.release import seal_released
from services.seal.statements import Ownership
from services.seal.trust import Trust
from services.stops.stops import Stops
from services.tlog.follower import LogView
from vouchsafe.identity.v1 import release_service_pb2 as rpc
from vouchsafe.identity.v1 import release_service_pb2_grpc as stubs

Context = grpc.aio.ServicerContext[Any, Any]


class ReleaseServicer(stubs.ReleaseServiceServicer):
    """ReleaseService."""

    def __init__(
        self,
        *,
        persons: CommandHandler[Command, State, Event],
        persons_by_escrow: Views,
        profiles: Profiles,
        trust: Trust,
        log: LogView,
        stops: Stops,
        clock: Clock,
    ) -> None:
        self._persons = persons
        self._persons_by_escrow = persons_by_escrow
        self._profiles = profiles
        self._trust = trust
        self._log = log
        self._stops = stops
        self._clock = clock

    async def ReleasePerson(self, request: rpc.ReleasePersonRequest, _context: Context) -> rpc.ReleasePersonResponse:  # noqa: N802
        """Seal what the case asks for to its recipient; RELEASE_REFUSED. A repeat answers the same sealed bytes."""
        try:
            return await self._release(request)
        except SealError as e:
            raise DomainError(Reason.RELEASE_REFUSED) from e

    async def _release(self, request: rpc.ReleasePersonRequest) -> rpc.ReleasePersonResponse:
        # Step 1: officers' quorum, policy, time, scope and the logged, co-signed intent, all by our own trust file and
        # our own view of the log, in which no officer has stopped it.
        authorization = to_authorization(request.authorization)
        credential = to_credential(request.credential)
        intended = verify_intent(authorization, self._trust)
        governance = await self._log.view(max(intended.size, request.log_size))
        now = int(self._clock.now().timestamp())
        verified = verify_authorization(authorization, credential, governance=governance, trust=self._trust, now=now)
        # Step 2: no log, no name. In that same view everybody is told that the envelope was opened.
        governance.announced.check_opened(verified.intent)
        # Step 3: the person must have signed this alias under the key registered *here*. Verification knows escrow
        # references too, and without this step could frame somebody with a credential of its own making.
        person = await self._person(request.escrow_reference)
        _check_ownership(person, credential, request.ownership_signature)
        # Step 4: no officer told us to stop this, whatever the log shows. What is stopped is not even recorded.
        self._stops.check(verified.intent, governance)
        # Step 5: seal what is in scope, and no more, to the recipient, and put that on record.
        profile = self._profiles.open(person.person_id, person.wrapped_key, person.sealed_profile)
        told = {field: profile.field(field) for field in authorization.scope.fields}
        case_id = authorization.statement.case_id
        sealed = seal_released(authorization.recipient_key, case_id, authorization.statement.bundle_hash, told)
        command = RecordRelease(case_id, sealed)
        recorded = await self._record(request, person.person_id, command)
        # Step 6: step 4 again, for whoever sits between us and the database can make the record wait. From here on
        # nothing is waited for, so no answer follows one that an officer has been given. What is on record can be had
        # by a repeat alone, of which all of this is asked anew.
        self._stops.check(verified.intent, governance)
        return rpc.ReleasePersonResponse(sealed_identity=recorded)

    async def _person(self, escrow_reference: bytes) -> Registered:
        person_id = await person_id_of(self._persons_by_escrow, escrow_reference)
        if person_id is None:
            raise DomainError(Reason.RELEASE_REFUSED)
        state, _ = await self._persons.state(person_stream(person_id))
        if not isinstance(state, Registered):
            raise DomainError(Reason.RELEASE_REFUSED)
        return state

    async def _record(self, request: rpc.ReleasePersonRequest, person_id: str, command: RecordRelease) -> bytes:
        caller = current_call().caller
        handled = await self._persons.handle(
            person_stream(person_id),
            command,
            commit_id=commit_id_of(caller, request.request_id),
            fingerprint=fingerprint_of(caller, request.SerializeToString(deterministic=True)),
            caller=caller,
        )
        released = handled.events[0]
        if not isinstance(released, PersonReleased):
            raise RequestIdReused("the commit id was used for another command")
        return released.sealed_identity


def _check_ownership(person: Registered, credential: SignedCredential, signature: bytes) -> None:
    ownership = Ownership(credential.message.context, credential.message.cpk)
    ed25519.verify(person.ownership_key, ownership.signed_bytes(), signature)
