"""A page of 20 posts of the feed beside a bare grpc.aio server that answers as many bytes to the same request."""

from statistics import median

from bench.figures import Aim, Comparison, Target
from bench.forum_rig import TRACED, forum_rig
from bench.machine import running_store
from bench.rounds import CONCURRENT, Meter, interleaved
from bench.settings import Settings

_POSTS = 256


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    calls = settings.sized(2560, 256)
    with running_store(settings.directory / "store") as store, store.fresh() as uri:
        async with forum_rig(settings.directory / "embedded", uri) as rig:
            await rig.post(_POSTS)
            await rig.settle()
            size = (await rig.read_feed(CONCURRENT))["largest"]

            forum, bare = Meter(rig.forum.pid), Meter(rig.bare.pid)

            async def raw(meter: Meter) -> float:
                async with meter.watching(), bare.watching():
                    return float((await rig.call_for_bytes([rig.page] * calls, size))["rate"])

            async def ours(meter: Meter) -> float:
                async with meter.watching(), forum.watching():
                    return float((await rig.read_feed(calls))["rate"])

            sides = await interleaved(
                settings.rounds,
                raw=raw,
                ours=ours,
                raw_is=f"a grpc.aio call that answers {size:,} bytes",
                ours_is=f"ListLatestPosts, authz, validation, metrics and tracing ({TRACED:.0%} recorded) on",
                store_pid=store.pid,
            )
    return [
        Comparison(
            name="feed",
            what=f"feed page of 20 over mTLS, {CONCURRENT} concurrent",
            unit="calls/s",
            raw=sides[0],
            ours=sides[1],
            target=Target(aim=Aim.AT_LEAST, value=0.70),
            notes={
                "bytes of a page": size,
                "calls in a round": calls,
                "processor time of a call in ms": 1000 * median(forum.seconds) / calls,
                "of a raw one": 1000 * median(bare.seconds) / calls,
            },
        )
    ]
