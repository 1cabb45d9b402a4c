"""Is it ready? One probe for each kind of process, each a real exchange over the real transport.

A probe returns whether the process does its work now. It may raise: to the supervisor an error means "not yet".
"""

import asyncio
import logging
import ssl
from pathlib import Path

import grpc
import nats
from grpc_health.v1 import health_pb2, health_pb2_grpc
from nats.aio.client import Client
from pymongo import MongoClient

from deploy.local.ports import LOOPBACK

_STORE_TIMEOUT_MS = 1500


def _is_news(record: logging.LogRecord) -> bool:
    return "eof_received" not in record.getMessage()


# The NATS client upgrades a plain stream to TLS, of which asyncio complains at each close, to no effect.
logging.getLogger("asyncio").addFilter(_is_news)


async def grpc_serving(address: str) -> bool:
    """`grpc.health.v1` on the plaintext health port says SERVING for the process as a whole."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)  # type: ignore[attr-defined]
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def store_answers(uri: str) -> bool:
    """The store answers a ping on a connection that is encrypted and authenticated as the URI says.

    In a thread: the asynchronous driver, cancelled in a TLS handshake, leaves its socket open, and some servers then
    wait for ever.
    """
    return await asyncio.to_thread(_ping, uri)


def _ping(uri: str) -> bool:
    with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=_STORE_TIMEOUT_MS) as client:
        client.get_default_database().command("ping")
    return True


async def bus_answers(url: str, secrets: Path) -> bool:
    """NATS lets the holder of `secrets` in by certificate, and JetStream answers."""
    connection = await connect_bus(url, secrets)
    try:
        await connection.jetstream().account_info()
    finally:
        await connection.close()
    return True


async def connect_bus(url: str, secrets: Path, *, inbox: str = "_INBOX.provision") -> Client:
    """A connection as the owner of `secrets` (`nats.crt`, `nats.key`, `ca.crt`); one attempt, then the error."""
    context = ssl.create_default_context(cafile=str(secrets / "ca.crt"))
    context.load_cert_chain(secrets / "nats.crt", secrets / "nats.key")

    async def quiet(_: Exception) -> None:
        """Errors are raised to the caller; the default would also print them."""

    return await nats.connect(
        url, tls=context, inbox_prefix=inbox, allow_reconnect=False, connect_timeout=2, error_cb=quiet
    )


async def smtp_greets(port: int) -> bool:
    """The mail sink sends its 220 banner."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        banner = await reader.readline()
        writer.write(b"QUIT\r\n")
        await writer.drain()
    finally:
        writer.close()
    return banner.startswith(b"220 ")
