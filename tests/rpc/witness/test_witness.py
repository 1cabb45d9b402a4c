"""A witness over mutual TLS: co-signs the log that grows, answers what it knows, refuses a fork."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_errors import RpcError
from services.seal.checkpoint import Checkpoint, sign_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner
from services.witness import wiring
from tests.rpc.disclosure.world import ORIGIN, Ceremony, process, running, tls_of, witness
from vouchsafe.witness.v1 import witness_service_pb2 as pb
from vouchsafe.witness.v1.witness_service_pb2_grpc import WitnessServiceStub

TREE = Tree(leaf_hash(bytes([i])) for i in range(5))
FORK = Tree(leaf_hash(bytes([i + 100])) for i in range(5))


@pytest.fixture
async def witness_1(tmp_path: Path) -> AsyncIterator[tuple[str, NoteSigner]]:
    ceremony = Ceremony()
    async with witness(ceremony, tmp_path, 1) as address:
        yield address, NoteSigner(ORIGIN, ceremony.log)


async def add(address: str, signer: NoteSigner, size: int, tree: Tree = TREE, **fields: Any) -> Any:
    request = pb.AddCheckpointRequest(
        checkpoint=sign_checkpoint(Checkpoint(ORIGIN, size, tree.root(size)), signer).format(), **fields
    )
    caller = tls_of("disclosure")
    async with RpcChannel(address, server_name=server_name("witness-1"), tls=caller, retry=NO_RETRY) as channel:
        return await channel.unary(WitnessServiceStub(channel.channel).AddCheckpoint, request)


async def test_growth_is_cosigned_and_a_fork_is_not(witness_1: tuple[str, NoteSigner]):
    address, log = witness_1
    assert (await add(address, log, 2)).cosignature.startswith("— witness-1 ")
    assert (await add(address, log, 5)).WhichOneof("outcome") == "known_size"
    assert (await add(address, log, 5)).known_size == 2
    grown = {"old_size": 2, "consistency_proof": TREE.consistency(2, 5)}
    with pytest.raises(RpcError, match="CHECKPOINT_INCONSISTENT"):
        await add(address, log, 5, FORK, old_size=2, consistency_proof=FORK.consistency(2, 5))
    assert (await add(address, log, 5, **grown)).cosignature
    with pytest.raises(RpcError, match="CHECKPOINT_MALFORMED"):
        await add(address, log, 2, old_size=5)


async def test_another_log_is_not_cosigned(witness_1: tuple[str, NoteSigner]):
    with pytest.raises(RpcError, match="LOG_UNKNOWN"):
        await add(witness_1[0], NoteSigner(ORIGIN, SigningKey.generate()), 2)


async def test_a_key_that_is_not_a_witness_refuses_to_start(tmp_path: Path):
    stranger = SigningKey.generate().seed().reveal()
    of = process("witness-1", tmp_path, {"witness.key": stranger}, Ceremony().text)
    with pytest.raises(ValueError, match="not in the trust material"):
        async with running(wiring.start, of):
            pass
