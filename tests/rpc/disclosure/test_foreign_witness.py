"""A witness asked besides: whoever trusts it finds its line in what disclosure serves; an exhibit never carries it."""

import asyncio
from pathlib import Path

import pytest

from services.disclosure.config import ForeignWitness as Besides
from services.seal.errors import SealError
from services.seal.logged import check_logged
from services.seal.merkle import leaf_hash
from tests.rpc.disclosure.test_disclosure_log import commit_ownership
from tests.rpc.disclosure.world import ORIGIN, Platform, tls_of
from tests.support.foreign_witness import ForeignWitness, serving
from tests.support.rpc import credentials
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as pb
from vouchsafe.sdk.profile import Edge
from vouchsafe.sdk.side import Side
from vouchsafe.sdk.transparency import LogReader


async def test_its_line_is_served_and_left_out_of_exhibits(platform: Platform, tmp_path: Path):
    own, caller = credentials("foreign"), tls_of("person-edge")
    files = {"own.crt": own.certificate, "own.key": own.key}
    files |= {"tls.crt": caller.certificate, "tls.key": caller.key, "ca.crt": caller.authority}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    foreign = ForeignWitness("witness.example/w9", ORIGIN, platform.ceremony.log.public_key)
    with serving(foreign, tmp_path / "own.crt", tmp_path / "own.key") as url:
        platform.foreign = [Besides(foreign.vkey, url)]
        disclosure = await platform.disclosure()
        await commit_ownership(disclosure, 1)
        leaf, policy = platform.trust.ceremony_leaf(), platform.trust.log_policy()
        served = ""
        async with asyncio.timeout(60):
            while f"— {foreign.name} " not in served:
                request = pb.GetInclusionProofRequest(leaf_hash=leaf_hash(leaf.to_bytes()))
                served = (await disclosure.log("GetInclusionProof", request)).proof
                await asyncio.sleep(0.05)
        with pytest.raises(SealError, match="known witnesses"):
            check_logged(leaf, served, policy)
        async with Side(Edge(*(tmp_path / name for name in ("tls.crt", "tls.key", "ca.crt"))), patience=5.0) as side:
            log = LogReader(side.connect("disclosure", disclosure.address), platform.trust)
            proof, _ = await log.prove(leaf.to_bytes())
        assert check_logged(leaf, proof, policy).index == 0
