"""One officer stops everything, past a disclosure that is dead: the SDK against real trustees behind mutual TLS."""

import os
import shutil
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.chassis.tls import TlsFiles
from services.identity.api.errors import ERRORS
from services.identity.domain.errors import DomainError, Reason
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.stops.servicer import LockServicer
from services.stops.stops import Stops
from services.tlog.anchor import FORKED, NEWEST
from services.tlog.kept import LOCK
from tests.rpc.disclosure.world import CONFIG, Ceremony, Platform, tls_of
from tests.support.log_service import SERVICE, LogServicer
from tests.support.mirror_http import mirrored, served
from tests.support.public_log import MemorySource, PublicLog
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as log_pb
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.governance_side import NOT_IN_PROFILE, GovernanceSide, Reached
from vouchsafe.sdk.log_memory import SEEN, TREE, LogMemory
from vouchsafe.sdk.officer_signatures import lock_down_of, veto_of_intent
from vouchsafe.sdk.profile import OfficerEdge
from vouchsafe.trustee.v1.lock_service_pb2_grpc import add_LockServiceServicer_to_server

PATIENCE = 2.0
ALIVE, DEAD = ("trustee-1", "trustee-3", "trustee-5"), ("trustee-2", "trustee-4")


@pytest.fixture
async def desk(platform: Platform, tmp_path: Path) -> AsyncIterator[GovernanceSide]:
    """Disclosure was never started, and two trustees are dead."""
    trustees = {name: platform.addresses[name] for name in (*ALIVE, *DEAD)}
    edge = OfficerEdge(*written(tls_of("officer-desk"), tmp_path), "127.0.0.1:1", trustees)
    async with GovernanceSide(edge, platform.trust, patience=PATIENCE) as made:
        yield made


def written(tls: TlsFiles, directory: Path) -> list[Path]:
    paths = [directory / name for name in ("desk.crt", "desk.key", "desk-ca.crt")]
    for path, content in zip(paths, (tls.certificate, tls.key, tls.authority), strict=True):
        path.write_bytes(content)
    return paths


def reached(told: list[Reached]) -> dict[str, str]:
    return {each.party: each.refusal for each in told}


async def test_the_trustees_that_live_are_locked_though_disclosure_is_dead(platform: Platform, desk: GovernanceSide):
    lock_down = lock_down_of(platform.trust.hash(), 1, "ann", platform.ceremony.officers["ann"])
    for _ in range(2):  # repeating it changes nothing
        told = reached(await desk.lock_down(lock_down))
        assert {name for name, refusal in told.items() if not refusal} == set(ALIVE)
        assert told.keys() - set(ALIVE) == {"disclosure", "identity", *DEAD}
        assert told["identity"] == NOT_IN_PROFILE
    with pytest.raises(VouchsafeError):
        await desk.read_log()


def shipped(service: str) -> dict[str, list[str]]:
    """Who may call a service, as it ships."""
    config = tomllib.loads((CONFIG / service / "service.toml").read_text(encoding="utf-8"))
    allow: dict[str, list[str]] = config["allow"]
    return allow


@asynccontextmanager
async def identity(platform: Platform, state: Path) -> AsyncIterator[tuple[Stops, str]]:
    """A replica of identity as officers see it: what it has to stop, and its address. It asks who calls as it ships."""
    stops, name = Stops.open(state, platform.log), "vouchsafe.trustee.v1.LockService"
    servicer = LockServicer(stops, lambda _: DomainError(Reason.REFUSED))
    server = RpcServer(
        listen="127.0.0.1:0",
        health_listen="127.0.0.1:0",
        tls=tls_of("identity"),
        services=[ServiceBinding(add_LockServiceServicer_to_server, servicer)],
        allow={name: frozenset(shipped("identity")[name])},
        errors=ERRORS,
    )
    await server.start()
    yield stops, f"127.0.0.1:{server.port}"
    await server.stop(0)
    await stops.close()


async def test_every_replica_of_identity_is_told_and_a_dead_one_hinders_nobody(platform: Platform, tmp_path: Path):
    ceremony, ann = platform.trust.hash(), platform.ceremony.officers["ann"]
    async with (
        identity(platform, tmp_path / "0") as (first, here),
        identity(platform, tmp_path / "2") as (third, there),
    ):
        edge = OfficerEdge(
            *written(tls_of("officer-desk"), tmp_path),
            disclosure="127.0.0.1:1",
            trustees={"trustee-2": platform.addresses["trustee-2"]},
            identity=(here, "127.0.0.1:1", there),
        )
        async with GovernanceSide(edge, platform.trust, patience=PATIENCE) as desk:
            vetoed = reached(await desk.veto(veto_of_intent(ceremony, bytes(32), "ann", ann)))
            assert [name for name, refusal in vetoed.items() if not refusal] == ["identity-0", "identity-2"]
            assert vetoed.keys() == {"identity-0", "identity-1", "identity-2", "trustee-2"}
            governance = await platform.log.view(0)
            first.check(b"o" * 32, governance)
            locked = reached(await desk.lock_down(lock_down_of(ceremony, 1, "ann", ann)))
            assert [name for name, refusal in locked.items() if not refusal] == ["identity-0", "identity-2"]
            stranger = lock_down_of(ceremony, 1, "ann", SigningKey.generate())
            assert reached(await desk.lock_down(stranger))["identity-2"] == "REFUSED"
        for each in (first, third):
            with pytest.raises(SealError):
                each.check(b"o" * 32, governance)


@pytest.mark.parametrize("number", [2, 7])
async def test_a_number_that_is_not_the_next_locks_nobody(platform: Platform, desk: GovernanceSide, number: int):
    leaf = lock_down_of(platform.trust.hash(), number, "ann", platform.ceremony.officers["ann"])
    told = reached(await desk.lock_down(leaf))
    assert {told[name] for name in ALIVE} == {"REFUSED"}


async def test_a_key_that_is_not_the_officers_locks_nobody(platform: Platform, desk: GovernanceSide):
    told = reached(await desk.lock_down(lock_down_of(platform.trust.hash(), 1, "ann", SigningKey.generate())))
    assert {told[name] for name in ALIVE} == {"REFUSED"}


async def test_what_governs_is_read_from_a_mirror_while_disclosure_is_away(tmp_path: Path):
    """The number of a lock-down is the log's: an officer whose mirror shows an earlier one names the next."""
    log = PublicLog()
    log.append(lock_down_of(log.keys.trust.hash(), 1, "ann", log.keys.officers["ann"]))
    async with mirrored(log.keys.trust, MemorySource(log), tmp_path) as look, served(tmp_path) as url:
        await look()
        edge = OfficerEdge(
            *written(tls_of("officer-desk"), tmp_path), "127.0.0.1:1", mirrors=("http://127.0.0.1:1", url)
        )
        async with GovernanceSide(edge, log.keys.trust, patience=PATIENCE) as desk:
            governance = (await desk.read_log()).governance
            assert (governance.lockdowns, governance.locked) == (1, True)
        async with GovernanceSide(edge, Ceremony().trust, patience=PATIENCE) as stranger:
            with pytest.raises(VouchsafeError, match="UNAVAILABLE"):
                await stranger.read_log()


class Endless(LogServicer):
    """Disclosure that shows leaves after the log's, as many as anybody asks for."""

    def __init__(self, log: PublicLog) -> None:
        super().__init__(log)
        self.shown = 0

    async def ListLeaves(self, request: log_pb.ListLeavesRequest, context: object) -> log_pb.ListLeavesResponse:  # noqa: N802
        self.shown += request.limit
        if self.shown > 50_000:
            pytest.fail("leaves are taken without end")
        answer = await super().ListLeaves(request, context)
        return log_pb.ListLeavesResponse(leaves=[*answer.leaves, *[b"no leaf"] * (request.limit - len(answer.leaves))])


class Garbling(LogServicer):
    """Disclosure that shows other leaves than those under its head."""

    async def ListLeaves(self, request: log_pb.ListLeavesRequest, context: object) -> log_pb.ListLeavesResponse:  # noqa: N802
        answer = await super().ListLeaves(request, context)
        return log_pb.ListLeavesResponse(leaves=[leaf[::-1] for leaf in answer.leaves])


@asynccontextmanager
async def disclosure(servicer: LogServicer) -> AsyncIterator[str]:
    """The address at which it shows a log to officers."""
    server = RpcServer(
        listen="127.0.0.1:0",
        health_listen="127.0.0.1:0",
        tls=tls_of("disclosure"),
        services=[servicer.binding],
        allow={SERVICE: frozenset(shipped("disclosure")[SERVICE])},
        errors=ERRORS,
    )
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop(0)


def locked_once() -> PublicLog:
    log = PublicLog()
    log.append(lock_down_of(log.keys.trust.hash(), 1, "ann", log.keys.officers["ann"]))
    return log


async def test_a_disclosure_whose_log_never_ends_does_not_keep_an_officer_from_his_mirror(tmp_path: Path):
    log, tls = locked_once(), written(tls_of("officer-desk"), tmp_path)
    endless = Endless(log)
    async with (
        mirrored(log.trust, MemorySource(log), tmp_path) as look,
        served(tmp_path) as url,
        disclosure(endless) as address,
    ):
        await look()
        async with GovernanceSide(OfficerEdge(*tls, address, mirrors=(url,)), log.trust, patience=PATIENCE) as desk:
            governance = (await desk.read_log()).governance
            assert (governance.lockdowns, governance.size) == (1, 2)
        async with GovernanceSide(OfficerEdge(*tls, address), log.trust, patience=PATIENCE) as alone:
            with pytest.raises(VouchsafeError, match="LOG_STALE"):
                await alone.read_log()
    assert endless.shown


async def test_a_disclosure_that_shows_rubbish_keeps_nobody_from_stopping(tmp_path: Path):
    """Who goes on with something wants to know that disclosure lies; who stops it goes to the mirror."""
    log, tls = locked_once(), written(tls_of("officer-desk"), tmp_path)
    async with (
        mirrored(log.trust, MemorySource(log), tmp_path) as look,
        served(tmp_path) as url,
        disclosure(Garbling(log)) as address,
    ):
        await look()
        async with GovernanceSide(OfficerEdge(*tls, address, mirrors=(url,)), log.trust, patience=PATIENCE) as desk:
            with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
                await desk.read_log()
            assert (await desk.read_log_to_stop()).governance.lockdowns == 1
        async with GovernanceSide(OfficerEdge(*tls, address), log.trust, patience=PATIENCE) as alone:
            with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
                await alone.read_log_to_stop()


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_bytes(b"")


def as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


HARMS: list[tuple[str, Callable[[Path], object]]] = [
    (f"{SEEN}/{NEWEST}", lambda path: path.write_bytes(b"\xffgarbage")),
    (f"{SEEN}/{NEWEST}", lambda path: path.write_bytes(b"")),
    (f"{SEEN}/{NEWEST}", as_pipe),
    (f"{SEEN}/{NEWEST}", as_link),
    (f"{SEEN}/{FORKED.format(1)}", lambda path: path.write_text("made up")),
    (f"{SEEN}/{FORKED.format(1)}", os.mkfifo),
    (f"{SEEN}/{LOCK}", as_directory),
    (SEEN, as_file),
    (TREE, as_file),
    (f"{TREE}/tile/0", as_file),
]


@pytest.mark.parametrize(("name", "harm"), HARMS)
async def test_nothing_that_is_kept_on_his_machine_keeps_an_officer_from_stopping(tmp_path: Path, name: str, harm):
    log, told = locked_once(), list[str]()
    memory = LogMemory(log.trust, tmp_path / "kept", tell=told.append)
    async with disclosure(LogServicer(log)) as address:
        edge = OfficerEdge(*written(tls_of("officer-desk"), tmp_path), address)
        async with GovernanceSide(edge, log.trust, patience=PATIENCE, memory=memory) as desk:
            await desk.read_log()
            log.grow(1)
            path = tmp_path / "kept" / log.trust.hash().hex()[:16] / name
            harm(path)
            with pytest.raises(VouchsafeError, match=r"FILE_UNREADABLE|LOG_FORKED"):
                await desk.read_log()
            assert told == []
            governance = (await desk.read_log_to_stop()).governance
            assert (governance.lockdowns, governance.size, len(told)) == (1, 3, 1)
            with pytest.raises(VouchsafeError, match=r"FILE_UNREADABLE|LOG_FORKED"):  # nothing was mended in silence
                await desk.read_log()
