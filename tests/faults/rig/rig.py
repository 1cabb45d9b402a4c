# ruff: noqa: ASYNC110 -- what other processes do is seen by looking
"""The rig: two services of two replicas each, their stores, a bus, and proxies between them, under a load.

`Rig` starts it, hands out its parts to be broken and counts what was broken; `prove` lets it come to rest and judges
what is left. What is broken, and when, is for the scenarios to say.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import nats
import nats.errors
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from services.chassis.integration.bus_provision import Stream, provision
from tests.faults.rig.checks import Breach, Kind, breaches
from tests.faults.rig.clocks import jump
from tests.faults.rig.deployment import DRIVER, Addresses, Deployed, deploy, write_tls
from tests.faults.rig.driver import Load
from tests.faults.rig.evidence import STREAM_NAME, Evidence, Standing, read_bus, read_standing, read_store
from tests.faults.rig.operators import Operators
from tests.faults.rig.parts import Part, Replica, Server
from tests.faults.rig.record import Record
from tests.support import protos
from tests.support.nats_server import CONSUMER, PRODUCER, NatsServer
from tests.support.proxy import TcpProxy
from tests.support.store import StoreProcess

LEDGER: Final = ("ledger-1", "ledger-2")
MIRROR: Final = ("mirror-1", "mirror-2")
REPLICAS: Final = LEDGER + MIRROR
STORES: Final = ("store-ledger", "store-mirror")
BUS: Final = "nats"

LEASE_SECONDS: Final = 2.0
DUPLICATE_WINDOW_SECONDS: Final = 2.0
"""How long the rig's bus knows a message id again; the product's does for minutes, too long for a test to outwait."""

QUIET_SECONDS: Final = 60.0
"""Within which everything must have come to rest, once nothing is broken any more."""

_ACK_WAIT_SECONDS = 4.0
_START_SECONDS = 60.0
_STREAM = Stream(
    account=PRODUCER,
    name=STREAM_NAME,
    subjects=(f"{PRODUCER}.public.>",),
    consumers=(CONSUMER,),
    max_bytes=256 * 1024 * 1024,
    age_days=1,
)
_ALLOW = {
    PRODUCER: {"vouchsafe.testing.ledger.v1.LedgerService": DRIVER, "vouchsafe.log.v1.EventLogService": CONSUMER},
    CONSUMER: {"vouchsafe.testing.ledger.v1.MirrorService": DRIVER},
}


@dataclass(frozen=True)
class Verdict:
    """What became of a scenario: what was broken, what was acknowledged, what is wrong, how long it took to rest."""

    faults: Counter[str]
    sent: int
    acknowledged: int
    breaches: list[Breach]
    quiet_after: float

    def count(self, kind: Kind) -> int:
        """How many breaches of that kind there are."""
        return sum(breach.kind is kind for breach in self.breaches)


class Rig:
    """Make one with `running`."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self.chance = chance
        self.faults: Counter[str] = Counter()
        self._directory = directory
        self._stores = {name: StoreProcess(_made(directory / name)) for name in STORES}
        self.nats = NatsServer(_made(directory / BUS))
        self.proxies = {name: TcpProxy(_port(store.uri)) for name, store in self._stores.items()}
        self.proxies[BUS] = TcpProxy(_port(self.nats.url(PRODUCER)))
        self.deployed: dict[str, Deployed] = {}
        self.replicas: dict[str, Replica] = {}
        self.servers = {name: Server(store) for name, store in self._stores.items()} | {BUS: Server(self.nats)}
        self.operators = Operators(self._uri)
        self._driver: asyncio.subprocess.Process | None = None
        self._restarts: set[asyncio.Task[None]] = set()

    @property
    def parts(self) -> dict[str, Part]:
        """Every process that can be killed, by name."""
        return {**self.replicas, **self.servers}

    # --- From start to end ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start everything; returns when both services answer."""
        write_tls(self._directory / DRIVER, DRIVER)
        for proxy in self.proxies.values():
            await proxy.start()
        await asyncio.gather(*(server.start() for server in self.servers.values()))
        await self.provision()
        for name in LEDGER:
            self._add(name, PRODUCER, Addresses(self._uri("ledger", proxied=True), self._bus_url(PRODUCER)))
            self.proxies[name] = TcpProxy(self.deployed[name].port)
            await self.proxies[name].start()
        for name, peer in zip(MIRROR, LEDGER, strict=True):
            producer = f"127.0.0.1:{self.proxies[peer].port}"
            self._add(name, CONSUMER, Addresses(self._uri("mirror", proxied=True), self._bus_url(CONSUMER), producer))
        await asyncio.gather(*(replica.start() for replica in self.replicas.values()))
        async with asyncio.timeout(_START_SECONDS):
            for name in REPLICAS:
                await self.answers(name)

    async def stop(self) -> None:
        """End everything."""
        if self._driver is not None and self._driver.returncode is None:
            self._driver.kill()
            await self._driver.wait()
        for restart in self._restarts:
            restart.cancel()
        for replica in self.replicas.values():
            replica.send(signal.SIGKILL)
        await asyncio.gather(*(part.stop() for part in self.parts.values()))
        await asyncio.gather(*(proxy.stop() for proxy in self.proxies.values()))

    async def provision(self) -> None:
        """Make the ledger's stream and the mirror's consumer, with the rig's own short patience."""
        connection = await nats.connect(self.nats.url(PRODUCER), allow_reconnect=False)
        try:
            jetstream = connection.jetstream()
            await provision(jetstream, [_STREAM])
            stream = (await jetstream.stream_info(STREAM_NAME)).config
            stream.duplicate_window = DUPLICATE_WINDOW_SECONDS
            await jetstream.update_stream(stream)
            consumer = (await jetstream.consumer_info(STREAM_NAME, CONSUMER)).config
            consumer.ack_wait = _ACK_WAIT_SECONDS
            await jetstream.add_consumer(STREAM_NAME, consumer)
        finally:
            await connection.close()

    async def answers(self, name: str) -> None:
        """Return when that replica accepts connections."""
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.deployed[name].port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return

    def _add(self, name: str, account: str, addresses: Addresses) -> None:
        deployed = deploy(self._directory / name, account, addresses, _ALLOW[account], LEASE_SECONDS)
        self.deployed[name] = deployed
        self.replicas[name] = Replica(
            f"tests.faults.rig.{name.partition('-')[0]}",
            deployed.arguments,
            log=self._directory / f"{name}.log",
            environment=_environment(),
        )

    # --- The load ---------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def load(self, load: Load = Load()) -> AsyncIterator[None]:  # noqa: B008 -- frozen
        """Send commands until the block ends, and on until each has its answer."""
        targets = [f"127.0.0.1:{self.proxies[name].port}" for name in LEDGER]
        options = {
            "seed": self.chance.randrange(2**32),
            "lanes": load.lanes,
            "pause": load.pause,
            "poison": load.poison,
        }
        options |= {"accounts": load.accounts, "secrets": self._directory / DRIVER, "record": self._record}
        with (self._directory / "driver.log").open("ab") as log:
            self._driver = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.rig.driver"),
                *("--targets", *targets),
                *(f"--{name}={value}" for name, value in options.items()),
                stdout=log,
                stderr=log,
                env={**os.environ, **_environment()},
            )
        try:
            await self._first_answer()
            yield
            await self.mended()
            self._driver.terminate()
            if await self._driver.wait() != 0:
                raise AssertionError(f"the load could not end:\n{(self._directory / 'driver.log').read_text()[-3000:]}")
        finally:
            if self._driver.returncode is None:
                self._driver.kill()
                await self._driver.wait()

    @property
    def record(self) -> Record:
        """What the load has sent and heard so far."""
        return Record.read(self._record)

    @property
    def _record(self) -> Path:
        return self._directory / "record.jsonl"

    async def _first_answer(self) -> None:
        async with asyncio.timeout(_START_SECONDS):
            while not self.record.answers:
                await asyncio.sleep(0.1)

    # --- Faults -----------------------------------------------------------------------------------------------------

    def kill(self, name: str, down_for: float = 0.0) -> None:
        """SIGKILL that process; it comes back by itself after `down_for` seconds."""
        self.faults[f"SIGKILL {name.partition('-')[0]}"] += 1
        restart = asyncio.create_task(self.parts[name].kill(down_for))
        self._restarts.add(restart)
        restart.add_done_callback(self._restarts.discard)

    def pause(self, name: str) -> None:
        """SIGSTOP that replica."""
        self.faults["SIGSTOP"] += 1
        self.replicas[name].send(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT it."""
        self.replicas[name].send(signal.SIGCONT)

    def jump(self, name: str, seconds: float) -> None:
        """Set that replica's wall clock to `seconds` away from the right time."""
        self.faults["clock jump"] += 1
        jump(self.deployed[name].clock, seconds)

    def indigestible(self, yes: bool) -> None:
        """Whether the mirror cannot take in poisonous payments."""
        self.faults["poison"] += yes
        for name in MIRROR:
            file = self.deployed[name].indigestible
            file.touch() if yes else file.unlink(missing_ok=True)

    async def mended(self) -> None:
        """Return when everything that was killed is there again."""
        while self._restarts:
            await asyncio.wait(set(self._restarts))

    async def leader(self, service: str) -> str:
        """The replica that holds the lease of that service, by its own log."""
        async with asyncio.timeout(_START_SECONDS):
            while True:
                epoch = await self.epoch(service)
                for name in LEDGER if service == "ledger" else MIRROR:
                    if epoch is not None and _leads(self.replicas[name].log, epoch):
                        return name
                await asyncio.sleep(0.1)

    async def epoch(self, service: str) -> int | None:
        """How often the lease of that service has been taken; None when the store cannot be asked."""
        return await asyncio.to_thread(self._epoch, service)

    def _epoch(self, service: str) -> int | None:
        with suppress(PyMongoError), MongoClient[dict[str, object]](self._uri(service), timeoutMS=2000) as client:
            lease = client.get_default_database()["leases"].find_one({"_id": "log worker"})
            return int(str(lease["epoch"])) if lease else None
        return None

    # --- The verdict ------------------------------------------------------------------------------------------------

    async def quiet(self) -> float:
        """Wait until nothing moves any more; how long that took. AssertionError when it takes too long."""
        await self.mended()
        began = time.monotonic()
        standing: Standing | None = None
        while time.monotonic() < began + QUIET_SECONDS:
            with suppress(PyMongoError, nats.errors.Error, OSError, TimeoutError):
                uris = self._uri("ledger"), self._uri("mirror")
                standing = await read_standing(*uris, self.nats.url(PRODUCER))
                if standing.quiet:
                    return time.monotonic() - began
            await asyncio.sleep(0.3)
        raise AssertionError(f"not at rest after {QUIET_SECONDS} s: {standing}")

    async def evidence(self) -> Evidence:
        """What is there to judge by; best read when all is quiet."""
        ledger, mirror, bus = await asyncio.gather(
            asyncio.to_thread(read_store, self._uri("ledger")),
            asyncio.to_thread(read_store, self._uri("mirror")),
            read_bus(self.nats.url(PRODUCER)),
        )
        return Evidence(self.record, ledger, mirror, bus)

    async def verdict(self) -> Verdict:
        """Come to rest and judge."""
        quiet_after = await self.quiet()
        evidence = await self.evidence()
        found = breaches(evidence) + self._failures()
        record = evidence.record
        return Verdict(self.faults, len(record.sent), len(record.answers), found, quiet_after)

    def _failures(self) -> list[Breach]:
        """What the replicas say of themselves that no fault explains."""
        lines = [line for replica in self.replicas.values() for line in _log_lines(replica.log)]
        seen = Counter(line["event"] for line in lines if line.get("event") in ("rpc_failed", "worker_failed"))
        return [Breach(Kind.OTHER, f"{count} times in the logs: {event}") for event, count in seen.items()]

    def _uri(self, service: str, *, proxied: bool = False) -> str:
        name = f"store-{service}"
        return _at(self._stores[name].uri, self.proxies[name].port if proxied else None, service)

    def _bus_url(self, account: str) -> str:
        return _at(self.nats.url(account), self.proxies[BUS].port)


@asynccontextmanager
async def running(directory: Path, chance: random.Random) -> AsyncIterator[Rig]:
    """A rig that is up until the block ends."""
    rig = Rig(directory, chance)
    try:
        await rig.start()
        yield rig
    finally:
        await rig.stop()


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _at(url: str, port: int | None, path: str = "") -> str:
    """`url` with another port, if one is given, and another path."""
    parts = urlsplit(url)
    user = f"{parts.username}:{parts.password}@" if parts.username else ""
    return parts._replace(netloc=f"{user}{parts.hostname}:{port or parts.port}", path=f"/{path}").geturl()


def _leads(log: Path, epoch: int) -> bool:
    return any(line.get("event") == "log_worker_leading" and line.get("epoch") == epoch for line in _log_lines(log))


def _log_lines(log: Path) -> list[dict[str, object]]:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def _environment() -> dict[str, str]:
    """Spares the processes of the rig compiling their protos."""
    return {protos.COMPILED: str(Path(str(protos.proto_module("ledger_pb2").__file__)).parent)}
