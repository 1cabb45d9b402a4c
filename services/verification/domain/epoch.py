"""Epochs: the numbered stretches of time for which an issuer key is valid, in UTC."""

from datetime import UTC, datetime
from enum import StrEnum


class EpochLength(StrEnum):
    """How long an epoch lasts. Longer ones make larger crowds; shorter ones end a lost credential sooner."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


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
