"""What the stores and the bus hold, read past every service, past the proxies and without the code that is on trial."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import nats
from nats.js.errors import NotFoundError
from pymongo import MongoClient

from tests.faults.rig.record import Record

STREAM_NAME = "PRODUCER_PUBLIC"
_AT_ONCE = 200
_PLACE = 0
"""The id under which a view's collection says how far it is complete."""


@dataclass(frozen=True)
class StoredEvent:
    version: int
    type: str
    data: bytes


@dataclass(frozen=True)
class StoredPart:
    id: str
    first: int
    last: int


@dataclass(frozen=True)
class StoredCommit:
    """One document of `commits`."""

    stream: str
    first: int
    last: int
    events: tuple[StoredEvent, ...]
    parts: tuple[StoredPart, ...]
    position: int | None


@dataclass(frozen=True)
class StoreEvidence:
    """One service's store: its commits in no order, and its views by id."""

    commits: tuple[StoredCommit, ...] = ()
    views: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class BusMessage:
    """A message as the bus keeps it; `mark` and `previous` as they are written in its headers."""

    sequence: int
    mark: str
    previous: str
    type: str
    data: bytes


@dataclass(frozen=True)
class Evidence:
    """Everything there is to judge by."""

    record: Record
    ledger: StoreEvidence
    mirror: StoreEvidence
    bus: tuple[BusMessage, ...]


def read_store(uri: str) -> StoreEvidence:
    """All that the store at `uri` holds."""
    with MongoClient[dict[str, Any]](uri) as client:
        database = client.get_default_database()
        return StoreEvidence(
            commits=tuple(_commit(document) for document in database["commits"].find()),
            views={each["_id"]: each for each in database[_views(database)].find() if each["_id"] != _PLACE},
        )


async def read_bus(url: str) -> tuple[BusMessage, ...]:
    """All that the ledger's stream holds, in order; none while there is no stream."""
    connection = await nats.connect(url, allow_reconnect=False, connect_timeout=5)
    try:
        jetstream = connection.jetstream()
        try:
            state = (await jetstream.stream_info(STREAM_NAME)).state
        except NotFoundError:
            return ()
        messages: list[BusMessage] = []
        for first in range(state.first_seq, state.last_seq + 1 if state.messages else 0, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, state.last_seq + 1))
            asked = [jetstream.get_msg(STREAM_NAME, seq=number) for number in numbers]
            messages += map(_message, await asyncio.gather(*asked))
        return tuple(messages)
    finally:
        await connection.close()


def _views(database: Any) -> str:
    """The collection that readers of the view are sent to."""
    view = database["projections"].find_one({"_id": "accounts_v1"}) or {}
    return f"accounts_v1_g{view.get('active', 0)}"


def _commit(document: Mapping[str, Any]) -> StoredCommit:
    return StoredCommit(
        stream=document["stream"],
        first=document["first"],
        last=document["last"],
        events=tuple(StoredEvent(event["v"], event["type"], event["data"]) for event in document["events"]),
        parts=tuple(StoredPart(part["id"], part["first"], part["last"]) for part in document["parts"]),
        position=document.get("pos"),
    )


def _message(stored: Any) -> BusMessage:
    headers = stored.headers or {}
    return BusMessage(
        sequence=stored.seq,
        mark=headers.get("Vs-Pos", ""),
        previous=headers.get("Vs-Prev", ""),
        type=headers.get("Vs-Type", ""),
        data=stored.data or b"",
    )


@dataclass(frozen=True)
class Standing:
    """How far each part of the rig has come, in positions of the log that it follows; -1 for one that cannot be asked.

    `ledger` and `mirror` count the commits of the stores, sequenced or not.
    """

    ledger: int
    ledger_head: int
    ledger_view: int
    bus: int
    heard: int
    mirror: int
    mirror_head: int
    mirror_view: int

    @property
    def quiet(self) -> bool:
        """Nothing is left to be done by anybody."""
        ledger = {self.ledger, self.ledger_head, self.ledger_view, self.bus, self.heard}
        return len(ledger) == 1 and len({self.mirror, self.mirror_head, self.mirror_view}) == 1


async def read_standing(ledger_uri: str, mirror_uri: str, bus_url: str) -> Standing:
    """Where everybody stands now; raises the drivers' errors."""
    ledger, mirror, bus = await asyncio.gather(
        asyncio.to_thread(_counts, ledger_uri), asyncio.to_thread(_counts, mirror_uri), _published(bus_url)
    )
    return Standing(
        ledger=ledger["commits"],
        ledger_head=ledger["head"],
        ledger_view=ledger["view"],
        bus=bus,
        heard=mirror["heard"],
        mirror=mirror["commits"],
        mirror_head=mirror["head"],
        mirror_view=mirror["view"],
    )


def _counts(uri: str) -> dict[str, int]:
    with MongoClient[dict[str, Any]](uri, timeoutMS=5000) as client:
        database = client.get_default_database()
        marks = {each["_id"]: each.get("position", 0) for each in database["marks"].find()}
        view = database[_views(database)].find_one({"_id": _PLACE}) or {"position": 0}
        return {
            "commits": database["commits"].count_documents({}),
            "head": marks.get("log head", 0),
            "heard": marks.get("consumer of producer", 0),
            "view": view["position"],
        }


async def _published(url: str) -> int:
    connection = await nats.connect(url, allow_reconnect=False, connect_timeout=5)
    try:
        message = await connection.jetstream().get_last_msg(STREAM_NAME, "producer.public.>")
        return int(_message(message).mark.partition(".")[0])
    except NotFoundError:
        return 0
    finally:
        await connection.close()
