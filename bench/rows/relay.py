"""The relay beside raw pipelined publishing of the same messages to the same JetStream server.

The raw side has the messages in hand, headers and all, and publishes them with as many unconfirmed at a time as the
client takes. The relay reads its commits, finds what is public, publishes it in order behind its fence, and stops when
the bus has confirmed the last. Every round begins with an empty stream. Twice: reading from memory, where the figure is
the relay's own, and from the embedded store, which cannot be read faster than it answers.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from statistics import median

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from bench import sample
from bench.figures import Aim, Comparison, Target
from bench.filling import fill
from bench.machine import running_bus, running_store
from bench.rounds import Meter, interleaved
from bench.settings import Settings
from services.chassis.integration import bus_jetstream, bus_wire
from services.chassis.integration.bus import Curation, Message
from services.chassis.integration.bus_provision import Stream, provision
from services.chassis.integration.relay import Relay
from services.chassis.log.eventstore import START, Commit, CommitLog, LogStore
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from vouchsafe.forum.events.v1 import events_pb2 as pb

_CURATION = Curation("forum", {pb.PostPublished.DESCRIPTOR.full_name: "PostPublished.v1"})
_STREAM = Stream("forum", "FORUM_PUBLIC", ("forum.public.>",), (), 512 * 1024 * 1024, 1)
_IN_FLIGHT = 4_000
_PAGE = 500


async def measure(settings: Settings) -> list[Comparison]:
    """Both rows."""
    history = _history(settings.sized(5_000, 500))
    with (
        running_store(settings.directory / "store") as store,
        store.fresh() as uri,
        running_bus(settings.directory / "bus") as url,
    ):
        in_memory = MemoryEventStore()
        await in_memory.restore(history)
        database = MongoDatabase(uri)
        embedded = MongoEventStore(database)
        await fill(uri, history)
        connection = await bus_jetstream.connect(url, "bench", None)
        messages = _CURATION.messages(history, START)
        rows = [
            await _row(settings, connection, messages, in_memory, "relay_memory", "our own memory", None),
            await _row(settings, connection, messages, embedded, "relay", "the embedded store", store.pid),
        ]
        await connection.close()
        await embedded.close()
        await asyncio.to_thread(database.close)
    return rows


async def _row(
    settings: Settings,
    connection: Client,
    messages: Sequence[Message],
    log: LogStore,
    name: str,
    where: str,
    store_pid: int | None,
) -> Comparison:
    async def raw(meter: Meter) -> float:
        await _emptied(connection.jetstream())
        async with meter.watching():
            return await _pipelined(connection, messages)

    async def ours(meter: Meter) -> float:
        await _emptied(connection.jetstream())
        async with meter.watching():
            return await _relayed(log, connection, len(messages))

    sides = await interleaved(
        settings.rounds,
        raw=raw,
        ours=ours,
        raw_is=f"nats-py publishing the same messages, up to {_IN_FLIGHT:,} in flight",
        ours_is=f"Relay, from {where} to JetStream, in order and fenced",
        store_pid=store_pid,
    )
    notes: dict[str, float] = {"messages in a round": len(messages)}
    if not isinstance(log, MemoryEventStore):
        notes["reading the commits alone, commits/s"] = median([await _read(log) for _ in range(settings.rounds)])
    return Comparison(
        name=name,
        what=f"relay from {where} against raw pipelined JetStream publishing",
        unit="messages/s",
        raw=sides[0],
        ours=sides[1],
        target=Target(aim=Aim.AT_LEAST, value=0.60),
        notes=notes,
    )


def _history(commits: int) -> list[Commit]:
    """A log of public events, each in a stream of its own."""
    events = [sample.post(sample.new_id(), 0) for _ in range(commits)]
    return list(sample.sequenced((f"thread-{event.thread_id}", sample.CODEC.encode(event)) for event in events))


async def _emptied(jetstream: JetStreamContext) -> None:
    with suppress(NotFoundError):
        await jetstream.delete_stream(_STREAM.name)
    await provision(jetstream, [_STREAM])


async def _pipelined(connection: Client, messages: Sequence[Message]) -> float:
    """Publish with one inbox for all confirmations, which is the least that the client can do for each message."""
    confirmed, room = 0, asyncio.Semaphore(_IN_FLIGHT)

    async def on_confirmation(answer: Msg) -> None:
        nonlocal confirmed
        if b'"error"' in answer.data:
            raise RuntimeError(answer.data.decode())
        confirmed += 1
        room.release()

    inbox = connection.new_inbox()
    subscription = await connection.subscribe(inbox, cb=on_confirmation)
    started = time.perf_counter()
    for message in messages:
        await room.acquire()
        headers = bus_wire.headers(message, whole=True)
        await connection.publish(message.subject, message.event.data, inbox, headers)
    for _ in range(_IN_FLIGHT):
        await room.acquire()
    taken = time.perf_counter() - started
    await subscription.unsubscribe()
    assert confirmed == len(messages)  # noqa: S101  # else the figure would mean nothing
    return len(messages) / taken


async def _read(log: CommitLog) -> float:
    """How fast the log can be read at all, by the relay's pages."""
    started, position = time.perf_counter(), 0
    while commits := await log.read_log(position, _PAGE):
        position += len(commits)
    return position / (time.perf_counter() - started)


async def _relayed(log: LogStore, connection: Client, messages: int) -> float:
    outbox = bus_jetstream.JetStreamOutbox(connection, "forum")
    relay = Relay(LogWindow(log, Nudge()), outbox, _CURATION, checkpoints=log, epoch=1)
    started = time.perf_counter()
    while await relay.step():
        pass
    taken = time.perf_counter() - started
    assert (await outbox.tail()).sequence == messages  # noqa: S101  # else the figure would mean nothing
    return messages / taken
