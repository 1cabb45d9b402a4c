"""CreatePost with everything on beside an empty call of a bare grpc.aio server, same TLS, same client, 64 at once.

Three times: with the forum's stores in its own memory, where the figure is what our code costs, once as a replica that
leaves the views to another and once as the one that drives them; and on the embedded store, where the share of a
processor that the store took says whose limit it is. The background work goes on at the same time, and a round begins
when all of it is done. Traces are sampled as in a cluster.
"""

from statistics import median

from bench.figures import Aim, Comparison, Target
from bench.forum_rig import TRACED, ForumRig, forum_rig
from bench.machine import running_store
from bench.rounds import CONCURRENT, Meter, interleaved
from bench.serve_forum import MEMORY
from bench.settings import Settings

_ON = f"authz, validation, signatures, metrics, sequencer, hot model and tracing ({TRACED:.0%} recorded) on"


async def measure(settings: Settings) -> list[Comparison]:
    """The rows."""
    async with forum_rig(settings.directory / "replica", MEMORY, replica=True) as rig:
        replica = await _row(settings, rig, "create_post_replica", "in our own memory, views driven elsewhere", None)
    async with forum_rig(settings.directory / MEMORY, MEMORY) as rig:
        in_memory = await _row(settings, rig, "create_post_memory", "in our own memory, views and all", None)
    with running_store(settings.directory / "store") as store, store.fresh() as uri:
        async with forum_rig(settings.directory / "embedded", uri) as rig:
            embedded = await _row(settings, rig, "create_post", "on the embedded store", store.pid)
    return [replica, in_memory, embedded]


async def _row(settings: Settings, rig: ForumRig, name: str, where: str, store_pid: int | None) -> Comparison:
    posts, calls = settings.sized(1280, 192), settings.sized(3840, 640)
    latencies: list[float] = []
    forum, bare = Meter(rig.forum.pid), Meter(rig.bare.pid)

    async def raw(meter: Meter) -> float:
        async with meter.watching(), bare.watching():
            return float((await rig.call_empty(calls))["rate"])

    async def ours(meter: Meter) -> float:
        async with forum.watching():
            async with meter.watching():
                answer = await rig.post(posts)
            await rig.settle()
        latencies.append(answer["p50_ms"])
        return float(answer["rate"])

    sides = await interleaved(
        settings.rounds,
        raw=raw,
        ours=ours,
        raw_is="an empty grpc.aio unary call",
        ours_is=f"CreatePost, {_ON}",
        store_pid=store_pid,
    )
    return Comparison(
        name=name,
        what=f"CreatePost over mTLS, {where}, {CONCURRENT} concurrent",
        unit="calls/s",
        raw=sides[0],
        ours=sides[1],
        target=Target(aim=Aim.AT_LEAST, value=0.45),
        notes={
            "calls in a round": posts,
            "p50 in ms": median(latencies),
            "processor time of a call in ms, until all is quiet": 1000 * median(forum.seconds) / posts,
            "of an empty one": 1000 * median(bare.seconds) / calls,
        },
    )
