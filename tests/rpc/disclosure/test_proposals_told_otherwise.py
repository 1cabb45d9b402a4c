"""A disclosure that logs, or tells, something else than was proposed is found out before anybody endorses it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.seal.ed25519 import SigningKey
from services.seal.leaves import OfficerAddedLeaf, OfficerRemovedLeaf
from tests.rpc.disclosure.test_lock_down import written
from tests.rpc.disclosure.world import Platform, tls_of
from vouchsafe.disclosure.v1 import governance_service_pb2 as pb
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.governance_side import GovernanceSide
from vouchsafe.sdk.officer_signatures import endorsement_of
from vouchsafe.sdk.profile import OfficerEdge

ADDED = OfficerAddedLeaf(1, "new", "security", "platform", SigningKey.generate().public_key)


@pytest.fixture
async def desk(platform: Platform, tmp_path: Path) -> AsyncIterator[GovernanceSide]:
    disclosure = await platform.disclosure()
    edge = OfficerEdge(*written(tls_of("officer-desk"), tmp_path), disclosure.address)
    async with GovernanceSide(edge, platform.trust) as made:
        yield made


def lie(desk: GovernanceSide, monkeypatch: pytest.MonkeyPatch, change: Any, *, on_the_way_out: bool) -> None:
    """Have a request or its answer changed on its way."""
    honest = desk._disclosure.call

    async def call(method: Any, request: Any, metadata: Any = ()) -> Any:
        if on_the_way_out and isinstance(request, pb.ProposeRequest):
            change(request)
        answer = await honest(method, request, metadata)
        if not on_the_way_out and isinstance(answer, pb.ProposeResponse):
            change(answer)
        return answer

    monkeypatch.setattr(desk._disclosure, "call", call)


async def test_an_honest_proposal_is_pending_and_proposing_it_again_changes_nothing(desk: GovernanceSide):
    hashed = await desk.propose(ADDED)
    before = (await desk.read_log()).governance
    assert before.pending[hashed].proposal == ADDED
    assert await desk.propose(ADDED) == hashed
    assert (await desk.read_log()).governance.size == before.size


def another_key(request: pb.ProposeRequest) -> None:
    request.add_officer.public_key = SigningKey.generate().public_key


def another_role(request: pb.ProposeRequest) -> None:
    request.add_officer.role = "legal"


def a_removal(request: pb.ProposeRequest) -> None:
    request.remove_officer = "ann"


def another_leaf(response: pb.ProposeResponse) -> None:
    response.proposal.leaf = OfficerRemovedLeaf(1, "ann").to_bytes()


@pytest.mark.parametrize(
    ("change", "on_the_way_out"), [(another_key, True), (another_role, True), (a_removal, True), (another_leaf, False)]
)
async def test_another_proposal_is_found_out(
    desk: GovernanceSide, monkeypatch: pytest.MonkeyPatch, change: Any, on_the_way_out: bool
):
    lie(desk, monkeypatch, change, on_the_way_out=on_the_way_out)
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await desk.propose(ADDED)


async def test_what_is_not_in_the_log_is_not_endorsed(desk: GovernanceSide, platform: Platform):
    governance = (await desk.read_log()).governance
    with pytest.raises(VouchsafeError, match="NOT_PENDING"):
        endorsement_of(governance, ADDED, "ann", platform.ceremony.officers["ann"])


async def test_a_number_that_has_passed_is_not_proposed(desk: GovernanceSide):
    for number in (0, 2):
        with pytest.raises(VouchsafeError, match="NOT_PENDING"):
            await desk.propose(OfficerRemovedLeaf(number, "dan"))
