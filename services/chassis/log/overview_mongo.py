"""What stands in a service's database beside its commits, for operators: who follows how far, and who leads.

Only reads, and only what the adapters of `eventstore` and `lease` keep in `marks` and `leases`.
"""

from dataclasses import dataclass

from services.chassis.log.eventstore import Mark
from services.chassis.log.eventstore_mongo import MongoDatabase, translated


@dataclass(frozen=True, slots=True)
class SavedPlace:
    """Where a follower stands, and the epoch under which that was saved."""

    follower: str
    mark: Mark
    epoch: int


@dataclass(frozen=True, slots=True)
class LeaseSeen:
    """A lease: how often it was taken, whether somebody holds it, and until when (Unix seconds, database's clock)."""

    name: str
    epoch: int
    held: bool
    until: float


class MongoOverview:
    """Marks and leases of one service. Every method may raise StoreUnavailable."""

    def __init__(self, database: MongoDatabase) -> None:
        self._marks = database.collection("marks")
        self._leases = database.collection("leases")

    async def places(self) -> list[SavedPlace]:
        """Where each follower stands, by name."""
        with translated():
            found = await self._marks.find({"offset": {"$exists": True}}).to_list(None)
        places = [SavedPlace(one["_id"], Mark(one["position"], one["offset"]), int(one["epoch"])) for one in found]
        return sorted(places, key=lambda place: place.follower)

    async def leases(self) -> list[LeaseSeen]:
        """All leases that anybody ever held, by name."""
        with translated():
            found = await self._leases.find({}).to_list(None)
        leases = [LeaseSeen(one["_id"], int(one["epoch"]), bool(one["owner"]), one["until"] / 1000) for one in found]
        return sorted(leases, key=lambda lease: lease.name)
