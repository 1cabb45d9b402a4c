"""Days are closed one after another, each has one root, and each text is in exactly one of them."""

from hypothesis import given as drawn
from hypothesis import strategies as st

from services.forum.domain import post_root, post_root_decider
from services.forum.domain.post_root import DayClosed, PostsRooted, is_in
from services.forum.domain.post_root_decider import CloseDay, RootPosts
from tests.support.decider import specification

MONDAY, TUESDAY = DayClosed(10, 0, 50), DayClosed(11, 40, 90)
ROOT = PostsRooted(10, 64, b"r" * 32)
given = specification(post_root_decider)


def test_the_first_day_is_any() -> None:
    given().when(CloseDay(10, 0, 50)).then(MONDAY)


def test_a_day_is_closed_once() -> None:
    given(MONDAY).when(CloseDay(10, 0, 99)).then()
    given(MONDAY, ROOT).when(CloseDay(10, 0, 99)).then()
    given(MONDAY, ROOT, TUESDAY).when(CloseDay(10, 0, 99)).then()


def test_no_day_is_left_out_or_closed_before_the_one_before_has_its_root() -> None:
    given(MONDAY, ROOT).when(CloseDay(11, 40, 90)).then(TUESDAY)
    given(MONDAY, ROOT).when(CloseDay(12, 40, 90)).failed(ValueError)
    given(MONDAY).when(CloseDay(11, 40, 90)).failed(ValueError)


def test_a_day_has_one_root() -> None:
    root = RootPosts(10, 64, b"r" * 32)
    given(MONDAY).when(root).then(ROOT)
    for late in (root, RootPosts(10, 128, b"s" * 32)):
        given(MONDAY, ROOT).when(late).then()
        given(MONDAY, ROOT, TUESDAY).when(late).then()


def test_a_day_has_no_root_before_it_is_closed() -> None:
    given().when(RootPosts(10, 64, b"r" * 32)).failed(ValueError)
    given(MONDAY, ROOT).when(RootPosts(11, 64, b"r" * 32)).failed(ValueError)


@drawn(st.lists(st.integers(0, 30), min_size=4, max_size=4), st.data())
def test_each_text_is_in_exactly_one_root(heads: list[int], data: st.DataObject) -> None:
    """Of days 0 to 3, with texts that come too late, or from clocks that run ahead."""
    texts = [(position, data.draw(st.integers(0, 3))) for position in range(1, 31)]
    closings: list[DayClosed] = []
    roots_of: dict[int, list[int]] = {position: [] for position, _ in texts}
    for day, through in enumerate([*sorted(heads)[:3], 30]):
        earlier = closings[-1] if closings else None
        taken = {position for position, days in roots_of.items() if days}
        behind = min((position for position, _ in texts if position not in taken), default=through + 1) - 1
        closings.append(DayClosed(day, behind, through))
        for position, own in texts:
            if is_in(closings[-1], earlier, position=position, day=own):
                roots_of[position].append(day)
    for position, own in texts:
        expected = next(each.day for each in closings if each.day >= own and each.through >= position)
        assert roots_of[position] == [expected]


def test_days_are_utc() -> None:
    assert post_root.day_of(86_399) == 0
    assert post_root.day_of(86_400) == 1
