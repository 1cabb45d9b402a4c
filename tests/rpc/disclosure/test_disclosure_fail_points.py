"""The fail points of disclosure are where its steps are: whoever is to be killed between two can be."""

from pathlib import Path
from typing import Any

from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.faults.rig.breaking import Breakable, FailPoints
from tests.faults.rig.disclosure import STORE, with_fail_points
from tests.rpc.disclosure.world import Ceremony, Platform, delay_over
from vouchsafe.disclosure.v1 import case_service_pb2 as pb


class Reached(FailPoints):
    """Notes where the process comes by."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self.points: list[str] = []

    def reached(self, point: str) -> None:
        self.points.append(point)

    def taken(self) -> list[str]:
        """What was passed since this was asked, each in a row once."""
        points, self.points = self.points, []
        return [each for at, each in enumerate(points) if at == 0 or points[at - 1] != each]


async def test_an_opening_comes_by_every_point_in_the_order_of_its_steps(tmp_path: Path):
    breaking = Reached()
    store: Any = Breakable(MemoryEventStore(), STORE, breaking)
    async with Platform(tmp_path, Ceremony(), store) as platform:
        await platform.start("witness-1", "witness-2", "trustee-1", "trustee-2", "trustee-3")
        disclosure = await platform.disclosure(lambda peers: with_fail_points(peers, breaking), background=False)
        author = platform.author()
        await disclosure.publish_label()
        await disclosure.deposit(author)
        case = await disclosure.approve(platform.ceremony, await disclosure.open_case(author), "ann", "bob", "cyd")

        breaking.taken()
        case = await disclosure.intend(case)
        kinds = [point.partition(".")[0] for point in breaking.taken() if point.endswith(".before")]
        assert kinds[:3] == ["insert"] * 3
        assert kinds[-1] == "insert"
        assert set(kinds[3:-1]) == {"witness"}

        await delay_over(case)
        assert (await disclosure.execute(case)).state == pb.CASE_STATE_OPENED
        kinds = [point.partition(".")[0] for point in breaking.taken() if point.endswith(".before")]
        told = kinds.index("insert")
        assert set(kinds[:told]) == {"trustee"}
        assert kinds[told : told + 2] == ["insert", "insert"]
        assert set(kinds[told + 2 : -2]) == {"witness"}
        assert kinds[-2:] == ["identity", "insert"]
        await disclosure.collect(case)
        assert [point for point in breaking.taken() if point.startswith("insert")] == ["insert.before", "insert.after"]
