"""`python -m tests.faults.rig.disclosure`: disclosure as it ships, with fail points where it meets the world.

Orders are read from the file `orders` in its state directory (`breaking`). Points, each `.before` and `.after`:
`insert`, every commit of its store; `witness`, `trustee`, `identity`, every question to one. A commit comes by points
of its own besides: the names of its events and, if it is a leaf, the leaf's kind. Those of an opening are, in this
order, `OpeningIntended`, `open-intent`, `subject-notice`, `OpeningWitnessed`; after the delay `EnvelopeOpened`,
`open-result`, `CaseExecuted`; `AnswerCollected`. So one of the points stands between any two steps.
"""

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from services.chassis.lifecycle import Process, run_service
from services.chassis.log.eventstore import Commit, EventData, Write
from services.disclosure import wiring
from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.adapters.peers import Peers
from services.seal.leaves import kind_of
from services.tlog.log import LeafAppended
from tests.faults.rig.breaking import Breakable, FailPoints

STORE = {"append": "insert"}


class BreakableStore(Breakable):
    """The store of disclosure; every commit comes by `insert`, and by points that are named after what it holds."""

    def __init__(self, store: Any, breaking: FailPoints) -> None:
        super().__init__(store, STORE, breaking)
        self._codec = event_codec()

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        """As the store's own."""
        points = [point for write in writes for event in write.events for point in self._points_of(event)]
        for point in points:
            self._breaking.reached(f"{point}.before")
        commit: Commit = await self.__getattr__("append")(stream, expected_version, writes)
        for point in points:
            self._breaking.reached(f"{point}.after")
        return commit

    def _points_of(self, event: EventData) -> Iterator[str]:
        yield event.type.rpartition(".")[2]
        for decoded in self._codec.decode(event.type, event.data):
            if isinstance(decoded, LeafAppended):
                yield kind_of(decoded.leaf)


def with_fail_points(peers: Peers, breaking: FailPoints) -> Peers:
    """The same peers; every question to a witness, a trustee or identity comes by its point."""
    return replace(
        peers,
        witnesses={key: _passing("witness", ask, breaking) for key, ask in peers.witnesses.items()},
        trustees=[_passing("trustee", ask, breaking) for ask in peers.trustees],
        identity=_passing("identity", peers.identity, breaking),
    )


def _passing(point: str, ask: Callable[..., Awaitable[Any]], breaking: FailPoints) -> Any:
    async def asked(*arguments: Any) -> Any:
        breaking.reached(f"{point}.before")
        answer = await ask(*arguments)
        breaking.reached(f"{point}.after")
        return answer

    return asked


async def start(process: Process) -> None:
    """As `wiring.start`, on a store and peers with fail points."""
    breaking = FailPoints(process.endpoints.paths.state / "orders")
    parts: Any = wiring
    store, connect = parts.MongoEventStore, parts.connect

    def breakable_store(*arguments: Any) -> Any:
        return BreakableStore(store(*arguments), breaking)

    def breakable_peers(*arguments: Any, **named: Any) -> Peers:
        return with_fail_points(connect(*arguments, **named), breaking)

    parts.MongoEventStore, parts.connect = breakable_store, breakable_peers
    await wiring.start(process)


if __name__ == "__main__":
    sys.exit(run_service("disclosure", start))
