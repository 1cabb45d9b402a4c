"""What an officer told identity himself stops a release that is in order in every other way; over mutual TLS."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from services.chassis.log.eventstore import Commit, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_errors import RpcError
from services.seal.governance import proposal_hash
from services.seal.leaves import EndorsementLeaf, LockDownLeaf, UnlockLeaf
from services.seal.statements import Endorsement, LockDown, Veto
from services.tlog.errors import LogForked, LogUnavailable
from tests.rpc.identity.cases import OFFICERS, Case
from tests.rpc.identity.conftest import Ground, Identity, PersonSide
from tests.rpc.identity.test_identity_release import REFUSED, DisclosureSide
from vouchsafe.identity.v1 import release_service_pb2 as rpc
from vouchsafe.trustee.v1 import lock_service_pb2 as lock_pb
from vouchsafe.trustee.v1.lock_service_pb2_grpc import LockServiceStub


class HeldBack(MemoryEventStore):
    """Writes at once what it is given, but tells so only when it may, as over a network that somebody slows down."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.may_tell = asyncio.Event(), asyncio.Event()
        self.may_tell.set()

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        commit = await super().append(stream, expected_version, writes)
        self.written.set()
        await self.may_tell.wait()
        return commit


@dataclass
class World:
    """A process of identity that can be restarted, and a case whose envelope was opened before anybody stopped it."""

    ground: Ground
    store: HeldBack
    service: Identity
    case: Case
    other: Case
    request: rpc.ReleasePersonRequest

    async def release(self) -> object:
        """What disclosure gets for the case: "released", or the whole refusal."""
        return await self._release(self.request)

    async def release_other(self) -> object:
        """The same for the other case, whose log is shown from then on."""
        side = DisclosureSide(self.service)
        request = side.asked(self.other)
        await side.channel.close()
        return await self._release(request)

    async def _release(self, request: rpc.ReleasePersonRequest) -> object:
        side = DisclosureSide(self.service)
        try:
            await side.release(request)
        except RpcError as error:
            return error.code, error.reason
        finally:
            await side.channel.close()
        return "released"

    async def veto(self, *, by: str = "legal", caller: str = "officer-desk") -> object:
        """What `caller` gets for the veto of officer `legal`, signed with the key of `by`."""
        intent = self.case.opening.intent.commitment
        signature = OFFICERS[by].sign(Veto(self.ground.trust.hash(), intent, "legal").signed_bytes())
        request = lock_pb.VetoRequest(intent=intent, officer="legal", signature=signature)
        return await self._tell("Veto", request, caller)

    async def lock(self, number: int = 1, *, by: str = "legal", caller: str = "officer-desk") -> object:
        """What `caller` gets for a lock-down."""
        signature = self.lock_leaf(number, by).signature
        request = lock_pb.LockDownRequest(number=number, officer="legal", signature=signature)
        return await self._tell("LockDown", request, caller)

    def lock_leaf(self, number: int, by: str = "legal") -> LockDownLeaf:
        signed = LockDown(self.ground.trust.hash(), number, "legal").signed_bytes()
        return LockDownLeaf(number, "legal", OFFICERS[by].sign(signed))

    def endorsed_by(self, *officers: str) -> list[EndorsementLeaf]:
        """That these officers endorse the end of the first lock-down."""
        hashed = proposal_hash(UnlockLeaf(1))
        signed = Endorsement(self.ground.trust.hash(), hashed).signed_bytes()
        return [EndorsementLeaf(hashed, each, OFFICERS[each].sign(signed)) for each in officers]

    async def _tell(self, method: str, request: object, caller: str) -> object:
        async with self.service.running.channel(caller) as channel:
            try:
                await channel.unary(getattr(LockServiceStub(channel.channel), method), request)
            except RpcError as error:
                return error.reason
        return "taken"

    @asynccontextmanager
    async def restarted(self) -> AsyncIterator[None]:
        async with self.ground.serving() as again:
            self.service = again
            yield


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """Served once, to register somebody; tests serve it again."""
    ground, store = Ground.fresh(tmp_path), HeldBack()
    ground.store = store
    async with ground.serving() as service:
        side, disclosure = PersonSide(service), DisclosureSide(service)
        person = await side.person()
        await service.projected()
        now = int(service.clock.now().timestamp())
        told = (disclosure.recipient, person.registered.escrow_reference, person.ownership_key)
        case, other = (Case.of(ground.trust, now, *told).but(case_id=str(uuid.uuid4())) for _ in range(2))
        request = disclosure.asked(case)
        await disclosure.channel.close()
        await side.channel.close()
    return World(ground, store, service, case, other, request)


async def test_a_veto_told_past_disclosure_refuses_that_release_and_no_other_for_good(world: World):
    async with world.restarted():
        assert await world.veto() == "taken"
        assert await world.release() == REFUSED
        assert await world.veto() == "taken", "the answer may have been lost"
    async with world.restarted():
        assert await world.release() == REFUSED, "it was on disk before it was answered"
        assert await world.release_other() == "released"


async def test_without_a_stop_the_same_request_is_answered(world: World):
    async with world.restarted():
        assert await world.release() == "released"


async def test_what_was_released_once_is_not_told_again(world: World):
    async with world.restarted():
        assert await world.release() == "released"
        assert await world.veto() == "taken"
        assert await world.release() == REFUSED


async def test_a_lock_down_stands_through_a_restart_until_the_log_tells_a_quorums_end(world: World):
    async with world.restarted():
        assert await world.lock() == "taken"
        assert await world.release() == REFUSED
    async with world.restarted():
        assert await world.release() == REFUSED
        # The log shows the lock-down after all, and what becomes of it.
        world.ground.log.append(world.lock_leaf(1), UnlockLeaf(1), *world.endorsed_by("legal", "privacy"))
        assert await world.release() == REFUSED, "two officers are no quorum here"
        world.ground.log.append(*world.endorsed_by("council"))
        assert await world.release() == "released"
        assert await world.lock() == "REFUSED", "that lock-down is over"


async def test_a_release_whose_record_is_held_back_is_not_told_once_it_is_vetoed(world: World):
    async with world.restarted():
        assert await _released_while(world, world.veto()) == REFUSED
        assert await world.release() == REFUSED, "what was recorded can be had no more"
    async with world.restarted():
        assert await world.release() == REFUSED


async def test_a_release_whose_record_is_held_back_is_not_told_before_a_quorum_ends_the_lock_down(world: World):
    async with world.restarted():
        assert await _released_while(world, world.lock()) == REFUSED
        assert await world.release() == REFUSED
        world.ground.log.append(world.lock_leaf(1), UnlockLeaf(1), *world.endorsed_by("legal", "privacy", "council"))
        assert await world.release() == "released"


async def test_what_is_stopped_is_not_recorded_as_released(world: World):
    async with world.restarted():
        assert await world.veto() == "taken"
        world.store.written.clear()
        assert await world.release() == REFUSED
        assert not world.store.written.is_set()


async def _released_while(world: World, stop: Awaitable[object]) -> object:
    """What a release gets that waits for its record while an officer is told that his stop was taken."""
    world.store.written.clear()
    world.store.may_tell.clear()
    async with asyncio.timeout(10):
        release = asyncio.create_task(world.release())
        await world.store.written.wait()
        assert await stop == "taken"
        world.store.may_tell.set()
        return await release


@pytest.mark.parametrize("fails", [LogUnavailable("no mirror"), LogForked("two histories", ())])
async def test_a_log_that_shows_nothing_keeps_nobody_from_stopping(world: World, fails: Exception):
    async with world.restarted():
        world.ground.log.fails = fails
        assert await world.veto() == "taken"
        assert await world.lock() == "taken"
        world.ground.log.fails = None
        assert await world.release() == REFUSED


async def test_nobody_but_an_officer_at_the_desk_stops_anything(world: World):
    async with world.restarted():
        assert await world.veto(by="privacy") == "REFUSED"
        assert await world.lock(by="privacy") == "REFUSED"
        assert await world.lock(2) == "REFUSED", "a number that could not be ended"
        for caller in ("disclosure", "person-edge", "verification"):
            assert await world.veto(caller=caller) == "CALLER_NOT_ALLOWED"
        assert await world.release() == "released"


async def test_the_refusal_is_that_of_any_other_cause(world: World):
    async with world.restarted():
        await world.veto()
        side = DisclosureSide(world.service)
        unknown = rpc.ReleasePersonRequest()
        unknown.CopyFrom(world.request)
        unknown.escrow_reference = b"?" * 16
        told = []
        for request in (world.request, unknown):
            with pytest.raises(RpcError) as error:
                await side.release(request)
            told.append((error.value.code, error.value.reason, str(error.value)))
        await side.channel.close()
    assert told[0] == told[1]
    assert told[0][:2] == (grpc.StatusCode.PERMISSION_DENIED, "RELEASE_REFUSED")
