"""What a client learns of a label from the log that disclosure serves: open, stopped, or not yet."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.rpc.disclosure.authors import EPOCH, LABEL, issuer
from tests.rpc.disclosure.world import Platform, Served, tls_of
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.profile import Edge
from vouchsafe.sdk.side import Side
from vouchsafe.sdk.transparency import LogReader

KEY = issuer().public_key.to_spki()


@pytest.fixture
async def disclosure(platform: Platform) -> Served:
    return await platform.disclosure()


@pytest.fixture
async def log(platform: Platform, disclosure: Served, tmp_path: Path) -> AsyncIterator[LogReader]:
    """The log as the person side reads it."""
    tls = tls_of("person-edge")
    files = {"tls.crt": tls.certificate, "tls.key": tls.key, "ca.crt": tls.authority}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    async with Side(Edge(*(tmp_path / name for name in files)), patience=5.0) as side:
        yield LogReader(side.connect("disclosure", disclosure.address), platform.trust)


async def test_an_open_label_is_told_with_its_crowd(disclosure: Served, log: LogReader) -> None:
    await disclosure.publish_label()
    assert (await log.wait_active(LABEL, EPOCH, KEY, patience=0)).crowd_at_least == 20


async def test_a_label_that_is_not_open_yet_is_waited_for(disclosure: Served, log: LogReader) -> None:
    await disclosure.publish_label(active=False)
    with pytest.raises(VouchsafeError) as refused:
        await log.wait_active(LABEL, EPOCH, KEY, patience=0)
    assert refused.value.reason == "LABEL_NOT_ACTIVE"


@pytest.mark.parametrize("active", [True, False])
async def test_a_stopped_label_is_not_waited_for(disclosure: Served, log: LogReader, active: bool) -> None:
    await disclosure.publish_label(active=active)
    await disclosure.revoke_label()
    with pytest.raises(VouchsafeError) as refused:
        await log.wait_active(LABEL, EPOCH, KEY, patience=60)
    assert refused.value.reason == "LABEL_REVOKED"
