"""The transparency log: what others publish becomes leaves, witnesses co-sign, and everything is proven offline."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.chassis.integration.consumer import ProducerDistrusted
from services.chassis.log.eventstore import Commit, StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_errors import RpcError
from services.disclosure.adapters.peers import Peers
from services.disclosure.reactions.published import _only_leaf
from services.disclosure.wiring import open_log
from services.seal.checkpoint import verify_checkpoint
from services.seal.errors import SealError
from services.seal.label_standing import label_standings
from services.seal.leaves import (
    CeremonyLeaf,
    IssuerKeyLeaf,
    LabelActivatedLeaf,
    LabelDefinedLeaf,
    LabelRevokedLeaf,
    OwnershipLeaf,
    kind_of,
)
from services.seal.merkle import leaf_hash
from services.seal.merkle_proof import verify_consistency
from services.seal.tlog_proof import TlogProof, verify_proof
from services.tlog.errors import LeafConflict
from tests.rpc.disclosure.authors import EPOCH, LABEL, issuer
from tests.rpc.disclosure.world import Ceremony, Platform, Served, foreign, key_published
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as pb
from vouchsafe.disclosure.v1.transparency_log_service_pb2_grpc import TransparencyLogServiceStub
from vouchsafe.identity.events.v1 import events_pb2 as identity_pb


async def commit_ownership(disclosure: Served, number: int) -> None:
    committed = identity_pb.OwnershipCommitted(commitment=number.to_bytes(32, "big"))
    await disclosure.service.published.ownership_committed(foreign("identity", number, committed))


async def publish_key(disclosure: Served, number: int, **changes: Any) -> None:
    await disclosure.service.published.issuer_key_published(foreign("verification", number, key_published(**changes)))


async def test_the_log_begins_with_the_ceremony_and_grows_by_what_is_published(platform: Platform):
    disclosure = await platform.disclosure()
    await commit_ownership(disclosure, 1)
    await disclosure.publish_label()
    leaves = await disclosure.leaves()
    assert CeremonyLeaf.parse(leaves[0]) == platform.trust.ceremony_leaf()
    assert OwnershipLeaf.parse(leaves[1]).commitment == (1).to_bytes(32, "big")
    assert LabelDefinedLeaf.parse(leaves[2]) == LabelDefinedLeaf(LABEL, EPOCH, "Employee of Acme", "gaming")
    assert IssuerKeyLeaf.parse(leaves[3]) == IssuerKeyLeaf.of(LABEL, EPOCH, issuer().public_key.to_spki())
    assert LabelActivatedLeaf.parse(leaves[4]) == LabelActivatedLeaf(LABEL, EPOCH, 20)


async def test_redelivery_changes_nothing(platform: Platform):
    disclosure = await platform.disclosure()
    for served in (disclosure, disclosure, await platform.disclosure()):
        await commit_ownership(served, 1)
        await served.publish_label()
    assert len(await disclosure.leaves()) == 5


async def test_a_revocation_is_logged_once_with_its_reason(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    for served in (disclosure, disclosure, await platform.disclosure()):
        await served.revoke_label()
    leaves = await disclosure.leaves()
    assert [LabelRevokedLeaf.parse(leaf) for leaf in leaves[4:]] == [LabelRevokedLeaf(LABEL, EPOCH, "key-compromised")]
    assert not label_standings(leaves)[LABEL, EPOCH].active


async def test_two_reasons_for_one_revocation_stop_the_line(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    await disclosure.revoke_label()
    with pytest.raises(ProducerDistrusted):
        await disclosure.revoke_label("ceased")


async def test_a_second_key_of_a_label_stops_the_line(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    before = await disclosure.leaves()
    with pytest.raises(ProducerDistrusted):
        await publish_key(disclosure, 9, public_key=b"another key")
    assert await disclosure.leaves() == before


@pytest.mark.parametrize("other", [{"label_name": "Employee of Another"}, {"parent": "arts"}, {"parent": ""}])
async def test_a_second_meaning_of_a_label_stops_the_line(platform: Platform, other: dict[str, str]):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    before = await disclosure.leaves()
    with pytest.raises(ProducerDistrusted):
        await publish_key(disclosure, 9, **other)
    assert await disclosure.leaves() == before


async def test_a_label_may_mean_something_else_in_another_epoch(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    await publish_key(disclosure, 9, epoch=EPOCH + 1, label_name="Employee of Acme & Co", parent="")
    defined = [LabelDefinedLeaf.parse(leaf) for leaf in await disclosure.leaves() if kind_of(leaf) == "label-defined"]
    assert defined[1:] == [LabelDefinedLeaf(LABEL, EPOCH + 1, "Employee of Acme & Co", "none")]


@pytest.mark.parametrize("words", ["", "two\nlines", "right\u202eto left", "x" * 257])
async def test_a_label_whose_words_cannot_be_logged_gets_no_key(platform: Platform, words: str):
    disclosure = await platform.disclosure()
    before = await disclosure.leaves()
    with pytest.raises(SealError):
        await publish_key(disclosure, 9, label_name=words)
    assert await disclosure.leaves() == before


async def test_a_key_counts_only_after_both_leaves_even_if_a_crash_came_between(platform: Platform):
    disclosure = await platform.disclosure()
    defined = LabelDefinedLeaf(LABEL, EPOCH, "Employee of Acme", "gaming")
    await disclosure.service.log.append(defined, commit_id=_only_leaf("label-defined", LABEL, EPOCH))
    author = platform.author()
    with pytest.raises(RpcError, match="UNKNOWN_KEY"):
        await disclosure.deposit(author)
    await disclosure.publish_label()
    await disclosure.deposit(author)
    kinds = [kind_of(leaf) for leaf in await disclosure.leaves()]
    assert kinds == ["ceremony", "label-defined", "issuer-key", "label-activated"]


async def test_other_trust_material_refuses_to_start(platform: Platform):
    disclosure = await platform.disclosure()
    with pytest.raises(LeafConflict):
        await open_log(disclosure.service, Ceremony().trust)


async def test_checkpoints_and_proofs_verify_offline(platform: Platform):
    disclosure = await platform.disclosure()
    policy = platform.trust.log_policy()
    first = verify_checkpoint((await disclosure.log("GetCheckpoint", pb.GetCheckpointRequest())).checkpoint, policy)
    for i in range(1, 6):
        await commit_ownership(disclosure, i)
    note = (await disclosure.log("GetCheckpoint", pb.GetCheckpointRequest(min_size=6))).checkpoint
    second = verify_checkpoint(note, policy)
    assert second.checkpoint.size == 6
    assert len(second.cosignatures) == 2

    leaves = await disclosure.leaves()
    for leaf in leaves:
        request = pb.GetInclusionProofRequest(leaf_hash=leaf_hash(leaf))
        proof = (await disclosure.log("GetInclusionProof", request)).proof
        verify_proof(TlogProof.parse(proof), leaf_hash(leaf), policy)

    sizes = first.checkpoint.size, second.checkpoint.size
    grown = await disclosure.log(
        "GetConsistencyProof", pb.GetConsistencyProofRequest(old_size=sizes[0], new_size=sizes[1])
    )
    verify_consistency(*sizes, first.checkpoint.root, second.checkpoint.root, grown.hashes)


async def test_leaves_are_listed_in_pages(platform: Platform):
    disclosure = await platform.disclosure()
    for i in range(1, 6):
        await commit_ownership(disclosure, i)
    page = await disclosure.log("ListLeaves", pb.ListLeavesRequest(start=2, limit=2))
    assert list(page.leaves) == (await disclosure.leaves())[2:4]
    assert not (await disclosure.log("ListLeaves", pb.ListLeavesRequest(start=99))).leaves


async def test_what_is_not_in_the_log_is_told(platform: Platform):
    disclosure = await platform.disclosure()
    with pytest.raises(RpcError, match="LEAF_UNKNOWN"):
        await disclosure.log("GetInclusionProof", pb.GetInclusionProofRequest(leaf_hash=bytes(32)))
    for old, new in ((1, 99), (2, 1), (98, 99)):
        request = pb.GetConsistencyProofRequest(old_size=old, new_size=new)
        with pytest.raises(RpcError, match="SIZE_UNKNOWN"):
            await disclosure.log("GetConsistencyProof", request)
    channel = disclosure.channel("person-edge")
    stub = TransparencyLogServiceStub(channel.channel)
    with pytest.raises(RpcError, match="SIZE_UNKNOWN"):
        await channel.unary(stub.GetCheckpoint, pb.GetCheckpointRequest(min_size=99), timeout=0.6)


async def test_two_processes_share_one_log_and_its_witnesses(platform: Platform):
    first, second = await platform.disclosure(), await platform.disclosure()
    await asyncio.gather(*(commit_ownership((first, second)[i % 2], i) for i in range(1, 11)))
    policy = platform.trust.log_policy()
    for served in (first, second, first):
        note = (await served.log("GetCheckpoint", pb.GetCheckpointRequest(min_size=11))).checkpoint
        assert verify_checkpoint(note, policy).checkpoint.size == 11
    assert await first.leaves() == await second.leaves()


async def test_a_process_that_appends_nothing_learns_of_new_leaves(platform: Platform):
    writer, reader = await platform.disclosure(), await platform.disclosure()
    await commit_ownership(writer, 1)
    assert await reader.leaves() == await writer.leaves()
    await commit_ownership(writer, 2)
    page = await reader.log("ListLeaves", pb.ListLeavesRequest(start=1, limit=2))
    assert list(page.leaves) == (await writer.leaves())[1:3]


async def test_a_process_that_appends_nothing_shows_the_newest_checkpoint(platform: Platform):
    writer, reader = await platform.disclosure(), await platform.disclosure()
    policy = platform.trust.log_policy()

    async def size() -> int:
        note = (await reader.log("GetCheckpoint", pb.GetCheckpointRequest())).checkpoint
        return verify_checkpoint(note, policy).checkpoint.size

    running = asyncio.create_task(reader.service.checkpoints.run())
    try:
        assert await size() == 1
        await commit_ownership(writer, 1)
        async with asyncio.timeout(60):
            while await size() < 2:  # noqa: ASYNC110  (it rings no event)
                await asyncio.sleep(0.05)
    finally:
        running.cancel()


class AwayStore(MemoryEventStore):
    """Cannot be read while it is away."""

    away = False

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        if self.away:
            raise StoreUnavailable
        return await super().read_stream(stream, after_version)


async def test_the_background_task_outlives_a_store_that_is_away(tmp_path: Any):
    store = AwayStore()
    async with Platform(tmp_path, Ceremony(), store) as platform:
        await platform.start("witness-1", "witness-2")
        disclosure = await platform.disclosure()
        store.away = True
        running = asyncio.create_task(disclosure.service.checkpoints.run())
        try:
            async with asyncio.timeout(60):
                while not disclosure.service.checkpoints._covers(1):  # noqa: ASYNC110  (it rings no event)
                    await asyncio.sleep(0.02)
            assert not running.done()
        finally:
            running.cancel()


async def test_a_restarted_log_is_cosigned_again(platform: Platform):
    disclosure = await platform.disclosure()
    await commit_ownership(disclosure, 1)
    before = (await disclosure.log("GetCheckpoint", pb.GetCheckpointRequest(min_size=2))).checkpoint
    again = await platform.disclosure()
    after = (await again.log("GetCheckpoint", pb.GetCheckpointRequest(min_size=2))).checkpoint
    policy = platform.trust.log_policy()
    assert verify_checkpoint(after, policy).checkpoint == verify_checkpoint(before, policy).checkpoint


async def test_the_background_task_publishes_what_is_new(platform: Platform):
    disclosure = await platform.disclosure()
    running = asyncio.create_task(disclosure.service.checkpoints.run())
    try:
        await commit_ownership(disclosure, 1)
        async with asyncio.timeout(60):
            while not disclosure.service.checkpoints._covers(2):  # noqa: ASYNC110  (it rings no event)
                await asyncio.sleep(0.02)
    finally:
        running.cancel()


def of_another(line: str) -> str:
    return line.replace("witness-1", "witness-2")


def with_a_flipped_bit(line: str) -> str:
    head, _, signature = line.rstrip("\n").rpartition(" ")
    signed = base64.b64decode(signature)
    return f"{head} {base64.b64encode(signed[:-1] + bytes([signed[-1] ^ 1])).decode()}\n"


@pytest.mark.parametrize("spoil", [of_another, with_a_flipped_bit])
async def test_a_cosignature_that_does_not_verify_does_not_count(platform: Platform, spoil: Callable[[str], str]):
    def one_lies(peers: Peers) -> Peers:
        first, second = peers.witnesses.values()

        async def lie(*asked: Any) -> str | int:
            answer = await first(*asked)
            return spoil(answer) if isinstance(answer, str) else answer

        return replace(peers, witnesses=dict(zip(peers.witnesses, (lie, second), strict=True)))

    disclosure = await platform.disclosure(one_lies)
    await disclosure.service.checkpoints.publish()
    assert not disclosure.service.checkpoints._covers(1)
