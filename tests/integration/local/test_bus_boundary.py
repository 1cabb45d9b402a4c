"""The bus boundary on a real server with the real accounts file: what crosses, and that nothing else does.

Each negative case names a way in that was open in some simpler configuration of NATS.
"""

import asyncio
import dataclasses
import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error
from nats.js.api import ConsumerConfig, StreamConfig

from deploy.local import bus, material
from deploy.local.certificates import CertificateAuthority
from deploy.local.layout import Layout, write_secret
from deploy.local.platform import LocalPlatform
from deploy.local.ports import PortReservations
from deploy.local.supervisor import Supervisor
from deploy.local.topology import CORE, workload

EDGES = {(stream.account, consumer) for stream in bus.streams() for consumer in stream.consumers}
PAIRS = list(itertools.permutations(CORE, 2))


class Visitor:
    """A connection together with everything that the server held against it."""

    def __init__(self, connection: Client, refusals: list[str]) -> None:
        self.connection = connection
        self._refusals = refusals

    async def refusals(self) -> list[str]:
        """Refusals so far. The server answers in order, so after a flush none is on its way any more."""
        await self.connection.flush()
        await asyncio.sleep(0.05)
        return list(self._refusals)


@asynccontextmanager
async def _visit(url: str, secrets: Path, name: str, **options: str) -> AsyncIterator[Visitor]:
    refusals: list[str] = []

    async def refused(error: Exception) -> None:
        refusals.append(str(error).lower())

    context = ssl.create_default_context(cafile=str(secrets / "ca.crt"))
    context.load_cert_chain(secrets / "nats.crt", secrets / "nats.key")
    inbox = f"_INBOX.{name}"
    connection = await nats.connect(
        url, tls=context, inbox_prefix=inbox, allow_reconnect=False, connect_timeout=3, error_cb=refused, **options
    )
    try:
        yield Visitor(connection, refusals)
    finally:
        await connection.close()


@asynccontextmanager
async def _service(platform: LocalPlatform, name: str, **options: str) -> AsyncIterator[Visitor]:
    async with _visit(platform.bus_url, platform.client_secrets(name), name, **options) as visitor:
        yield visitor


async def _pull(visitor: Visitor, source: str, reader: str, *, patience: float = 2) -> list[bytes]:
    """Pull what there is from the consumer `reader` on `source`'s stream, acknowledged one by one and for certain."""
    jetstream = visitor.connection.jetstream(prefix=f"JS.{source.upper()}.API")
    subscription = await jetstream.pull_subscribe_bind(consumer=reader, stream=f"{source.upper()}_PUBLIC")
    messages = await subscription.fetch(100, timeout=patience)
    for message in messages:
        await message.ack_sync(timeout=2)
    return [message.data for message in messages]


@pytest.mark.parametrize(("source", "reader"), PAIRS)
async def test_events_cross_the_allowed_edges_and_no_others(
    infrastructure: LocalPlatform, source: str, reader: str
) -> None:
    payload = f"{source} to {reader}".encode()
    async with _service(infrastructure, source) as owner:
        await owner.connection.jetstream().publish(f"{source}.public.tested.v1", payload)
    async with _service(infrastructure, reader) as visitor:
        if (source, reader) in EDGES:
            assert (await _pull(visitor, source, reader))[-1] == payload
            with pytest.raises(TimeoutError):  # all acknowledged: nothing comes twice
                await _pull(visitor, source, reader, patience=0.3)
            assert await visitor.refusals() == []
        else:
            with pytest.raises((Error, TimeoutError)):
                await _pull(visitor, source, reader, patience=0.3)
            assert any("permissions violation" in refusal for refusal in await visitor.refusals())


@pytest.mark.parametrize(
    "subject",
    [
        "identity.>",
        "identity.public.person_erased.v1",
        "verification.public.>",
        "disclosure.public.>",
        "forum.public.>",
        ">",
        "_INBOX.>",
        "_INBOX.identity.>",
        "$SYS.>",
        "$JS.API.>",
        "$JS.EVENT.ADVISORY.>",
    ],
)
async def test_the_forum_cannot_listen(infrastructure: LocalPlatform, subject: str) -> None:
    async with _service(infrastructure, "forum") as forum:
        await forum.connection.subscribe(subject)
        assert any("permissions violation for subscription" in refusal for refusal in await forum.refusals())


@pytest.mark.parametrize(
    "subject",
    [
        "verification.public.label_activated.v1",
        "identity.public.person_erased.v1",
        "forum.private.note",
        "_INBOX.disclosure.forged",
        "$JS.API.CONSUMER.CREATE.FORUM_PUBLIC.mine",
        "$JS.API.CONSUMER.DURABLE.CREATE.VERIFICATION_PUBLIC.mine",
        "JS.VERIFICATION.API.CONSUMER.CREATE.VERIFICATION_PUBLIC.mine",
        "JS.VERIFICATION.API.CONSUMER.MSG.NEXT.VERIFICATION_PUBLIC.disclosure",
        "JS.IDENTITY.API.CONSUMER.MSG.NEXT.IDENTITY_PUBLIC.disclosure",
        "JS.VERIFICATION.API.STREAM.MSG.GET.VERIFICATION_PUBLIC",
        "$JS.API.STREAM.MSG.GET.VERIFICATION_PUBLIC",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.STREAM.UPDATE.FORUM_PUBLIC",
        "$JS.API.STREAM.PURGE.FORUM_PUBLIC",
        "$JS.API.STREAM.DELETE.FORUM_PUBLIC",
        "$JS.API.STREAM.NAMES",
        "$JS.ACK.VERIFICATION_PUBLIC.disclosure.1.1.1.1.0",
        "$SYS.REQ.SERVER.PING",
    ],
)
async def test_the_forum_cannot_publish(infrastructure: LocalPlatform, subject: str) -> None:
    async with _service(infrastructure, "forum") as forum:
        await forum.connection.publish(subject, b"{}")
        assert any("permissions violation for publish" in refusal for refusal in await forum.refusals())


@pytest.mark.parametrize("service", CORE)
async def test_a_relay_reads_the_last_message_of_its_own_stream(infrastructure: LocalPlatform, service: str) -> None:
    async with _service(infrastructure, service) as owner:
        jetstream = owner.connection.jetstream()
        acknowledged = await jetstream.publish(f"{service}.public.tested.v1", b"last", headers={"Vs-Pos": "7"})
        last = await jetstream.get_last_msg(f"{service.upper()}_PUBLIC", f"{service}.public.>")
        assert last.seq == acknowledged.seq
        assert (last.headers or {})["Vs-Pos"] == "7"
        assert (await jetstream.stream_info(f"{service.upper()}_PUBLIC")).state.last_seq == acknowledged.seq
        assert await owner.refusals() == []


async def test_nobody_can_thin_out_a_log_that_was_published(infrastructure: LocalPlatform) -> None:
    """Not even the provisioner, who may otherwise do everything inside its account."""
    secrets = infrastructure.bus_provisioner("forum")
    async with _visit(infrastructure.bus_url, secrets, "provision") as provisioner:
        with pytest.raises(Error):
            await provisioner.connection.jetstream().purge_stream("FORUM_PUBLIC")
        with pytest.raises(Error):
            await provisioner.connection.jetstream().delete_msg("FORUM_PUBLIC", 1)


async def test_a_provisioner_reaches_its_own_account_only(infrastructure: LocalPlatform) -> None:
    secrets = infrastructure.bus_provisioner("forum")
    async with _visit(infrastructure.bus_url, secrets, "provision") as provisioner:
        jetstream = provisioner.connection.jetstream()
        assert [info.config.name for info in await jetstream.streams_info()] == ["FORUM_PUBLIC"]
        with pytest.raises(Error):  # the account's quota of streams is used up
            await jetstream.add_stream(StreamConfig(name="MORE", subjects=["more"], max_bytes=1024))
        with pytest.raises(Error):
            await jetstream.add_consumer("IDENTITY_PUBLIC", ConsumerConfig(durable_name="mine"))
        await provisioner.connection.publish("forum.public.forged.v1", b"")
        assert any("permissions violation for publish" in refusal for refusal in await provisioner.refusals())


ANOTHER = ["spiffe://vouchsafe.internal/ns/vouchsafe-nats/sa/nats-admin", workload("identity").spiffe_id]


@pytest.mark.parametrize("claimed", ANOTHER)
async def test_a_claimed_user_name_changes_nothing(infrastructure: LocalPlatform, claimed: str) -> None:
    """Without `verify_and_map`, a claimed name with an empty password would be believed."""
    async with _service(infrastructure, "forum", user=claimed, password="") as visitor:
        await visitor.connection.publish("identity.public.forged.v1", b"")
        await visitor.connection.subscribe("$SYS.>")
        assert len(await visitor.refusals()) == 2
        await visitor.connection.jetstream().publish("forum.public.tested.v1", b"still the forum")
    with pytest.raises(Error, match="Authorization"):
        async with _service(infrastructure, "forum", user=claimed, password="x"):
            pass


async def test_without_a_certificate_of_a_known_user_nobody_gets_in(
    infrastructure: LocalPlatform, tmp_path: Path
) -> None:
    authority = (infrastructure.trust / "ca.crt").read_bytes()
    stranger = CertificateAuthority().client(workload("forum"))  # the right name, by another authority
    write_secret(tmp_path / "nats.crt", stranger.certificate)
    write_secret(tmp_path / "nats.key", stranger.key)
    write_secret(tmp_path / "ca.crt", authority)
    with pytest.raises((Error, OSError)):
        async with _visit(infrastructure.bus_url, tmp_path, "forum"):
            pass

    edge = infrastructure.client_secrets("person-edge")  # the right authority, a name that is no user
    write_secret(tmp_path / "nats.crt", (edge / "tls.crt").read_bytes())
    write_secret(tmp_path / "nats.key", (edge / "tls.key").read_bytes())
    with pytest.raises((Error, OSError)):
        async with _visit(infrastructure.bus_url, tmp_path, "forum"):
            pass

    bare = ssl.create_default_context(cadata=authority.decode())
    with pytest.raises((Error, OSError)):
        await nats.connect(infrastructure.bus_url, tls=bare, allow_reconnect=False, connect_timeout=3)


async def test_what_is_on_disk_is_encrypted(infrastructure: LocalPlatform) -> None:
    canary = b"canary-d41d8cd98f00b204"
    async with _service(infrastructure, "forum") as forum:
        await forum.connection.jetstream().publish("forum.public.tested.v1", canary)
    files = [path for path in infrastructure.layout.state(bus.NAME).rglob("*") if path.is_file()]
    assert files
    assert not any(canary in path.read_bytes() for path in files)


async def test_the_edges_also_work_with_the_second_format_of_acknowledgements(tmp_path: Path) -> None:
    """The format that a later server release turns on: if the exports missed it, events would come back for ever."""
    layout = Layout(tmp_path)
    layout.prepare()
    accounts = tmp_path / "nats.conf"
    accounts.write_text(bus.ACCOUNTS_FILE.read_text().replace("js_ack_fc_v2: false", "js_ack_fc_v2: true"))
    with PortReservations() as ports:
        material.lay_down(layout, ports)
        unit = bus.unit(layout, ports.take(bus.NAME))
        command = [str(accounts) if part == str(bus.ACCOUNTS_FILE) else part for part in unit.command]
        supervisor = Supervisor([dataclasses.replace(unit, command=command)])
        await supervisor.start()
        try:
            await _all_edges_work(layout, bus.url(ports.take(bus.NAME)))
        finally:
            await supervisor.stop()


async def _all_edges_work(layout: Layout, url: str) -> None:
    for source, reader in sorted(EDGES):
        async with _visit(url, layout.secrets(source), source) as owner:
            await owner.connection.jetstream().publish(f"{source}.public.tested.v1", b"x")
        async with _visit(url, layout.secrets(reader), reader) as visitor:
            assert await _pull(visitor, source, reader)
            assert await visitor.refusals() == []
