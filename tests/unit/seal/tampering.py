"""The one mutation that every authenticated byte string must survive being tested with."""

from hypothesis import settings
from hypothesis import strategies as st

few = settings(max_examples=25, deadline=None)
"""Enough to visit most positions of a short string over a few runs, cheap enough for public-key operations."""

many = settings(max_examples=150, deadline=None)
"""For parsers, which are fast."""


@st.composite
def flips(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw the data with one byte changed."""
    at = draw(st.integers(0, len(data) - 1))
    mask = draw(st.integers(1, 255))
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
