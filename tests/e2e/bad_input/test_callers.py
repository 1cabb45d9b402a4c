"""Every RPC with every certificate of the platform: who is not on the allow-list learns nothing and changes nothing."""

import grpc
import pytest
from grpc import StatusCode

from deploy.local.certificates import CertificateAuthority
from deploy.local.topology import workload
from tests.e2e.bad_input.callers import CERTIFICATES, METHODS, allowed
from tests.e2e.bad_input.calls import Method, RefusedInVain, refused
from tests.e2e.bad_input.world import World

DENIED = (StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_only_callers_on_the_list(world: World, method: Method) -> None:
    before = await world.stores.commits()
    words: set[bytes] = set()
    for caller in CERTIFICATES:
        if caller in allowed(method):
            continue
        call = method.raw(world.channels.channel(caller, method.process))
        # Neither the missing deadline nor what cannot be parsed is told to somebody who may not call at all.
        for refusal in (await refused(call(b"", timeout=20)), await refused(call(b"\xff", timeout=None))):
            assert refusal.told == DENIED, caller
            words.add(refusal.words)
    assert len(words) == 1, "the answer tells strangers apart"
    assert await world.stores.commits() == before


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_callers_on_the_list_come_further(world: World, in_vain: RefusedInVain, method: Method) -> None:
    for caller in allowed(method):
        refusal = await in_vain(method.raw(world.channels.channel(caller, method.process))(b"\xff", timeout=20))
        assert refusal.told == (StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")


@pytest.mark.parametrize("service", ["identity", "forum", "disclosure", "trustee-1"])
async def test_certificates_of_another_authority_open_no_connection(world: World, service: str) -> None:
    authority = (world.platform.trust / "ca.crt").read_bytes()
    forged = CertificateAuthority().client(workload("disclosure"))
    for credentials in (
        grpc.ssl_channel_credentials(authority),
        grpc.ssl_channel_credentials(authority, forged.key, forged.certificate),
    ):
        async with world.channels.open(credentials, service) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await next(m for m in METHODS if m.process == service).raw(channel)(b"", timeout=10)
            assert caught.value.code() is StatusCode.UNAVAILABLE
