"""What the services have written, read straight from their databases with their own credentials."""

from collections.abc import Mapping
from typing import Any

from pymongo import AsyncMongoClient

from deploy.local.topology import CORE
from deploy.local.view import PlatformView
from vouchsafe.verification.events.v1.events_pb2 import IssuerKeyStored

Commits = Mapping[str, frozenset[str]]
"""The ids of all commits, by service."""


class Stores:
    """The four databases."""

    def __init__(self, platform: PlatformView) -> None:
        self._clients: dict[str, AsyncMongoClient[dict[str, Any]]] = {
            service: AsyncMongoClient(platform.store_uri(service)) for service in CORE
        }

    async def commits(self) -> Commits:
        """Every commit that stands in any of the logs."""
        return {service: frozenset([each["_id"] async for each in self._all(service)]) for service in CORE}

    async def events(self, service: str, kind: str) -> int:
        """How many commits of a service hold an event of a kind, such as `LabelActivated`."""
        stored = f"vouchsafe.{service}.events.v1.{kind}"
        commits = self._clients[service].get_default_database()["commits"]
        return sum([1 async for _ in commits.find({"events.type": stored}, {"_id": 1})])

    async def sealed_issuer_key(self, label: str, epoch: int) -> bytes:
        """The private half of an issuer key, as verification keeps it."""
        commits = self._clients["verification"].get_default_database()["commits"]
        (commit,) = [each async for each in commits.find({"stream": f"issuer-key-{label}-{epoch}"})]
        (stored,) = [each for each in commit["events"] if each["type"].endswith(".IssuerKeyStored")]
        return IssuerKeyStored.FromString(bytes(stored["data"])).sealed_private_key

    async def all_is_heard(self) -> bool:
        """Whether each published event has reached those who act on it, so that nothing more will happen by itself."""
        pairs = (
            (("identity", "OwnershipCommitted"), ("disclosure", "LeafAppended"), "vouchsafe/v1/leaf/ownership\n"),
            (("verification", "IssuerKeyPublished"), ("disclosure", "IssuerKeyAccepted"), ""),
            (("verification", "LabelActivated"), ("disclosure", "LabelOpened"), ""),
            (("verification", "IssuerKeyPublished"), ("forum", "IssuerKeyAccepted"), ""),
            (("verification", "LabelActivated"), ("forum", "LabelOpened"), ""),
        )
        for told, heard, leaf in pairs:
            there = await self._leaves(leaf) if leaf else await self.events(*heard)
            if await self.events(*told) != there:
                return False
        return True

    async def close(self) -> None:
        """Drop the connections."""
        for client in self._clients.values():
            await client.close()

    async def _leaves(self, header: str) -> int:
        commits = self._clients["disclosure"].get_default_database()["commits"]
        log = commits.find({"stream": "log"}, {"events": 1})
        return sum([header.encode() in bytes(event["data"]) async for commit in log for event in commit["events"]])

    def _all(self, service: str) -> Any:
        return self._clients[service].get_default_database()["commits"].find({}, {"_id": 1})
