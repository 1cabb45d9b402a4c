"""The whole of verification with its issuer keys in a real PKCS#11 token: as it serves, and while the token is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from services.chassis.configfile import ConfigError
from services.chassis.rpc_errors import RpcError
from services.seal.cut_and_choose import Offer
from services.seal.secret import SecretBytes
from services.verification.assembly import token_keystore
from services.verification.config import Issuance, IssuerKeySettings, KeyBackend
from tests.rpc.verification.conftest import Person, PersonSide, Verification, finalize, running_verification
from tests.support.softhsm import SoftToken, module, new_token, taken_out


@pytest.fixture(scope="module")
def soft() -> SoftToken:
    return new_token()


@pytest.fixture(scope="module")
async def service(soft: SoftToken, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Verification]:
    directory = tmp_path_factory.mktemp("verification")
    issuance = Issuance(insecure_crowd_minimum=2, insecure_crowd_age_hours=0)
    custody = IssuerKeySettings(KeyBackend.PKCS11, module(), soft.label)
    async with running_verification(directory, issuance, custody, soft.pin) as running:
        yield running


async def test_credentials_are_issued_and_no_private_key_is_stored(
    service: Verification, person_side: PersonSide
) -> None:
    person = await person_side.employed()
    offer = await person_side.offer(person)
    chosen = (await person_side.begin(person, offer)).chosen
    assert len(finalize(offer, chosen, await person_side.finish(person, offer, chosen))) == 384
    assert service.events("issuer-key-harbour-games-203001") == ["IssuerKeyPublished"]


async def test_an_issuance_while_the_token_is_away_is_finished_when_it_is_back(
    service: Verification, person_side: PersonSide
) -> None:
    person = await person_side.employed()
    offer = await person_side.offer(person)
    chosen = (await person_side.begin(person, offer)).chosen
    with taken_out():
        for _ in range(2):
            with pytest.raises(RpcError) as away:
                await person_side.finish(person, offer, chosen)
            assert (away.value.code, away.value.reason) == (grpc.StatusCode.UNAVAILABLE, "ISSUER_KEY_UNAVAILABLE")
            assert away.value.retry_after is not None
        assert (await person_side.issuer_key(person)).public_key, "what needs no private key is answered"
    signature = await signed_in_time(person_side, person, offer, chosen)
    assert len(finalize(offer, chosen, signature)) == 384


async def signed_in_time(side: PersonSide, person: Person, offer: Offer, chosen: int) -> bytes:
    """The signature, once the pause after a failure is over."""
    for _ in range(100):
        try:
            return await side.finish(person, offer, chosen)
        except RpcError as error:
            if error.reason != "ISSUER_KEY_UNAVAILABLE":
                raise
            await asyncio.sleep(0.1)
    raise AssertionError("the token was not used again")


async def test_the_keys_of_a_closed_epoch_go_after_the_days_that_are_set(service: Verification) -> None:
    assert service.clearance is not None
    before = service.clock.now()
    service.clock.advance(timedelta(days=36))  # from the 1st: the 31 days of the epoch are over, and five more
    assert await service.clearance.clear() == 0, f"since {before}"
    service.clock.advance(timedelta(days=4))
    assert await service.clearance.clear() > 0
    assert await service.clearance.clear() == 0


def test_a_module_that_is_not_there_refuses_to_start(tmp_path: Path) -> None:
    settings = IssuerKeySettings(KeyBackend.PKCS11, tmp_path / "none.so", "t")
    with pytest.raises(ConfigError, match=r"none\.so"):
        token_keystore(settings, SecretBytes(b"1234"))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"backend": KeyBackend.PKCS11}, "needs module and token"),
        ({"backend": KeyBackend.PKCS11, "module": Path("m.so")}, "needs module and token"),
        ({"token": "t"}, "for the backend pkcs11"),
        ({"destroy_after_days": 0}, "destroy_after_days"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(settings: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        IssuerKeySettings(**settings)  # type: ignore[arg-type]
