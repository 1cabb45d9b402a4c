"""The numbers of epochs, and when they begin and end."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.verification.domain.epoch import EpochLength, Span, epoch_at, epoch_before, span_of

DAYS = [datetime(2029, 12, 1, tzinfo=UTC) + timedelta(days=day) for day in range(500)]
every_length = pytest.mark.parametrize("length", list(EpochLength))


@pytest.mark.parametrize(
    ("length", "number"),
    [(EpochLength.MONTH, 203001), (EpochLength.WEEK, 203001), (EpochLength.DAY, 20300101)],
)
def test_numbers(length: EpochLength, number: int) -> None:
    assert epoch_at(datetime(2030, 1, 1, tzinfo=UTC), length) == number


def test_is_told_in_utc() -> None:
    new_year_in_the_east = datetime(2030, 1, 1, 7, 59, tzinfo=timezone(timedelta(hours=8)))
    assert epoch_at(new_year_in_the_east, EpochLength.MONTH) == 202912


@every_length
def test_only_grows(length: EpochLength) -> None:
    numbers = [epoch_at(day, length) for day in DAYS]
    assert numbers == sorted(numbers)


@every_length
def test_a_moment_lies_within_its_epoch_and_epochs_follow_each_other(length: EpochLength) -> None:
    for day in DAYS:
        number = epoch_at(day, length)
        span = span_of(number, length)
        assert span.begins_at <= day.timestamp() < span.ends_at
        assert span.ends_at - span.begins_at >= length.shortest.total_seconds()
        before = epoch_before(number, length)
        assert before < number
        assert span_of(before, length).ends_at == span.begins_at


def test_spans_a_month() -> None:
    february = span_of(202802, EpochLength.MONTH)
    begin, end = datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)
    assert february == Span(int(begin.timestamp()), int(end.timestamp()))


@pytest.mark.parametrize(
    ("number", "length"),
    [
        (203013, EpochLength.MONTH),
        (203000, EpochLength.MONTH),
        (7, EpochLength.MONTH),
        (2**32 - 1, EpochLength.MONTH),
        (203054, EpochLength.WEEK),
        (20300230, EpochLength.DAY),
        (203001, EpochLength.DAY),
    ],
)
def test_a_number_that_is_no_epoch(number: int, length: EpochLength) -> None:
    with pytest.raises(ValueError, match=r"month|year|week|day"):
        span_of(number, length)
