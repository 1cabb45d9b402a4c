"""What may be told about an alias: openings, each announced once and carried out once, and holds, placed and released.

Commands may be repeated without effect. An opening that nobody announced is refused: disclosure says one before the
other, so something of it is missing.
"""

from dataclasses import dataclass
from typing import TypeAlias

from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.notices import (
    AliasOpened,
    Event,
    HoldPlaced,
    HoldReleased,
    OpeningAnnounced,
    State,
    evolve,
    hold,
    initial,
    opening,
)

__all__ = [
    "AnnounceOpening",
    "Command",
    "PlaceHold",
    "RecordOpened",
    "ReleaseHold",
    "decide",
    "evolve",
    "initial",
]


@dataclass(frozen=True, slots=True)
class AnnounceOpening:
    """Let the owner know that his alias is to be opened."""

    alias_key: bytes
    intent: bytes
    opens_at: int


@dataclass(frozen=True, slots=True)
class RecordOpened:
    """Let the owner know that his alias was opened."""

    alias_key: bytes
    intent: bytes


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Keep what the alias wrote until then."""

    alias_key: bytes
    hold: bytes
    until: int


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Keep it no longer for this hold's sake."""

    alias_key: bytes
    hold: bytes


Command: TypeAlias = AnnounceOpening | RecordOpened | PlaceHold | ReleaseHold


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The events that `command` leads to, none if it changes nothing; OPENING_UNANNOUNCED."""
    match command:
        case AnnounceOpening():
            if opening(state, command.intent):
                return ()
            return (OpeningAnnounced(command.alias_key, command.intent, command.opens_at),)
        case RecordOpened():
            announced = opening(state, command.intent)
            if announced is None:
                raise DomainError(Reason.OPENING_UNANNOUNCED)
            return () if announced.opened else (AliasOpened(command.alias_key, command.intent),)
        case PlaceHold():
            if hold(state, command.hold) == command.until:
                return ()
            return (HoldPlaced(command.alias_key, command.hold, command.until),)
        case ReleaseHold():
            return (HoldReleased(command.alias_key, command.hold),) if hold(state, command.hold) else ()
