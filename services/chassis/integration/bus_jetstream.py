"""The bus over NATS JetStream.

A producer publishes into its own stream `<PRODUCER>_PUBLIC`; a consumer pulls through a durable consumer that the
producer's account made for it and exports (`bus_provision`), never through one of its own making. How a message looks
there is told at `bus_wire`, how many are published at once at `bus_batch`.
"""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from services.chassis.integration import bus_wire
from services.chassis.integration.bus import BusUnavailable, Extent, Fenced, Message, Stored, Tail
from services.chassis.integration.bus_batch import Outgoing, publish_in_batches
from services.chassis.log.eventstore import Mark
from services.chassis.telemetry_log import log

BUS_ERROR: Final = "bus_error"
TOO_LARGE: Final = "bus_event_too_large"

_WRONG_LAST_SEQUENCE = frozenset({10071, 10164})
_STORED_BEFORE = 10201
_HEADER_ROOM = 4096
_LOOK_UPS = 64
_NAK_SECONDS = 1.0

_log = log(__name__)


async def connect(url: str, service: str, tls: ssl.SSLContext | None, *, patience: float = 10.0) -> Client:
    """A connection as `service`, which reconnects for ever once it stood; to be closed with `close()`.

    Raises BusUnavailable when no server has answered within `patience` seconds.
    """

    async def on_error(error: Exception) -> None:
        _log.warning(BUS_ERROR, error_type=type(error).__name__)

    client = Client()
    try:
        with _translated():
            async with asyncio.timeout(patience):
                await client.connect(
                    url,
                    name=service,
                    tls=tls,
                    inbox_prefix=f"_INBOX.{service}",
                    connect_timeout=5,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    error_cb=on_error,
                )
    except BaseException:
        await client.close()  # Half made, it may hold a socket; the next try begins with a new one.
        raise
    return client


class Bus:
    """A service's connection to the bus, made by whoever needs it first.

    So a process starts, serves and is ready while the bus is away, and its followers try again. `patience`: as above.
    """

    def __init__(self, url: str, service: str, tls: ssl.SSLContext | None, *, patience: float = 10.0) -> None:
        self._url = url
        self._service = service
        self._tls = tls
        self._patience = patience
        self._connecting = asyncio.Lock()
        self._client: Client | None = None

    async def client(self) -> Client:
        """The connection; raises BusUnavailable when none can be made now."""
        async with self._connecting:
            if self._client is None or self._client.is_closed:
                self._client = await connect(self._url, self._service, self._tls, patience=self._patience)
            return self._client

    async def close(self) -> None:
        """Close the connection if there is one. Nobody may ask for it any more."""
        if self._client is not None:
            await self._client.close()


def stream_name(producer: str) -> str:
    """The stream in which a service publishes."""
    return f"{producer.upper()}_PUBLIC"


class JetStreamOutbox:
    """A service's own stream; an `Outbox`."""

    def __init__(self, bus: Bus | Client, service: str) -> None:
        self._bus = bus
        self._stream = stream_name(service)
        self._subjects = f"{service}.public.>"

    async def tail(self) -> Tail:
        """See `Outbox.tail`. Of a stream that was emptied `START` is told, so that all is published again."""
        with _translated():
            jetstream = (await _client(self._bus)).jetstream()
            last_sequence = (await jetstream.stream_info(self._stream)).state.last_seq
            try:
                stored = await jetstream.get_last_msg(self._stream, self._subjects)
            except nats.js.errors.NotFoundError:
                return Tail(sequence=last_sequence)
        mark = (stored.headers or {}).get(bus_wire.POSITION, "")
        # Messages may have been removed from the end, or have come since the first question.
        return Tail(Mark.parse(mark), max(last_sequence, stored.seq or 0))

    async def publish(self, messages: Sequence[Message], after_sequence: int) -> int:
        """See `Outbox.publish`. Whatever is larger than the server takes is published by name only, see `bus_wire`."""
        with _translated():
            client = await _client(self._bus)
            most = client.max_payload - _HEADER_ROOM
            outgoing = [_outgoing(message, most) for message in messages]
            return await publish_in_batches(client, self._stream, outgoing, after_sequence)


class JetStreamArchive:
    """A service's own stream, for looking up what it holds; an `Archive`."""

    def __init__(self, bus: Bus | Client, service: str) -> None:
        self._bus = bus
        self._stream = stream_name(service)

    async def extent(self) -> Extent:
        """See `Archive.extent`."""
        with _translated():
            client = await _client(self._bus)
            state = (await client.jetstream().stream_info(self._stream)).state
            return Extent(state.first_seq, state.last_seq, client.max_payload - _HEADER_ROOM)

    async def read(self, after_sequence: int, limit: int) -> Sequence[Stored]:
        """See `Archive.read`. Asks for one message after the other, for that is all that a service may do there."""
        with _translated():
            jetstream = (await _client(self._bus)).jetstream()
            turns = asyncio.Semaphore(_LOOK_UPS)
            wanted = range(after_sequence + 1, after_sequence + limit + 1)
            found = await asyncio.gather(*(self._one(jetstream, turns, sequence) for sequence in wanted))
        return [stored for stored in found if stored is not None]

    async def _one(self, jetstream: JetStreamContext, turns: asyncio.Semaphore, sequence: int) -> Stored | None:
        async with turns:
            try:
                raw = await jetstream.get_msg(self._stream, seq=sequence)
            except nats.js.errors.NotFoundError:
                return None
        message = bus_wire.message(raw.subject or "", raw.headers, raw.data or b"")
        return Stored(sequence, bus_wire.mark(raw.headers), message)


class JetStreamInbox:
    """The consumer that `producer` keeps for `service`; an `Inbox`."""

    def __init__(self, bus: Bus | Client, *, producer: str, service: str) -> None:
        self._bus = bus
        self._prefix = f"JS.{producer.upper()}.API"
        self._stream = stream_name(producer)
        self._consumer = service
        self._subscription: JetStreamContext.PullSubscription | None = None

    async def fetch(self, limit: int, patience: float) -> Sequence["JetStreamDelivery"]:
        """See `Inbox.fetch`."""
        with _translated():
            subscription = self._subscription or await self._subscribed()
            self._subscription = None
            try:
                delivered = await subscription.fetch(limit, patience)
            except TimeoutError:
                delivered = []
            except BaseException:
                # The request may still stand at the server, which would send messages that nobody reads, and wait for
                # their acknowledgement before it sends them again.
                await subscription.unsubscribe()
                raise
            self._subscription = subscription
        return [JetStreamDelivery(message) for message in delivered]

    async def _subscribed(self) -> JetStreamContext.PullSubscription:
        jetstream = (await _client(self._bus)).jetstream(prefix=self._prefix)
        return await jetstream.pull_subscribe_bind(consumer=self._consumer, stream=self._stream)


class JetStreamDelivery:
    """A pulled message; a `Delivery`."""

    def __init__(self, delivered: Msg) -> None:
        self._delivered = delivered
        self.message = bus_wire.message(delivered.subject, delivered.headers, delivered.data)

    async def ack(self) -> None:
        """See `Delivery.ack`."""
        with _translated():
            await self._delivered.ack()

    async def nak(self) -> None:
        """See `Delivery.nak`."""
        with _translated():
            await self._delivered.nak(delay=_NAK_SECONDS)


async def _client(bus: Bus | Client) -> Client:
    return await bus.client() if isinstance(bus, Bus) else bus


def _outgoing(message: Message, most: int) -> Outgoing:
    event = message.event
    whole = len(event.data) <= most
    if not whole:
        _log.warning(TOO_LARGE, event_type=event.type, position=event.mark.position)
    return Outgoing(message.subject, event.data if whole else b"", bus_wire.headers(message, whole=whole))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except nats.js.errors.APIError as error:
        if error.err_code in _WRONG_LAST_SEQUENCE:
            raise Fenced("the stream has another last sequence") from error
        if error.err_code == _STORED_BEFORE:
            raise Fenced("the stream has lately stored one of these messages") from error
        raise BusUnavailable(f"{type(error).__name__} {error.err_code}") from error
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise BusUnavailable(type(error).__name__) from error
