"""What a transparency report is made of: counts and lists, each of one kind of thing that stands in the log.

How they come about is `report`'s work.
"""

from dataclasses import dataclass
from enum import StrEnum


class IntentState(StrEnum):
    """How far an intent without a result is."""

    WAITING = "waiting"
    """Its delay may still be running."""
    DUE = "due"
    """Its delay is over: the alias may be opened at any moment."""
    OVERDUE = "overdue"
    """Its case has ended by the policy, and the log was not told how."""


class GagState(StrEnum):
    """Whether the subject of a gagged opening has been told."""

    IN_FORCE = "in-force"
    ENDED = "ended"
    OVERDUE = "overdue"
    """The gag is over, and its notice is missing."""


@dataclass(frozen=True)
class Subject:
    """Which intent is spoken of: its index in the log, and the demand behind it."""

    index: int
    requester: str
    basis: str


@dataclass(frozen=True)
class OpenIntent:
    """An intent without a result. `age`: leaves logged since; `logged_from`, `logged_to`: between when, 0 for unknown.

    `told`: the log has the subject's notice.
    """

    intent: Subject
    state: IntentState
    age: int
    delay: int
    logged_from: int
    logged_to: int
    gag_until: int
    waived: bool
    told: bool


@dataclass(frozen=True)
class Gag:
    """A subject who is, or was, not to be told until `until`; `extensions` were logged."""

    intent: Subject
    state: GagState
    until: int
    extensions: int
    outcome: str


@dataclass(frozen=True)
class Untold:
    """A subject whose notice is missing although no gag says so. `age`: leaves that were logged since the intent."""

    intent: Subject
    age: int


@dataclass(frozen=True)
class Waived:
    """An opening of which the subject gets less than full notice, or none, by a document in the case."""

    intent: Subject
    outcome: str


@dataclass(frozen=True)
class Vetoed:
    """An opening that one officer stopped; `index` is the veto's."""

    intent: Subject
    index: int
    officer: str


@dataclass(frozen=True)
class Count:
    """So many demands of one requester class on one basis ended so (`pending`: have not)."""

    requester: str
    basis: str
    outcome: str
    count: int


@dataclass(frozen=True)
class Declined:
    """The pressure ledger: so many demands of one class for one thing that nobody had a right to."""

    requester: str
    wants: str
    count: int


@dataclass(frozen=True)
class AnswerTime:
    """Seconds from asking to the answer, for demands that were not declined at once. `late`: after their due time."""

    requester: str
    answered: int
    median: int
    worst: int
    late: int
    waiting: int
    waiting_late: int


@dataclass(frozen=True)
class Month:
    """Demands of one month (``YYYY-MM``, UTC): how many were declined at once, and how many were taken up."""

    month: str
    declined: int
    taken_up: int
