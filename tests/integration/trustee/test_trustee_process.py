"""A real trustee that reads the public log from a real mirror, and is really killed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.chassis.rpc_errors import RpcError
from services.seal.governance import proposal_hash
from services.seal.leaves import EndorsementLeaf, OwnershipLeaf, UnlockLeaf
from services.seal.statements import Endorsement
from tests.integration.trustee.trustee_process import SignedLog, TrusteeProcess
from tests.rpc.disclosure.authors import Author
from tests.rpc.disclosure.world import Ceremony
from tests.rpc.trustee.test_trustee import OFFICERS, Lawful, channel_to, lawful, lock_leaf
from tests.support.mirror_http import mirrored, served
from vouchsafe.trustee.v1 import lock_service_pb2 as lock_pb
from vouchsafe.trustee.v1.lock_service_pb2_grpc import LockServiceStub
from vouchsafe.trustee.v1.trustee_service_pb2_grpc import TrusteeServiceStub


class World:
    """A trustee, a case that it may open, the log, and the officers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ceremony = Ceremony()
        self.told: Lawful = lawful(self.ceremony, Author(self.ceremony.dealing.public_key))
        self.log = SignedLog(self.told.opening.signers, list(self.told.opening.logged))
        self.trustee = TrusteeProcess(directory, self.ceremony)

    @asynccontextmanager
    async def mirror(self, log: SignedLog | None = None, name: str = "mirror") -> AsyncIterator[str]:
        """A mirror of the log as it is now; its URL."""
        place = self.directory / name
        async with mirrored(self.ceremony.trust, log or self.log, place) as look:
            await look()
        async with served(place) as url:
            yield url

    async def asked(self) -> str:
        """What disclosure gets for the case: "answered", or why not."""
        async with channel_to(self.trustee.address, "disclosure") as channel:
            try:
                await channel.unary(TrusteeServiceStub(channel.channel).DecryptShare, self.told.request())
            except RpcError as error:
                return error.reason
        return "answered"

    async def lock(self, number: int, officer: str, by: str = "", caller: str = "officer-desk") -> str:
        """What an officer gets who locks the trustee himself."""
        leaf = lock_leaf(self.ceremony, number, by or officer)
        request = lock_pb.LockDownRequest(number=number, officer=officer, signature=leaf.signature)
        async with channel_to(self.trustee.address, caller) as channel:
            try:
                await channel.unary(LockServiceStub(channel.channel).LockDown, request)
            except RpcError as error:
                return error.reason
        return "locked"

    def log_unlock(self, number: int, officer: str) -> None:
        """Have the lock-down logged after all, and a quorum end it."""
        unlock = UnlockLeaf(number)
        hashed = proposal_hash(unlock)
        signed = Endorsement(self.ceremony.trust.hash(), hashed).signed_bytes()
        endorsed = [EndorsementLeaf(hashed, each, self.ceremony.officers[each].sign(signed)) for each in OFFICERS]
        self.log.append(lock_leaf(self.ceremony, number, officer), unlock, *endorsed)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_lock_down_that_the_log_hides_outlives_a_kill_and_ends_by_quorum_alone(world: World):
    async with world.mirror() as url, world.trustee.running([url]):
        assert await world.asked() == "answered"
        assert await world.lock(1, "eve") == "locked"
        assert await world.lock(1, "eve") == "locked", "the answer may have been lost"
        assert await world.asked() == "REFUSED"
    async with world.mirror() as url, world.trustee.running([url]):
        assert await world.asked() == "REFUSED", "it was on disk before the process was killed"
    world.log_unlock(1, "eve")
    async with world.mirror() as url, world.trustee.running([url]):
        assert await world.asked() == "answered"
        assert await world.lock(1, "eve") == "REFUSED", "that lock-down is over"
        assert await world.lock(2, "ann") == "locked"
        assert await world.asked() == "REFUSED"


async def test_a_log_that_is_kept_from_a_trustee_does_not_keep_it_from_being_locked(world: World):
    async with world.trustee.running(["http://127.0.0.1:1"]):
        assert await world.asked() == "LOG_UNAVAILABLE"
        assert await world.lock(1, "dan") == "locked"
    async with world.mirror() as url, world.trustee.running([url]):
        assert await world.asked() == "REFUSED"


async def test_nobody_else_locks_and_no_number_that_could_not_be_ended(world: World):
    async with world.mirror() as url, world.trustee.running([url]):
        assert await world.lock(1, "ann", by="bob") == "REFUSED"
        assert await world.lock(1, "ann", caller="disclosure") == "CALLER_NOT_ALLOWED"
        assert await world.lock(2, "ann") == "REFUSED"
        assert await world.lock(2**64 - 1, "ann") == "REFUSED"
        assert await world.asked() == "answered"


async def test_a_log_that_was_not_co_signed_lately_may_hide_a_veto(world: World):
    world.log.age = 400
    async with world.mirror() as url, world.trustee.running([url]):
        assert await world.asked() == "LOG_UNAVAILABLE"


async def test_a_restart_cannot_be_shown_an_older_log(world: World):
    older = SignedLog(world.log.signers, list(world.log.leaves))
    world.log.append(OwnershipLeaf(b"o" * 32))
    async with world.mirror() as url, world.trustee.running([url]):
        assert await world.asked() == "answered"
    async with world.mirror(older, "older") as url, world.trustee.running([url]):
        assert await world.asked() == "LOG_UNAVAILABLE"


async def test_a_log_with_two_histories_is_refused_for_ever(world: World):
    forked = SignedLog(world.log.signers, [*world.log.leaves, OwnershipLeaf(b"f" * 32).to_bytes()])
    world.log.append(OwnershipLeaf(b"o" * 32))
    async with world.mirror() as url, world.mirror(forked, "forked") as other:
        async with world.trustee.running([url]):
            assert await world.asked() == "answered"
        async with world.trustee.running([url, other]):
            assert await world.asked() == "REFUSED"
        async with world.trustee.running([url]):
            assert await world.asked() == "REFUSED"
    assert sorted(path.name for path in world.trustee.state.glob("log-forked-*")) == ["log-forked-1", "log-forked-2"]
