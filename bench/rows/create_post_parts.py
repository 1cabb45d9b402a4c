"""Where a CreatePost's time goes: the call as far as it gets, each part beside the same empty call, all in one run.

A bare server that is sent a post's request and answers as many bytes as CreatePost does; our server and its pipeline
with a method that answers at once; the method up to a verified signature, without the log; and all of it. The last
three are one process that is told how far to go, its stores in its own memory and the views driven elsewhere. These
rows have no target: they explain `create_post_replica`.

What a part costs is what it costs more than the one before: of the time from one answer to the next, 64 at once, in
which the caller takes its share of the machine, and of the server's processor time, which tells work from waiting.
Others' work on the machine spoils the first and its ratio, and hardly the second and its ratio.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

from bench.figures import Comparison, Side
from bench.forum_parts import Part
from bench.forum_rig import TRACED, ForumRig, forum_rig
from bench.rounds import CONCURRENT, Meter, in_turn
from bench.serve_forum import MEMORY
from bench.settings import Settings

_EMPTY_IS = "an empty grpc.aio unary call"

_Send = Callable[[Sequence[bytes]], Awaitable[dict[str, Any]]]


@dataclass
class _Step:
    """A part that is measured; `send` has a call made for each of these requests."""

    name: str
    what: str
    send: _Send
    server: Meter
    latencies: list[float] = field(default_factory=list)


@dataclass
class _Measured:
    """What a step has come to, its times in microseconds a call."""

    step: _Step
    side: Side
    calls: int

    @property
    def wall(self) -> float:
        """From one answer to the next."""
        return 1e6 / self.side.median

    @property
    def processor(self) -> float:
        """Of the server's process, until it had nothing left to do; without the round that does not count."""
        return 1e6 * median(self.step.server.seconds[1:]) / self.calls


async def measure(settings: Settings) -> list[Comparison]:
    """The rows."""
    calls = settings.sized(1280, 192)
    async with forum_rig(settings.directory, MEMORY, replica=True, parts=True) as rig:
        # Each author has then a name in his thread, as nearly all have who post.
        size = (await rig.post(CONCURRENT))["largest"]
        await rig.settle()
        steps = _steps(rig, size)
        sides = await in_turn(settings.rounds, [(step.what, partial(_round, rig, step, calls)) for step in steps])
    found = [_Measured(step, side, calls) for step, side in zip(steps, sides, strict=True)]
    return [_row(found[0], before, this, size) for before, this in pairwise(found)]


def _steps(rig: ForumRig, size: int) -> list[_Step]:
    async def nothing(requests: Sequence[bytes]) -> dict[str, Any]:
        return await rig.call_empty(len(requests))

    async def as_many_bytes(requests: Sequence[bytes]) -> dict[str, Any]:
        return await rig.call_for_bytes(requests, size)

    async def as_far_as(part: Part, requests: Sequence[bytes]) -> dict[str, Any]:
        await rig.stop_after(part)
        answer = await rig.create(requests)
        await rig.settle()
        return answer

    on = f"authz, deadline, tracing ({TRACED:.0%} recorded), metrics, parsing and validation on"
    bare = partial(Meter, rig.bare.pid)
    forum = partial(Meter, rig.forum.pid)
    return [
        _Step("empty", _EMPTY_IS, nothing, bare()),
        _Step("bytes", "a bare call with a post's request and an answer of its size", as_many_bytes, bare()),
        _Step("pipeline", f"a method that answers at once, {on}", partial(as_far_as, Part.PIPELINE), forum()),
        _Step("checks", "CreatePost to its verified signature, no log", partial(as_far_as, Part.CHECKS), forum()),
        _Step("whole", "CreatePost", partial(as_far_as, Part.WHOLE), forum()),
    ]


async def _round(rig: ForumRig, step: _Step, calls: int, _store: Meter) -> float:
    requests = rig.requests(calls)
    async with step.server.watching():
        answer = await step.send(requests)
    step.latencies.append(answer["p50_ms"])
    return float(answer["rate"])


def _row(empty: _Measured, before: _Measured, this: _Measured, size: int) -> Comparison:
    return Comparison(
        name=f"create_post_parts_{this.step.name}",
        what=f"{this.step.what}, {CONCURRENT} concurrent",
        unit="calls/s",
        raw=empty.side,
        ours=this.side,
        notes={
            "bytes of an answer": size,
            "p50 in ms": median(this.step.latencies),
            "from one answer to the next in µs": this.wall,
            "more than the part before": this.wall - before.wall,
            "server's processor time of a call in µs": this.processor,
            "more than that of the part before": this.processor - before.processor,
            "processor time of an empty call by this one's": empty.processor / this.processor,
        },
    )
