"""One officer stops everything, a quorum alone goes on; and what counts is what the log says, here as everywhere."""

import uuid
from typing import Any

import pytest

from services.chassis.rpc_errors import RpcError
from services.seal import governance as fold
from services.seal.ed25519 import SigningKey
from services.seal.statements import Endorsement, LockDown
from tests.rpc.disclosure.world import Platform, Served, delay_over
from vouchsafe.disclosure.v1 import governance_service_pb2 as pb

POLICY = {
    "approvals": 2,
    "distinct_roles": 2,
    "approval_ttl_seconds": 3600,
    "veto_delay_seconds": 1,
    "notice_seconds": 1,
    "case_ttl_seconds": 3600,
}


def request() -> dict[str, str]:
    """A new command."""
    return {"request_id": str(uuid.uuid4())}


def lock_down(platform: Platform, number: int, officer: str = "dan", by: str = "") -> pb.LockDownRequest:
    """An officer's lock-down, signed by him unless `by` somebody else."""
    signed = LockDown(platform.trust.hash(), number, officer).signed_bytes()
    signature = platform.ceremony.officers[by or officer].sign(signed)
    return pb.LockDownRequest(**request(), number=number, officer=officer, signature=signature)


async def endorse(platform: Platform, disclosure: Served, proposal: bytes, *officers: str) -> pb.Governance:
    """Have officers endorse; what governs then."""
    for officer in officers:
        signature = platform.ceremony.officers[officer].sign(
            Endorsement(platform.trust.hash(), proposal).signed_bytes()
        )
        told = pb.EndorseRequest(**request(), proposal=proposal, officer=officer, signature=signature)
        governance = (await disclosure.governance("Endorse", told)).governance
    return governance


async def propose(disclosure: Served, **what: Any) -> pb.ProposeResponse:
    """Make a proposal."""
    return await disclosure.governance("Propose", pb.ProposeRequest(**request(), **what))


async def present(disclosure: Served) -> pb.Governance:
    """What governs."""
    return (await disclosure.governance("GetGovernance", pb.GetGovernanceRequest())).governance


async def approved(platform: Platform, disclosure: Served) -> Any:
    """A case with its approvals."""
    author = platform.author()
    await disclosure.publish_label()
    await disclosure.deposit(author)
    return await disclosure.approve(platform.ceremony, await disclosure.open_case(author), "ann", "bob", "cyd")


async def test_what_governs_is_what_anybody_reads_in_the_log(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.governance("LockDown", lock_down(platform, 1))
    told = await present(disclosure)
    leaves = await disclosure.leaves()
    read = fold.fold(platform.trust, leaves)
    assert (told.hash, told.size, told.lockdowns, told.locked) == (read.hash(), len(leaves), 1, True)
    assert [each.name for each in told.officers] == [each.name for each in read.officers]
    assert (told.policy.approvals, told.shortened) == (3, True)


async def test_one_officer_locks_everything_down_and_a_quorum_unlocks(platform: Platform):
    disclosure = await platform.disclosure()
    case = await disclosure.intend(await approved(platform, disclosure))
    await disclosure.governance("LockDown", lock_down(platform, 1))
    await delay_over(case)
    with pytest.raises(RpcError, match="LOCKED_DOWN"):
        await disclosure.execute(case)

    unlock = await propose(disclosure, unlock=pb.Unlock())
    after = await endorse(platform, disclosure, unlock.proposal.proposal, "ann", "bob")
    assert after.locked
    assert [list(each.endorsed_by) for each in after.proposals] == [["ann", "bob"]]
    with pytest.raises(RpcError, match="LOCKED_DOWN"):
        await disclosure.execute(case)
    assert not (await endorse(platform, disclosure, unlock.proposal.proposal, "cyd")).locked
    await disclosure.collect(await disclosure.execute(case))


async def test_a_lock_down_is_refused_unless_its_officer_signed_the_next_one(platform: Platform):
    disclosure = await platform.disclosure()
    before = await disclosure.leaves()
    stranger = pb.LockDownRequest(**request(), number=1, officer="mallory", signature=bytes(64))
    for wrong in (lock_down(platform, 1, by="ann"), lock_down(platform, 2), stranger):
        with pytest.raises(RpcError) as refused:
            await disclosure.governance("LockDown", wrong)
        assert (refused.value.code.name, refused.value.reason) == ("FAILED_PRECONDITION", "GOVERNANCE_REFUSED")
    assert await disclosure.leaves() == before
    again = lock_down(platform, 1)
    first = await disclosure.governance("LockDown", again)
    assert await disclosure.governance("LockDown", again) == first


async def test_officers_change_by_a_quorum_and_cases_end_with_the_old_ones(platform: Platform):
    disclosure = await platform.disclosure()
    case = await approved(platform, disclosure)
    fay = SigningKey.generate()
    entry = pb.OfficerEntry(name="fay", role="ombuds", organisation="Vouchsafe", public_key=fay.public_key)
    proposed = await propose(disclosure, add_officer=entry)
    assert b"officer-added" in proposed.proposal.leaf
    after = await endorse(platform, disclosure, proposed.proposal.proposal, "ann", "bob", "cyd")
    assert (after.amendments, after.officers[-1].name, list(after.proposals)) == (1, "fay", [])
    with pytest.raises(RpcError, match="GOVERNANCE_CHANGED"):
        await disclosure.execute(case)

    removed = await propose(disclosure, remove_officer="fay")
    gone = await endorse(platform, disclosure, removed.proposal.proposal, "ann", "bob", "cyd")
    assert "fay" not in [each.name for each in gone.officers]


async def test_the_policy_changes_by_the_quorum_that_it_had(platform: Platform):
    disclosure = await platform.disclosure()
    proposed = await propose(disclosure, set_policy=pb.OpeningPolicy(**POLICY))
    half = await endorse(platform, disclosure, proposed.proposal.proposal, "ann", "cyd")
    assert half.policy.approvals == 3
    whole = await endorse(platform, disclosure, proposed.proposal.proposal, "bob")
    assert whole.policy == pb.OpeningPolicy(**POLICY)


@pytest.mark.parametrize(
    "what",
    [
        {"unlock": pb.Unlock()},
        {"remove_officer": "nobody"},
        {"set_policy": pb.OpeningPolicy(**(POLICY | {"approvals": 9}))},
        {"add_officer": pb.OfficerEntry(name="ann", role="r", organisation="o", public_key=b"k" * 32)},
    ],
    ids=lambda what: next(iter(what)),
)
async def test_a_proposal_that_could_not_count_never_gets_into_the_log(platform: Platform, what: dict[str, Any]):
    disclosure = await platform.disclosure()
    before = await disclosure.leaves()
    with pytest.raises(RpcError, match="GOVERNANCE_REFUSED"):
        await propose(disclosure, **what)
    assert await disclosure.leaves() == before


async def test_a_proposal_made_twice_is_one(platform: Platform):
    disclosure = await platform.disclosure()
    first = await propose(disclosure, remove_officer="dan")
    assert await propose(disclosure, remove_officer="dan") == first
    unknown = b"u" * 32
    signature = platform.ceremony.officers["ann"].sign(Endorsement(platform.trust.hash(), unknown).signed_bytes())
    with pytest.raises(RpcError, match="GOVERNANCE_REFUSED"):
        await disclosure.governance(
            "Endorse", pb.EndorseRequest(**request(), proposal=unknown, officer="ann", signature=signature)
        )
