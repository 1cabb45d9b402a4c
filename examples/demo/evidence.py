"""Where the leak scan looks: every document, bus message, log, trace and other file of a local platform's parts.

Read through the real drivers with the real credentials, as raw bytes. Nothing is judged here.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson import decode, encode
from bson.raw_bson import RawBSONDocument
from nats.js.errors import NotFoundError
from pymongo import AsyncMongoClient

from deploy.local import bus
from deploy.local.layout import Layout
from deploy.local.readiness import connect_bus
from deploy.local.topology import MIRRORS, TRUSTEES, WITNESSES
from deploy.local.view import PlatformView
from examples.demo.places import Kind, Place, part_of

_KEEPERS = TRUSTEES + WITNESSES + MIRRORS
"""Who keeps something in files."""


@dataclass(frozen=True)
class Item:
    """A piece of what the platform keeps: one document, message or file. `where` says which of the place's it is."""

    place: Place
    where: str
    data: bytes


async def documents(platform: PlatformView, service: str) -> AsyncIterator[Item]:
    """Every document of every collection of a service's database."""
    async with _database(platform, service) as client:
        database = client.get_default_database()
        for name in sorted(await database.list_collection_names()):
            async for document in database[name].find({}):
                yield Item(Place(service, Kind.DATABASE), name, bytes(document.raw))


async def messages(platform: PlatformView, service: str) -> AsyncIterator[Item]:
    """Every message that lies in a service's streams, headers and all."""
    connection = await connect_bus(platform.bus_url, platform.bus_provisioner(service))
    try:
        jetstream = connection.jetstream()
        for stream in (stream for stream in bus.streams() if stream.account == service):
            state = (await jetstream.stream_info(stream.name)).state
            for sequence in range(state.first_seq or 1, state.last_seq + 1):
                try:
                    message = await jetstream.get_msg(stream.name, sequence)
                except NotFoundError:  # aged out
                    continue
                headers = "".join(f"{key}: {value}\n" for key, value in (message.headers or {}).items())
                data = f"{message.subject}\n{headers}\n".encode() + (message.data or b"")
                yield Item(Place(service, Kind.STREAMS), f"{stream.name} {sequence}", data)
    finally:
        await connection.close()


def files(platform: PlatformView) -> Iterator[Item]:
    """Every log, trace and metrics file of every process, and the files of those without a database; read whole."""
    layout = platform.layout
    telemetry = ((Kind.LOGS, layout.log_files), (Kind.TRACES, layout.traces), (Kind.METRICS, layout.metrics))
    for kind, directory in telemetry:
        for path in _files_below(directory):
            process = path.name.partition(".")[0]
            yield Item(Place(part_of(process), kind), str(path.relative_to(directory)), path.read_bytes())
    for process in _KEEPERS:
        for path in _files_below(platform.layout.state(process)):
            yield Item(Place(part_of(process), Kind.FILES), f"{process}/{path.name}", path.read_bytes())


def example_file(layout: Layout, place: Place, name: str) -> Path:
    """Where a file called `name` would be one of the place's files."""
    process = next((p for p in _KEEPERS if part_of(p) == place.part), place.part)
    match place.kind:
        case Kind.LOGS:
            return layout.log_files / f"{process}.{name}"
        case Kind.TRACES:
            return layout.traces / f"{process}.{name}"
        case Kind.METRICS:
            return layout.metrics / f"{process}.{name}"
        case _:
            return layout.state(process) / name


async def plant(platform: PlatformView, service: str, collection: str, document: dict[str, Any]) -> None:
    """Put a document into a collection of its own in a service's database."""
    async with _database(platform, service) as client:
        await client.get_default_database()[collection].insert_one(RawBSONDocument(encode(document)))


async def uproot(platform: PlatformView, service: str, collection: str) -> None:
    """Drop such a collection."""
    async with _database(platform, service) as client:
        await client.get_default_database()[collection].drop()


def texts_of(item: Item) -> Iterator[str]:
    """The texts in an item: a document's text values and keys, a message's text fields, a file's lines."""
    match item.place.kind:
        case Kind.DATABASE:
            yield from _values(decode(item.data))
        case Kind.STREAMS:
            yield from _fields(item.data.partition(b"\n\n")[2])
            yield from item.data.partition(b"\n\n")[0].decode("utf-8", errors="replace").splitlines()
        case _:
            yield from item.data.decode("utf-8", errors="replace").splitlines()


def _files_below(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _values(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield from _fields(value)
    elif isinstance(value, dict):
        for key, below in value.items():
            yield key
            yield from _values(below)
    elif isinstance(value, list):
        for below in value:
            yield from _values(below)


def _fields(data: bytes, depth: int = 0) -> Iterator[str]:
    """The bytes as text if they are one, and, if they parse as a protobuf message, its fields in the same way."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if text and all(char.isprintable() or char in "\n\t" for char in text):
            yield text
    if depth < 4:
        for field in _length_delimited(data):
            yield from _fields(field, depth + 1)


def _length_delimited(data: bytes) -> list[bytes]:
    """The length-delimited fields of a protobuf message; none when the bytes are something else."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        size, wire = 0, tag & 7
        if wire == 0:
            _, at = _varint(data, at)
        elif wire == 2:
            size, at = _varint(data, at)
            found.append(data[at : at + size])
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            return []
        at += size
        if tag == 0 or at > len(data):
            return []
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return 0, len(data) + 1


def _database(platform: PlatformView, service: str) -> AsyncMongoClient[RawBSONDocument]:
    return AsyncMongoClient(platform.store_uri(service), document_class=RawBSONDocument)
