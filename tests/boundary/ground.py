"""A running platform with the configuration that ships, and a certificate for whoever comes to its doors."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from deploy.local import material
from deploy.local.certificates import CertificateAuthority
from deploy.local.configuration import CONFIGURATION
from deploy.local.platform import LocalPlatform
from deploy.local.ports import PortReservations
from deploy.local.supervisor import Unit
from deploy.local.topology import Workload, workload
from services.chassis.tls import TlsFiles
from tests.boundary import matrix
from tests.boundary.calling import Caller
from tests.support.certs import Authority, make_leaf

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
        async with asyncio.timeout(60):
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


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Ground]:
    """Such a platform, whose authority issues what tests need besides."""
    issuing = CertificateAuthority()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(material, "CertificateAuthority", lambda: issuing)
        async with WatchedPlatform(directory) as platform:
            yield Ground(platform, Authority(issuing._certificate, issuing._key))
