"""Cut and choose over real connections: one choice for good, cheats caught, and what a lost challenge costs."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import grpc
import psutil
import pytest

from services.chassis.log.handle import CommandHandler
from services.chassis.rpc_errors import RpcError
from services.chassis.worker_processes import WorkerProcesses
from services.seal import cut_and_choose, ristretto
from services.seal.cut_and_choose import OPENING_SIZE, Terms
from services.verification.adapters.event_codec import event_codec
from services.verification.challenges import Answer, ChallengePolicy, Challenges, Order
from services.verification.domain import slots_decider
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.slots_decider import Rules
from tests.rpc.verification.conftest import CANDIDATES, Person, PersonSide, Verification, finalize
from tests.rpc.verification.test_verification_issuance import refused, slots_of
from vouchsafe.verification.events.v1 import events_pb2 as events

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
CAUGHT = (grpc.StatusCode.PERMISSION_DENIED, "CHEAT_CAUGHT")
LOST = (PRECONDITION, "SLOT_LOST")


class TestTheChoice:
    async def test_is_the_same_for_the_same_commitment_whatever_the_request(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = await person_side.employed()
        offer, request_id = await person_side.offer(person), str(uuid.uuid4())
        told = [await person_side.begin(person, offer, request_id=request_id) for _ in range(2)]
        told += await asyncio.gather(*(person_side.begin(person, offer) for _ in range(6)))
        assert len({(each.chosen, each.expires_at) for each in told}) == 1
        assert service.events(slots_of(person)) == ["ChallengeMade"]

    async def test_is_written_before_it_is_told(
        self, service: Verification, person_side: PersonSide, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A store that fails after it has written answers nobody; the retry hears what was written."""
        person = await person_side.employed()
        offer = await person_side.offer(person)
        original = service.store.append

        async def written_and_gone(stream: str, *rest: object) -> object:
            written = await original(stream, *rest)  # type: ignore[arg-type]
            if stream.startswith("slots-"):
                raise RuntimeError("gone")
            return written

        monkeypatch.setattr(service.store, "append", written_and_gone)
        assert (await refused(person_side.begin(person, offer)))[0] is grpc.StatusCode.INTERNAL
        monkeypatch.undo()
        (commit,) = service.store._streams[slots_of(person)]
        made = events.ChallengeMade.FromString(service.store._commits[commit].events[0].data)
        assert (await person_side.begin(person, offer)).chosen == made.chosen

    async def test_is_told_by_another_replica_too(self, service: Verification, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        slot = await replica(service).begin(
            order(person, offer.terms), offer.terms, stated=offer.terms.digest, commitment=offer.commitment
        )
        assert slot.challenge is not None
        assert slot.challenge.chosen == chosen

    async def test_falls_on_every_candidate(self, service: Verification, person_side: PersonSide) -> None:
        person = person_side.person()
        offer = await person_side.offer(person)
        challenges, drawn = replica(service), set()
        for _ in range(40 * CANDIDATES):
            asked = replace(order(person, offer.terms), escrow_reference=uuid.uuid4().bytes)
            slot = await challenges.begin(asked, offer.terms, stated=offer.terms.digest, commitment=offer.commitment)
            assert slot.challenge is not None
            drawn.add(slot.challenge.chosen)
        assert drawn == set(range(CANDIDATES))

    async def test_is_not_made_again_for_another_commitment(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        await person_side.begin(person, await person_side.offer(person))
        another = await person_side.offer(person)
        assert await refused(person_side.begin(person, another)) == (PRECONDITION, "SLOT_CHALLENGED")

    async def test_is_not_made_on_other_terms(self, service: Verification, person_side: PersonSide) -> None:
        """What is an honest misunderstanding costs neither slot nor strike."""
        person = await person_side.employed()
        other_key = ristretto.base_mult(ristretto.scalar(9))
        for change in ({"eref": b"o" * 16}, {"opening_key": other_key}, {"slot": 1}):
            offer = await person_side.offer(person, **change)
            failure = await refused(person_side.begin(person, offer, slot=0))
            assert failure == (PRECONDITION, "TERMS_DIFFER")
        fewer = await person_side.offer(person, candidates=CANDIDATES - 1)
        assert await refused(person_side.begin(person, fewer)) == (PRECONDITION, "CANDIDATES_DIFFER")
        assert service.events(slots_of(person)) == []

    async def test_comes_before_any_answer(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        assert await refused(person_side.finish(person, offer, 0)) == (PRECONDITION, "NO_CHALLENGE")

    async def test_is_not_in_any_finer_time_than_is_stored(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        service.clock.advance(timedelta(minutes=7, seconds=13))
        person = await person_side.employed()
        ends = (await person_side.begin(person, await person_side.offer(person))).expires_at
        now = int(service.clock.now().timestamp())
        assert ends % 900 == 0
        assert now + 900 < ends <= now + 900 + 3600


class TestACheat:
    async def test_caught_costs_the_slot_and_is_on_record(self, service: Verification, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        openings = bytearray(offer.openings(chosen))
        openings[OPENING_SIZE * 3 + 5] ^= 1
        assert await refused(person_side.finish(person, offer, chosen, openings=bytes(openings))) == CAUGHT
        for late in (person_side.finish(person, offer, chosen), person_side.begin(person, offer)):
            assert await refused(late) == LOST
        assert service.events(slots_of(person)) == ["ChallengeMade", "CheatCaught"]

    async def test_with_another_closed_candidate_than_was_drawn_is_caught(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        other = (chosen + 1) % CANDIDATES
        assert await refused(person_side.finish(person, offer, other)) == CAUGHT

    async def test_with_the_message_of_another_person_is_caught(self, person_side: PersonSide) -> None:
        person, framed = await person_side.employed(), await person_side.employed()
        offer = await person_side.offer(person)
        theirs = await person_side.offer(framed)
        chosen = (await person_side.begin(person, offer)).chosen
        swapped = person_side.finish(person, offer, chosen, blinded_message=theirs.blinded_message(chosen))
        assert await refused(swapped) == CAUGHT

    async def test_twice_ends_issuing_for_the_epoch(self, service: Verification, person_side: PersonSide) -> None:
        person = await person_side.employed()
        for slot in range(2):
            offer = await person_side.offer(person, slot=slot)
            chosen = (await person_side.begin(person, offer)).chosen
            nonsense = bytes(offer.terms.openings_size)
            assert await refused(person_side.finish(person, offer, chosen, openings=nonsense)) == CAUGHT
        assert await refused(person_side.issue(person, slot=2)) == (PRECONDITION, "TOO_MANY_STRIKES")
        assert service.events(slots_of(person)).count("CheatCaught") == 2

    async def test_has_no_more_tries_when_all_slots_are_begun_at_once(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offers = [await person_side.offer(person, slot=slot) for slot in range(3)]
        answers = await asyncio.gather(*(person_side.begin(person, each) for each in offers), return_exceptions=True)
        refusals = [each for each in answers if isinstance(each, RpcError)]
        assert [each.reason for each in refusals] == ["CHALLENGES_OPEN"]
        begun = [offer for offer, answer in zip(offers, answers, strict=True) if not isinstance(answer, RpcError)]
        (refused_offer,) = [offer for offer in offers if offer not in begun]
        await person_side.issue(person, begun[0])  # which resumes it
        await person_side.issue(person, refused_offer)

    async def test_is_on_record_under_a_request_id_that_was_used_before(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        """Else the same request would have the candidates recomputed for as long as the challenge lasts."""
        person, request_id = await person_side.employed(), str(uuid.uuid4())
        for slot in range(2):
            offer = await person_side.offer(person, slot=slot)
            chosen = (await person_side.begin(person, offer)).chosen
            nonsense = bytes(offer.terms.openings_size)
            for answer in (CAUGHT, LOST):
                told = person_side.finish(person, offer, chosen, openings=nonsense, request_id=request_id)
                assert await refused(told) == answer
        assert service.events(slots_of(person)).count("CheatCaught") == 2

    async def test_found_on_two_replicas_at_once_is_one(self, service: Verification, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        nonsense = Answer(offer.blinded_message(chosen), bytes(offer.terms.openings_size))
        asked = [order(person, offer.terms) for _ in range(3)]
        outcomes = await asyncio.gather(
            *(replica(service).finish(each, nonsense, partial(terms_of, offer.terms)) for each in asked),
            return_exceptions=True,
        )
        assert {str(each) for each in outcomes} <= {"CHEAT_CAUGHT", "SLOT_LOST"}
        assert service.events(slots_of(person)) == ["ChallengeMade", "CheatCaught"]

    @pytest.mark.parametrize("size", [0, OPENING_SIZE, OPENING_SIZE * CANDIDATES, OPENING_SIZE * (CANDIDATES - 1) - 1])
    async def test_is_not_what_has_another_size(self, person_side: PersonSide, size: int) -> None:
        """A mistake that costs nothing to find costs nothing to make."""
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        failure = await refused(person_side.finish(person, offer, chosen, openings=bytes(size)))
        assert failure == (grpc.StatusCode.INVALID_ARGUMENT, "OPENINGS_MALFORMED")
        finalize(offer, chosen, await person_side.finish(person, offer, chosen))


class TestTime:
    async def test_a_challenge_without_an_answer_costs_the_slot_and_two_the_epoch(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = await person_side.employed()
        offers = [await person_side.offer(person, slot=slot) for slot in range(2)]
        begun = [await person_side.begin(person, offer) for offer in offers]
        service.clock.advance(timedelta(hours=2))
        for offer, answer in zip(offers, begun, strict=True):
            assert await refused(person_side.finish(person, offer, answer.chosen)) == LOST
            assert await refused(person_side.begin(person, offer)) == LOST
        failure = await refused(person_side.issue(person, slot=2))
        assert failure == (PRECONDITION, "TOO_MANY_STRIKES")

    async def test_what_was_issued_is_given_again_after_the_challenge(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        first = await person_side.finish(person, offer, chosen)
        service.clock.advance(timedelta(hours=2))
        assert await person_side.finish(person, offer, chosen) == first

    async def test_a_challenge_of_an_epochs_last_minutes_is_answered_after_its_end(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        to_the_end = service.clock.now().replace(day=31, hour=23, minute=50) - service.clock.now()
        service.clock.advance(to_the_end)
        person = await person_side.employed()
        offer = await person_side.offer(person)
        assert offer.terms.context.epoch == 203001
        chosen = (await person_side.begin(person, offer)).chosen
        service.clock.advance(timedelta(minutes=15))
        signature = await person_side.finish(person, offer, chosen)
        finalize(offer, chosen, signature)
        service.clock.advance(timedelta(hours=2))
        failure = await refused(person_side.finish(person, offer, chosen))
        assert failure == (PRECONDITION, "EPOCH_CLOSED")
        assert (await person_side.issuer_key(person)).epoch == 203002


class TestChecking:
    async def test_goes_on_when_the_process_that_does_it_is_killed(self, person_side: PersonSide) -> None:
        person = await person_side.employed()
        offer = await person_side.offer(person)
        chosen = (await person_side.begin(person, offer)).chosen
        for worker in workers():
            with suppress(psutil.NoSuchProcess):  # one of another test, that has ended meanwhile
                worker.kill()
        finalize(offer, chosen, await person_side.finish(person, offer, chosen))

    async def test_is_done_once_for_any_number_of_equal_answers(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = person_side.person()
        offer = await person_side.offer(person)
        checked = 0

        async def counting(*arguments: object) -> None:
            nonlocal checked
            checked += 1
            await asyncio.sleep(0.05)

        challenges = replica(service, check=counting)
        asked = order(person, offer.terms)
        slot = await challenges.begin(asked, offer.terms, stated=offer.terms.digest, commitment=offer.commitment)
        assert slot.challenge is not None
        chosen = slot.challenge.chosen
        answer = Answer(offer.blinded_message(chosen), offer.openings(chosen))

        async def finish(patience: float) -> None:
            async with asyncio.timeout(patience):
                await challenges.finish(order(person, offer.terms), answer, partial(terms_of, offer.terms))

        # Whoever hangs up early does not make it start again.
        outcomes = await asyncio.gather(*(finish(0.001) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(outcome, TimeoutError) for outcome in outcomes)
        await asyncio.gather(*(finish(10) for _ in range(5)))
        assert checked == 1

    async def test_that_fails_for_reasons_of_ours_is_nobodys_cheat(
        self, service: Verification, person_side: PersonSide
    ) -> None:
        person = person_side.person()
        offer = await person_side.offer(person)
        challenges = replica(service)
        asked = order(person, offer.terms)
        slot = await challenges.begin(asked, offer.terms, stated=offer.terms.digest, commitment=offer.commitment)
        assert slot.challenge is not None
        chosen = slot.challenge.chosen
        answer = Answer(offer.blinded_message(chosen), offer.openings(chosen))
        moved = replace(offer.terms, eref=b"x" * 16)
        with pytest.raises(DomainError) as refusal:
            await challenges.finish(asked, answer, partial(terms_of, moved))
        assert refusal.value.reason is Reason.TERMS_DIFFER
        assert service.events(asked.stream) == ["ChallengeMade"]

    async def test_of_a_full_production_offer(self, service: Verification, person_side: PersonSide) -> None:
        """256 candidates, end to end: committed, opened, recomputed in another process, signed, verified."""
        person = person_side.person()
        offer = await person_side.offer(person, candidates=256)
        processes = WorkerProcesses(1)
        challenges = replica(service, check=partial(processes.run, cut_and_choose.check), candidates=256)
        try:
            asked = order(person, offer.terms)
            slot = await challenges.begin(asked, offer.terms, stated=offer.terms.digest, commitment=offer.commitment)
            assert slot.challenge is not None
            chosen = slot.challenge.chosen
            answer = Answer(offer.blinded_message(chosen), offer.openings(chosen))
            assert len(answer.openings) + len(answer.blinded_message) + 64 < 40_000
            await challenges.finish(asked, answer, partial(terms_of, offer.terms))
        finally:
            await processes.close()
        assert service.events(asked.stream) == ["ChallengeMade", "CredentialIssued"]


def replica(service: Verification, *, check: object = None, candidates: int = CANDIDATES) -> Challenges:
    """Another process of the service, as far as challenges go: the same store, nothing remembered."""

    async def in_this_process(*arguments: object) -> None:
        cut_and_choose.check(*arguments)  # type: ignore[arg-type]

    return Challenges(
        slots=CommandHandler(service.store, event_codec(), slots_decider, service.clock),
        check=check or in_this_process,  # type: ignore[arg-type]
        policy=ChallengePolicy(Rules(3, candidates, 2), 900, 3600),
        clock=service.clock,
    )


def order(person: Person, terms: Terms) -> Order:
    return Order(
        escrow_reference=person.escrow_reference,
        label=terms.context.label,
        epoch=terms.context.epoch,
        slot=terms.slot,
        caller="test",
        request_id=str(uuid.uuid4()),
        fingerprint="f",
    )


def terms_of(terms: Terms, candidates: int) -> Terms:
    return replace(terms, candidates=candidates)


def workers() -> list[psutil.Process]:
    """The processes that this one has started for checking."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
