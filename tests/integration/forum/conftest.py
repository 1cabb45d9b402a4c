"""The stores and the bus for real, and processes of the forum on them, as many as a test likes."""

import asyncio
import ssl
import sys
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio

from deploy.local import readiness
from deploy.local.layout import REPOSITORY, write_file
from deploy.local.platform import LocalPlatform
from deploy.local.process import Child
from services.chassis import toml_text
from services.chassis.deployment import Secrets
from services.chassis.identity_uri import server_name
from services.chassis.integration import bus_jetstream
from services.chassis.integration.bus import Message, PublicEvent
from services.chassis.log.eventstore import Mark
from services.chassis.rpc_client import RetryPolicy, RpcChannel
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from tests.support.store import free_port
from tests.unit.forum.authors import EPOCH, issuer_key
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb

SETTINGS = REPOSITORY / "deploy" / "config" / "forum" / "service.toml"


@dataclass(frozen=True)
class ForumProcess:
    """A running process of the forum, and an edge's channel to it."""

    child: Child
    channel: RpcChannel


class Cluster:
    """The platform's stores and bus; starts processes of the forum and ends them all at last."""

    def __init__(self, platform: LocalPlatform, stack: AsyncExitStack) -> None:
        self.platform = platform
        self._stack = stack

    @property
    def receipt_key(self) -> SigningKey:
        """Disclosure's private half of the receipt key that the forum trusts."""
        return SigningKey(SecretBytes(self.secrets("disclosure").read("receipt.key")))

    async def start_forum(self, name: str, **peers: str) -> ForumProcess:
        """Start another process on the forum's store, and return when it serves. `peers`: who is elsewhere."""
        layout, rpc, health = self.platform.layout, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        tables = tomllib.loads(layout.endpoints("forum").read_text(encoding="utf-8"))
        tables["listen"] = {"rpc": rpc, "health": health}
        tables["peers"] |= peers
        tables["telemetry"] = {"log_file": str(layout.log_files / f"{name}.jsonl")}
        endpoints = layout.root / name / "endpoints.toml"
        write_file(endpoints, toml_text.render(tables).encode())
        command = [sys.executable, "-m", "services.forum", "--config", str(SETTINGS)]
        command += ["--endpoints", str(endpoints), "--secrets", str(layout.secrets("forum"))]
        child = await Child.start(command, log=layout.log(name))
        self._stack.push_async_callback(child.stop, 10)
        await self._serving(child, health)
        channel = RpcChannel(
            rpc,
            server_name=server_name("forum"),
            tls=self.secrets("alias-edge").tls(),
            retry=RetryPolicy(attempts=2),
        )
        self._stack.push_async_callback(channel.close)
        return ForumProcess(child, channel)

    def log_of(self, name: str) -> str:
        """The structured log of a process."""
        return (self.platform.layout.log_files / f"{name}.jsonl").read_text(encoding="utf-8")

    async def publish_label(self) -> None:
        """Do as verification does: publish an issuer key and open its label."""
        key = issuer_key()
        published = verification_pb.IssuerKeyPublished(
            label=key.label, epoch=EPOCH, label_name=key.label_name, public_key=key.public_key
        )
        activated = verification_pb.LabelActivated(label=key.label, epoch=EPOCH, crowd_bucket=20)
        messages = [
            Message(
                f"verification.public.{event.DESCRIPTOR.name}.v1",
                PublicEvent(Mark(position), event.DESCRIPTOR.full_name, event.SerializeToString(), key="label"),
                Mark(position - 1),
            )
            for position, event in enumerate((published, activated), start=1)
        ]
        await self.publish("verification", messages)

    async def publish(self, producer: str, messages: Sequence[Message]) -> None:
        """Do as a producer's relay does: publish these messages as the first on its stream."""
        secrets = self.secrets(producer)
        tls = ssl.create_default_context(cafile=str(secrets.path("ca.crt")))
        tls.load_cert_chain(secrets.path("nats.crt"), secrets.path("nats.key"))
        connection = await bus_jetstream.connect(self.platform.bus_url, producer, tls)
        try:
            await bus_jetstream.JetStreamOutbox(connection, producer).publish(messages, 0)
        finally:
            await connection.close()

    def secrets(self, name: str) -> Secrets:
        """The files of a service or an edge."""
        return Secrets(self.platform.layout.secrets(name))

    async def _serving(self, child: Child, health: str) -> None:
        async def probe() -> bool:
            assert child.returncode is None, child.tail()
            with suppress(Exception):
                return await readiness.grpc_serving(health)
            return False

        await until(probe, within=30)


async def until(condition: Callable[[], Awaitable[bool]], *, within: float) -> None:
    """Wait until the condition holds; TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110 -- the condition is in other processes
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """A cluster for the tests of one file: they judge all that its log holds."""
    async with (
        LocalPlatform(tmp_path_factory.mktemp("forum"), services=()) as platform,
        AsyncExitStack() as stack,
    ):
        yield Cluster(platform, stack)
