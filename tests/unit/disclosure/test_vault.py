"""What the vault holds shows itself to nobody and is released once; why a trustee failed is told in the log."""

import asyncio
import pickle
from dataclasses import dataclass
from typing import cast

import grpc
import pytest
from structlog.testing import capture_logs

from services.chassis.rpc_errors import Failure, RpcError
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.vault import TRUSTEE_FAILED, AskTrustee, HeldEscrow, Vault
from services.seal import threshold
from services.seal.envelope import Escrow, associated_data, partial_decrypt, seal
from services.seal.errors import SealError
from services.seal.statements import Context
from services.seal.trust import Trust
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.identity.v1 import release_service_pb2 as release_pb
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb

ESCROW = Escrow(b"e" * 16, b"i" * 64)


async def identity(request: release_pb.ReleasePersonRequest) -> release_pb.ReleasePersonResponse:
    told = (request.escrow_reference, request.ownership_signature, request.log_size)
    assert told == (ESCROW.eref, ESCROW.isig, 44)
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
    assert await held.release("id", 44) == b"sealed"
    with pytest.raises(RuntimeError):
        await held.release("id", 44)


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
        (RpcError(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "")), Reason.TRUSTEES_UNAVAILABLE),
        (RpcError(Failure(grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED", "")), Reason.TRUSTEES_UNAVAILABLE),
        (ValueError("a bug"), Reason.TRUSTEES_UNAVAILABLE),
    ],
    ids=["malformed", "refused", "away", "overloaded", "misconfigured", "unforeseen"],
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


async def test_a_forged_partial_that_comes_first_does_not_count():
    dealing = threshold.deal(threshold.generate_secret(), 2, 3)
    context, alias_key = Context("label", 1), b"k" * 32
    envelope = seal(dealing.public_key, ESCROW.encode(), associated_data(context, alias_key))
    forged = asyncio.Event()

    def trustee(index: int, share: threshold.Share) -> AskTrustee:
        async def ask(request: pb.DecryptShareRequest) -> pb.DecryptShareResponse:
            if index > 1:
                await forged.wait()
            forged.set()
            partial = partial_decrypt(share, request.envelope)
            return pb.DecryptShareResponse(index=index, point=partial.point, proof=partial.proof)

        return ask

    # The first trustee answers with what the second one's share makes of the envelope.
    shares = (dealing.shares[1], *dealing.shares[1:])
    trust = Shares(dealing.share_public_keys, dealing.threshold, dealing.public_key)
    trustees = [trustee(index, share) for index, share in enumerate(shares, start=1)]
    vault = Vault(trust=cast("Trust", trust), trustees=trustees, identity=identity)
    credential = credential_pb2.Credential(label=context.label, epoch=context.epoch, alias_key=alias_key)
    held = await vault.open(pb.DecryptShareRequest(envelope=envelope, credential=credential))
    assert await held.release("id", 44) == b"sealed"
