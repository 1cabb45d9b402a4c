"""The broken builds: each takes one protection away, on order, while everything else stays as shipped.

A build that the harness did not find would show that the harness is blind. Which one is in force is told by a file, so
that one platform can be sound for some people and broken for the next.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from services.chassis.coarse_clock import CoarseClock
from services.chassis.rpc_pipeline import Pipeline


class Build(StrEnum):
    """What is broken."""

    SOUND = "sound"
    # These two come next, while the sound course's labels are open: nobody's order is changed by waiting for that.
    NO_DELAYS = "an alias is used as soon as it can be"
    PRECISE_TIMES = "exact times are stored, and an alias is used within seconds"
    REFERENCE_IN_CLEAR = "the forum keeps the escrow reference in clear"
    REFERENCE_HASHED = "the forum keeps an unsalted hash of the escrow reference"
    ALIAS_SHOWN_TO_READERS = "readers are shown the alias key"
    ALIAS_SENT_TO_IDENTITY = "the person's side sends the alias key"
    TRACE_CONTINUED = "one trace goes on from the person's side to the alias's"


class Orders:
    """The build in force, in the file at `path`; sound while there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def build(self) -> Build:
        """What is in force now."""
        try:
            return Build(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Build.SOUND

    @contextmanager
    def given(self, build: Build) -> Iterator[None]:
        """Have `build` in force for the block."""
        draft = self._path.with_suffix(".draft")
        draft.write_text(build, encoding="utf-8")
        draft.replace(self._path)
        try:
            yield
        finally:
            self._path.unlink()


def install(orders: Orders, service: str) -> None:
    """Break this process of `service` on order."""
    _continue_every_trace(orders)
    _keep_exact_times(orders)
    if service == "forum":
        _show_the_alias(orders)


def _continue_every_trace(orders: Orders) -> None:
    made = Pipeline.__init__

    def make(pipeline: Pipeline, **options: Any) -> None:
        trusted = options.pop("continue_traces_from", frozenset())
        made(pipeline, continue_traces_from=_OnOrder(orders, trusted), **options)  # type: ignore[arg-type]

    Pipeline.__init__ = make  # type: ignore[assignment, method-assign]


class _OnOrder:
    """The callers whose traces are continued: all of them, on order."""

    def __init__(self, orders: Orders, trusted: frozenset[str]) -> None:
        self._orders, self._trusted = orders, trusted

    def __contains__(self, caller: object) -> bool:
        return caller in self._trusted or self._orders.build() is Build.TRACE_CONTINUED


def _keep_exact_times(orders: Orders) -> None:
    coarse = CoarseClock.seconds

    def seconds(clock: CoarseClock) -> int:
        if orders.build() is Build.PRECISE_TIMES:
            return int(clock._clock.now().timestamp())
        return coarse(clock)

    CoarseClock.seconds = seconds  # type: ignore[assignment, method-assign]


def _show_the_alias(orders: Orders) -> None:
    from services.forum.api import thread_servicer

    module: Any = thread_servicer
    made: Callable[..., Any] = module.Speaker

    def speaker(author: Any, names: tuple[str, ...], *rest: Any) -> Any:
        shown = (author.alias_key.hex(),) if orders.build() is Build.ALIAS_SHOWN_TO_READERS else names
        return made(author, shown, *rest)

    module.Speaker = speaker
