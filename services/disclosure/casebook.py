"""All cases of the log as they stand, in memory: what the list of cases and the clock go through.

Folded from the log in every process (`chassis.log.tailing`). Cases are few; a command never decides on what is here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import Commit, stream_category
from services.disclosure.domain.case import Asked, Declined, State, Unasked, evolve, initial


@dataclass(frozen=True)
class Entry:
    """A case: its stream, its number in the order of opening, from 1, its state, and its stream's version."""

    stream: str
    number: int
    state: Declined | Asked
    version: int


class CaseBook:
    """Every case, oldest first."""

    def __init__(self, codec: EventCodec) -> None:
        self._codec = codec
        self._entries: dict[str, Entry] | None = {}

    def entries(self) -> Sequence[Entry]:
        """Every case; RuntimeError when the log could not be read."""
        if self._entries is None:
            raise RuntimeError("the cases could not be read")
        return tuple(self._entries.values())

    def apply(self, commits: Sequence[Commit]) -> None:
        """Take the next commits of the log."""
        assert self._entries is not None  # noqa: S101  (nothing is applied after `abandon`)
        for commit in commits:
            if stream_category(commit.stream) == "case":
                self._entries[commit.stream] = self._next(self._entries, commit)

    def abandon(self) -> None:
        """Hold nothing any more."""
        self._entries = None

    def _next(self, entries: dict[str, Entry], commit: Commit) -> Entry:
        known = entries.get(commit.stream)
        state: State = known.state if known else initial
        for recorded in commit.events:
            for event in self._codec.decode(recorded.type, recorded.data):
                state = evolve(state, event)
        assert not isinstance(state, Unasked)  # noqa: S101  (a case begins with its being asked or declined)
        return Entry(commit.stream, known.number if known else len(entries) + 1, state, commit.last)
