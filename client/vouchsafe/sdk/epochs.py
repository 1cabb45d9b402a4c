"""Which epoch it may be, by the client's own clock: the least that verification's word is held to.

An issuer key is published before its epoch begins. Without this check a verification that means ill could move one
person into the next epoch, where he would be alone. How long the platform's epochs are is not known here, so each of
the three lengths will do; that everybody gets the same one is for whoever reads the log. Weeks and months are counted
alike: until the end of March, this week's number is the number of a month, too, which may be a later one.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from vouchsafe.sdk.errors import Reason, VouchsafeError

_LONG_GRACE: Final = timedelta(days=1)
_DAILY_GRACE: Final = timedelta(hours=1)  # a day would let the whole day before and after pass
_NOT_NOW: Final = "verification names an epoch that is not now; nothing was asked for; is this device's clock right?"


def check_epoch(epoch: int, now: datetime) -> None:
    """Return if the epoch is now: a month YYYYMM, an ISO 8601 week YYYYWW or a day YYYYMMDD, in UTC. EPOCH_UNEXPECTED.

    Around its beginning and end a month or a week has a day's grace, and a day an hour's, for clocks that differ.
    """
    if epoch not in set(_epochs(now.astimezone(UTC))):
        raise VouchsafeError(Reason.EPOCH_UNEXPECTED, _NOT_NOW)


def _epochs(now: datetime) -> Iterator[int]:
    for moment in (now - _LONG_GRACE, now, now + _LONG_GRACE):
        yield moment.year * 100 + moment.month
        yield _week(moment.date())
    for moment in (now - _DAILY_GRACE, now, now + _DAILY_GRACE):
        yield (moment.year * 100 + moment.month) * 100 + moment.day


def _week(day: date) -> int:
    year, week, _ = day.isocalendar()
    return year * 100 + week
