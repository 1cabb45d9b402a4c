"""The private check finds the openings of a wallet's own aliases, and no other's, in the log alone."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from services.seal.leaves import SubjectNoticeLeaf
from services.seal.subject import subject_mark
from tests.unit.client.log_stories import DAY, START, Story, blind, intent, trust
from tests.unit.client.wallets import CHEAP, alias, filled
from vouchsafe.sdk import Alias, AliasCompartment, backup
from vouchsafe.sdk.openings import FoundOpening, search

TRUST = trust()
MINE = alias("harbour", envelope=b"m" * 128)
ALSO_MINE = alias("harbour", slot=1, envelope=b"n" * 128, retired=True)
ENVELOPES = st.sampled_from([b"m" * 128, b"n" * 128, b"x" * 128, b"y" * 128])


def story() -> Story:
    return Story(TRUST).asked("a").asked("b").asked("c")


def found(told: Story, *aliases: Alias) -> tuple[FoundOpening, ...]:
    return search(told.leaves, aliases or (MINE, ALSO_MINE), TRUST).found


def test_an_announced_opening_of_an_alias_is_found_with_who_asked_and_when_it_opens() -> None:
    told = story().intended("a", envelope=MINE.envelope).told("a").intended("b").told("b")
    (mine,) = found(told)
    assert (mine.alias, mine.index, mine.outcome, mine.gagged) == (MINE, 4, "", False)
    assert (mine.requester, mine.basis, mine.opens_from) == ("court", "court-order", START + 14 * DAY)


def test_a_leaf_that_lies_about_its_time_puts_no_opening_off() -> None:
    """Whoever believes that he has years does not go to a court."""
    told = story().declined("x", at=START + 10_000 * DAY).intended("a", envelope=MINE.envelope).told("a")
    (mine,) = search(told.leaves, (MINE,), TRUST, as_of=START + DAY).found
    assert mine.opens_from == START + 14 * DAY


def test_an_alias_that_was_set_aside_is_looked_for_too() -> None:
    told = story().intended("a", envelope=ALSO_MINE.envelope).told("a").ended("a")
    assert [(each.alias, each.outcome) for each in found(told)] == [(ALSO_MINE, "opened")]


def test_what_became_of_it_is_told() -> None:
    told = story().intended("a", envelope=MINE.envelope).told("a").vetoed("a")
    told.intended("b", envelope=MINE.envelope).told("b").ended("b", "refused")
    told.intended("c", envelope=MINE.envelope).told("c").ended("c", "expired")
    assert [each.outcome for each in found(told)] == ["vetoed", "refused", "expired"]


def test_a_gagged_opening_is_counted_and_found_when_the_gag_ends() -> None:
    told = story().intended("a", envelope=MINE.envelope, gag=START + DAY).intended("b").told("b")
    before = search(told.leaves, (MINE,), TRUST)
    assert (before.found, before.untold, before.aliases) == ((), 1, 1)
    after = search(told.told("a").leaves, (MINE,), TRUST)
    assert ([each.gagged for each in after.found], after.untold) == ([True], 0)


def test_a_wrong_notice_tells_nobody_and_the_right_one_is_found_after_it() -> None:
    told = story().intended("a", envelope=MINE.envelope, gag=START + DAY)
    mark = subject_mark(blind("a"), b"x" * 128)
    told.add(SubjectNoticeLeaf(intent("a"), blind("a"), mark))
    assert search(told.leaves, (MINE,), TRUST).untold == 1
    assert [each.alias for each in found(told.told("a"))] == [MINE]


def test_a_backup_finds_what_the_wallet_finds(tmp_path: Path) -> None:
    """The envelope is in the wallet and in its backups, so a restored device can look for itself."""
    told = story().intended("a", envelope=MINE.envelope).told("a")
    wallet = filled(tmp_path / "wallet", MINE, ALSO_MINE)
    backup.write_backup(wallet.alias_compartment, tmp_path / "backup")
    code = backup.recovery_code(wallet.alias_compartment)
    restored = backup.restore(tmp_path / "backup", code, tmp_path / "restored", "other", cost=CHEAP)
    assert isinstance(restored, AliasCompartment)
    assert found(told, *restored.aliases) == found(told)
    assert len(found(told)) == 1


@given(st.lists(st.tuples(ENVELOPES, st.booleans()), max_size=6))
def test_what_is_found_is_what_was_announced_about_ones_own(intents: list[tuple[bytes, bool]]) -> None:
    told = Story(TRUST)
    for number, (envelope, gagged) in enumerate(intents):
        case = f"case {number}"
        told.asked(case).intended(case, envelope=envelope, gag=START + DAY if gagged else 0)
        if not gagged:
            told.told(case)
    result = search(told.leaves, (MINE, ALSO_MINE), TRUST)
    mine = [envelope for envelope, gagged in intents if not gagged and envelope in (b"m" * 128, b"n" * 128)]
    assert [each.alias.envelope for each in result.found] == mine
    assert result.untold == sum(gagged for _, gagged in intents)
