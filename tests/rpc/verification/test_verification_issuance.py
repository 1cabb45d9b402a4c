"""IssuanceService over real connections: blind credentials for proven people, three in an epoch, and a crowd behind."""

import asyncio
import uuid

import grpc
import pytest

from services.chassis.log.eventstore import Commit
from services.chassis.rpc_errors import RpcError
from services.seal.statements import Context
from tests.rpc.verification.conftest import CANDIDATES, CROWD, Person, PersonSide, Verification, finalize
from tests.support.commits import sequence_all
from vouchsafe.log.v1 import log_service_pb2 as log_rpc
from vouchsafe.log.v1.log_service_pb2_grpc import EventLogServiceStub
from vouchsafe.verification.events.v1 import events_pb2 as events


async def refused(call: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(RpcError) as error:
        await call  # type: ignore[misc]
    return error.value.code, error.value.reason


def slots_of(person: Person) -> str:
    return f"slots-{person.escrow_reference.hex()}"


class TestTheKey:
    async def test_is_one_for_everybody_in_an_epoch(self, person_side: PersonSide) -> None:
        one = await person_side.issuer_key(person_side.person())
        other = await person_side.issuer_key(person_side.person())
        assert one == other
        assert (one.label, one.label_name, one.parent) == ("harbour-games", "Employee of Harbour Games", "gaming")
        assert (one.epoch, one.slots, one.candidates) == (203001, 3, CANDIDATES)

    async def test_of_an_unknown_label(self, person_side: PersonSide) -> None:
        failure = await refused(person_side.issuer_key(person_side.person(), "gambling"))
        assert failure == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_LABEL")


class TestTheCredential:
    async def test_verifies_under_the_published_key(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        assert len(finalize(offer, chosen, await person_side.finish(person, offer, chosen))) == 384

    async def test_is_the_same_for_the_same_message_whatever_the_request(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = await person_side.employed()
        offer, request_id = await person_side.offer(person), str(uuid.uuid4())
        chosen = (await person_side.begin(person, offer)).chosen
        signatures = {
            await person_side.finish(person, offer, chosen, request_id=request_id),
            await person_side.finish(person, offer, chosen, request_id=request_id),
            await person_side.finish(person, offer, chosen),
            await person_side.finish(person, offer, chosen, openings=b""),
        }
        assert len(signatures) == 1
        assert service.events(slots_of(person)) == ["ChallengeMade", "CredentialIssued"]
        assert (await person_side.begin(person, offer)).issued

    async def test_of_a_used_slot_is_not_given_for_another_message(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        await person_side.finish(person, offer, chosen)
        used = (grpc.StatusCode.ALREADY_EXISTS, "SLOT_USED")
        assert await refused(person_side.issue(person)) == used
        other = (chosen + 1) % CANDIDATES
        assert await refused(person_side.finish(person, offer, other)) == used

    async def test_of_one_slot_goes_to_one_of_several_offers_that_race(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = await person_side.employed()
        answers = await asyncio.gather(*(person_side.issue(person) for _ in range(4)), return_exceptions=True)
        assert sum(isinstance(answer, bytes) for answer in answers) == 1
        assert service.events(slots_of(person)) == ["ChallengeMade", "CredentialIssued"]

    async def test_comes_three_times_in_an_epoch(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        for slot in range(3):
            await person_side.issue(person, slot=slot)
        fourth = person_side.issue(person, slot=3)
        assert await refused(fourth) == (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_SLOT")

    async def test_is_not_for_a_stranger_nor_for_another_employer(self, person_side: PersonSide) -> None:
        denied = (grpc.StatusCode.PERMISSION_DENIED, "NOT_EMPLOYED")
        stranger, person = person_side.person(), await person_side.employed()
        assert await refused(person_side.issue(stranger)) == denied
        elsewhere = await person_side.offer(person, "jade-river")
        assert await refused(person_side.begin(person, elsewhere)) == denied
        never_begun = (grpc.StatusCode.FAILED_PRECONDITION, "NO_CHALLENGE")
        assert await refused(person_side.finish(person, elsewhere, 0)) == never_begun

    @pytest.mark.parametrize("epoch", [202912, 203002, 1])
    async def test_is_of_the_current_epoch(self, person_side: PersonSide, epoch: int) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person, context=Context("harbour-games", epoch))
        failure = await refused(person_side.begin(person, offer))
        assert failure == (grpc.StatusCode.FAILED_PRECONDITION, "EPOCH_CLOSED")

    async def test_of_an_impossible_message_costs_no_slot(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        for impossible in (bytes(384), b"\xff" * 384):
            failure = await refused(person_side.finish(person, offer, chosen, blinded_message=impossible))
            assert failure == (grpc.StatusCode.INVALID_ARGUMENT, "BLINDED_MESSAGE_INVALID")
        await person_side.finish(person, offer, chosen)

    async def test_is_finished_by_a_retry_when_the_answer_was_lost_half_way(
        self, service: Verification, person_side: PersonSide, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The slot is used and recorded, then the store goes away: the same request later counts the person."""
        person, request_id = await person_side.employed("half-way@jade.example"), str(uuid.uuid4())
        offer = await person_side.offer(person, "jade-river")
        chosen = (await person_side.begin(person, offer)).chosen
        original = service.store.append

        async def failing(commit_id: str, stream: str, *rest: object) -> Commit:
            if stream.startswith("crowds-"):
                raise RuntimeError("gone")
            return await original(commit_id, stream, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(service.store, "append", failing)
        half = person_side.finish(person, offer, chosen, request_id=request_id)
        assert (await refused(half))[0] is grpc.StatusCode.INTERNAL
        monkeypatch.undo()
        finalize(offer, chosen, await person_side.finish(person, offer, chosen, request_id=request_id))
        assert service.events("crowds-finance-203001") == ["PersonCounted"]


class TestTheCrowd:
    async def test_counts_people_not_slots_and_activates_once(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        label, stream = "cloudberry", "crowds-technology-203001"
        people = [await person_side.employed(f"p{i}@cloud.example") for i in range(CROWD + 1)]
        for slot in range(3):
            await person_side.issue(people[0], label=label, slot=slot)
        assert service.events(stream) == ["PersonCounted"]
        await asyncio.gather(*(person_side.issue(person, label=label) for person in people[1:]))
        assert service.events(stream).count("PersonCounted") == CROWD + 1
        assert service.events(stream).count("LabelActivated") == 1
        assert service.events(stream).index("LabelActivated") == CROWD

    async def test_others_see_keys_and_activations_and_nothing_of_people(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        await person_side.employed()
        await sequence_all(service.store)
        async with service.running.channel("forum") as channel:
            stub = EventLogServiceStub(channel.channel)
            page = await channel.unary(stub.ReadEvents, log_rpc.ReadEventsRequest(after=log_rpc.Mark(), limit=1000))
        kinds = {event.type.rpartition(".")[2] for event in page.events}
        assert kinds == {"IssuerKeyPublished", "LabelActivated"}
        activated = [
            events.LabelActivated.FromString(e.data) for e in page.events if e.type.endswith(".LabelActivated")
        ]
        assert {each.crowd_bucket for each in activated} == {2}
