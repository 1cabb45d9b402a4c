"""Lengths of time are read strictly and shown in two units."""

import pytest
import typer

from vouchsafe.cli.durations import seconds, span, until


@pytest.mark.parametrize(
    ("text", "length"), [("90s", 90), ("30m", 1_800), ("8h", 28_800), ("10d", 864_000), ("1d 12h", 129_600)]
)
def test_a_length_is_read(text: str, length: int) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "10", "d", "1x", "8h!", "-1d", "1.5h", "8 hours"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        seconds(text)


@pytest.mark.parametrize(
    ("length", "text"), [(0, "0s"), (59, "59s"), (3_660, "1h 1m"), (90_061, "1d 1h"), (864_000, "10d"), (-5, "0s")]
)
def test_a_length_is_shown(length: int, text: str) -> None:
    assert span(length) == text


def test_a_moment_is_told_from_now() -> None:
    assert (until(160, 100), until(40, 100)) == ("in 1m", "1m ago")
