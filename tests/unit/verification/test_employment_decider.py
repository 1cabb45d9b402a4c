"""What a proof of employment is worth, and through which employer credentials go."""

from dataclasses import replace

from services.verification.domain import employment_decider
from services.verification.domain.employment_decider import (
    ChooseEmployer,
    EmployerChosen,
    EmploymentVerified,
    VerifyEmployment,
)
from services.verification.domain.errors import Reason
from tests.support.decider import specification

NOW = 1_900_000_000
ANN = b"a" * 16
ACME = EmploymentVerified(ANN, b"k" * 32, "acme", NOW + 100, NOW)
BOLT = replace(ACME, organisation="bolt", proven_at=NOW - 5)
given = specification(employment_decider)


class TestProof:
    def test_lasts_until_it_ends_and_only_there(self) -> None:
        state = given(ACME).state
        assert state.employed("acme", NOW + 99)
        assert not state.employed("acme", NOW + 100)
        assert not state.employed("bolt", NOW)

    def test_never_shortens_a_later_one(self) -> None:
        assert given(ACME, replace(ACME, expires_at=NOW)).state.employed("acme", NOW + 99)

    def test_is_recorded_as_it_was_given(self) -> None:
        given().when(VerifyEmployment(ANN, b"k" * 32, "acme", NOW + 100, NOW)).then(ACME)

    def test_is_as_old_as_the_first_of_those_that_follow_each_other_without_a_gap(self) -> None:
        renewed = replace(ACME, proven_at=NOW + 90, expires_at=NOW + 200)
        again = replace(ACME, proven_at=NOW + 200, expires_at=NOW + 300)
        after_a_gap = replace(ACME, proven_at=NOW + 301, expires_at=NOW + 400)
        assert given(ACME, renewed, again).state.since["acme"] == NOW
        assert given(ACME, renewed, again, after_a_gap).state.since["acme"] == NOW + 301

    def test_from_before_its_moment_was_kept_is_old_enough_for_anything(self) -> None:
        assert given(EmploymentVerified(ANN, b"k" * 32, "acme", NOW)).state.since["acme"] == 0


class TestChoice:
    choose = ChooseEmployer(ANN, "gaming", 203001, ("acme", "bolt"), NOW)
    acme = EmployerChosen(ANN, "gaming", 203001, "acme")
    bolt = EmployerChosen(ANN, "gaming", 203001, "bolt")

    def test_falls_on_the_employer_proven_for_longest(self) -> None:
        given(ACME).when(self.choose).then(self.acme)
        given(ACME, BOLT).when(self.choose).then(self.bolt)

    def test_is_made_once(self) -> None:
        given(ACME, self.acme, BOLT).when(self.choose).then()

    def test_leaves_no_room_for_another_employer_of_the_same_tree(self) -> None:
        chosen = given(ACME, self.acme, BOLT)
        chosen.when(replace(self.choose, employers=("bolt",))).refused(Reason.OTHER_EMPLOYER)

    def test_binds_neither_another_epoch_nor_another_tree(self) -> None:
        chosen = given(ACME, self.acme, BOLT)
        chosen.when(replace(self.choose, epoch=203002)).then(replace(self.bolt, epoch=203002))
        chosen.when(replace(self.choose, widest="finance")).then(replace(self.bolt, widest="finance"))

    def test_needs_a_proof_in_force_before_and_after(self) -> None:
        late = replace(self.choose, now=NOW + 100)
        given().when(self.choose).refused(Reason.NOT_EMPLOYED)
        given(ACME).when(late).refused(Reason.NOT_EMPLOYED)
        given(ACME, self.acme).when(late).refused(Reason.NOT_EMPLOYED)
        # The employment at Bolt is still in force; but it is at Acme that she was counted.
        longer = replace(BOLT, expires_at=NOW + 1000)
        given(ACME, longer, self.acme).when(late).refused(Reason.NOT_EMPLOYED)

    def test_of_an_employer_that_was_withdrawn_gives_nothing(self) -> None:
        given(ACME, self.acme).when(replace(self.choose, employers=())).refused(Reason.NOT_EMPLOYED)
