"""States come back as they went; whatever is no such state is refused."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.log.state_coder import StateCoder, StateUnfit
from services.forum.domain.layered import Layered
from services.forum.domain.thread import Absent, Author, Open, State
from tests.support.events import Colour


@dataclass(frozen=True)
class Inner:
    name: str


@dataclass(frozen=True)
class Everything:
    text: str
    raw: bytes
    yes: bool
    number: int
    ratio: float
    colour: Colour
    names: tuple[str, ...]
    inner: Inner
    inners: tuple[Inner, ...]
    maybe: int | None
    maybe_inner: Inner | None
    by_key: Layered[bytes, Inner] = field(default_factory=Layered)


EVERYTHING = Everything(
    text='数据\x00"',
    raw=b"\xff\x00",
    yes=True,
    number=2**70,
    ratio=0.1,
    colour=Colour.BLUE,
    names=("a", ""),
    inner=Inner("p"),
    inners=(Inner("1"), Inner("2")),
    maybe=None,
    maybe_inner=Inner(""),
    by_key=Layered[bytes, Inner]().plus(b"b", Inner("x")).plus(b"a", Inner("y")),
)


def test_every_kind_comes_back_as_it_went() -> None:
    coder: StateCoder[Everything] = StateCoder(Everything)
    back = coder.from_bytes(coder.to_bytes(EVERYTHING))
    assert back == EVERYTHING
    assert type(back.colour) is Colour
    assert type(back.by_key) is Layered


@given(
    title=st.text(),
    authors=st.dictionaries(st.binary(max_size=4), st.builds(Author, st.text(), st.binary())),
    posts=st.dictionaries(st.text(), st.integers()),
    comments=st.dictionaries(st.text(), st.text()),
)
def test_threads_come_back_and_equal_ones_are_written_equally(
    title: str, authors: dict[bytes, Author], posts: dict[str, int], comments: dict[str, str]
) -> None:
    coder: StateCoder[State] = StateCoder(State)
    grown = Open(title)
    for key, author in authors.items():
        grown = Open(title, grown.authors.plus(key, author), grown.posts, grown.comments)
    made = Open(title, Layered.of(dict(reversed(authors.items()))), Layered.of(posts), Layered.of(comments))
    grown = Open(title, grown.authors, made.posts, made.comments)
    assert coder.from_bytes(coder.to_bytes(made)) == made == grown
    assert coder.to_bytes(made) == coder.to_bytes(grown)
    assert coder.from_bytes(coder.to_bytes(Absent())) == Absent()


@dataclass(frozen=True)
class Counted:
    total: int


def test_a_state_of_another_shape_is_refused() -> None:
    @dataclass(frozen=True)
    class Summed:
        total: int

    @dataclass(frozen=True)
    class Grown(Counted):
        title: str = ""

    data = StateCoder[Counted](Counted).to_bytes(Counted(1))
    for other in (Summed, Grown, Inner, Counted | Inner, Counted | None):
        with pytest.raises(StateUnfit, match="another shape"):
            StateCoder[Any](other).from_bytes(data)


@pytest.mark.parametrize(
    "written", [None, 1, [], [1, 2], ["1"], [True], [None], {"total": 1}, [[1]], ["private words"]], ids=str
)
def test_other_bytes_are_refused_and_not_quoted(written: object) -> None:
    coder: StateCoder[Counted] = StateCoder(Counted)
    for data in (b"", b"\xff", b"[]", b"{}", b"null", json.dumps([coder.shape, written]).encode()):
        with pytest.raises(StateUnfit) as refused:
            coder.from_bytes(data)
        assert "private" not in str(refused.value)


@pytest.mark.parametrize("hint", [list[int], dict[str, int], tuple[int, str], int | str, Counted | int, object])
def test_a_kind_that_cannot_be_written_is_refused_when_the_coder_is_made(hint: object) -> None:
    with pytest.raises(StateUnfit):
        StateCoder[Any](hint)
