"""Where the leak scan looks: every document, every bus message, every log and trace line of a local platform.

Read through the real drivers with the real credentials, as raw bytes. Nothing is judged here.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from bson import decode, encode
from bson.raw_bson import RawBSONDocument
from nats.js.errors import NotFoundError
from pymongo import AsyncMongoClient

from deploy.local import bus
from deploy.local.readiness import connect_bus
from deploy.local.view import PlatformView


@dataclass(frozen=True)
class Item:
    """A piece of what the platform keeps: one document, message or file. `source` groups items for the report."""

    source: str
    place: str
    data: bytes
    is_document: bool = False


async def documents(platform: PlatformView, service: str) -> AsyncIterator[Item]:
    """Every document of every collection of a service's database."""
    async with _database(platform, service) as client:
        database = client.get_default_database()
        for name in sorted(await database.list_collection_names()):
            async for document in database[name].find({}):
                yield Item(f"{service}'s database", name, bytes(document.raw), is_document=True)


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
                yield Item(f"{service}'s streams", f"{stream.name} {sequence}", data)
    finally:
        await connection.close()


def files(platform: PlatformView) -> Iterator[Item]:
    """Every log and trace file of every process, read whole."""
    for source, directory in (("logs", platform.layout.log_files), ("traces", platform.layout.traces)):
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                yield Item(source, str(path.relative_to(directory)), path.read_bytes())


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
    if item.is_document:
        yield from _values(decode(item.data))
    elif item.source in ("logs", "traces"):
        yield from item.data.decode("utf-8", errors="replace").splitlines()
    else:
        yield from _fields(item.data.partition(b"\n\n")[2])
        yield from item.data.partition(b"\n\n")[0].decode("utf-8", errors="replace").splitlines()


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
