"""What the forum sends to its database for one command, with 64 CreatePosts at once, until its views are done.

Counted are the driver's commands, by the driver's own listener in the forum's process, from the first call until every
commit has its position and every view has every commit. A CreatePost is one command of the log. Left out are the
leases' renewals, which come by the second and not by the command; the figure with everything is beside it.
"""

from collections import Counter

from bench.figures import Aim, Comparison, Side, Target
from bench.forum_rig import forum_rig
from bench.machine import running_store
from bench.rounds import CONCURRENT
from bench.settings import Settings

_BUSIEST = 8


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    posts = settings.sized(1280, 192)
    figures: list[float] = []
    with_all: list[float] = []
    sent: Counter[str] = Counter()
    with running_store(settings.directory / "store") as store, store.fresh() as uri:
        async with forum_rig(settings.directory / "embedded", uri) as rig:
            for turn in range(settings.rounds + 1):
                await rig.post(posts)
                counted = Counter(await rig.settle())
                if turn == 0:
                    continue
                sent += counted
                leases = sum(number for command, number in counted.items() if command.split()[1] == "leases")
                with_all.append(counted.total() / posts)
                figures.append((counted.total() - leases) / posts)
    busiest = ", ".join(f"{name} {number / settings.rounds / posts:.3f}" for name, number in sent.most_common(_BUSIEST))
    return [
        Comparison(
            name="round_trips",
            what=f"database round trips per command, {CONCURRENT} concurrent",
            unit="",
            raw=Side(what="its append alone, in a full bulk of 64", figures=[1 / CONCURRENT]),
            ours=Side(what="append, sequence and the forum's eight views", figures=figures),
            target=Target(aim=Aim.AT_MOST, value=0.20, of_ours=True),
            notes={
                "with the lease's commands": Side(what="", figures=with_all).median,
                "most of them": busiest,
                "calls in a round": posts,
            },
        )
    ]
