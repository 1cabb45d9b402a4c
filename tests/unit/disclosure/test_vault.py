"""What the vault holds shows itself to nobody and is released once."""

import pickle

import pytest

from services.disclosure.vault import HeldEscrow
from services.seal.envelope import Escrow
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
