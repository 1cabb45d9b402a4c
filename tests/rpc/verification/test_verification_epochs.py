"""What an epoch's end and an employment's end do to issuing."""

from datetime import timedelta

import pytest

from services.chassis.rpc_errors import RpcError
from tests.rpc.verification.conftest import Blinded, PersonSide, Verification


async def test_a_new_epoch_has_a_new_key_and_new_slots(service: Verification, person_side: PersonSide) -> None:
    person = await person_side.employed()
    old = await person_side.issuer_key(person)
    await person_side.issue(person, Blinded.new(old.public_key).message)
    service.clock.advance(timedelta(days=31))
    new = await person_side.issuer_key(person)
    assert new.epoch == 203002
    assert new.public_key != old.public_key
    message = Blinded.new(new.public_key)
    message.finalize(await person_side.issue(person, message.message, epoch=203002))
    service.clock.advance(timedelta(days=180))
    later = await person_side.issuer_key(person)
    with pytest.raises(RpcError) as error:
        await person_side.issue(person, Blinded.new(later.public_key).message, epoch=later.epoch)
    assert error.value.reason == "NOT_EMPLOYED"
