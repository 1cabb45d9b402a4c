"""ReleaseService: a person leaves sealed, for an authorised case about an alias of his own signing, or not at all."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import pytest

from services.chassis.log.handle import commit_id_of
from services.chassis.rpc_errors import RpcError
from services.seal import hpke
from services.seal.authorization import Scope
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.leaves import OpeningVetoedLeaf, OpenResultLeaf
from services.seal.release import open_released
from services.seal.secret import SecretBytes
from services.seal.statements import Veto
from services.tlog.errors import LogForked, LogUnavailable
from tests.rpc.identity.cases import OFFICERS, Case
from tests.rpc.identity.conftest import Identity, PersonSide
from tests.support.rpc import identity
from vouchsafe.identity.v1 import release_service_pb2 as rpc
from vouchsafe.identity.v1.release_service_pb2_grpc import ReleaseServiceStub


@pytest.fixture
async def disclosure(service: Identity) -> AsyncIterator["DisclosureSide"]:
    side = DisclosureSide(service)
    yield side
    await side.channel.close()


class DisclosureSide:
    """Disclosure's channel, and a recipient's keys."""

    def __init__(self, service: Identity) -> None:
        self.log = service.log
        self.channel = service.running.channel("disclosure")
        self._stub = ReleaseServiceStub(self.channel.channel)
        self.private, self.recipient = hpke.generate()

    async def release(self, request: rpc.ReleasePersonRequest) -> bytes:
        answer: rpc.ReleasePersonResponse = await self.channel.unary(self._stub.ReleasePerson, request)
        return answer.sealed_identity

    async def refused(self, request: rpc.ReleasePersonRequest) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(RpcError) as error:
            await self.release(request)
        return error.value.code, error.value.reason

    def asked(self, case: Case) -> rpc.ReleasePersonRequest:
        """A request about a case of which the log tells that its envelope was opened."""
        self.log.leaves = list(case.opening.logged)
        self.log.append(result(case, "opened"))
        return case.request(log_size=len(self.log.leaves))

    def open(self, sealed: bytes, case: Case, private: SecretBytes | None = None) -> dict[str, str]:
        statement = case.opening.statement
        return open_released(private or self.private, statement.case_id, statement.bundle_hash, sealed)


@pytest.fixture
async def case(service: Identity, person_side: PersonSide, disclosure: DisclosureSide) -> Case:
    """A case about somebody called Ada Lovelace, with all that it takes."""
    person = await person_side.person("Ada Lovelace")
    await service.projected()
    now = int(service.clock.now().timestamp())
    reference = person.registered.escrow_reference
    return Case.of(service.trust, now, disclosure.recipient, reference, person.ownership_key)


REFUSED = (grpc.StatusCode.PERMISSION_DENIED, "RELEASE_REFUSED")


async def test_the_recipient_and_nobody_else_reads_who_it_is(disclosure: DisclosureSide, case: Case) -> None:
    sealed = await disclosure.release(disclosure.asked(case))
    assert disclosure.open(sealed, case)["name"] == "Ada Lovelace"
    with pytest.raises(SealError):
        disclosure.open(sealed, case, hpke.generate()[0])
    with pytest.raises(SealError):
        disclosure.open(sealed, case.but(case_id=str(uuid.uuid4())))


async def test_a_repeat_answers_the_same_bytes_and_is_recorded_once(
    service: Identity, disclosure: DisclosureSide, case: Case
) -> None:
    request = disclosure.asked(case)
    assert await disclosure.release(request) == await disclosure.release(request)
    commit = await service.store.find_commit(commit_id_of(identity("disclosure"), request.request_id))
    assert commit is not None
    assert commit.last == 3
    assert len(await service.store.read_stream(commit.stream)) == 2


async def test_without_enough_officers_or_witnesses(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(disclosure.asked(case.but(approved_by=("legal", "privacy")))) == REFUSED
    assert await disclosure.refused(disclosure.asked(case.but(quorum=1))) == REFUSED


async def test_verification_cannot_frame_somebody_with_an_alias_of_its_own(
    disclosure: DisclosureSide, case: Case
) -> None:
    assert await disclosure.refused(disclosure.asked(replace(case, ownership_key=SigningKey.generate()))) == REFUSED


async def test_an_unknown_reference_is_refused_alike(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(disclosure.asked(replace(case, escrow_reference=b"?" * 16))) == REFUSED


@pytest.mark.parametrize("field", ["label", "epoch", "alias_key", "envelope_hash", "prefix", "signature"])
async def test_another_credential_than_the_approved_one(disclosure: DisclosureSide, case: Case, field: str) -> None:
    request = disclosure.asked(case)
    value = getattr(request.credential, field)
    other = {str: "other", int: 7}.get(type(value)) or bytes(len(value))
    setattr(request.credential, field, other)
    assert await disclosure.refused(request) == REFUSED


async def test_another_recipient_than_the_approved_one(disclosure: DisclosureSide, case: Case) -> None:
    request = disclosure.asked(case)
    request.authorization.recipient_key = hpke.generate()[1]
    assert await disclosure.refused(request) == REFUSED


async def test_a_recipient_whose_key_is_no_key(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(disclosure.asked(case.but(recipient_key=bytes(32)))) == REFUSED


async def test_a_case_that_has_ended(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(disclosure.asked(case.but(now=case.opening.now - 1000))) == REFUSED


async def test_only_what_the_case_asks_for_is_told(disclosure: DisclosureSide, case: Case) -> None:
    for fields in (("name",), ("login",), ("login", "name")):
        asked = case.but(scope=Scope("", fields), case_id=str(uuid.uuid4()))
        told = disclosure.open(await disclosure.release(disclosure.asked(asked)), asked)
        assert tuple(told) == fields


async def test_more_than_the_case_asks_for(disclosure: DisclosureSide, case: Case) -> None:
    request = disclosure.asked(case.but(scope=Scope("", ("name",))))
    request.authorization.fields.append("login")
    assert await disclosure.refused(request) == REFUSED


async def test_a_case_whose_subject_was_not_told_or_whose_delay_is_not_over(
    disclosure: DisclosureSide, case: Case
) -> None:
    assert await disclosure.refused(disclosure.asked(case.but(noticed=False))) == REFUSED
    assert await disclosure.refused(disclosure.asked(case.but(delay=60))) == REFUSED


async def test_what_an_officer_has_stopped(disclosure: DisclosureSide, case: Case) -> None:
    request = disclosure.asked(case)
    intent = case.opening.intent.commitment
    veto = Veto(case.opening.signers.trust.hash(), intent, "legal").signed_bytes()
    disclosure.log.append(OpeningVetoedLeaf(intent, "legal", OFFICERS["legal"].sign(veto)))
    assert await disclosure.refused(request) == REFUSED


@pytest.mark.parametrize("changes", [{}, {"case_salt": b"k" * 32}], ids=["of the same case", "of another case"])
async def test_a_second_intent_on_what_was_approved_once(
    disclosure: DisclosureSide, case: Case, changes: dict[str, bytes]
) -> None:
    shown = case.opening
    request = disclosure.asked(replace(case, opening=shown.twin(**changes)))
    assert await disclosure.refused(request) == REFUSED
    veto = Veto(shown.signers.trust.hash(), shown.intent.commitment, "legal").signed_bytes()
    disclosure.log.append(OpeningVetoedLeaf(shown.intent.commitment, "legal", OFFICERS["legal"].sign(veto)))
    assert await disclosure.refused(request) == REFUSED


@pytest.mark.parametrize("told", [(), ("refused",), ("expired", "opened"), ("refused", "opened")])
@pytest.mark.parametrize("log_size", [0, 1])
async def test_no_log_no_name(disclosure: DisclosureSide, case: Case, told: tuple[str, ...], log_size: int) -> None:
    disclosure.asked(case)
    disclosure.log.leaves = list(case.opening.logged)
    disclosure.log.append(*(result(case, outcome) for outcome in told))
    assert await disclosure.refused(case.request(log_size=log_size)) == REFUSED


async def test_that_another_envelope_was_opened_names_nobody(disclosure: DisclosureSide, case: Case) -> None:
    request = disclosure.asked(case)
    disclosure.log.leaves[-1] = replace(result(case, "opened"), intent_commitment=b"j" * 32).to_bytes()
    assert await disclosure.refused(request) == REFUSED


async def test_a_log_that_is_too_small_to_tell_is_worth_another_try(disclosure: DisclosureSide, case: Case) -> None:
    request = disclosure.asked(case)
    opened = disclosure.log.leaves.pop()
    assert await disclosure.refused(request) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
    disclosure.log.append(opened)
    assert disclosure.open(await disclosure.release(request), case)["name"] == "Ada Lovelace"


def result(case: Case, outcome: str) -> OpenResultLeaf:
    return OpenResultLeaf(case.opening.intent.commitment, outcome, case.opening.now)


async def test_a_log_that_shows_too_little_or_two_histories_refuses_no_case(
    disclosure: DisclosureSide, case: Case
) -> None:
    request = disclosure.asked(case)
    del disclosure.log.leaves[-2:]
    assert await disclosure.refused(request) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
    for failing, told in (
        (LogUnavailable("stale"), (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")),
        (LogForked("two histories", ()), (grpc.StatusCode.UNAVAILABLE, "LOG_FORKED")),
    ):
        disclosure.log.fails = failing
        try:
            assert await disclosure.refused(request) == told
        finally:
            disclosure.log.fails = None


async def test_a_refusal_records_nothing(service: Identity, disclosure: DisclosureSide, case: Case) -> None:
    before = len(service.store._commits)
    await disclosure.refused(disclosure.asked(case.but(quorum=1)))
    await disclosure.refused(disclosure.asked(case.but(approved_by=("legal",))))
    assert len(service.store._commits) == before


async def test_the_person_edge_may_not_ask(service: Identity, case: Case) -> None:
    async with service.running.channel("person-edge") as channel:
        stub = ReleaseServiceStub(channel.channel)
        with pytest.raises(RpcError) as error:
            await channel.unary(stub.ReleasePerson, case.request(log_size=1))
    assert error.value.reason == "CALLER_NOT_ALLOWED"
