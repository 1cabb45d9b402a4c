"""An alias of a wallet asks a real forum, over mutual TLS, what is announced about it."""

from pathlib import Path

import pytest

from services.chassis.clock import FixedClock
from services.seal.kdf import alias_key
from tests.rpc.forum.world import EDGE, World
from tests.support.rpc import credentials
from tests.unit.client.log_stories import trust
from tests.unit.client.wallets import alias, filled
from vouchsafe.disclosure.events.v1 import alias_events_pb2 as told
from vouchsafe.sdk import Notice, Voice
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.delays import Delays
from vouchsafe.sdk.profile import AliasEdge


@pytest.fixture
def edge(forum: World, tmp_path: Path) -> AliasEdge:
    files = credentials(EDGE)
    for name, content in (("crt", files.certificate), ("key", files.key), ("ca", files.authority)):
        (tmp_path / name).write_bytes(content)
    address = forum.running.address
    return AliasEdge(*(tmp_path / name for name in ("crt", "key", "ca")), forum=address, disclosure=address)


async def test_a_voice_is_told_of_its_own_alias(forum: World, edge: AliasEdge, tmp_path: Path) -> None:
    mine, other = alias("harbour"), alias("harbour", slot=1)
    held = filled(tmp_path / "wallet", mine, other).alias_compartment
    key, intent = alias_key(mine.secret).public_key, b"i" * 32
    await forum.tell(
        told.SubjectNotified(alias_key=key, intent=intent, opens_at=1_900_000_000),
        told.AliasOpened(alias_key=key, intent=intent),
    )
    async with AliasSide(edge, trust()) as side:
        voices = [
            Voice(side, held, each, b"", delays=Delays(), clock=FixedClock(), patience=5) for each in (mine, other)
        ]
        assert await voices[0].notices() == (Notice(intent, 1_900_000_000, opened=True),)
        assert await voices[1].notices() == ()
