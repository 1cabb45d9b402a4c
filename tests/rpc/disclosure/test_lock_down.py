"""One officer stops everything, past a disclosure that is dead: the SDK against real trustees behind mutual TLS."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.tls import TlsFiles
from services.seal.ed25519 import SigningKey
from tests.rpc.disclosure.world import Ceremony, Platform, tls_of
from tests.support.mirror_http import mirrored, served
from tests.support.public_log import MemorySource, PublicLog
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.governance_side import GovernanceSide, Reached
from vouchsafe.sdk.officer_signatures import lock_down_of
from vouchsafe.sdk.profile import OfficerEdge

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
        assert told.keys() - set(ALIVE) == {"disclosure", *DEAD}
    with pytest.raises(VouchsafeError):
        await desk.read_log()


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
