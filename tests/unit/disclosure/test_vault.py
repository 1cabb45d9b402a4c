"""What the vault holds shows itself to nobody and is released once; why a trustee failed is told in the log."""

import pickle
from dataclasses import dataclass
from typing import cast

import grpc
import pytest
from structlog.testing import capture_logs

from services.chassis.rpc_errors import Failure, RpcError
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.vault import TRUSTEE_FAILED, HeldEscrow, Vault
from services.seal.envelope import Escrow
from services.seal.errors import SealError
from services.seal.trust import Trust
from vouchsafe.identity.v1 import release_service_pb2 as release_pb
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb

ESCROW = Escrow(b"e" * 16, b"i" * 64)


async def identity(request: release_pb.ReleasePersonRequest) -> release_pb.ReleasePersonResponse:
    assert (request.escrow_reference, request.ownership_signature) == (ESCROW.eref, ESCROW.isig)
    return release_pb.ReleasePersonResponse(sealed_identity=b"sealed")


def test_a_held_escrow_shows_nothing():
    held = HeldEscrow(ESCROW, pb.DecryptShareRequest(), identity)
    for shown in (repr(held), str(held), f"{held}"):
        assert "eeee" not in shown
        assert "iiii" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(held)


async def test_a_held_escrow_is_released_once():
    held = HeldEscrow(ESCROW, pb.DecryptShareRequest(), identity)
    assert await held.release("id") == b"sealed"
    with pytest.raises(RuntimeError):
        await held.release("id")


@dataclass(frozen=True)
class Shares:
    """All that the vault reads of the trust material."""

    share_public_keys: tuple[bytes, ...]
    threshold: int
    opening_key: bytes = b""


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (SealError("a point"), Reason.OPENING_REFUSED),
        (RpcError(Failure(grpc.StatusCode.PERMISSION_DENIED, "REFUSED", "")), Reason.OPENING_REFUSED),
        (RpcError(Failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "")), Reason.TRUSTEES_UNAVAILABLE),
        (ValueError("a bug"), Reason.TRUSTEES_UNAVAILABLE),
    ],
    ids=["malformed", "refused", "away", "unforeseen"],
)
async def test_every_trustees_failure_is_logged(failure: Exception, reason: Reason):
    async def fail(_: pb.DecryptShareRequest) -> pb.DecryptShareResponse:
        raise failure

    vault = Vault(trust=cast("Trust", Shares((b"",) * 2, 2)), trustees=[fail, fail], identity=identity)
    with capture_logs() as lines, pytest.raises(DomainError) as caught:
        await vault.open(pb.DecryptShareRequest())
    assert caught.value.reason is reason
    told = [(line["event"], line["peer"], line["error_type"]) for line in lines]
    assert told == [(TRUSTEE_FAILED, f"trustee-{i}", type(failure).__name__) for i in (1, 2)]
