"""What every keeper of dead letters must do: for the consumer under its epoch, and for the operators' wishes."""

from hashlib import sha256

import pytest
import pytest_asyncio

from services.chassis.integration.bus import PublicEvent
from services.chassis.integration.dead_letters import Letter, LetterState, Parked
from services.chassis.integration.dead_letters_memory import MemoryDeadLetters
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.log.eventstore import START, Mark
from services.chassis.log.lease import LeaseLost

LATER = Mark(1000)
Letters = MemoryDeadLetters | MongoDeadLetters


@pytest_asyncio.fixture(params=["memory", "mongo"])
async def letters(request: pytest.FixtureRequest) -> Letters:
    if request.param == "memory":
        return MemoryDeadLetters()
    return MongoDeadLetters(request.getfixturevalue("database"))


def letter(position: int, key: str = "k", *, producer: str = "p", error: str = "ValueError", offset: int = 0) -> Letter:
    mark = Mark(position, offset)
    parked = Parked(producer, key, mark, "test.v1.Public", error, int(bool(error)), 1_900_000_000, size=3)
    return Letter(
        parked, PublicEvent(mark, "test.v1.Public", b"\x00\xff" + bytes([position % 256]), "00-a-b-01", key=key)
    )


def marks(parked: object) -> list[Mark]:
    return [each.mark for each in parked]  # type: ignore[attr-defined]


async def test_letters_come_back_whole_and_in_order(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    for each in (letter(10), letter(9, offset=2), letter(9), letter(100), letter(11, "other"), letter(8, producer="q")):
        await letters.park(each, 1)
    assert await letters.letter("p", Mark(9, 2)) == letter(9, offset=2)
    assert await letters.of_key("p", "k", 1, 9) == [
        each.parked for each in (letter(9), letter(9, offset=2), letter(10), letter(100))
    ]
    assert marks(await letters.of_key("p", "k", 1, 2)) == [Mark(9), Mark(9, 2)]
    assert await letters.letter("p", Mark(8)) is None
    assert marks(await letters.claim("p", 1, LATER)) == [Mark(9), Mark(9, 2), Mark(10), Mark(11), Mark(100)]
    assert marks(await letters.all_parked()) == [Mark(9), Mark(9, 2), Mark(10), Mark(11), Mark(100)]


async def test_parking_again_changes_nothing(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    for _ in range(2):
        await letters.park(letter(1), 1)
    assert marks(await letters.of_key("p", "k", 1, 9)) == [Mark(1)]


async def test_what_lies_beyond_the_mark_does_not_count(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    for position in (1, 2, 3):
        await letters.park(letter(position), 1)
    assert marks(await letters.claim("p", 2, Mark(2))) == [Mark(1), Mark(2)]
    assert await letters.letter("p", Mark(3)) is None


async def test_what_lies_beyond_the_mark_does_not_count_when_the_same_holder_claims_again(letters: Letters) -> None:
    await letters.claim("p", 4, START)
    for each in (letter(1), letter(2), letter(3), letter(3, producer="q")):
        await letters.park(each, 4)
    await letters.wish_redrive("p", "k")
    assert marks(await letters.claim("p", 4, Mark(2))) == [Mark(1), Mark(2)]
    assert await letters.letter("p", Mark(3)) is None
    assert await letters.letter("q", Mark(3)) is not None
    assert marks(await letters.wished("p", 4)) == marks(await letters.all_parked()) == [Mark(1), Mark(2)]


async def test_an_overtaken_holder_changes_nothing(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    await letters.park(letter(1), 1)
    await letters.wish_redrive("p", None)
    [held] = await letters.claim("p", 2, Mark(5))
    with pytest.raises(LeaseLost):
        await letters.claim("p", 1, Mark(5))
    with pytest.raises(LeaseLost):
        await letters.park(letter(1), 1)
    with pytest.raises(LeaseLost):
        await letters.remove("p", Mark(1), 1)
    with pytest.raises(LeaseLost):
        await letters.failed(held, "KeyError", 1)
    with pytest.raises(LeaseLost):
        await letters.discard("p", Mark(1), 1, 7)
    assert await letters.of_key("p", "k", 1, 9) == await letters.wished("p", 1) == []
    assert await letters.of_key("p", "k", 2, 9) == [held]
    assert await letters.discarded() == []


async def test_what_an_overtaken_holder_parks_never_counts(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    await letters.claim("p", 2, Mark(5))
    await letters.park(letter(4), 1)
    assert await letters.of_key("p", "k", 2, 9) == await letters.all_parked() == []
    assert await letters.wish_redrive("p", "k") == 0
    assert not await letters.wish_discard("p", Mark(4), by="o", reason="r", now=1)
    assert await letters.claim("p", 3, Mark(9)) == []
    assert await letters.letter("p", Mark(4)) is None


async def test_a_letter_that_was_parked_by_an_overtaken_holder_is_replaced(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    await letters.claim("p", 2, START)
    await letters.park(letter(4, error="Old"), 1)
    await letters.park(letter(4, error="New"), 2)
    assert [each.error for each in await letters.of_key("p", "k", 2, 9)] == ["New"]


async def test_a_redrive_is_wished_of_a_key_or_of_all(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    await letters.claim("q", 1, START)
    for each in (letter(1), letter(2), letter(3, "other"), letter(4, producer="q")):
        await letters.park(each, 1)
    assert await letters.wished("p", 1) == []
    assert await letters.wish_redrive("p", "k") == 2
    assert marks(await letters.wished("p", 1)) == [Mark(1), Mark(2)]
    assert await letters.wish_redrive("p", None) == 3
    assert marks(await letters.wished("p", 1)) == [Mark(1), Mark(2), Mark(3)]
    assert await letters.wished("q", 1) == []
    assert await letters.wish_redrive("p", "nobody") == await letters.wish_redrive("nobody", None) == 0
    assert {each.state for each in await letters.wished("p", 1)} == {LetterState.REDRIVE}


async def test_a_failed_attempt_ends_the_redrive_of_its_key(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    for each in (letter(1), letter(2, error=""), letter(3, "other")):
        await letters.park(each, 1)
    await letters.wish_redrive("p", None)
    first = (await letters.of_key("p", "k", 1, 9))[0]
    await letters.failed(first, "KeyError", 1)
    one, two = await letters.of_key("p", "k", 1, 9)
    assert (one.error, one.attempts, one.state) == ("KeyError", 2, LetterState.PARKED)
    assert (two.error, two.attempts, two.state) == ("", 0, LetterState.PARKED)
    assert marks(await letters.wished("p", 1)) == [Mark(3)]


async def test_a_failed_attempt_leaves_what_is_to_be_discarded(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    for position in (1, 2):
        await letters.park(letter(position), 1)
    await letters.wish_redrive("p", None)
    await letters.wish_discard("p", Mark(2), by="olga", reason="a test", now=50)
    await letters.failed((await letters.of_key("p", "k", 1, 1))[0], "KeyError", 1)
    assert [each.state for each in await letters.wished("p", 1)] == [LetterState.DISCARD]


async def test_a_removed_letter_is_gone(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    await letters.park(letter(1), 1)
    await letters.remove("p", Mark(1), 1)
    assert await letters.all_parked() == []
    with pytest.raises(LeaseLost):
        await letters.remove("p", Mark(1), 1)


async def test_what_is_discarded_leaves_a_record(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    for position in (1, 2):
        await letters.park(letter(position), 1)
    assert await letters.wish_discard("p", Mark(2), by="olga", reason="a test", now=50)
    assert not await letters.wish_discard("p", Mark(3), by="olga", reason="a test", now=50)
    assert await letters.wish_redrive("p", None) == 1  # What is to go is not redriven.
    [wished] = [each for each in await letters.wished("p", 1) if each.state is LetterState.DISCARD]
    await letters.discard("p", wished.mark, 1, 60)
    assert marks(await letters.all_parked()) == [Mark(1)]
    [record] = await letters.discarded()
    assert (record.parked.mark, record.parked.key, record.parked.type) == (Mark(2), "k", "test.v1.Public")
    assert (record.by, record.reason, record.asked_at, record.done_at) == ("olga", "a test", 50, 60)
    assert record.digest == sha256(letter(2).event.data).hexdigest()


async def test_wishes_outlive_a_takeover(letters: Letters) -> None:
    await letters.claim("p", 1, START)
    for position in (1, 2):
        await letters.park(letter(position, str(position)), 1)
    await letters.wish_redrive("p", "1")
    await letters.wish_discard("p", Mark(2), by="olga", reason="a test", now=50)
    await letters.claim("p", 2, LATER)
    assert [each.state for each in await letters.wished("p", 2)] == [LetterState.REDRIVE, LetterState.DISCARD]
