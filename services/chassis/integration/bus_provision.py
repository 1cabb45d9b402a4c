"""Creates the streams and durable consumers of the bus: `python -m services.chassis.integration.bus_provision --help`.

Run once for each account, with that account's provisioner certificate, before the services start. Whatever exists is
brought to what the file says; nothing is removed. A stream holds a copy of what its producer's event store can publish
again, so it may be bounded and lose its oldest messages.
"""

import argparse
import asyncio
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nats
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType
from nats.js.api import StreamConfig as JetStreamConfig
from nats.js.errors import NotFoundError

from services.chassis import configfile

_DAY_SECONDS = 24 * 60 * 60.0
_ACK_WAIT_SECONDS = 30.0
_DUPLICATE_WINDOW_SECONDS = 30.0
"""The relay's fence keeps repeats out for good; this second net must not hold up for long what a stream has lost."""
_FOR_EVER = -1


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream and its durable pull consumers, which are named after the services that pull from them."""

    account: str
    name: str
    subjects: tuple[str, ...]
    consumers: tuple[str, ...]
    max_bytes: int
    age_days: int
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class StreamsFile:
    """The contents of `deploy/nats/streams/streams.toml`."""

    stream: tuple[Stream, ...]


async def provision(jetstream: JetStreamContext, streams: Iterable[Stream]) -> None:
    """Create or update the streams and their consumers, all in the account of that connection.

    Raises the client's errors, e.g. for a change that JetStream refuses to make to an existing stream.
    """
    for stream in streams:
        settings = _settings(stream)
        try:
            await jetstream.stream_info(stream.name)
        except NotFoundError:
            await jetstream.add_stream(settings)
        else:
            await jetstream.update_stream(settings)
        for consumer in stream.consumers:
            await jetstream.add_consumer(stream.name, _consumer(consumer))


def _settings(stream: Stream) -> JetStreamConfig:
    return JetStreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_bytes=stream.max_bytes,
        max_age=stream.age_days * _DAY_SECONDS,
        num_replicas=stream.replicas,
        duplicate_window=_DUPLICATE_WINDOW_SECONDS,
        # The relay publishes in batches that are stored whole or not at all.
        allow_atomic=True,
        # The last message tells the relay where it stands: nobody shall take it away by mistake.
        deny_delete=True,
        deny_purge=True,
    )


def _consumer(name: str) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=name,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=_ACK_WAIT_SECONDS,
        # An event that cannot be applied holds its consumer up until it can: giving up would skip it.
        max_deliver=_FOR_EVER,
    )


async def _run(url: str, account: str, config: Path, tls: ssl.SSLContext) -> None:
    streams = [stream for stream in configfile.load(config, StreamsFile).stream if stream.account == account]
    connection = await nats.connect(url, tls=tls, inbox_prefix="_INBOX.provision", allow_reconnect=False)
    try:
        await provision(connection.jetstream(), streams)
    finally:
        await connection.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m services.chassis.integration.bus_provision", description="Create streams."
    )
    parser.add_argument("--config", type=Path, required=True, help="streams.toml")
    parser.add_argument("--account", required=True, help="the account whose streams to create, e.g. forum")
    parser.add_argument("--url", required=True, help="tls://host:port of the server")
    parser.add_argument("--secrets", type=Path, required=True, help="directory with nats.crt, nats.key and ca.crt")
    given = parser.parse_args(arguments)
    tls = ssl.create_default_context(cafile=str(given.secrets / "ca.crt"))
    tls.load_cert_chain(given.secrets / "nats.crt", given.secrets / "nats.key")
    asyncio.run(_run(given.url, given.account, given.config, tls))


if __name__ == "__main__":
    main()
