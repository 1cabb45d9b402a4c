"""EmploymentService over real connections and real mail: a code goes out, comes back, and proves an employer."""

import asyncio
import uuid
from datetime import timedelta

import grpc
import pytest

from services.chassis.rpc_errors import RpcError
from tests.rpc.verification.conftest import Person, PersonSide, Verification
from vouchsafe.verification.v1 import employment_service_pb2 as rpc
from vouchsafe.verification.v1.employment_service_pb2_grpc import EmploymentServiceStub


async def refused(call: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(RpcError) as error:
        await call  # type: ignore[misc]
    return error.value.code, error.value.reason


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def mailbox_stream(challenge_id: str) -> str:
    return f"mailbox-{challenge_id.partition('-')[0]}"


class TestTheWholeWay:
    async def test_the_right_code_proves_the_employer(self, service: Verification, person_side: PersonSide) -> None:
        person = person_side.person()
        challenge = await person_side.request_code(person)
        now = int(service.clock.now().timestamp())
        assert (challenge.organisation, challenge.expires_at) == ("Harbour Games", now + 900)
        proof = await person_side.confirm(person, challenge.challenge_id, person.code())
        assert (proof.label, proof.expires_at) == ("harbour-games", now + 180 * 86_400)
        assert service.events(mailbox_stream(challenge.challenge_id)) == [
            "MailCodeRequested",
            "MailCodeSent",
            "MailboxProven",
        ]

    async def test_neither_address_nor_code_is_stored(self, service: Verification, person_side: PersonSide) -> None:
        person = await person_side.employed()
        stored = repr(service.store._commits)
        assert person.mailbox not in stored
        assert person.mailbox.partition("@")[0] not in stored
        assert person.code() not in stored

    async def test_a_repeated_confirmation_answers_the_same(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = person_side.person()
        challenge = await person_side.request_code(person)
        request_id = str(uuid.uuid4())
        first = await person_side.confirm(person, challenge.challenge_id, person.code(), request_id=request_id)
        service.clock.advance(timedelta(seconds=5))
        again = await person_side.confirm(person, challenge.challenge_id, person.code(), request_id=request_id)
        assert first == again
        assert service.events(f"employment-{person.escrow_reference.hex()}") == ["EmploymentVerified"]


class TestTheMail:
    async def test_says_nothing_of_where_it_comes_from_or_what_it_is_for(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = person_side.person()
        await person_side.request_code(person)
        (message,) = service.mail.mail_of(person.mailbox)
        seen = f"{message.as_string()} {service.mail.ehlo}".lower()
        for word in ("vouchsafe", "forum", "alias", "anonym", "verif", "harbour games", "localhost"):
            assert word not in seen
        assert message["From"] == "Codes <no-reply@codes.example>"
        assert service.mail.ehlo == "codes.example"

    async def test_that_was_not_taken_is_tried_again_and_one_that_was_is_not_sent_twice(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person, request_id = person_side.person(), str(uuid.uuid4())
        service.mail.refusing = True
        failure = await refused(person_side.request_code(person, request_id=request_id))
        assert failure == (grpc.StatusCode.UNAVAILABLE, "MAIL_NOT_SENT")
        service.mail.refusing = False
        first = await person_side.request_code(person, request_id=request_id)
        again = await person_side.request_code(person, request_id=request_id)
        assert first == again
        assert len(service.mail.mail_of(person.mailbox)) == 1
        await person_side.confirm(person, first.challenge_id, person.code())

    async def test_to_an_unknown_domain_is_not_sent(self, service: Verification, person_side: PersonSide) -> None:
        before = len(service.store._commits)
        for address in ("ann@elsewhere.example", "ann@harbour.example.evil", "ann@sub.harbour.example"):
            failure = await refused(person_side.request_code(person_side.person().at(address)))
            assert failure == (grpc.StatusCode.FAILED_PRECONDITION, "UNKNOWN_MAIL_DOMAIN")
            assert service.mail.mail_of(address) == []
        assert len(service.store._commits) == before

    async def test_too_many_to_one_mailbox(self, service: Verification, person_side: PersonSide) -> None:
        mailbox = person_side.person().mailbox
        for _ in range(3):
            await person_side.request_code(person_side.person().at(mailbox))
        code = (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CODES")
        assert await refused(person_side.request_code(person_side.person().at(mailbox))) == code
        assert len(service.mail.mail_of(mailbox)) == 3
        service.clock.advance(timedelta(hours=1))
        await person_side.request_code(person_side.person().at(mailbox))

    async def test_too_many_for_one_person(self, person_side: PersonSide) -> None:
        person = person_side.person()
        for _ in range(4):
            await person_side.request_code(person.at(person_side.person().mailbox))
        assert (await refused(person_side.request_code(person)))[1] == "TOO_MANY_CODES"


class TestWrongCodes:
    async def test_five_tries_then_locked_even_for_the_right_one(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = person_side.person()
        challenge = (await person_side.request_code(person)).challenge_id
        for _ in range(5):
            failure = await refused(person_side.confirm(person, challenge, wrong(person.code())))
            assert failure == (grpc.StatusCode.INVALID_ARGUMENT, "WRONG_CODE")
        locked = (grpc.StatusCode.FAILED_PRECONDITION, "CODE_LOCKED")
        assert await refused(person_side.confirm(person, challenge, person.code())) == locked
        assert service.events(mailbox_stream(challenge))[2:] == ["MailCodeRejected"] * 5

    async def test_many_guesses_at_once_get_no_sixth_try(self, service: Verification, person_side: PersonSide) -> None:
        person = person_side.person()
        challenge = (await person_side.request_code(person)).challenge_id
        guesses = [person_side.confirm(person, challenge, wrong(person.code())) for _ in range(9)]
        answers = await asyncio.gather(*guesses, return_exceptions=True)
        reasons = {answer.reason for answer in answers if isinstance(answer, RpcError)}
        assert reasons <= {"WRONG_CODE", "CODE_LOCKED", "CONTENDED"}
        assert service.events(mailbox_stream(challenge)).count("MailCodeRejected") <= 5

    async def test_a_repeat_of_a_wrong_try_is_no_second_try(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person, request_id = person_side.person(), str(uuid.uuid4())
        challenge = (await person_side.request_code(person)).challenge_id
        for _ in range(7):
            again = person_side.confirm(person, challenge, wrong(person.code()), request_id=request_id)
            assert (await refused(again))[1] == "WRONG_CODE"
        assert service.events(mailbox_stream(challenge)).count("MailCodeRejected") == 1
        other = person_side.confirm(person, challenge, person.code(), request_id=request_id)
        assert (await refused(other))[1] == "REQUEST_ID_REUSED"
        await person_side.confirm(person, challenge, person.code())

    async def test_a_code_is_good_once_and_for_a_while(self, service: Verification, person_side: PersonSide) -> None:
        person = person_side.person()
        challenge = (await person_side.request_code(person)).challenge_id
        await person_side.confirm(person, challenge, person.code())
        assert (await refused(person_side.confirm(person, challenge, person.code())))[1] == "CODE_USED"
        late = person_side.person()
        challenge = (await person_side.request_code(late)).challenge_id
        service.clock.advance(timedelta(seconds=900))
        assert (await refused(person_side.confirm(late, challenge, late.code())))[1] == "CODE_EXPIRED"

    async def test_another_persons_challenge_does_not_exist(self, person_side: PersonSide) -> None:
        person = person_side.person()
        challenge = (await person_side.request_code(person)).challenge_id
        unknown = (grpc.StatusCode.NOT_FOUND, "UNKNOWN_CHALLENGE")
        assert await refused(person_side.confirm(person_side.person(), challenge, person.code())) == unknown
        assert await refused(person_side.confirm(person, f"{uuid.uuid4()}", "123456")) == unknown

    async def test_the_newest_challenge_counts(self, person_side: PersonSide) -> None:
        person = person_side.person()
        first = await person_side.request_code(person)
        first_code = person.code()
        second = await person_side.request_code(person)
        assert (await refused(person_side.confirm(person, first.challenge_id, first_code)))[1] == "UNKNOWN_CHALLENGE"
        await person_side.confirm(person, second.challenge_id, person.code())


async def test_a_mailbox_has_one_owner_and_only_its_reader_learns_that(person_side: PersonSide) -> None:
    owner = await person_side.employed()
    other = person_side.person().at(owner.mailbox)
    challenge = await person_side.request_code(other)
    taken = (grpc.StatusCode.ALREADY_EXISTS, "MAILBOX_TAKEN")
    assert (await refused(person_side.confirm(other, challenge.challenge_id, wrong(other.code()))))[1] == "WRONG_CODE"
    assert await refused(person_side.confirm(other, challenge.challenge_id, other.code())) == taken


class TestCallers:
    async def call(self, service: Verification, metadata: tuple[tuple[str, str], ...]) -> tuple[grpc.StatusCode, str]:
        request = rpc.RequestMailCodeRequest(request_id=str(uuid.uuid4()), work_email="ann@harbour.example")
        async with service.running.channel("person-edge") as channel:
            stub = EmploymentServiceStub(channel.channel)
            return await refused(channel.unary(stub.RequestMailCode, request, metadata=metadata))

    async def test_without_an_assertion_or_with_a_bad_or_an_old_one(self, service: Verification) -> None:
        unauthenticated = grpc.StatusCode.UNAUTHENTICATED
        assert await self.call(service, ()) == (unauthenticated, "ASSERTION_MISSING")
        bad = (("authorization", "Bearer nonsense"),)
        assert await self.call(service, bad) == (unauthenticated, "ASSERTION_INVALID")
        old = Person(service).metadata
        service.clock.advance(timedelta(seconds=300))
        assert await self.call(service, old) == (unauthenticated, "ASSERTION_EXPIRED")

    async def test_the_forum_may_not_call(self, service: Verification) -> None:
        request = rpc.RequestMailCodeRequest(request_id=str(uuid.uuid4()), work_email="ann@harbour.example")
        async with service.running.channel("forum") as channel:
            stub = EmploymentServiceStub(channel.channel)
            assert (await refused(channel.unary(stub.RequestMailCode, request)))[1] == "CALLER_NOT_ALLOWED"

    @pytest.mark.parametrize("address", ["", "no address", "a@b@c", "ann@harbour.example\r\nBcc: eve@evil.example"])
    async def test_what_is_no_address_is_refused_before_anything(self, service: Verification, address: str) -> None:
        request = rpc.RequestMailCodeRequest(request_id=str(uuid.uuid4()), work_email=address)
        async with service.running.channel("person-edge") as channel:
            stub = EmploymentServiceStub(channel.channel)
            with pytest.raises(RpcError) as error:
                await channel.unary(stub.RequestMailCode, request, metadata=Person(service).metadata)
        assert [violation.field for violation in error.value.violations] == ["work_email"]
