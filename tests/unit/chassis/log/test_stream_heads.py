"""The first streams by name, from commits in any order."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.log import stream_heads
from services.chassis.log.eventstore import StreamHead
from services.chassis.log.stream_heads import FirstStreams

_names = st.sampled_from([f"{kind}-{number}" for kind in ("a", "b") for number in range(12)])


@given(
    st.lists(_names, max_size=200),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["", "a-3", "b"]),
    st.integers(0, 5),
)
def test_no_order_of_commits_hides_a_stream(names: list[str], category: str, after: str, limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_heads, "_ROOM", 1)
        first = FirstStreams(category, after, limit)
        seen: Counter[str] = Counter()
        for name in names:
            seen[name] += 1
            first.add(name, seen[name])
    wanted = sorted(name for name in seen if name > after and (not category or name.startswith(f"{category}-")))
    assert first.heads() == [StreamHead(name, seen[name], seen[name]) for name in wanted[:limit]]
