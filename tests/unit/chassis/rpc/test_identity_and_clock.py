"""Names of workloads, who may call, and the clock."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.chassis.clock import FixedClock, SystemClock
from services.chassis.identity_uri import identity_of, parse_identity, server_name
from services.chassis.rpc_authz import AllowList, peer_identity
from services.chassis.rpc_errors import RefusedError

FORUM = "spiffe://platform.example/ns/vouchsafe-forum/sa/forum"


def test_a_workload_has_a_uri_and_a_name():
    assert identity_of("forum", trust_domain="platform.example") == FORUM
    assert server_name("trustee-3") == "trustee-3.vouchsafe-trustee-3.svc"


NOT_IDENTITIES = """
forum spiffe:// spiffe://a spiffe://a/ spiffe://A/b spiffe://a/b/ spiffe://a//b http://a/b spiffe://a/../b spiffe://a/.
spiffe://a/b?c spiffe://a:1/b spiffe://a@b/c
"""


@pytest.mark.parametrize(
    "value", [*NOT_IDENTITIES.split(), "", "spiffe://a/b c", f"{FORUM}\n", "spiffe://a/" + "b" * 2048]
)
def test_what_is_no_identity(value):
    with pytest.raises(ValueError, match="not a SPIFFE URI"):
        parse_identity(value)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"peer_spiffe_id": []},
        {"peer_spiffe_id": [b"\xff"]},
        {"peer_spiffe_id": [FORUM.encode(), FORUM.encode()]},
        {"x509_subject_alternative_name": [FORUM.encode()], "x509_common_name": [FORUM.encode()]},
    ],
)
def test_only_the_sole_uri_of_a_verified_certificate_is_an_identity(context):
    assert peer_identity(context) is None


def test_being_allowed_somewhere_is_not_being_allowed_here():
    allow = AllowList({"a.A": {FORUM}, "b.B": {f"{FORUM}-2"}}, registered=["a.A", "b.B"])
    context = {"peer_spiffe_id": [FORUM.encode()]}
    assert allow.check("a.A", context) == FORUM
    with pytest.raises(RefusedError):
        allow.check("b.B", context)


def test_the_system_clock_is_aware_and_in_utc():
    assert SystemClock().now().tzinfo is UTC


def test_a_fixed_clock_moves_only_when_moved_and_only_forward():
    clock = FixedClock(datetime(2030, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2030, 1, 1, tzinfo=UTC)
    clock.advance(timedelta(seconds=5))
    assert clock.now() == datetime(2030, 1, 1, 0, 0, 5, tzinfo=UTC)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))
