"""The meter tells what is known, and warns where that is little."""

import pytest

from tests.unit.client.wallets import alias
from vouchsafe.sdk.anonymity import MANY_TEXTS, OLD_DAYS, SMALL_CROWD, WARNINGS, Anonymity, Concern, measure

NOW = 1_800_000_000
DAY = 86_400


def good(**known: int) -> Anonymity:
    hasty = bool(known.pop("hasty", 0))
    fields = {"crowd_at_least": SMALL_CROWD, "created_at": NOW - DAY, "texts": MANY_TEXTS - 1} | known
    return measure(alias("acme", handle="mine", threads=("a", "b"), **fields), now=NOW, hasty=hasty)


def test_an_alias_of_which_nothing_is_to_be_feared() -> None:
    assert good() == Anonymity(SMALL_CROWD, MANY_TEXTS - 1, 2, 1, ())
    assert good().warnings == ()


@pytest.mark.parametrize(
    ("known", "concern"),
    [
        ({"crowd_at_least": SMALL_CROWD - 1}, Concern.SMALL_CROWD),
        ({"crowd_at_least": 0}, Concern.SMALL_CROWD),
        ({"texts": MANY_TEXTS}, Concern.MANY_TEXTS),
        ({"created_at": NOW - OLD_DAYS * DAY}, Concern.OLD_ALIAS),
        ({"hasty": 1}, Concern.NO_DELAY),
    ],
)
def test_each_concern_comes_alone_with_its_sentence(known: dict[str, int], concern: Concern) -> None:
    reading = good(**known)
    assert reading.concerns == (concern,)
    assert reading.warnings == (WARNINGS[concern],)


def test_a_clock_that_went_back_makes_no_alias_older_than_new() -> None:
    assert good(created_at=NOW + DAY).age_days == 0


def test_every_concern_has_a_sentence_and_promises_nothing() -> None:
    assert set(WARNINGS) == set(Concern)
    for sentence in WARNINGS.values():
        assert not {"safe", "anonymous", "cannot"} & set(sentence.replace(",", "").split())
