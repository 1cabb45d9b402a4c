"""What may be told about an alias, and what of it lasts."""

from hypothesis import given as for_all
from hypothesis import strategies as st

from services.forum.domain import notices, notices_decider
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.notices import AliasOpened, HoldPlaced, HoldReleased, Opening, OpeningAnnounced
from services.forum.domain.notices_decider import AnnounceOpening, Command, PlaceHold, RecordOpened, ReleaseHold
from tests.support.decider import specification

KEY, FIRST, SECOND = b"k" * 32, b"1" * 32, b"2" * 32
HOLD, OTHER = b"h" * 16, b"o" * 16
ANNOUNCED = OpeningAnnounced(KEY, FIRST, 100)
OPENED = AliasOpened(KEY, FIRST)
PLACED = HoldPlaced(KEY, HOLD, 500)
given = specification(notices_decider)


def test_an_opening_is_announced_once_and_carried_out_once() -> None:
    given().when(AnnounceOpening(KEY, FIRST, 100)).then(ANNOUNCED)
    given(ANNOUNCED).when(AnnounceOpening(KEY, FIRST, 100)).then()
    given(ANNOUNCED).when(RecordOpened(KEY, FIRST)).then(OPENED)
    given(ANNOUNCED, OPENED).when(RecordOpened(KEY, FIRST)).then()


def test_an_opening_that_nobody_announced_is_not_recorded() -> None:
    given().when(RecordOpened(KEY, FIRST)).refused(Reason.OPENING_UNANNOUNCED)
    given(ANNOUNCED).when(RecordOpened(KEY, SECOND)).refused(Reason.OPENING_UNANNOUNCED)


def test_an_owner_is_told_in_the_order_of_the_announcements() -> None:
    state = given(ANNOUNCED).when(AnnounceOpening(KEY, SECOND, 50)).state()
    state = given(ANNOUNCED, OpeningAnnounced(KEY, SECOND, 50)).when(RecordOpened(KEY, SECOND)).state()
    assert state.openings == (Opening(FIRST, 100), Opening(SECOND, 50, opened=True))


def test_a_hold_lasts_until_it_is_released_or_its_time_comes() -> None:
    state = given().when(PlaceHold(KEY, HOLD, 500)).state()
    assert notices.held_until(state) == 500
    state = given(PLACED).when(ReleaseHold(KEY, HOLD)).state()
    assert notices.held_until(state) == 0


def test_one_hold_is_not_released_with_another() -> None:
    state = given(PLACED, HoldPlaced(KEY, OTHER, 400)).when(ReleaseHold(KEY, HOLD)).state()
    assert notices.held_until(state) == 400


def test_a_hold_is_extended_and_told_again_without_effect() -> None:
    given(PLACED).when(PlaceHold(KEY, HOLD, 900)).then(HoldPlaced(KEY, HOLD, 900))
    given(PLACED).when(PlaceHold(KEY, HOLD, 500)).then()
    given().when(ReleaseHold(KEY, HOLD)).then()
    given(PLACED).when(ReleaseHold(KEY, HOLD)).then(HoldReleased(KEY, HOLD))


NAMES = st.sampled_from([FIRST, SECOND])
HOLDS = st.sampled_from([HOLD, OTHER])
TIMES = st.integers(1, 3)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(AnnounceOpening, st.just(KEY), NAMES, TIMES),
    st.builds(RecordOpened, st.just(KEY), NAMES),
    st.builds(PlaceHold, st.just(KEY), HOLDS, TIMES),
    st.builds(ReleaseHold, st.just(KEY), HOLDS),
)


@for_all(st.lists(COMMANDS, max_size=12))
def test_the_fold_agrees_with_sets_and_a_dictionary(commands: list[Command]) -> None:
    state = notices.initial
    announced: dict[bytes, int] = {}
    opened: set[bytes] = set()
    holds: dict[bytes, int] = {}
    for command in commands:
        try:
            for event in notices_decider.decide(command, state):
                state = notices.evolve(state, event)
        except DomainError:
            assert isinstance(command, RecordOpened)
            assert command.intent not in announced
        match command:
            case AnnounceOpening():
                announced.setdefault(command.intent, command.opens_at)
            case RecordOpened() if command.intent in announced:
                opened.add(command.intent)
            case PlaceHold():
                holds[command.hold] = command.until
            case ReleaseHold():
                holds.pop(command.hold, None)
    assert {(each.intent, each.opens_at, each.opened) for each in state.openings} == {
        (intent, at, intent in opened) for intent, at in announced.items()
    }
    assert notices.held_until(state) == max(holds.values(), default=0)
