"""No caller can choose an id that disclosure will need for a commit of its own."""

import pytest

from services.chassis.integration.bus import foreign_commit_id
from services.chassis.log.eventstore import Mark
from services.disclosure.reactions.published import _only_leaf
from tests.rpc.disclosure.authors import EPOCH, issuer
from tests.rpc.disclosure.world import Platform, foreign
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb


@pytest.mark.parametrize("taken", [_only_leaf("issuer-key", "next", EPOCH), foreign_commit_id("verification", Mark(3))])
async def test_a_deposit_under_an_internal_id_does_not_keep_the_next_key_out(platform: Platform, taken: str):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    await disclosure.deposit(platform.author(), request_id=taken)
    key = verification_pb.IssuerKeyPublished(
        label="next", epoch=EPOCH, label_name="Next", public_key=issuer().public_key.to_spki()
    )
    before = len(await disclosure.leaves())
    await disclosure.service.published.issuer_key_published(foreign("verification", 3, key))
    assert len(await disclosure.leaves()) == before + 1
