"""Register, sign in, and get an assertion: what the person-side edge may ask."""

import secrets
from typing import Any

import grpc

from services.chassis.log.handle import CommandHandler, RequestIdReused, commit_id_of, fingerprint_of
from services.chassis.rpc_call import current_call
from services.identity.adapters.attempts import Attempts
from services.identity.adapters.logins import Logins
from services.identity.adapters.passwords import Passwords
from services.identity.adapters.profiles import Profile, Profiles
from services.identity.adapters.tokens import Assertions, Sessions
from services.identity.api.bearer import bearer_token
from services.identity.api.mapping import to_register_response
from services.identity.domain.errors import DomainError, Reason
from services.identity.domain.person import Event, PersonRegistered, Registered, State
from services.identity.domain.person_decider import Command, RegisterPerson
from services.seal.ed25519 import check_public_key, verify
from services.seal.errors import SealError
from services.seal.statements import Registration, ownership_commitment
from vouchsafe.identity.v1 import person_service_pb2 as rpc
from vouchsafe.identity.v1 import person_service_pb2_grpc as stubs

Context = grpc.aio.ServicerContext[Any, Any]
Persons = CommandHandler[Command, State, Event]

_ESCROW_REFERENCE_BYTES = 16
_SALT_BYTES = 32


def person_stream(person_id: str) -> str:
    """The stream of one person."""
    return f"person-{person_id}"


class PersonServicer(stubs.PersonServiceServicer):
    """PersonService."""

    def __init__(
        self,
        *,
        persons: Persons,
        logins: Logins,
        passwords: Passwords,
        profiles: Profiles,
        attempts: Attempts,
        sessions: Sessions,
        assertions: Assertions,
    ) -> None:
        self._persons = persons
        self._logins = logins
        self._passwords = passwords
        self._profiles = profiles
        self._attempts = attempts
        self._sessions = sessions
        self._assertions = assertions

    async def Register(self, request: rpc.RegisterRequest, _context: Context) -> rpc.RegisterResponse:  # noqa: N802
        """Store a person; LOGIN_TAKEN, OWNERSHIP_KEY_INVALID, OWNERSHIP_PROOF_INVALID.

        A repeat answers reference and salt of the first time.
        """
        _check_ownership(request)
        command = await self._register_command(request)
        caller = current_call().caller
        # The password is no part of the fingerprint: a fast digest of it, even keyed, would undo Argon2id.
        digest = self._logins.request_digest("register", request.login, request.name, request.ownership_key)
        handled = await self._persons.handle(
            person_stream(command.person_id),
            command,
            commit_id=commit_id_of(caller, request.request_id),
            fingerprint=fingerprint_of(caller, digest.encode()),
            caller=caller,
        )
        registered = handled.events[0]
        if not isinstance(registered, PersonRegistered):
            raise RequestIdReused("the commit id was used for another command")
        if handled.repeated and not await self._passwords.verify(request.password, registered.password_hash):
            raise RequestIdReused("the commit id was used with another password")
        return to_register_response(registered)

    async def SignIn(self, request: rpc.SignInRequest, _context: Context) -> rpc.SignInResponse:  # noqa: N802
        """Exchange a password for a session; WRONG_CREDENTIALS, TOO_MANY_ATTEMPTS."""
        person_id = self._logins.person_id(request.login)
        with self._attempts.attempt(person_id):
            state, _ = await self._persons.state(person_stream(person_id))
            stored = state.password_hash if isinstance(state, Registered) else None
            if not await self._passwords.verify(request.password, stored):
                raise DomainError(Reason.WRONG_CREDENTIALS)
        session = self._sessions.open(person_id)
        return rpc.SignInResponse(session_token=session.text, expires_at=session.expires_at)

    async def IssueAssertion(self, request: rpc.IssueAssertionRequest, _context: Context) -> rpc.IssueAssertionResponse:  # noqa: N802
        """Sign, for the session's person, an assertion to one audience; SESSION_*."""
        token = bearer_token(current_call().metadata)
        if token is None:
            raise DomainError(Reason.SESSION_MISSING)
        state, _ = await self._persons.state(person_stream(self._sessions.person_id(token)))
        if not isinstance(state, Registered):
            raise DomainError(Reason.SESSION_INVALID)
        assertion = self._assertions.issue(state.escrow_reference, state.ownership_key, request.audience)
        return rpc.IssueAssertionResponse(assertion=assertion.text, expires_at=assertion.expires_at)

    async def _register_command(self, request: rpc.RegisterRequest) -> RegisterPerson:
        person_id = self._logins.person_id(request.login)
        reference = secrets.token_bytes(_ESCROW_REFERENCE_BYTES)
        salt = secrets.token_bytes(_SALT_BYTES)
        wrapped_key, sealed_profile = self._profiles.seal(person_id, Profile(request.name, request.login))
        return RegisterPerson(
            person_id=person_id,
            escrow_reference=reference,
            ownership_key=request.ownership_key,
            commitment_salt=salt,
            commitment=ownership_commitment(salt, reference, request.ownership_key),
            password_hash=await self._passwords.hash(request.password),
            wrapped_key=wrapped_key,
            sealed_profile=sealed_profile,
        )


def _check_ownership(request: rpc.RegisterRequest) -> None:
    """Refuse a key under which anything verifies, and a key that is not shown to be the caller's own.

    The owner of the first could deny every signature, so nobody could be released; who registers the key of somebody
    else would have that person's signatures count as his own.
    """
    try:
        check_public_key(request.ownership_key)
    except SealError:
        raise DomainError(Reason.OWNERSHIP_KEY_INVALID) from None
    statement = Registration(request.request_id, request.ownership_key)
    try:
        verify(request.ownership_key, statement.signed_bytes(), request.ownership_proof)
    except SealError:
        raise DomainError(Reason.OWNERSHIP_PROOF_INVALID) from None
