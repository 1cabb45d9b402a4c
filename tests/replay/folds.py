"""What each version of a fold makes of the corpus, as a digest: one line for each fold whose states are kept.

A state that was kept as a snapshot is read on from by later code. So the fold may not change without a new version, by
which the states of the old one are left aside. `thread.FOLD_VERSION` is such a version.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from services.chassis.log.folded import Evolving
from services.chassis.log.state_coder import StateCoder
from services.forum.domain import thread
from tests.replay.fixtures import CORPUS, LineBroken, codec_of, read

FILE = Path(__file__).with_name("folds.jsonl")


class Kept(NamedTuple):
    """A fold whose states are kept: its version, the module of the fold, and how a state is written."""

    version: int
    decider: Evolving[Any, Any]
    coder: StateCoder[Any]


KEPT: Mapping[tuple[str, str], Kept] = {
    ("forum", "thread"): Kept(thread.FOLD_VERSION, thread, StateCoder(thread.State)),
}
"""By service and stream of the corpus."""


@dataclass(frozen=True)
class Frozen:
    """What version `version` of a fold made of the first `events` events of a stream of the corpus."""

    service: str
    stream: str
    version: int
    events: int
    state: str


def frozen(path: Path) -> list[Frozen]:
    """The lines of the file."""
    return (
        [Frozen(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def folded(service: str, stream: str, kept: Kept, events: int | None = None) -> Frozen:
    """What today's fold makes of that many events, or of all."""
    codec = codec_of(service)
    told = [
        event for line in read(CORPUS / f"{service}.jsonl") if line.stream == stream for event in line.told_with(codec)
    ]
    told = told[:events]
    state = kept.decider.initial
    for event in _varied(told):
        state = kept.decider.evolve(state, event)
    digest = hashlib.sha256(kept.coder.to_bytes(state)).hexdigest()
    return Frozen(service, stream, kept.version, len(told), digest)


def freeze(path: Path, folds: Mapping[tuple[str, str], Kept] = KEPT) -> list[Frozen]:
    """Append a line for each version that has none; LineBroken, and the file is as it was, if one no longer holds."""
    lines = frozen(path)
    new = []
    for (service, stream), kept in folds.items():
        known = [line for line in lines if (line.service, line.stream, line.version) == (service, stream, kept.version)]
        for line in known:
            if folded(service, stream, kept, line.events) != line:
                raise LineBroken(f"{service}: the fold of {stream} has changed; raise its version from {kept.version}")
        new += [] if known else [folded(service, stream, kept)]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(line)) + "\n" for line in new)
    return new


def _varied(events: list[Any]) -> Iterator[Any]:
    """The events, and all but the first three times more with other contents, for states of more than one entry."""
    yield from events
    for number in range(1, 4):
        for event in events[1:]:
            changed = {field.name: _changed(getattr(event, field.name), number) for field in fields(event)}
            yield replace(event, **changed)


def _changed(value: Any, number: int) -> Any:
    match value:
        case str():
            return f"{value} {number}"
        case bytes():
            return value + bytes([number])
    return value
