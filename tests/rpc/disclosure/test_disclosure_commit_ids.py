"""No caller can choose an id that disclosure will need for a commit of its own."""

import pytest

from services.chassis.integration.bus import foreign_commit_id
from services.chassis.log.eventstore import Mark
from services.disclosure.reactions.published import _only_leaf
from tests.rpc.disclosure.authors import EPOCH
from tests.rpc.disclosure.world import Platform, foreign, key_published

INTERNAL = (
    _only_leaf("label-defined", "next", EPOCH),
    _only_leaf("issuer-key", "next", EPOCH),
    foreign_commit_id("verification", Mark(3)),
)


@pytest.mark.parametrize("taken", INTERNAL)
async def test_a_deposit_under_an_internal_id_does_not_keep_the_next_key_out(platform: Platform, taken: str):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    await disclosure.deposit(platform.author(), request_id=taken)
    key = key_published(label="next", label_name="Next")
    before = len(await disclosure.leaves())
    await disclosure.service.published.issuer_key_published(foreign("verification", 3, key))
    assert len(await disclosure.leaves()) == before + 2
