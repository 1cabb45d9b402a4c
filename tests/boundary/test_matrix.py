"""Every method of every process as every identity: exactly whom `matrix.toml` names is served, and nobody else.

The processes are real, behind mutual TLS, with the configuration that ships.
"""

import asyncio
import json
import signal
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local import material
from deploy.local.certificates import CertificateAuthority
from deploy.local.configuration import CONFIGURATION
from deploy.local.platform import LocalPlatform
from deploy.local.ports import PortReservations
from deploy.local.supervisor import Unit
from deploy.local.topology import RPC, Workload, workload
from services.chassis.tls import TlsFiles
from tests.boundary import imports_lock, matrix
from tests.boundary.calling import Answer, Caller, Outcome
from tests.support.certs import Authority, make_leaf

TABLE = matrix.read()
STRANGER = Workload("vouchsafe-strangers", "stranger")
DESK = workload("officer-desk").spiffe_id
"""Whom strangers would like to be taken for."""


class WatchedPlatform(LocalPlatform):
    """A platform with the shipped configuration, whose disclosure tells what it has imported."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, configuration=CONFIGURATION)
        self._imported = directory / "imported.json"

    def _service(self, ports: PortReservations, name: str) -> Unit:
        unit = super()._service(ports, name)
        if name != "disclosure":
            return unit
        python, _, _, *arguments = unit.command
        command = [python, "-m", "tests.boundary.watched", str(self._imported), name, *arguments]
        return replace(unit, command=command)

    async def imported(self) -> list[str]:
        """The modules that disclosure has imported by now."""
        self.kill("disclosure", signal.SIGUSR1)
        async with asyncio.timeout(10):
            while not self._imported.exists():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        found: list[str] = json.loads(self._imported.read_text(encoding="utf-8"))
        return found


@dataclass
class Ground:
    """A running platform, and a certificate for whoever comes to its doors."""

    platform: WatchedPlatform
    authority: Authority
    foreign: CertificateAuthority = field(default_factory=CertificateAuthority)

    def named(self) -> Iterator[tuple[str, TlsFiles]]:
        """Every identity of the platform."""
        for name, of in matrix.identities().items():
            yield name, make_leaf(self.authority, uris=(of.spiffe_id,))

    def nameless(self) -> Iterator[tuple[str, TlsFiles]]:
        """Whoever the platform's authority has given a certificate, but no name that stands in the table."""
        yield "a stranger", make_leaf(self.authority, uris=(STRANGER.spiffe_id,))
        yield "no URI", make_leaf(self.authority)
        yield "two URIs", make_leaf(self.authority, uris=(DESK, STRANGER.spiffe_id))
        yield "the desk's URI as a DNS name", make_leaf(self.authority, dns=(DESK,))
        yield "the desk's URI in another case", make_leaf(self.authority, uris=(DESK.replace("officer", "Officer"),))
        yield "below the desk's URI", make_leaf(self.authority, uris=(f"{DESK}/x",))

    def outsiders(self) -> Iterator[tuple[str, TlsFiles | None]]:
        """Whoever has no certificate of the platform's authority."""
        foreign = Authority(self.foreign._certificate, self.foreign._key)
        yield "no certificate", None
        yield "another authority's certificate for the desk", make_leaf(foreign, uris=(DESK,))

    def caller(self, process: str, tls: TlsFiles | None) -> Caller:
        return Caller(self.platform.endpoint(process), process, authority=self.authority.pem, tls=tls)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A platform with the shipped configuration, whose authority issues what these tests need besides."""
    issuing = CertificateAuthority()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(material, "CertificateAuthority", lambda: issuing)
        async with WatchedPlatform(tmp_path_factory.mktemp("matrix") / "platform") as platform:
            yield Ground(platform, Authority(issuing._certificate, issuing._key))


def expected(process: str, service: str, caller: str) -> Outcome:
    """What the table says."""
    if not TABLE.serves(process, service):
        return Outcome.NOT_SERVED
    served = {matrix.kind(caller), matrix.ANYBODY} & TABLE.callers(process, service)
    return Outcome.SERVED if served else Outcome.REFUSED


async def answers(
    ground: Ground, process: str, callers: Iterator[tuple[str, TlsFiles | None]], services: tuple[str, ...]
) -> AsyncIterator[tuple[str, str, str, Answer]]:
    """Each caller's answer from each method: caller, service, method, answer."""
    async with AsyncExitStack() as stack:
        for name, tls in callers:
            caller = await stack.enter_async_context(ground.caller(process, tls))
            for service in services:
                for method in matrix.methods(service):
                    yield name, service, method.name, await caller.call(method, service)


def at(process: str) -> tuple[str, ...]:
    """The services that the table knows at a process or everywhere."""
    return (*TABLE.processes[matrix.kind(process)], *TABLE.everywhere)


@pytest.mark.parametrize("process", RPC)
async def test_whom_the_table_names_is_served_and_nobody_else(ground: Ground, process: str) -> None:
    callers = iter([*ground.named(), *ground.nameless()])
    wrong, refusals, seen = [], set(), set()
    async for caller, service, method, answer in answers(ground, process, callers, at(process)):
        seen.add(answer.outcome)
        if answer.outcome is not expected(process, service, caller):
            wrong.append(f"{caller} at {service}/{method}: {answer}")
        if answer.outcome is Outcome.REFUSED:
            refusals.add(answer.refusal)
    assert wrong == [], "\n".join(wrong)
    assert {Outcome.SERVED, Outcome.REFUSED} <= seen
    assert len(refusals) == 1, "a refusal says the same to everybody, whatever was asked"


@pytest.mark.parametrize("process", RPC)
async def test_who_has_no_certificate_of_ours_is_not_even_connected(ground: Ground, process: str) -> None:
    found = [
        (*what, answer.outcome) async for *what, answer in answers(ground, process, ground.outsiders(), at(process))
    ]
    assert found
    assert [each for each in found if each[-1] is not Outcome.NO_CONNECTION] == []


@pytest.mark.parametrize("process", RPC)
async def test_a_process_serves_nothing_that_the_table_does_not_name(ground: Ground, process: str) -> None:
    callers = dict(ground.named())
    async with AsyncExitStack() as stack:
        at_the_door = [
            await stack.enter_async_context(ground.caller(process, callers[name]))
            for name in ("disclosure", "officer-desk")
        ]
        for service in matrix.services():
            for caller in () if TABLE.serves(process, service) else at_the_door:
                for method in matrix.methods(service):
                    assert (await caller.call(method, service)).outcome is Outcome.NOT_SERVED, (service, method.name)


async def test_a_refusal_is_the_same_everywhere(ground: Ground) -> None:
    stranger = dict(ground.nameless())["a stranger"]
    refusals = set()
    for process in RPC:
        async for _, _, _, answer in answers(
            ground, process, iter([("", stranger)]), tuple(TABLE.processes[matrix.kind(process)])
        ):
            refusals.add(answer.refusal)
    assert len(refusals) == 1


async def test_a_running_disclosure_has_imported_nothing_that_its_lock_does_not_name(ground: Ground) -> None:
    # After all of the calls above, and some minutes of its own workers.
    imported = [name for name in await ground.platform.imported() if not name.startswith("tests")]
    locked = imports_lock.LOCK.read_text(encoding="utf-8").splitlines()
    assert "services.disclosure.vault" in imported
    assert [line for line in imports_lock.lines(imported) if line not in locked] == []


def test_the_table_names_every_identity_and_no_other() -> None:
    assert TABLE.identities == {matrix.kind(name) for name in matrix.identities()}


def test_the_table_names_every_process_and_every_service_and_no_other() -> None:
    assert set(TABLE.processes) == {matrix.kind(name) for name in RPC}
    named = {service for services in TABLE.processes.values() for service in services}
    assert named | TABLE.unserved == set(matrix.services())
    assert not named & TABLE.unserved


@pytest.mark.parametrize("process", sorted({matrix.kind(name) for name in RPC}))
def test_the_shipped_allow_list_is_the_table(process: str) -> None:
    shipped = tomllib.loads((CONFIGURATION / process / "service.toml").read_text(encoding="utf-8"))["allow"]
    uris = {name: of.spiffe_id for name, of in matrix.identities().items()}
    for service, callers in TABLE.processes[process].items():
        assert set(shipped[service]) == {uri for name, uri in uris.items() if matrix.kind(name) in callers}
    assert set(shipped) == set(TABLE.processes[process])
