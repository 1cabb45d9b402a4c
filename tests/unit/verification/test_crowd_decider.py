"""When a crowd is large enough, what it leaves behind, and what ends it."""

from dataclasses import replace

import pytest

from services.verification.domain import crowd_decider
from services.verification.domain.crowd_decider import (
    CountPerson,
    LabelActivated,
    LabelRevoked,
    PersonCounted,
    Policy,
    RevocationReason,
    RevokeLabel,
    Ripen,
    bucket,
    told,
)
from tests.support.decider import Given, specification

EPOCH = 203001
HOUR = 3600
NOW = 500_000 * HOUR
AT_ONCE = Policy(minimum=3, age_seconds=0)
AGED = Policy(minimum=3, age_seconds=24 * HOUR)
ACME, BOLT = ("acme", "gaming"), ("bolt", "gaming")
given = specification(crowd_decider)
Crowd = Given[crowd_decider.Command, crowd_decider.State, crowd_decider.Event]


def counted(label: str, path: tuple[str, ...], people: int = 1, matures_at: int = 0) -> list[PersonCounted]:
    return [PersonCounted(label, EPOCH, bytes([person]) * 16, path, matures_at) for person in range(people)]


def count(label: str, path: tuple[str, ...], policy: Policy = AT_ONCE, now: int = NOW) -> CountPerson:
    return CountPerson(label, EPOCH, b"n" * 16, path, proven_at=NOW, now=now, policy=policy)


def activated(crowd: Crowd, command: crowd_decider.Command) -> list[str]:
    events = crowd.when(command).events()
    return [event.label for event in events if isinstance(event, LabelActivated)]


class TestMinimum:
    def test_activates_with_the_person_who_completes_it_and_once(self) -> None:
        assert activated(given(*counted("acme", ACME, 1)), count("acme", ACME)) == []
        complete = given(*counted("acme", ACME, 2))
        new = PersonCounted("acme", EPOCH, b"n" * 16, ACME)
        complete.when(count("acme", ACME)).then(new, LabelActivated("acme", EPOCH, 2))
        complete.and_then(new, LabelActivated("acme", EPOCH, 2)).when(count("acme", ACME)).then(new)

    def test_a_lowered_minimum_counts_from_the_next_person_or_look(self) -> None:
        crowd = given(*counted("acme", ACME, 7))
        assert activated(crowd, count("acme", ACME)) == ["acme"]
        crowd.when(Ripen(EPOCH, NOW, AT_ONCE)).then(LabelActivated("acme", EPOCH, 5))

    def test_events_from_before_employers_and_ages_were_kept_count_as_they_did(self) -> None:
        old = given(*(PersonCounted("acme", EPOCH, bytes([person]) * 16) for person in range(2)))
        assert old.state.crowd("acme", 0) == old.state.remainder("acme", 0) == 2
        assert activated(old, count("acme", ACME)) == ["acme"]

    def test_nobody_is_counted_under_a_label_that_is_not_his_employers(self) -> None:
        with pytest.raises(ValueError, match="employer"):
            count("bolt", ACME)


class TestAge:
    def test_the_young_do_not_count_until_the_full_hour_after_their_age(self) -> None:
        new = counted("acme", ACME, 1, matures_at=NOW + 24 * HOUR)[0]
        given().when(count("acme", ACME, AGED)).then(replace(new, escrow_reference=b"n" * 16))
        a_little_later = replace(count("acme", ACME, AGED), proven_at=NOW + 1)
        later = replace(new, escrow_reference=b"n" * 16, matures_at=NOW + 25 * HOUR)
        given().when(a_little_later).then(later)

    def test_a_burst_opens_nothing_before_its_time_and_then_once(self) -> None:
        crowd = given(*counted("acme", ACME, 30, matures_at=NOW + 24 * HOUR))
        crowd.when(Ripen(EPOCH, NOW + 24 * HOUR - 1, AGED)).then()
        ripe = Ripen(EPOCH, NOW + 24 * HOUR, AGED)
        crowd.when(ripe).then(LabelActivated("acme", EPOCH, 20))
        crowd.and_then(LabelActivated("acme", EPOCH, 20)).when(ripe).then()

    def test_the_old_count_when_they_come(self) -> None:
        crowd = given(*counted("acme", ACME, 2, matures_at=NOW))
        long_proven = replace(count("acme", ACME, AGED), proven_at=NOW - 24 * HOUR)
        assert activated(crowd, long_proven) == ["acme"]


class TestRemainder:
    def test_a_narrower_label_waits_while_it_would_leave_too_few_under_an_active_wider_one(self) -> None:
        wider = [*counted("gaming", ACME, 2), *counted("gaming", BOLT, 2), LabelActivated("gaming", EPOCH, 2)]
        crowd = given(*wider, *counted("acme", ACME, 2))
        assert activated(crowd, count("acme", ACME)) == []
        enough = crowd.and_then(*counted("gaming", BOLT, 1), *counted("acme", ACME, 1))
        assert activated(enough, Ripen(EPOCH, NOW, AT_ONCE)) == ["acme"]

    def test_a_wider_label_counts_only_those_whom_no_active_narrower_one_speaks_for(self) -> None:
        crowd = given(*counted("acme", ACME, 3), LabelActivated("acme", EPOCH, 2), *counted("gaming", ACME, 3))
        assert activated(crowd, count("gaming", ACME)) == []
        two_others = crowd.and_then(*counted("gaming", BOLT, 2))
        assert two_others.state.remainder("gaming", NOW) == 2
        assert activated(two_others, count("gaming", ACME)) == []
        assert activated(two_others, count("gaming", BOLT)) == ["gaming"]

    def test_where_not_both_can_the_wider_one_serves_more_people(self) -> None:
        crowd = given(*counted("acme", ACME, 3), *counted("gaming", ACME, 3))
        assert activated(crowd, Ripen(EPOCH, NOW, AT_ONCE)) == ["gaming"]

    def test_the_rule_reaches_over_a_level(self) -> None:
        path, other = ("acme", "gaming", "arts"), ("opera", "arts")
        widest = [*counted("arts", path, 2), *counted("arts", other, 2), LabelActivated("arts", EPOCH, 2)]
        crowd = given(*widest, *counted("acme", path, 3))
        assert activated(crowd, Ripen(EPOCH, NOW, AT_ONCE)) == []
        assert activated(crowd.and_then(*counted("arts", other, 1)), Ripen(EPOCH, NOW, AT_ONCE)) == ["acme"]

    def test_siblings_share_what_there_is_to_take_from_the_wider_label(self) -> None:
        wider = [*counted("gaming", ACME, 1), *counted("gaming", BOLT, 1), *counted("gaming", ("cue", "gaming"), 2)]
        crowd = given(*wider, LabelActivated("gaming", EPOCH, 2), *counted("acme", ACME, 3), *counted("bolt", BOLT, 3))
        assert activated(crowd, Ripen(EPOCH, NOW, AT_ONCE)) == ["acme"]


class TestRevocation:
    revoke = RevokeLabel("acme", EPOCH, RevocationReason.KEY_COMPROMISED)
    revoked = LabelRevoked("acme", EPOCH, RevocationReason.KEY_COMPROMISED)

    def test_ends_a_label_at_any_time_and_once(self) -> None:
        for before in ([], counted("acme", ACME, 2), [*counted("acme", ACME, 3), LabelActivated("acme", EPOCH, 2)]):
            given(*before).when(self.revoke).then(self.revoked)
            again = given(*before, self.revoked)
            again.when(self.revoke).then()
            again.when(replace(self.revoke, reason=RevocationReason.CEASED)).then()

    def test_a_revoked_label_never_activates(self) -> None:
        crowd = given(*counted("acme", ACME, 9), self.revoked)
        crowd.when(Ripen(EPOCH, NOW, AT_ONCE)).then()
        assert activated(crowd, count("acme", ACME)) == []
        assert crowd.state.active == frozenset()

    def test_a_revoked_wider_label_asks_nothing_of_the_narrower_ones(self) -> None:
        wider = [*counted("gaming", ACME, 3), LabelActivated("gaming", EPOCH, 2)]
        crowd = given(*wider, LabelRevoked("gaming", EPOCH, RevocationReason.CEASED), *counted("acme", ACME, 3))
        assert activated(crowd, Ripen(EPOCH, NOW, AT_ONCE)) == ["acme"]


@pytest.mark.parametrize(
    ("people", "rounded"),
    [(1, 1), (3, 2), (5, 5), (9, 5), (10, 10), (19, 10), (20, 20), (49, 20), (50, 50), (999, 500)],
)
def test_buckets_never_overstate(people: int, rounded: int) -> None:
    assert bucket(people) == rounded


def test_of_few_nobody_is_told_how_few() -> None:
    assert [told(people) for people in (0, 1, 4, 5, 9, 10)] == [0, 0, 0, 5, 5, 10]
