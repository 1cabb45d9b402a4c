"""PersonService over real connections: registering, signing in, and taking an assertion along."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest

from services.chassis.log.eventstore import Commit, StoreUnavailable
from services.chassis.rpc_errors import RpcError
from services.seal import ed25519
from services.seal.ed25519 import SigningKey
from services.seal.statements import Registration, decode_assertion, ownership_commitment
from tests.rpc.identity.conftest import PASSWORD, Identity, PersonSide, registration
from vouchsafe.identity.events.v1.events_pb2 import OwnershipCommitted
from vouchsafe.identity.v1 import person_service_pb2 as rpc
from vouchsafe.identity.v1.person_service_pb2_grpc import PersonServiceStub
from vouchsafe.log.v1 import log_service_pb2 as log_rpc
from vouchsafe.log.v1.log_service_pb2_grpc import EventLogServiceStub


async def refused(call: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(RpcError) as error:
        await call  # type: ignore[misc]
    return error.value.code, error.value.reason


class TestRegister:
    async def test_answers_what_the_device_keeps(self, person_side: PersonSide) -> None:
        answer = await person_side.register(registration())
        assert (len(answer.person_id), len(answer.escrow_reference), len(answer.commitment_salt)) == (32, 16, 32)

    async def test_a_repeat_answers_the_same_and_stores_nothing(
        self, service: Identity, person_side: PersonSide
    ) -> None:
        request = registration()
        first = await person_side.register(request)
        again = await person_side.register(request)
        assert first == again
        assert len(await service.store.read_stream(f"person-{first.person_id}")) == 1

    async def test_of_its_moment_only_the_hour_is_stored(self, service: Identity, person_side: PersonSide) -> None:
        service.clock.advance(timedelta(minutes=10))
        answer = await person_side.register(registration())
        (commit,) = await service.store.read_stream(f"person-{answer.person_id}")
        assert [part.meta.at % 3600 for part in commit.parts] == [0]

    @pytest.mark.parametrize("change", [{"name": "Eve"}, {"password": "another long password"}])
    async def test_a_repeat_with_other_content_is_refused(
        self, person_side: PersonSide, change: dict[str, str]
    ) -> None:
        request = registration()
        await person_side.register(request)
        changed = rpc.RegisterRequest()
        changed.CopyFrom(request)
        for name, value in change.items():
            setattr(changed, name, value)
        code = (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
        assert await refused(person_side.register(changed)) == code

    async def test_a_taken_login_is_refused_however_it_is_spelt(self, person_side: PersonSide) -> None:
        request = registration()
        await person_side.register(request)
        taken = registration(login=request.login.upper())
        assert await refused(person_side.register(taken)) == (grpc.StatusCode.ALREADY_EXISTS, "LOGIN_TAKEN")

    async def test_a_key_under_which_anything_verifies_is_refused(self, person_side: PersonSide) -> None:
        request = registration(ownership_key=bytes(32))
        code = (grpc.StatusCode.INVALID_ARGUMENT, "OWNERSHIP_KEY_INVALID")
        assert await refused(person_side.register(request)) == code

    @pytest.mark.parametrize("fault", ["missing", "short", "altered", "another's key", "another request's"])
    async def test_a_key_that_is_not_shown_to_be_the_callers_is_refused(
        self, service: Identity, person_side: PersonSide, fault: str
    ) -> None:
        key = SigningKey.generate()
        request = registration(key)
        good = bytes(request.ownership_proof)
        statement = Registration(request.request_id, key.public_key)
        request.ownership_proof = {
            "missing": b"",
            "short": good[:63],
            "altered": bytes([good[0] ^ 1]) + good[1:],
            "another's key": SigningKey.generate().sign(statement.signed_bytes()),
            "another request's": registration(key).ownership_proof,
        }[fault]
        before = len(service.store._commits)
        code = (grpc.StatusCode.INVALID_ARGUMENT, "OWNERSHIP_PROOF_INVALID")
        assert await refused(person_side.register(request)) == code
        assert len(service.store._commits) == before
        request.ownership_proof = good
        await person_side.register(request)

    async def test_of_two_who_want_one_login_at_once_one_gets_it(self, person_side: PersonSide) -> None:
        login = f"wanted-{uuid.uuid4().hex[:8]}"
        requests = [registration(login=login) for _ in range(4)]
        answers = await asyncio.gather(*map(person_side.register, requests), return_exceptions=True)
        losers = [answer.reason for answer in answers if isinstance(answer, RpcError)]
        assert losers == ["LOGIN_TAKEN"] * 3

    @pytest.mark.parametrize(
        "change",
        [
            {"request_id": ""},
            {"request_id": "no uuid"},
            {"login": "ab"},
            {"login": "a b c"},
            {"name": ""},
            {"name": "line\nbreak"},
            {"name": "n" * 129},
            {"password": "short"},
            {"ownership_key": b"k" * 31},
            {"ownership_proof": b"s" * 65},
        ],
    )
    async def test_bad_input_is_told_by_field_and_never_repeated(
        self, service: Identity, person_side: PersonSide, change: dict[str, object]
    ) -> None:
        before = len(service.store._commits)
        with pytest.raises(RpcError) as error:
            await person_side.register(registration(**change))
        assert error.value.code is grpc.StatusCode.INVALID_ARGUMENT
        assert {violation.field for violation in error.value.violations} == set(change)
        assert len(service.store._commits) == before

    async def test_nothing_personal_is_stored_in_the_clear(self, service: Identity, person_side: PersonSide) -> None:
        request = registration(name="Grace Hopper", login=f"grace-{uuid.uuid4().hex[:8]}")
        await person_side.register(request)
        stored = repr(service.store._commits).encode() + repr(service.views.everything()).encode()
        for secret in (request.name, request.login, PASSWORD):
            assert secret.encode() not in stored

    async def test_the_commitment_is_public_and_nothing_else_is(
        self, service: Identity, person_side: PersonSide
    ) -> None:
        person = await person_side.person()
        await service.projected()
        async with service.running.channel("disclosure") as channel:
            stub = EventLogServiceStub(channel.channel)
            page = await channel.unary(stub.ReadEvents, log_rpc.ReadEventsRequest(after=log_rpc.Mark(), limit=1000))
        kept = person.registered
        commitment = ownership_commitment(kept.commitment_salt, kept.escrow_reference, person.ownership_key.public_key)
        assert {event.type for event in page.events} == {"vouchsafe.identity.events.v1.OwnershipCommitted"}
        assert commitment in [OwnershipCommitted.FromString(event.data).commitment for event in page.events]


class TestSignIn:
    async def test_a_session_for_the_right_password(self, service: Identity, person_side: PersonSide) -> None:
        person = await person_side.person()
        session = await person_side.sign_in(person.login)
        assert session.expires_at == int(service.clock.now().timestamp()) + 900

    async def test_a_wrong_password_and_an_unknown_login_look_the_same(self, person_side: PersonSide) -> None:
        person = await person_side.person()
        wrong = await refused(person_side.sign_in(person.login, "another long password"))
        unknown = await refused(person_side.sign_in("nobody-of-that-name"))
        assert wrong == unknown == (grpc.StatusCode.UNAUTHENTICATED, "WRONG_CREDENTIALS")

    async def test_guessing_is_slowed_down_also_at_once(self, service: Identity, person_side: PersonSide) -> None:
        person = await person_side.person()
        guesses = [person_side.sign_in(person.login, f"guess number {i}") for i in range(6)]
        answers = await asyncio.gather(*guesses, return_exceptions=True)
        reasons = sorted(answer.reason for answer in answers if isinstance(answer, RpcError))
        assert reasons == ["TOO_MANY_ATTEMPTS"] * 3 + ["WRONG_CREDENTIALS"] * 3
        assert (await refused(person_side.sign_in(person.login)))[1] == "TOO_MANY_ATTEMPTS"
        service.clock.advance(timedelta(seconds=60))
        await person_side.sign_in(person.login)

    async def test_a_store_that_is_away_locks_nobody_out(
        self, service: Identity, person_side: PersonSide, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        person = await person_side.person()
        read, failures = service.store.read_stream, iter(range(4))  # more than there are attempts

        async def read_when_back(*arguments: Any) -> list[Commit]:
            if next(failures, None) is not None:
                raise StoreUnavailable("away")
            return await read(*arguments)

        monkeypatch.setattr(service.store, "read_stream", read_when_back)
        await person_side.sign_in(person.login)  # the channel tries again while the store is away


class TestIssueAssertion:
    async def test_the_assertion_verifies_and_names_the_person_by_reference(
        self, service: Identity, person_side: PersonSide
    ) -> None:
        person = await person_side.person()
        session = await person_side.sign_in(person.login)
        answer = await person_side.assertion(session.session_token)
        assertion, signature = decode_assertion(answer.assertion)
        ed25519.verify(service.keys.assertion.public_key, assertion.signed_bytes(), signature)
        assert assertion.eref == person.registered.escrow_reference
        assert assertion.ipk == person.ownership_key.public_key
        assert answer.expires_at == assertion.expires_unix == int(service.clock.now().timestamp()) + 300

    async def test_without_a_session_or_with_a_bad_one(self, person_side: PersonSide) -> None:
        unauthenticated = grpc.StatusCode.UNAUTHENTICATED
        assert await refused(person_side.assertion(None)) == (unauthenticated, "SESSION_MISSING")
        assert await refused(person_side.assertion("nonsense")) == (unauthenticated, "SESSION_INVALID")

    async def test_after_the_session_has_ended(self, service: Identity, person_side: PersonSide) -> None:
        person = await person_side.person()
        session = await person_side.sign_in(person.login)
        service.clock.advance(timedelta(seconds=900))
        assert (await refused(person_side.assertion(session.session_token)))[1] == "SESSION_EXPIRED"


async def test_nobody_but_the_person_edge_may_call(service: Identity) -> None:
    async with service.running.channel("disclosure") as channel:
        stub = PersonServiceStub(channel.channel)
        with pytest.raises(RpcError) as error:
            await channel.unary(stub.Register, registration())
    assert error.value.reason == "CALLER_NOT_ALLOWED"
