"""What an epoch's end and an employment's end do to issuing."""

from datetime import timedelta

import pytest

from services.chassis.rpc_errors import RpcError
from tests.rpc.verification.conftest import PersonSide, Verification, finalize


async def test_a_new_epoch_has_a_new_key_and_new_slots(service: Verification, person_side: PersonSide) -> None:
    person = await person_side.employed()
    old = await person_side.issuer_key(person)
    await person_side.issue(person)
    service.clock.advance(timedelta(days=31))
    new = await person_side.issuer_key(person)
    assert new.epoch == 203002
    assert new.public_key != old.public_key
    offer = await person_side.offer(person)
    chosen = (await person_side.begin(person, offer)).chosen
    finalize(offer, chosen, await person_side.finish(person, offer, chosen))
    service.clock.advance(timedelta(days=180))
    with pytest.raises(RpcError) as error:
        await person_side.issue(person)
    assert error.value.reason == "NOT_EMPLOYED"
