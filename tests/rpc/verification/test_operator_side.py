"""The operators' desk of the SDK and its command, against the service."""

from pathlib import Path

import pytest

from tests.rpc.verification.conftest import Verification
from tests.support.rpc import credentials
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.operator_side import OperatorSide, RevocationReason
from vouchsafe.sdk.profile import OperatorEdge
from vouchsafe.verification.v1 import label_service_pb2 as rpc


def edge_of(service: Verification, directory: Path, name: str = "label-desk") -> OperatorEdge:
    """The desk's certificate as files, and where the service is."""
    tls = credentials(name)
    for file, content in (("tls.crt", tls.certificate), ("tls.key", tls.key), ("ca.crt", tls.authority)):
        (directory / file).write_bytes(content)
    return OperatorEdge(directory / "tls.crt", directory / "tls.key", directory / "ca.crt", service.running.address)


async def test_a_label_is_stopped_with_each_reason_and_what_is_unknown_is_told(
    service: Verification, tmp_path: Path
) -> None:
    async with OperatorSide(edge_of(service, tmp_path), patience=25.0) as desk:
        assert await desk.revoke_label("finance", RevocationReason.CEASED, epoch=203001) == (203001,)
        assert 203001 in await desk.revoke_label("jade-river", RevocationReason.WRONGLY_ISSUED)
        with pytest.raises(VouchsafeError) as refused:
            await desk.revoke_label("nobody", RevocationReason.CEASED)
        assert refused.value.reason == "UNKNOWN_LABEL"
    assert service.events("crowds-finance-203001") == ["LabelRevoked", "LabelRevoked"]


async def test_another_certificate_stops_nothing(service: Verification, tmp_path: Path) -> None:
    async with OperatorSide(edge_of(service, tmp_path, "person-edge"), patience=25.0) as desk:
        with pytest.raises(VouchsafeError) as refused:
            await desk.revoke_label("technology", RevocationReason.CEASED)
        assert refused.value.reason == "CALLER_NOT_ALLOWED"


def test_every_reason_can_be_said() -> None:
    said = {f"REVOCATION_REASON_{reason.name}" for reason in RevocationReason}
    assert said == set(rpc.RevocationReason.keys()) - {"REVOCATION_REASON_UNSPECIFIED"}
