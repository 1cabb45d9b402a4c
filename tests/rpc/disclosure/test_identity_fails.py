"""What goes wrong at identity when an envelope is open: its refusal ends the case, and nothing else does."""

from dataclasses import replace
from typing import Any

import grpc
import pytest

from services.chassis.rpc_errors import Failure, RpcError
from tests.rpc.disclosure.test_disclosure_opening import Peers, Platform, answer, approved_case, delay_over

CODES = grpc.StatusCode


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (CODES.RESOURCE_EXHAUSTED, "OVERLOADED"),
        (CODES.ABORTED, "CONTENDED"),
        (CODES.INTERNAL, "INTERNAL"),
        (CODES.CANCELLED, "CANCELLED"),
        (CODES.PERMISSION_DENIED, "CALLER_NOT_ALLOWED"),
        (CODES.UNAVAILABLE, "LOG_FORKED"),
    ],
)
async def test_a_fault_leaves_the_case_to_be_executed_again(platform: Platform, code: grpc.StatusCode, reason: str):
    faults = [RpcError(Failure(code, reason, ""))]

    def failing_once(peers: Peers) -> Peers:
        async def ask(request: Any) -> Any:
            if faults:
                raise faults.pop()
            return await peers.identity(request)

        return replace(peers, identity=ask)

    disclosure = await platform.disclosure(failing_once)
    case = await approved_case(platform, disclosure, "ann", "bob", "cyd")
    await delay_over(await disclosure.intend(case))
    while faults:  # on a busy machine the trustees may be too late to let it get so far
        with pytest.raises(RpcError) as failed:
            await disclosure.execute(case)
    assert failed.value.reason != "OPENING_REFUSED"
    assert await answer(disclosure, await disclosure.execute(case)) == b"Wei Chen"
