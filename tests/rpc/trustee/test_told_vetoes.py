"""A trustee that an officer told of a veto himself refuses that intent, whatever the log shows; over mutual TLS."""

from pathlib import Path

import pytest

from services.chassis.rpc_errors import RpcError
from services.seal.statements import Veto
from services.tlog.errors import LogUnavailable
from tests.rpc.disclosure.authors import Author
from tests.rpc.disclosure.world import Ceremony, trustee
from tests.rpc.trustee.test_trustee import Asked, Lawful, channel_to, lawful
from tests.support.public_log import MemoryLogView
from vouchsafe.trustee.v1 import lock_service_pb2 as lock_pb
from vouchsafe.trustee.v1.lock_service_pb2_grpc import LockServiceStub


class World:
    """A ceremony, two cases that may be opened, and the trustee's view of the log."""

    def __init__(self) -> None:
        self.ceremony = Ceremony()
        self.told, self.other = (lawful(self.ceremony, Author(self.ceremony.dealing.public_key)) for _ in range(2))
        self.log = MemoryLogView(self.ceremony.trust)

    async def veto(self, address: str, *, by: str = "dan", caller: str = "officer-desk") -> str:
        """What `caller` gets for dan's veto of `told`, signed with the key of `by`."""
        intent = self.told.opening.intent.commitment
        signature = self.ceremony.officers[by].sign(Veto(self.ceremony.trust.hash(), intent, "dan").signed_bytes())
        async with channel_to(address, caller) as channel:
            request = lock_pb.VetoRequest(intent=intent, officer="dan", signature=signature)
            return await _said(channel.unary(LockServiceStub(channel.channel).Veto, request))

    async def asked(self, address: str, told: Lawful) -> str:
        """What disclosure gets for a case."""
        async with channel_to(address, "disclosure") as channel:
            return await _said(Asked(channel, self.log)(told))


async def _said(call) -> str:
    try:
        await call
    except RpcError as error:
        return error.reason
    return "answered"


@pytest.fixture
def world() -> World:
    return World()


async def test_that_intent_is_refused_and_no_other_and_a_restart_changes_nothing(world: World, tmp_path: Path):
    for _ in range(2):
        async with trustee(world.ceremony, tmp_path, 3, world.log) as address:
            assert await world.veto(address) == "answered", "the same again changes nothing"
        async with trustee(world.ceremony, tmp_path, 3, world.log) as address:
            assert await world.asked(address, world.told) == "REFUSED"
            assert await world.asked(address, world.other) == "answered"


async def test_a_veto_is_taken_while_no_mirror_answers(world: World, tmp_path: Path):
    async with trustee(world.ceremony, tmp_path, 3, world.log) as address:
        world.log.fails = LogUnavailable("no mirror")
        assert await world.veto(address) == "answered"
        world.log.fails = None
        assert await world.asked(address, world.told) == "REFUSED"


async def test_who_is_no_officer_stops_nothing(world: World, tmp_path: Path):
    async with trustee(world.ceremony, tmp_path, 3, world.log) as address:
        assert await world.veto(address, by="ann") == "REFUSED"
        assert await world.veto(address, caller="disclosure") == "CALLER_NOT_ALLOWED"
        assert await world.asked(address, world.told) == "answered"
