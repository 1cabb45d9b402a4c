from datetime import UTC, datetime

from services.chassis.clock import FixedClock
from services.chassis.coarse_clock import CoarseClock


def test_moments_are_rounded_down() -> None:
    clock = FixedClock(datetime(2030, 5, 6, 7, 8, 59, 999_999, UTC))
    assert CoarseClock(clock, 60).now() == datetime(2030, 5, 6, 7, 8, tzinfo=UTC)
    assert CoarseClock(clock, 3600).now() == datetime(2030, 5, 6, 7, tzinfo=UTC)
    assert CoarseClock(clock, 60).seconds() % 60 == 0
