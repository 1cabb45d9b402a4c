"""What waits for the officer's yes: each action is prepared once, shown in full, and carried out as it was shown.

A draft holds the very text that will be signed and the very leaves that will be logged, together with what carries it
out, so that a page cannot show one thing and the button do another. It is good once and for a few minutes. It lives in
memory alone; what it is about was checked by whoever prepared it.
"""

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

LIFETIME_SECONDS = 600.0
MOST = 64


@dataclass(frozen=True)
class Text:
    """A text to be shown as it is: what it is called, and its lines."""

    title: str
    text: str


@dataclass(frozen=True)
class Draft:
    """One action, ready to be carried out. `carry_out` returns a sentence that says what has been done.

    `signs`: what the officer's key will sign. `logs`: the leaves that follow from it, as they would stand. `facts`:
    what else there is to know, as names and values. `grave` is an action that cannot be taken back.
    """

    title: str
    question: str
    button: str
    back: str
    carry_out: Callable[[], Awaitable[str]]
    facts: tuple[tuple[str, str], ...] = ()
    signs: tuple[Text, ...] = ()
    logs: tuple[Text, ...] = ()
    logs_nothing: str = ""
    grave: bool = False


@dataclass
class Waiting:
    """A draft on the desk, and what became of it."""

    draft: Draft
    made: float
    taken: bool = False
    outcome: str = ""
    refused: bool = False


class Drafts:
    """The drafts of one session. `monotonic` tells seconds."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._waiting: dict[str, Waiting] = {}

    def add(self, draft: Draft) -> str:
        """Keep a draft; its name in the address of its page. The oldest goes when there are too many."""
        if len(self._waiting) >= MOST:
            del self._waiting[next(iter(self._waiting))]
        name = secrets.token_urlsafe(16)
        self._waiting[name] = Waiting(draft, self._monotonic())
        return name

    def look(self, name: str) -> Waiting | None:
        """A draft that still waits, or has been carried out; None when it is unknown or too old."""
        waiting = self._waiting.get(name)
        done = waiting is not None and waiting.taken and not waiting.refused
        if waiting is None or (not done and self._monotonic() - waiting.made > LIFETIME_SECONDS):
            return None
        return waiting

    def take(self, name: str) -> Waiting | None:
        """A draft, to be carried out now; None for one that was carried out, or is being. A refused one may be retried:
        it signs the same again."""
        waiting = self.look(name)
        if waiting is None or (waiting.taken and not waiting.refused):
            return None
        waiting.taken, waiting.refused, waiting.outcome = True, False, ""
        return waiting
