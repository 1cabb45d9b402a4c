import re

from services.forum.api.names import ADJECTIVES, NOUNS, draw_names


def test_a_name_is_two_words_and_a_number() -> None:
    for name in draw_names():
        assert re.fullmatch(r"[a-z]+ [a-z]+ [1-9][0-9]", name)


def test_there_are_more_than_a_million_names() -> None:
    assert len(set(ADJECTIVES)) == len(ADJECTIVES)
    assert len(set(NOUNS)) == len(NOUNS)
    assert len(ADJECTIVES) * len(NOUNS) * 90 > 1_000_000


def test_drawings_differ() -> None:
    assert len({name for _ in range(50) for name in draw_names()}) > 300
