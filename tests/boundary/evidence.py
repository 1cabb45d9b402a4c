"""Everything that a running platform's parts leave behind, as records: what, where, when and in which order.

Read as an insider would: databases with the service's own rights, streams with its bus account, its telemetry, and the
calls that it served and made. Nothing is judged here.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from bson import decode

from deploy.local.topology import CORE, SERVICES
from deploy.local.view import PlatformView
from examples.demo import evidence as stored
from tests.boundary.part import recording
from tests.boundary.trees import Tree, of_document, of_message
from vouchsafe.disclosure.v1.transparency_log_service_pb2 import ListLeavesResponse

_LIST_LEAVES = "/vouchsafe.disclosure.v1.TransparencyLogService/ListLeaves"


class Channel(StrEnum):
    """How a part comes to hold something."""

    STORED = "stored"
    BUS = "bus"
    CALLS = "calls"
    LOGS = "logs"
    TRACES = "traces"
    METRICS = "metrics"


@dataclass(frozen=True)
class Record:
    """One document, message, call, line or span. `real_ns`: when, by the machine's clock; 0 where only it says so."""

    service: str
    channel: Channel
    kind: str
    real_ns: int
    tree: Tree


@dataclass(frozen=True)
class Stored:
    """What lay in databases and streams at one moment, by its bytes."""

    items: Mapping[tuple[str, Channel, str, bytes], None]

    @classmethod
    async def of(cls, platform: PlatformView) -> "Stored":
        """What lies there now, in the order in which it is found."""
        return cls({key: None async for key in _items(platform)})

    def since(self, before: "Stored") -> Iterator[Record]:
        """What was added or changed after `before`."""
        for service, channel, kind, data in self.items:
            if (service, channel, kind, data) not in before.items:
                tree = of_document(decode(data)) if channel is Channel.STORED else _bus_message(data)
                yield Record(service, channel, kind, 0, tree)


async def _items(platform: PlatformView) -> AsyncIterator[tuple[str, Channel, str, bytes]]:
    for service in CORE:
        async for item in stored.documents(platform, service):
            yield service, Channel.STORED, item.where, item.data
        async for item in stored.messages(platform, service):
            yield service, Channel.BUS, item.where.rpartition(" ")[0], item.data


def _bus_message(data: bytes) -> Tree:
    head, _, body = data.partition(b"\n\n")
    subject, *headers = head.decode().splitlines()
    return {"subject": subject, "headers": [each.partition(": ")[2] for each in headers], "body": of_message(body)}


def overheard(platform: PlatformView, recordings: Path) -> Iterator[Record]:
    """All calls, log lines, spans and measurements of a platform that has stopped."""
    layout = platform.layout
    for name in SERVICES:
        for line in _lines(recording(recordings, name)):
            yield from of_call(name, line)
        for channel, directory in ((Channel.LOGS, layout.log_files), (Channel.TRACES, layout.traces)):
            yield from (_told(name, channel, line) for line in _lines(directory / f"{name}.jsonl"))
        yield from (_measured(name, line) for line in _lines(layout.metrics / f"{name}.jsonl"))


def of_call(name: str, line: dict[str, Any]) -> Iterator[Record]:
    """A call as `recorder` wrote it down: one record, and where it read the public log one for each leaf besides.

    Which leaves an answer holds is its reader's choice, mostly what was new to him; that two were new at once says no
    more than their order, which the attack by order judges.
    """
    kind, at = f"{line['role']} {line['path']}", line["at_ns"]
    request, answer = (base64.b64decode(line[each]) for each in ("request", "answer"))
    told = [of_message(answer)]
    if line["path"] == _LIST_LEAVES:
        told = [[], *([of_document(leaf)] for leaf in ListLeavesResponse.FromString(answer).leaves)]
    head = {"caller": line["caller"], "metadata": line["metadata"], "request": of_message(request)}
    yield Record(name, Channel.CALLS, kind, at, {**head, "answer": told[0]})
    yield from (Record(name, Channel.CALLS, kind, at, {"answer": each}) for each in told[1:])


def _told(name: str, channel: Channel, line: dict[str, Any]) -> Record:
    if channel is Channel.TRACES:
        at = line.pop("start_ns")
        line.pop("end_ns")
        return Record(name, channel, line["name"], at, line)
    return Record(name, channel, str(line.get("event")), _iso_ns(line.pop("timestamp", "")), line)


def _measured(name: str, line: dict[str, Any]) -> Record:
    return Record(name, Channel.METRICS, line["name"], line.pop("at_ns"), line)


def _iso_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1e9) if text else 0


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.startswith("{"):
                    yield json.loads(line)
