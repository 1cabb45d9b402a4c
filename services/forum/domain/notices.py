"""What the forum was told about an alias by disclosure: openings, for its owner to know, and legal holds.

Stream `notices-<alias key>`, beside the alias's own: disclosure may speak of an alias that was never made known here.
The forum learns a key, an opening's place in the public log and times: no case, no requester, no person. The commands
are `notices_decider`.

A hold obliges: whoever builds the deletion of what an alias wrote asks `held_until` first. Of holds the owner is not
told, for one may be placed while nobody may tell him of the case.
"""

from dataclasses import dataclass, replace
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class OpeningAnnounced:
    """The alias may be opened from `opens_at` (Unix seconds) on; `intent` names the leaf of the log, 32 bytes."""

    alias_key: bytes
    intent: bytes
    opens_at: int


@dataclass(frozen=True, slots=True)
class AliasOpened:
    """The alias was opened."""

    alias_key: bytes
    intent: bytes


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """What the alias wrote is to be kept until then (Unix seconds), under this hold (16 bytes); also an extension."""

    alias_key: bytes
    hold: bytes
    until: int


@dataclass(frozen=True, slots=True)
class HoldReleased:
    """The hold is over before its time."""

    alias_key: bytes
    hold: bytes


Event: TypeAlias = OpeningAnnounced | AliasOpened | HoldPlaced | HoldReleased


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening as its alias's owner may know it."""

    intent: bytes
    opens_at: int
    opened: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """All that is known of an alias: `openings` in the order in which they were told, the end of each hold in force."""

    openings: tuple[Opening, ...] = ()
    holds: tuple[tuple[bytes, int], ...] = ()


initial: Final = State()


def stream(alias_key: bytes) -> str:
    """The stream of what is told about an alias."""
    return f"notices-{alias_key.hex()}"


def evolve(state: State, event: Event) -> State:
    """The state after `event`."""
    match event:
        case OpeningAnnounced():
            return replace(state, openings=(*state.openings, Opening(event.intent, event.opens_at)))
        case AliasOpened():
            return replace(state, openings=tuple(_opened(each, event.intent) for each in state.openings))
        case HoldPlaced():
            return replace(state, holds=(*_other_holds(state, event.hold), (event.hold, event.until)))
        case HoldReleased():
            return replace(state, holds=_other_holds(state, event.hold))


def opening(state: State, intent: bytes) -> Opening | None:
    """What is known of one opening; None before it was announced."""
    return next((each for each in state.openings if each.intent == intent), None)


def hold(state: State, name: bytes) -> int:
    """When one hold ends by itself, Unix seconds; 0 when it is not in force."""
    return dict(state.holds).get(name, 0)


def held_until(state: State) -> int:
    """Until when nothing that the alias wrote may be deleted, Unix seconds; 0 for no hold."""
    return max((until for _, until in state.holds), default=0)


def _opened(each: Opening, intent: bytes) -> Opening:
    return replace(each, opened=True) if each.intent == intent else each


def _other_holds(state: State, name: bytes) -> tuple[tuple[bytes, int], ...]:
    return tuple(each for each in state.holds if each[0] != name)
