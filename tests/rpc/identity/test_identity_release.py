"""ReleaseService: a person leaves sealed, for an authorised case about an alias of his own signing, or not at all."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import pytest

from services.chassis.log.handle import commit_id_of
from services.chassis.rpc_errors import RpcError
from services.identity.adapters.profiles import Profile
from services.identity.api.release_servicer import release_info
from services.seal import hpke
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from tests.rpc.identity.cases import Case
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

    def open(self, sealed: bytes, case: Case, private: SecretBytes | None = None) -> Profile:
        return Profile.parse(hpke.open_sealed(private or self.private, sealed, release_info(case.statement)))


@pytest.fixture
async def case(service: Identity, person_side: PersonSide, disclosure: DisclosureSide) -> Case:
    """A case about somebody called Ada Lovelace, with all that it takes."""
    person = await person_side.person("Ada Lovelace")
    await service.projected()
    return Case(
        trust=service.trust,
        now=int(service.clock.now().timestamp()),
        recipient=disclosure.recipient,
        escrow_reference=person.registered.escrow_reference,
        ownership_key=person.ownership_key,
    )


REFUSED = (grpc.StatusCode.PERMISSION_DENIED, "RELEASE_REFUSED")


async def test_the_recipient_and_nobody_else_reads_who_it_is(disclosure: DisclosureSide, case: Case) -> None:
    sealed = await disclosure.release(case.request())
    assert disclosure.open(sealed, case).name == "Ada Lovelace"
    with pytest.raises(SealError):
        disclosure.open(sealed, case, hpke.generate()[0])
    with pytest.raises(SealError):
        disclosure.open(sealed, replace(case, case_id=str(uuid.uuid4())))


async def test_a_repeat_answers_the_same_bytes_and_is_recorded_once(
    service: Identity, disclosure: DisclosureSide, case: Case
) -> None:
    request = case.request()
    assert await disclosure.release(request) == await disclosure.release(request)
    commit = await service.store.find_commit(commit_id_of(identity("disclosure"), request.request_id))
    assert commit is not None
    assert commit.last == 3
    assert len(await service.store.read_stream(commit.stream)) == 2


async def test_without_enough_officers_or_witnesses(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(replace(case, officers=("legal", "privacy")).request()) == REFUSED
    assert await disclosure.refused(replace(case, witnesses=1).request()) == REFUSED


async def test_verification_cannot_frame_somebody_with_an_alias_of_its_own(
    disclosure: DisclosureSide, case: Case
) -> None:
    assert await disclosure.refused(replace(case, ownership_key=SigningKey.generate()).request()) == REFUSED


async def test_an_unknown_reference_is_refused_alike(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(replace(case, escrow_reference=b"?" * 16).request()) == REFUSED


@pytest.mark.parametrize("field", ["label", "epoch", "alias_key", "envelope_hash", "prefix", "signature"])
async def test_another_credential_than_the_approved_one(disclosure: DisclosureSide, case: Case, field: str) -> None:
    request = case.request()
    value = getattr(request.credential, field)
    other = {str: "other", int: 7}.get(type(value)) or bytes(len(value))
    setattr(request.credential, field, other)
    assert await disclosure.refused(request) == REFUSED


async def test_another_recipient_than_the_approved_one(disclosure: DisclosureSide, case: Case) -> None:
    request = case.request()
    request.authorization.recipient_key = hpke.generate()[1]
    assert await disclosure.refused(request) == REFUSED


async def test_a_recipient_whose_key_is_no_key(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(replace(case, recipient=bytes(32)).request()) == REFUSED


async def test_a_case_that_has_ended(disclosure: DisclosureSide, case: Case) -> None:
    assert await disclosure.refused(replace(case, now=case.now - 1000).request()) == REFUSED


async def test_a_refusal_records_nothing(service: Identity, disclosure: DisclosureSide, case: Case) -> None:
    before = len(service.store._commits)
    await disclosure.refused(replace(case, officers=()).request())
    await disclosure.refused(replace(case, officers=("legal",)).request())
    assert len(service.store._commits) == before


async def test_the_person_edge_may_not_ask(service: Identity, case: Case) -> None:
    async with service.running.channel("person-edge") as channel:
        stub = ReleaseServiceStub(channel.channel)
        with pytest.raises(RpcError) as error:
            await channel.unary(stub.ReleasePerson, case.request())
    assert error.value.reason == "CALLER_NOT_ALLOWED"
