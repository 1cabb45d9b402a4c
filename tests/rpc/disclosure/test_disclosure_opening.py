"""An alias is opened by a quorum after its authorization was logged, and in no other way."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import grpc
import pytest

from services.chassis.log.eventstore import Commit, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_errors import Failure, RpcError
from services.disclosure.adapters.peers import Peers
from services.seal import hpke
from services.seal.leaves import OpenResultLeaf, kind_of
from services.seal.merkle import leaf_hash
from services.seal.tlog_proof import TlogProof, verify_proof
from tests.rpc.disclosure.world import RECIPIENT_PRIVATE, Ceremony, Platform, Served, delay_over, eventually
from vouchsafe.disclosure.events.v1.events_pb2 import LeafAppended
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as log_pb
from vouchsafe.disclosure.v1.case_service_pb2_grpc import CaseServiceStub


async def approved_case(platform: Platform, disclosure: Served, *officers: str) -> pb.Case:
    """A case about a fresh author, approved by these officers."""
    author = platform.author()
    await disclosure.publish_label()
    await disclosure.deposit(author)
    case = await disclosure.open_case(author)
    return await disclosure.approve(platform.ceremony, case, *officers)


async def answer(disclosure: Served, case: pb.Case) -> bytes:
    """What the recipient reads."""
    return hpke.open_sealed(RECIPIENT_PRIVATE, await disclosure.collect(case), b"release")


async def kinds(disclosure: Served) -> list[str]:
    return [kind_of(leaf) for leaf in await disclosure.leaves()]


async def test_three_of_five_trustees_open_and_two_are_dead(platform: Platform):
    disclosure = await platform.disclosure()
    case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
    assert list(case.approved_by) == ["ann", "bob", "cyd"]

    opened = await disclosure.carry_through(case)

    assert not opened.sealed_identity
    assert await answer(disclosure, opened) == b"Wei Chen"
    leaves = await disclosure.leaves()
    assert kind_of(leaves[opened.intent_index]) == "open-intent"
    assert kind_of(leaves[opened.result_index]) == "open-result"
    proof = await disclosure.log(
        "GetInclusionProof", log_pb.GetInclusionProofRequest(leaf_hash=leaf_hash(leaves[opened.intent_index]))
    )
    hashed = leaf_hash(leaves[opened.intent_index])
    verify_proof(TlogProof.parse(proof.proof), hashed, platform.trust.log_policy())


async def test_what_was_deposited_before_a_revocation_is_opened_all_the_same(platform: Platform):
    disclosure = await platform.disclosure()
    author = platform.author()
    await disclosure.publish_label()
    await disclosure.deposit(author)
    await disclosure.revoke_label()
    fresh = await platform.disclosure()
    case = await fresh.approve(platform.ceremony, await fresh.open_case(author), "ann", "bob", "cyd")
    assert await answer(fresh, await fresh.carry_through(case)) == b"Wei Chen"


async def test_executing_again_answers_the_same_and_releases_once(platform: Platform):
    disclosure = await platform.disclosure()
    case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
    first = await disclosure.carry_through(case)
    assert await disclosure.execute(case) == first
    assert len(platform.identity.released) == 1


@pytest.mark.parametrize("officers", [("ann", "cyd"), ("ann",), ()], ids=["two officers", "one", "none"])
async def test_too_few_approvals_change_nothing(platform: Platform, officers: tuple[str, ...]):
    disclosure = await platform.disclosure()
    case = await approved_case(platform, disclosure, *officers)
    before = await disclosure.leaves()
    with pytest.raises(RpcError, match="QUORUM_MISSING"):
        await disclosure.execute(case)
    assert await disclosure.leaves() == before
    assert (await disclosure.case("GetCase", pb.GetCaseRequest(case_id=case.case_id))).state == pb.CASE_STATE_PENDING


async def test_enough_approvals_of_one_role_only_are_refused(platform: Platform):
    disclosure = await platform.disclosure()
    case = await approved_case(platform, disclosure, "ann", "bob", "eve")
    with pytest.raises(RpcError, match="QUORUM_MISSING"):
        await disclosure.execute(case)


async def test_two_trustees_are_not_enough(tmp_path: Any):
    async with Platform(tmp_path, Ceremony(), MemoryEventStore()) as platform:
        await platform.start("witness-1", "witness-2", "trustee-2", "trustee-4")
        disclosure = await platform.disclosure()
        case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
        await delay_over(await disclosure.intend(case))
        with pytest.raises(RpcError, match="TRUSTEES_UNAVAILABLE"):
            await disclosure.execute(case)
        assert platform.identity.released == []

        # The third comes up, and the same case goes on where it stopped.
        await platform.start("trustee-5")
        again = await platform.disclosure()
        assert (await again.execute(case)).state == pb.CASE_STATE_OPENED
        assert (await kinds(again)).count("open-intent") == (await kinds(again)).count("open-result") == 1


async def test_a_forged_partial_is_rejected_and_the_others_suffice(platform: Platform):
    await platform.start("trustee-2")

    def one_forges(peers: Peers) -> Peers:
        async def forge(request: Any) -> Any:
            answer = await peers.trustees[0](request)
            # A point on the curve, and a proof of another trustee: nothing that fails on its form.
            other = await peers.trustees[2](request)
            answer.point, answer.proof = other.point, other.proof
            return answer

        return replace(peers, trustees=[forge, *peers.trustees[1:]])

    disclosure = await platform.disclosure(one_forges)
    await disclosure.carry_through(await approved_case(platform, disclosure, "ann", "bob", "cyd"))


async def test_forged_partials_beyond_the_threshold_refuse_the_opening(platform: Platform):
    def three_forge(peers: Peers) -> Peers:
        def forging(ask: Any) -> Any:
            async def forge(request: Any) -> Any:
                answer = await ask(request)
                answer.proof = bytes(64)
                return answer

            return forge

        return replace(peers, trustees=[forging(ask) for ask in peers.trustees])

    disclosure = await platform.disclosure(three_forge)
    case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
    await delay_over(await disclosure.intend(case))
    with pytest.raises(RpcError, match="OPENING_REFUSED"):
        await disclosure.execute(case)
    assert platform.identity.released == []
    assert "open-result" not in await kinds(disclosure)


async def test_without_witnesses_nothing_is_opened(tmp_path: Any):
    async with Platform(tmp_path, Ceremony(), MemoryEventStore()) as platform:
        await platform.start("witness-1", "trustee-1", "trustee-2", "trustee-3")
        disclosure = await platform.disclosure()
        case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
        channel = disclosure.channel("officer-desk")
        request = pb.ExecuteCaseRequest(request_id=str(uuid.uuid4()), case_id=case.case_id)
        with pytest.raises(RpcError, match="WITNESSES_UNAVAILABLE"):
            await channel.unary(CaseServiceStub(channel.channel).ExecuteCase, request, timeout=1.0)
        assert platform.identity.released == []


async def test_identity_that_refuses_ends_the_opening(platform: Platform):
    disclosure = await platform.disclosure()
    case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
    platform.identity._persons.clear()
    await delay_over(await disclosure.intend(case))
    for _ in range(2):
        with pytest.raises(RpcError, match="OPENING_REFUSED"):
            await disclosure.execute(case)
    results = [OpenResultLeaf.parse(leaf) for leaf in await disclosure.leaves() if kind_of(leaf) == OpenResultLeaf.KIND]
    assert [result.outcome for result in results] == ["opened"]
    assert (await disclosure.case("GetCase", pb.GetCaseRequest(case_id=case.case_id))).state == pb.CASE_STATE_REFUSED


class Crash(Exception):
    """The process dies here."""


class CrashingStore(MemoryEventStore):
    """Dies at the n-th append from now: before it, or after it and before anybody learns of it."""

    def __init__(self) -> None:
        super().__init__()
        self.die_at, self.before = 0, False

    async def append(self, stream: str, expected_version: int, writes: list[Write]) -> Commit:
        self.die_at -= 1
        if self.die_at == 0 and self.before:
            raise Crash
        commit = await super().append(stream, expected_version, writes)
        if self.die_at == 0:
            raise Crash
        return commit


STEPS = {
    "intended": 1,
    "intent leaf": 2,
    "notice leaf": 3,
    "witnessed": 4,
}
LAST_STEPS = {"unsealed": 1, "result leaf": 2, "executed": 3}


async def dies_at(store: CrashingStore, disclosure: Served, case: pb.Case, request_id: str, before: bool) -> None:
    """Execute, and have the process die at the append that the store was told."""
    store.before = before
    with pytest.raises(RpcError, match="INTERNAL"):
        await disclosure.execute(case, request_id)
    assert store.die_at == 0


async def opened_once(reborn: Served, opened: pb.Case) -> None:
    """One intent, one notice, one result, and the answer behind them."""
    assert await answer(reborn, opened) == b"Wei Chen"
    found = await kinds(reborn)
    assert [found.count(kind) for kind in ("open-intent", "subject-notice", "open-result")] == [1, 1, 1]
    assert found.index("open-intent") == opened.intent_index < found.index("open-result") == opened.result_index


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
async def test_a_crash_on_the_way_to_the_intent_is_made_good_by_a_retry(tmp_path: Any, step: int, before: bool):
    store = CrashingStore()
    async with Platform(tmp_path, Ceremony(), store) as platform:
        await platform.start("witness-1", "witness-2", "trustee-1", "trustee-2", "trustee-3")
        dying = await platform.disclosure(background=False)
        case = await approved_case(platform, dying, "ann", "bob", "cyd")
        request_id = str(uuid.uuid4())
        store.die_at = step
        await dies_at(store, dying, case, request_id, before)

        reborn = await platform.disclosure(background=False)
        witnessed = await reborn.execute(case, request_id)
        assert witnessed.state == pb.CASE_STATE_WITNESSED
        await delay_over(witnessed)
        await opened_once(reborn, await reborn.execute(case))


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", LAST_STEPS.values(), ids=LAST_STEPS)
async def test_a_crash_on_the_way_to_the_result_is_made_good_by_a_retry(tmp_path: Any, step: int, before: bool):
    store = CrashingStore()
    async with Platform(tmp_path, Ceremony(), store) as platform:
        await platform.start("witness-1", "witness-2", "trustee-1", "trustee-2", "trustee-3")
        dying = await platform.disclosure(background=False)
        case = await approved_case(platform, dying, "ann", "bob", "cyd")
        await delay_over(await dying.intend(case))
        store.die_at = step
        await dies_at(store, dying, case, str(uuid.uuid4()), before)

        reborn = await platform.disclosure(background=False)
        await opened_once(reborn, await reborn.execute(case))


@pytest.mark.parametrize("step", [1, 2, 3, 4], ids=["intended", "intent leaf", "notice leaf", "witnessed"])
async def test_a_crash_is_made_good_although_nobody_calls_again(tmp_path: Any, step: int):
    store = CrashingStore()
    async with Platform(tmp_path, Ceremony(), store) as platform:
        await platform.start("witness-1", "witness-2", "trustee-1", "trustee-2", "trustee-3")
        dying = await platform.disclosure(background=False)
        case = await approved_case(platform, dying, "ann", "bob", "cyd")
        store.die_at = step
        await dies_at(store, dying, case, str(uuid.uuid4()), before=False)

        reborn = await platform.disclosure()
        case = await eventually(lambda: reborn.get(case), lambda now: now.state == pb.CASE_STATE_WITNESSED)
        assert case.intent.proof
        found = await kinds(reborn)
        assert [found.count(kind) for kind in ("open-intent", "subject-notice", "open-result")] == [1, 1, 0]


async def test_a_result_that_a_crash_kept_out_of_the_log_gets_there_although_nobody_calls_again(tmp_path: Any):
    store = CrashingStore()
    async with Platform(tmp_path, Ceremony(), store) as platform:
        await platform.start("witness-1", "witness-2", "trustee-1", "trustee-2", "trustee-3")
        dying = await platform.disclosure(background=False)
        case = await approved_case(platform, dying, "ann", "bob", "cyd")
        await delay_over(await dying.intend(case))
        store.die_at = 1
        await dies_at(store, dying, case, str(uuid.uuid4()), before=False)
        assert "open-result" not in await kinds(dying)

        reborn = await platform.disclosure()
        found = await eventually(lambda: kinds(reborn), lambda kinds: "open-result" in kinds)
        assert found.count("open-result") == 1


@pytest.mark.parametrize("answered", [True, False], ids=["after-release", "before-release"])
async def test_a_crash_around_the_release_is_made_good_by_a_retry(platform: Platform, answered: bool):
    def dying_identity(peers: Peers) -> Peers:
        async def ask(request: Any) -> Any:
            if answered:
                await peers.identity(request)
            raise Crash

        return replace(peers, identity=ask)

    dying = await platform.disclosure(dying_identity)
    case = await approved_case(platform, dying, "ann", "bob", "cyd")
    await delay_over(await dying.intend(case))
    with pytest.raises(RpcError, match="INTERNAL"):
        await dying.execute(case)
    reborn = await platform.disclosure()
    # Another officer's desk, another request: what counts is the case.
    await opened_once(reborn, await reborn.execute(case))


async def test_nobody_is_asked_before_the_log_says_so(platform: Platform):
    seen: dict[str, list[str]] = {}

    def watching(peers: Peers) -> Peers:
        def watch(name: str, ask: Any) -> Any:
            async def asked(request: Any) -> Any:
                leaves = [kind_of(event.leaf) for event in logged(platform.store)]
                seen[name] = [kind for kind in leaves if kind.startswith("open-")]
                return await ask(request)

            return asked

        trustees = [watch("trustee", ask) for ask in peers.trustees]
        return replace(peers, trustees=trustees, identity=watch("identity", peers.identity))

    disclosure = await platform.disclosure(watching)
    case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
    await disclosure.carry_through(case)
    assert seen == {"trustee": ["open-intent"], "identity": ["open-intent", "open-result"]}


async def test_identity_is_asked_for_what_witnesses_have_signed_for(platform: Platform):
    asked: list[tuple[int, int]] = []

    def watching(peers: Peers) -> Peers:
        async def ask(request: Any) -> Any:
            newest = disclosure.service.checkpoints._newest
            assert newest is not None
            asked.append((request.log_size, newest.checkpoint.size))
            return await peers.identity(request)

        return replace(peers, identity=ask)

    disclosure = await platform.disclosure(watching)
    opened = await disclosure.carry_through(await approved_case(platform, disclosure, "ann", "bob", "cyd"))
    ((seen, cosigned),) = asked
    assert opened.result_index + 1 == seen <= cosigned


async def test_without_witnesses_for_the_opened_envelope_identity_is_not_asked(tmp_path: Any):
    async with Platform(tmp_path, Ceremony(), MemoryEventStore()) as platform:
        await platform.start("witness-1", "witness-2", "trustee-1", "trustee-2", "trustee-3")
        gone = asyncio.Event()

        def going(peers: Peers) -> Peers:
            def witness(ask: Any) -> Any:
                async def sign(*request: Any) -> Any:
                    return await (asyncio.Event().wait() if gone.is_set() else ask(*request))

                return sign

            async def trustee(request: Any) -> Any:
                gone.set()
                return await peers.trustees[0](request)

            witnesses = {key: witness(ask) for key, ask in peers.witnesses.items()}
            return replace(peers, trustees=[trustee, *peers.trustees[1:]], witnesses=witnesses)

        disclosure = await platform.disclosure(going, background=False)
        case = await disclosure.intend(await approved_case(platform, disclosure, "ann", "bob", "cyd"))
        await delay_over(case)
        channel = disclosure.channel("officer-desk")
        request = pb.ExecuteCaseRequest(request_id=str(uuid.uuid4()), case_id=case.case_id)
        with pytest.raises(RpcError, match="WITNESSES_UNAVAILABLE"):
            await channel.unary(CaseServiceStub(channel.channel).ExecuteCase, request, timeout=2.0)
        assert platform.identity.released == []
        assert (await disclosure.get(case)).state == pb.CASE_STATE_UNSEALED

        # The witnesses are back, and the same case goes on where it stopped.
        reborn = await platform.disclosure(background=False)
        await opened_once(reborn, await reborn.execute(case))


def logged(store: Any) -> list[LeafAppended]:
    return [
        LeafAppended.FromString(event.data)
        for commit in store._commits.values()
        for event in commit.events
        if commit.stream == "log"
    ]


async def test_what_the_envelope_held_is_nowhere_in_the_store_or_the_logs(
    platform: Platform, capfd: pytest.CaptureFixture[str]
):
    disclosure = await platform.disclosure()
    author = platform.author()
    await disclosure.publish_label()
    await disclosure.deposit(author)
    case = await disclosure.approve(platform.ceremony, await disclosure.open_case(author), "ann", "bob", "cyd")
    await disclosure.carry_through(case)
    request = platform.identity.released[0]
    assert request.escrow_reference == author.eref
    stored = [event.data for commit in platform.store._commits.values() for event in commit.events]
    assert not [data for data in stored if author.eref in data or request.ownership_signature in data]
    written = "".join(capfd.readouterr())
    assert "rpc_serving" in written, "logs are captured"
    for secret in (author.eref, request.ownership_signature, author.alias.public_key):
        assert secret.hex() not in written
        assert repr(secret)[2:-1] not in written


def unavailable() -> RpcError:
    return RpcError(Failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", ""))


async def test_identity_that_is_away_is_asked_again_by_the_next_execution(platform: Platform):
    def away(peers: Peers) -> Peers:
        async def ask(_: Any) -> Any:
            raise unavailable()

        return replace(peers, identity=ask)

    disclosure = await platform.disclosure(away)
    case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
    await delay_over(await disclosure.intend(case))
    with pytest.raises(RpcError, match="DEPENDENCY_UNAVAILABLE"):
        await disclosure.execute(case)
    unsealed = await disclosure.get(case)
    assert (unsealed.state, unsealed.ended_at) == (pb.CASE_STATE_UNSEALED, 0)
    assert kind_of((await disclosure.leaves())[unsealed.result_index]) == "open-result"
    back = await platform.disclosure()
    assert (await back.execute(case)).state == pb.CASE_STATE_OPENED
