"""The log and its witnesses as they are in life: killed, restored, dead, slow, foreign or hostile."""

import asyncio
import shutil
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.chassis import toml_text
from services.chassis.clock import SystemClock
from services.chassis.configfile import ConfigError
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.adapters.witnesses import witness_clients
from services.disclosure.config import ForeignWitness as Besides
from services.seal.checkpoint import VerifiedCheckpoint, verify_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.leaves import OwnershipLeaf
from services.seal.logged import check_logged
from services.seal.note import Note, NoteSigner, VerifierKey
from services.tlog import cosigning
from services.tlog.checkpoints import QUORUM_SHORT, Checkpoints
from services.tlog.errors import WitnessesUnavailable, WitnessSilent
from services.tlog.log import TransparencyLog
from services.tlog.witness_client import WitnessClient
from services.witness.last_seen import FILE_NAME
from tests.rpc.disclosure.world import CONFIG, ORIGIN, Ceremony, process
from tests.support.foreign_witness import ForeignWitness, serving
from tests.support.rpc import authority, credentials
from tests.support.store import free_port

ROOT = Path(__file__).parents[3]


class WitnessProcess:
    """One of our witnesses as a process of its own, on a port that stays."""

    def __init__(self, ceremony: Ceremony, directory: Path, number: int) -> None:
        self.name = f"witness-{number}"
        seed = ceremony.witnesses[number - 1].seed().reveal()
        of = process(self.name, directory, {"witness.key": seed}, ceremony.text)
        self.home = directory / self.name
        self.state = self.home / "state" / FILE_NAME
        self.port = free_port()
        endpoints = {
            "process": {"name": self.name},
            "listen": {"rpc": f"127.0.0.1:{self.port}"},
            "telemetry": {"log_file": str(self.home / "log.jsonl")},
            "paths": {"state": str(of.endpoints.paths.state), "trust": str(of.endpoints.paths.trust)},
        }
        (self.home / "endpoints.toml").write_text(toml_text.render(endpoints), encoding="utf-8")
        self._running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and return when it listens."""
        arguments = [f"--config={CONFIG / 'witness' / 'service.toml'}", f"--endpoints={self.home / 'endpoints.toml'}"]
        self._running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.witness", *arguments, f"--secrets={self.home / 'secrets'}"), cwd=ROOT
        )
        async with asyncio.timeout(60):
            while not await self._listens():
                assert self._running.returncode is None, "the witness could not start"
                await asyncio.sleep(0.05)

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Have it end."""
        if self._running is not None:
            self._running.send_signal(how)
            await self._running.wait()
            self._running = None

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


class Log:
    """A log in this process, with the clients that disclosure has."""

    def __init__(self, ceremony: Ceremony, urls: dict[str, str], besides: list[Besides], recosign: float) -> None:
        self.trust = ceremony.trust
        self.policy = ceremony.trust.log_policy()
        tls = ssl.create_default_context(cadata=authority().pem.decode())
        self.clients = witness_clients(self.trust, urls, besides, tls)
        self.tree = TransparencyLog(MemoryEventStore(), event_codec(), SystemClock())
        signer = NoteSigner(ORIGIN, ceremony.log)
        self.checkpoints = Checkpoints(
            self.tree, signer=signer, policy=self.policy, witnesses=self.clients, recosign_seconds=recosign
        )

    async def grow(self, leaves: int = 1, kind: int = 0) -> None:
        for _ in range(leaves):
            number = self.tree.size
            await self.tree.append(leaf(number, kind), commit_id=f"leaf-{number}")

    async def cosigned(self) -> VerifiedCheckpoint:
        """The newest checkpoint, which covers everything."""
        newest = await self.checkpoints.covering(self.tree.size)
        return verify_checkpoint(newest.note, self.policy)

    async def close(self) -> None:
        await self.checkpoints.close()
        for client in self.clients.values():
            await client.close()


def leaf(number: int, kind: int = 0) -> OwnershipLeaf:
    return OwnershipLeaf(bytes([kind]) + number.to_bytes(31, "big"))


class Scene:
    """A ceremony, its witnesses as processes, and logs that know them."""

    def __init__(self, directory: Path, quorum: int, count: int = 2) -> None:
        self.directory = directory
        self.ceremony = Ceremony(quorum=quorum, witnesses=tuple(SigningKey.generate() for _ in range(count)))
        self.witnesses = [WitnessProcess(self.ceremony, directory, number + 1) for number in range(count)]
        self.stack = AsyncExitStack()

    async def log(self, *besides: Besides, recosign: float = 60.0) -> Log:
        urls = {each.name: f"https://127.0.0.1:{each.port}" for each in self.witnesses}
        log = Log(self.ceremony, urls, list(besides), recosign)
        self.stack.push_async_callback(log.close)
        return log

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Until the block ends."""
        try:
            await asyncio.gather(*(each.start() for each in self.witnesses))
            yield
        finally:
            await self.stack.aclose()
            for each in self.witnesses:
                await each.kill()


def tls_files(directory: Path) -> tuple[Path, Path]:
    own = credentials("foreign")
    files = directory / "foreign.crt", directory / "foreign.key"
    for file, content in zip(files, (own.certificate, own.key), strict=True):
        file.write_bytes(content)
    return files


@contextmanager
def foreign(scene: Scene) -> Iterator[tuple[ForeignWitness, Besides]]:
    """A foreign witness, and how an operator names it."""
    witness = ForeignWitness("witness.example/w9", ORIGIN, scene.ceremony.log.public_key)
    with serving(witness, *tls_files(scene.directory)) as url:
        yield witness, Besides(witness.vkey, url)


async def test_a_witness_that_is_killed_and_restarted_goes_on_and_still_refuses_a_fork(tmp_path: Path):
    scene = Scene(tmp_path, quorum=2)
    async with scene.running():
        log = await scene.log()
        await log.grow(3)
        assert (await log.cosigned()).checkpoint.size == 3
        first = scene.witnesses[0]
        seen = first.state.read_text()
        await first.kill()
        await first.start()
        assert first.state.read_text() == seen
        await log.grow(4)
        assert (await log.cosigned()).checkpoint.size == 7

        # Another history under the log's own key, as large and larger than what was seen.
        forked = await scene.log()
        await forked.grow(7, kind=1)
        with capture_logs() as said:
            await forked.checkpoints.publish()
            await forked.grow(2, kind=1)
            await forked.checkpoints.publish()
        alarms = [each["peer"] for each in said if each["event"] == cosigning.LOG_INCONSISTENT]
        assert sorted(alarms) == ["witness-1", "witness-1", "witness-2", "witness-2"]
        with pytest.raises(WitnessesUnavailable):
            await forked.cosigned()
        assert "fork_refused" in (first.home / "log.jsonl").read_text()
        assert (first.home / "state" / "fork").exists()


async def test_a_witness_restored_from_an_old_file_is_named_and_caught_up(tmp_path: Path):
    scene = Scene(tmp_path, quorum=2)
    async with scene.running():
        log = await scene.log()
        await log.grow(3)
        await log.cosigned()
        first = scene.witnesses[0]
        shutil.copy(first.state, tmp_path / "old")
        await log.grow(4)
        await log.cosigned()
        await first.kill()
        shutil.copy(tmp_path / "old", first.state)
        await first.start()
        await log.grow()
        with capture_logs() as said:
            assert (await log.cosigned()).checkpoint.size == 8
        assert [e["peer"] for e in said if e["event"] == cosigning.WITNESS_WENT_BACK] == ["witness-1"]
        assert first.state.read_text().startswith("8 ")


async def test_one_dead_witness_stops_a_quorum_of_all_and_not_one_of_less(tmp_path: Path):
    for count in (3, 2):
        scene = Scene(tmp_path / str(count), quorum=2, count=count)
        async with scene.running():
            log = await scene.log()
            await scene.witnesses[1].kill()
            await log.grow(2)
            with capture_logs() as said:
                if count == 3:
                    verified = await log.cosigned()
                    assert {each.key.name for each in verified.cosignatures} == {"witness-1", "witness-3"}
                    continue
                await log.checkpoints.publish()
            assert QUORUM_SHORT in {each["event"] for each in said}
            await scene.witnesses[1].start()
            assert len((await log.cosigned()).cosignatures) == 2


async def test_a_foreign_witness_is_asked_besides_and_never_counts(tmp_path: Path):
    scene = Scene(tmp_path, quorum=2)
    async with scene.running():
        with foreign(scene) as (witness, besides):
            log = await scene.log(besides, recosign=0.0)
            for size in (1, 3, 4):
                await log.grow(size - log.tree.size)
                note = Note.parse(await _with_line_of(log, witness.name))
                theirs = [each for each in note.signatures if each.name == witness.name]
                assert len(theirs) == 1, "the line of an unknown key was dropped"
            assert witness.size == 4
            proof = await log.checkpoints.proof_of(2)
            with pytest.raises(SealError, match="known witnesses"):
                check_logged(leaf(2), proof, log.policy)
            # With one of ours dead, the foreign one makes no quorum.
            await scene.witnesses[0].kill()
            await log.grow()
            await log.checkpoints.publish()
            assert verify_checkpoint((await log.checkpoints.covering(4)).note, log.policy).checkpoint.size == 4


async def _with_line_of(log: Log, name: str) -> str:
    """The newest note, as soon as it has a line of that name; it comes after the quorum."""
    async with asyncio.timeout(60):
        while True:
            newest = await log.checkpoints.covering(log.tree.size)
            if f"— {name} " in newest.note:
                return newest.note
            await asyncio.sleep(0.02)


async def test_a_foreign_witness_that_hangs_holds_nobody_up(tmp_path: Path):
    scene = Scene(tmp_path, quorum=2)
    async with scene.running():
        with foreign(scene) as (witness, besides):
            log = await scene.log(besides)
            await log.grow()
            await log.cosigned()
            witness.delay_seconds = 120.0
            await log.grow()
            began = time.monotonic()
            await log.cosigned()
            assert time.monotonic() - began < 60.0, "the quorum was there long before it"


async def test_a_foreign_witness_that_lies_holds_nobody_up(tmp_path: Path):
    scene = Scene(tmp_path, quorum=2)
    async with scene.running():
        with foreign(scene) as (witness, besides):
            log = await scene.log(besides)
            await log.grow()
            await log.cosigned()
            for lie in (
                (200, "text/plain", b"\xff"),
                (200, "text/plain", b"x" * 40_000),
                (409, "text/x.tlog.size", b""),
            ):
                witness.answer = lie
                await log.grow()
                assert (await log.cosigned()).checkpoint.size == log.tree.size


async def test_a_quiet_log_is_cosigned_anew(tmp_path: Path):
    scene = Scene(tmp_path, quorum=2)
    async with scene.running():
        log = await scene.log(recosign=0.5)
        await log.grow()
        first = await log.cosigned()
        running = asyncio.create_task(log.checkpoints.run())
        try:
            async with asyncio.timeout(60):
                while (later := await log.cosigned()).cosignatures[0].timestamp == first.cosignatures[0].timestamp:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
        assert later.checkpoint == first.checkpoint
        assert len(later.cosignatures) == 2


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
async def test_an_answer_that_trickles_in_takes_no_more_than_its_time(tmp_path: Path, sent: bytes):
    stop = threading.Event()
    with _trickling(tmp_path, sent, stop) as port:
        tls = ssl.create_default_context(cadata=authority().pem.decode())
        client = WitnessClient(f"https://127.0.0.1:{port}", tls=tls, timeout=0.5)
        began = time.monotonic()
        with pytest.raises(WitnessSilent):
            await client(0, (), "note")
        assert time.monotonic() - began < 60.0
        await client.close()


@contextmanager
def _trickling(directory: Path, begin: bytes, stop: threading.Event) -> Iterator[int]:
    """A server that begins an answer and goes on a byte at a time, faster than any time limit on one read."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*tls_files(directory))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.sendall(begin)
                while not stop.wait(0.05):
                    tls.sendall(b"a")
        except OSError:
            pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stop.set()
        listener.close()
        thread.join(5)


@pytest.mark.parametrize(
    "url", ["", "http://w.example", "https://", "https://u@w.example", "https://w.example/?a", "https://w.example/#a"]
)
def test_what_is_no_submission_prefix_is_refused(url: str):
    with pytest.raises(ValueError, match="https://host"):
        WitnessClient(url, tls=ssl.create_default_context())


async def test_the_policy_and_its_witnesses_cannot_be_confused():
    ceremony = Ceremony()
    urls = {"witness-1": "https://w1.example", "witness-2": "https://w2.example"}
    own = ceremony.trust.log_policy().witnesses[0]
    with pytest.raises(ConfigError, match="is a witness of the trust material"):
        Log(ceremony, urls, [Besides(own.encode(), "https://w3.example")], 60.0)
    again = VerifierKey("witness-3", own.type, own.public_key)
    with pytest.raises(SealError, match="share a name or a key"):
        Log(ceremony, urls, [Besides(again.encode(), "https://w3.example")], 60.0)
    with pytest.raises(ConfigError, match="witness-2"):
        Log(ceremony, {"witness-1": "https://w1.example"}, [], 60.0)
    with pytest.raises(ConfigError, match="witness-3 is not a witness"):
        Log(ceremony, urls | {"witness-3": "https://w3.example"}, [], 60.0)
