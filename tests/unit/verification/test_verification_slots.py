"""A person's slots: every decision; and that by any sequence one choice is made and nothing is signed twice."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.verification.domain import slots_decider
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.slots import ChallengeMade, CheatCaught, CredentialIssued, SlotReleased, State, evolve
from services.verification.domain.slots_decider import (
    BeginIssuance,
    IssueCredential,
    NoteCheat,
    ReleaseSlot,
    Rules,
    decide,
)
from tests.support.decider import specification

NOW = 1_900_000_000
ENDS = NOW + 900
RULES = Rules(slots=3, candidates=8, strikes=2)
given = specification(slots_decider)

BEGIN = BeginIssuance("acme", 203001, 0, b"t" * 32, b"c" * 32, 8, 5, NOW, ENDS, RULES)
ISSUE = IssueCredential("acme", 203001, 0, b"h" * 32, NOW + 1, RULES)
CHEAT = NoteCheat("acme", 203001, 0, NOW + 1)
RELEASE = ReleaseSlot("acme", 203001, 0, NOW + 1)

MADE = ChallengeMade("acme", 203001, 0, b"t" * 32, b"c" * 32, 8, 5, ENDS)
ISSUED = CredentialIssued("acme", 203001, 0, b"h" * 32)
CAUGHT = CheatCaught("acme", 203001, 0)
RELEASED = SlotReleased("acme", 203001, 0)


def in_slot(slot: int, *events: object) -> list[object]:
    return [replace(event, slot=slot) for event in events]  # type: ignore[type-var]


class TestBegin:
    def test_makes_the_challenge(self) -> None:
        given().when(BEGIN).then(MADE)

    def test_again_with_the_same_commitment_keeps_the_first_choice(self) -> None:
        outcome = given(MADE).when(replace(BEGIN, chosen=1, now=ENDS - 1, expires_at=ENDS + 900))
        outcome.then()
        assert outcome.state().slot(203001, 0).challenge == MADE

    @pytest.mark.parametrize("change", [{"commitment": b"o" * 32}, {"terms": b"o" * 32}, {"label": "other"}])
    def test_with_anything_else_for_a_challenged_slot_is_refused(self, change: dict[str, object]) -> None:
        other = replace(BEGIN, **change)  # type: ignore[arg-type]
        given(MADE).when(other).refused(Reason.SLOT_CHALLENGED)
        given(MADE, ISSUED).when(other).refused(Reason.SLOT_USED)

    def test_again_after_the_credential_is_nothing_new(self) -> None:
        given(MADE, ISSUED).when(replace(BEGIN, now=ENDS + 1)).then()

    def test_for_a_slot_from_before_there_were_challenges_is_refused(self) -> None:
        given(ISSUED).when(BEGIN).refused(Reason.SLOT_USED)

    def test_for_a_lost_slot_is_refused(self) -> None:
        given(MADE, CAUGHT).when(BEGIN).refused(Reason.SLOT_LOST)
        given(MADE).when(replace(BEGIN, now=ENDS)).refused(Reason.SLOT_LOST)

    def test_with_another_number_of_candidates_is_refused_and_a_challenge_made_before_is_not(self) -> None:
        other = replace(BEGIN, rules=replace(RULES, candidates=16))
        given().when(other).refused(Reason.CANDIDATES_DIFFER)
        given(MADE).when(other).then()

    @pytest.mark.parametrize("slot", [-1, 3, 63])
    def test_has_no_more_slots(self, slot: int) -> None:
        given().when(replace(BEGIN, slot=slot)).refused(Reason.UNKNOWN_SLOT)

    def test_slots_are_shared_by_all_labels_and_new_in_a_new_epoch(self) -> None:
        given(MADE, ISSUED).when(replace(BEGIN, label="other")).refused(Reason.SLOT_USED)
        given(MADE, ISSUED).when(replace(BEGIN, epoch=203002)).then(replace(MADE, epoch=203002))


class TestIssue:
    def test_uses_the_slot(self) -> None:
        given(MADE).when(ISSUE).then(ISSUED)

    def test_again_for_the_same_message_is_nothing_new_whenever(self) -> None:
        given(MADE, ISSUED).when(replace(ISSUE, now=ENDS + 1)).then()
        given(ISSUED).when(ISSUE).then()

    def test_for_another_message_is_refused(self) -> None:
        given(MADE, ISSUED).when(replace(ISSUE, blinded_hash=b"o" * 32)).refused(Reason.SLOT_USED)

    def test_without_a_challenge_is_refused(self) -> None:
        given().when(ISSUE).refused(Reason.NO_CHALLENGE)
        given(MADE).when(replace(ISSUE, label="other")).refused(Reason.NO_CHALLENGE)
        given(MADE).when(replace(ISSUE, slot=1)).refused(Reason.NO_CHALLENGE)

    def test_of_a_lost_slot_is_refused(self) -> None:
        given(MADE).when(replace(ISSUE, now=ENDS)).refused(Reason.SLOT_LOST)
        given(MADE, CAUGHT).when(ISSUE).refused(Reason.SLOT_LOST)


class TestCheat:
    def test_loses_the_slot_once(self) -> None:
        given(MADE).when(CHEAT).then(CAUGHT)
        given(MADE, CAUGHT).when(CHEAT).then()

    def test_is_not_noted_where_nothing_was_to_be_answered(self) -> None:
        given().when(CHEAT).refused(Reason.NO_CHALLENGE)
        given(MADE, ISSUED).when(CHEAT).refused(Reason.SLOT_USED)
        given(MADE).when(replace(CHEAT, now=ENDS)).refused(Reason.SLOT_LOST)


class TestRelease:
    def test_gives_the_slot_back_for_another_label(self) -> None:
        given(MADE).when(RELEASE).then(RELEASED)
        other = replace(BEGIN, label="gaming", commitment=b"o" * 32)
        made = replace(MADE, label="gaming", commitment=b"o" * 32)
        given(MADE, RELEASED).when(other).then(made)
        given(MADE, RELEASED, made).when(replace(RELEASE, label="gaming")).then(replace(RELEASED, label="gaming"))

    def test_is_no_strike_whenever(self) -> None:
        released = given(MADE, RELEASED).state
        assert (released.strikes(203001, ENDS + 900), released.open(203001, NOW)) == (0, 0)

    def test_leaves_nothing_to_be_answered(self) -> None:
        for late in (ISSUE, CHEAT, RELEASE):
            given(MADE, RELEASED).when(late).refused(Reason.NO_CHALLENGE)

    def test_is_of_an_open_challenge_alone(self) -> None:
        given().when(RELEASE).refused(Reason.NO_CHALLENGE)
        given(MADE, ISSUED).when(RELEASE).refused(Reason.SLOT_USED)
        given(MADE, CAUGHT).when(RELEASE).refused(Reason.SLOT_LOST)
        given(MADE).when(replace(RELEASE, now=ENDS)).refused(Reason.SLOT_LOST)


class TestOpenChallenges:
    def test_are_no_more_than_the_strikes_that_are_left(self) -> None:
        third = replace(BEGIN, slot=2)
        for first in ([MADE], [MADE, CAUGHT]):
            given(*first, *in_slot(1, MADE)).when(third).refused(Reason.CHALLENGES_OPEN)
        given(MADE, ISSUED, *in_slot(1, MADE)).when(third).then(replace(MADE, slot=2))
        given(MADE, RELEASED, *in_slot(1, MADE)).when(third).then(replace(MADE, slot=2))

    def test_are_resumed_however_many(self) -> None:
        given(MADE, *in_slot(1, MADE), *in_slot(2, MADE)).when(BEGIN).then()

    def test_of_another_epoch_do_not_count(self) -> None:
        given(MADE, *in_slot(1, MADE)).when(replace(BEGIN, epoch=203002)).then(replace(MADE, epoch=203002))


class TestStrikes:
    @pytest.mark.parametrize(
        "lost",
        [
            [MADE, CAUGHT, *in_slot(1, MADE, CAUGHT)],
            [MADE, *in_slot(1, MADE)],
            [MADE, *in_slot(1, MADE, CAUGHT)],
        ],
        ids=["cheats", "abandoned", "one of each"],
    )
    def test_end_issuing_for_the_epoch_and_no_other(self, lost: list[object]) -> None:
        later = replace(BEGIN, slot=2, now=ENDS, expires_at=ENDS + 900)
        given(*lost).when(later).refused(Reason.TOO_MANY_STRIKES)
        given(*lost).when(replace(later, epoch=203002)).then(replace(MADE, epoch=203002, slot=2, expires_at=ENDS + 900))

    def test_end_what_is_under_way_and_nothing_that_was_issued(self) -> None:
        lost = [*in_slot(1, MADE, CAUGHT), *in_slot(2, MADE, CAUGHT)]
        given(MADE, *lost).when(ISSUE).refused(Reason.TOO_MANY_STRIKES)
        given(MADE, *lost).when(BEGIN).refused(Reason.TOO_MANY_STRIKES)
        given(MADE, ISSUED, *lost).when(ISSUE).then()
        given(MADE, ISSUED, *lost).when(BEGIN).then()

    def test_one_is_forgiven(self) -> None:
        given(*in_slot(1, MADE, CAUGHT)).when(BEGIN).then(MADE)


class Machine(RuleBasedStateMachine):
    """Any commands in any order, while time passes; a plain record of what was told is held against the state."""

    @initialize()
    def begin(self) -> None:
        self.state, self.now = State(), NOW
        self.told: dict[tuple[int, bytes], int] = {}
        self.signed: dict[int, bytes] = {}
        self.strikes: set[int] = set()

    def _decide(self, command: slots_decider.Command) -> SimpleNamespace:
        try:
            events = decide(command, self.state)
        except DomainError as refusal:
            return SimpleNamespace(refused=refusal.reason, events=())
        for event in events:
            self.state = evolve(self.state, event)
        return SimpleNamespace(refused=None, events=events)

    @rule(slot=st.integers(0, 2), commitment=st.sampled_from([b"a" * 32, b"b" * 32]), chosen=st.integers(0, 7))
    def challenge(self, slot: int, commitment: bytes, chosen: int) -> None:
        fresh = (slot, commitment) not in self.told
        command = replace(
            BEGIN, slot=slot, commitment=commitment, chosen=chosen, now=self.now, expires_at=self.now + 900
        )
        outcome = self._decide(command)
        if outcome.refused is None:
            made = self.state.slot(203001, slot).challenge
            assert made is not None
            assert self.told.setdefault((slot, commitment), made.chosen) == made.chosen
            assert {of for of, _ in self.told if of == slot} == {slot}
            assert sum(of == slot for of, _ in self.told) == 1
            if fresh:
                assert len(self.strikes | self.open()) <= RULES.strikes

    @rule(slot=st.integers(0, 2), message=st.sampled_from([b"x" * 32, b"y" * 32]))
    def issue(self, slot: int, message: bytes) -> None:
        outcome = self._decide(replace(ISSUE, slot=slot, blinded_hash=message, now=self.now))
        if outcome.refused is None:
            assert self.signed.setdefault(slot, message) == message
            assert slot not in self.strikes
            if outcome.events:
                assert len(self.strikes) < RULES.strikes

    @rule(slot=st.integers(0, 2))
    def cheat(self, slot: int) -> None:
        if self._decide(replace(CHEAT, slot=slot, now=self.now)).refused is None:
            assert slot not in self.signed
            self.strikes.add(slot)

    @rule(slot=st.integers(0, 2))
    def release(self, slot: int) -> None:
        if self._decide(replace(RELEASE, slot=slot, now=self.now)).refused is None:
            assert slot not in self.signed
            assert slot not in self.strikes
            self.told = {place: chosen for place, chosen in self.told.items() if place[0] != slot}

    @rule(seconds=st.integers(1, 1000))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    def due(self) -> set[int]:
        """The slots that were challenged, and neither signed nor given back."""
        return {slot for slot, _ in self.told} - self.signed.keys()

    def open(self) -> set[int]:
        """Those of them that are not lost yet."""
        return self.due() - self.strikes

    @invariant()
    def what_was_lost_stays_lost_and_is_counted(self) -> None:
        for slot in range(3):
            made = self.state.slot(203001, slot).challenge
            if made is not None and slot in self.due() and self.now >= made.expires_at:
                self.strikes.add(slot)
        assert self.state.strikes(203001, self.now) == len(self.strikes)
        assert self.strikes.isdisjoint(self.signed)


TestAnySequence = Machine.TestCase
TestAnySequence.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
