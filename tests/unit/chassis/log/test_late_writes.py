"""A consumer's write that is given up on and carried out later changes nothing that was claimed anew meanwhile."""

import itertools
from contextlib import suppress

import pytest

from services.chassis.integration import consumer as consumer_module
from services.chassis.integration import parking
from services.chassis.integration.claim import NUMBERS, Claim
from services.chassis.integration.dead_letters_memory import MemoryDeadLetters
from services.chassis.log.eventstore import StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from tests.support.late import NEVER, Network, Story

WRITES = {"claim_mark", "save_mark", "claim", "park", "remove", "failed", "discard"}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(parking, "_LOOK_SECONDS", 0)


@pytest.mark.parametrize("mended", [False, True])
@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("second", [0, 1, 2, 3])
@pytest.mark.parametrize("behind", [1, 2, 3, 4, 6, NEVER])
async def test_writes_that_arrive_late_lose_and_double_nothing(
    behind: int, second: int, away: bool, mended: bool
) -> None:
    """For each write there is, and one soon after it; what has not arrived when all is quiet does so then."""
    seen = set()
    for write in itertools.count(1):
        network, desk = Network({write, write + second}, behind, StoreUnavailable("no answer")), MemoryDeadLetters()
        store, letters = network.to(MemoryEventStore(), WRITES), network.to(desk, WRITES)
        await Story(store=store, letters=letters, desk=desk, away=away, mended=mended).run(network)
        seen |= set(network.writes)
        if len(network.writes) < write:
            break
    assert seen == WRITES


def test_a_number_is_used_until_a_write_under_it_fails() -> None:
    claim = Claim(3)
    numbers = []
    for error in (None, StoreUnavailable("no answer"), None, LeaseLost("later")):
        with suppress(StoreUnavailable, LeaseLost), claim.writing() as number:
            numbers.append(number)
            if error:
                raise error
    assert numbers == [3 * NUMBERS, 3 * NUMBERS, 3 * NUMBERS + 1, 3 * NUMBERS + 1]
    assert Claim(4).number > claim.number > numbers[-1]
