"""Which epochs the client takes for the present one: those of verification, and no other."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.verification.domain.epoch import EpochLength, epoch_at
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.epochs import check_epoch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRACE = {EpochLength.MONTH: DAY, EpochLength.WEEK: DAY, EpochLength.DAY: HOUR}
TURNS = [
    (EpochLength.MONTH, datetime(2030, 2, 1, tzinfo=UTC)),
    (EpochLength.MONTH, datetime(2030, 12, 1, tzinfo=UTC)),
    (EpochLength.WEEK, datetime(2030, 2, 4, tzinfo=UTC)),
    (EpochLength.WEEK, datetime(2029, 12, 31, tzinfo=UTC)),  # already the first week of 2030
    (EpochLength.DAY, datetime(2030, 2, 14, tzinfo=UTC)),
]
every_turn = pytest.mark.parametrize(("length", "turn"), TURNS)


def refused(epoch: int, now: datetime) -> bool:
    """Whether it is refused, for this reason and no other."""
    try:
        check_epoch(epoch, now)
    except VouchsafeError as error:
        return error.reason == "EPOCH_UNEXPECTED"
    return False


@pytest.mark.parametrize("length", list(EpochLength))
def test_verifications_own_is_taken_on_every_day(length: EpochLength) -> None:
    for day in range(800):
        now = datetime(2029, 12, 1, 12, tzinfo=UTC) + timedelta(days=day)
        check_epoch(epoch_at(now, length), now)


@every_turn
def test_the_next_one_is_taken_from_shortly_before_its_beginning(length: EpochLength, turn: datetime) -> None:
    following, minute = epoch_at(turn, length), timedelta(minutes=1)
    assert refused(following, turn - GRACE[length] - minute)
    assert not refused(following, turn - GRACE[length] + minute)


@every_turn
def test_the_last_one_is_taken_until_shortly_after_its_end(length: EpochLength, turn: datetime) -> None:
    last, minute = epoch_at(turn - HOUR, length), timedelta(minutes=1)
    assert not refused(last, turn + GRACE[length] - minute)
    assert refused(last, turn + GRACE[length] + minute)


@pytest.mark.parametrize("epoch", [0, 7, 203000, 203013, 203002, 202901, 20300115, 2030, 2**31])
def test_any_other_is_refused(epoch: int) -> None:
    assert refused(epoch, datetime(2030, 1, 17, 12, tzinfo=UTC))


def test_the_clocks_time_zone_is_no_matter() -> None:
    in_the_east = datetime(2030, 2, 3, 7, tzinfo=timezone(timedelta(hours=14)))  # the second, five in the afternoon
    assert refused(20300203, in_the_east)
    check_epoch(20300202, in_the_east)
