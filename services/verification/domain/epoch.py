"""Epochs: the numbered stretches of time for which an issuer key is valid, in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum


class EpochLength(StrEnum):
    """How long an epoch lasts. Longer ones make larger crowds; shorter ones end a lost credential sooner."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def shortest(self) -> timedelta:
        """How long an epoch lasts at least."""
        return timedelta(days={EpochLength.DAY: 1, EpochLength.WEEK: 7, EpochLength.MONTH: 28}[self])


@dataclass(frozen=True)
class Span:
    """When an epoch begins and ends, Unix seconds; the end is the next one's beginning."""

    begins_at: int
    ends_at: int


def epoch_at(moment: datetime, length: EpochLength) -> int:
    """The epoch's number: YYYYMM for months, YYYYWW (ISO 8601) for weeks, YYYYMMDD for days. It only grows."""
    day = moment.astimezone(UTC).date()
    match length:
        case EpochLength.MONTH:
            return day.year * 100 + day.month
        case EpochLength.WEEK:
            year, week, _ = day.isocalendar()
            return year * 100 + week
        case EpochLength.DAY:
            return (day.year * 100 + day.month) * 100 + day.day


def span_of(epoch: int, length: EpochLength) -> Span:
    """When an epoch of this number and length begins and ends; ValueError if there is no such epoch."""
    rest, last = divmod(epoch, 100)
    match length:
        case EpochLength.MONTH:
            first = date(rest, last, 1)
            after = (first + timedelta(days=31)).replace(day=1)
        case EpochLength.WEEK:
            first = date.fromisocalendar(rest, last, 1)
            after = first + timedelta(days=7)
        case EpochLength.DAY:
            first = date(*divmod(rest, 100), last)
            after = first + timedelta(days=1)
    return Span(_midnight(first), _midnight(after))


def epoch_before(epoch: int, length: EpochLength) -> int:
    """The number of the epoch before this one."""
    last_second = datetime.fromtimestamp(span_of(epoch, length).begins_at - 1, UTC)
    return epoch_at(last_second, length)


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
