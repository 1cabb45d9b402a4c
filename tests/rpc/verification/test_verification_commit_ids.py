"""No member can choose an id that verification will need for a commit of its own, and one bad label harms no other."""

import asyncio
import uuid
from contextlib import suppress
from datetime import timedelta

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler
from services.seal.secret import SecretBytes
from services.verification.adapters.event_codec import event_codec
from services.verification.adapters.issuer_keys import _COMMIT_IDS, IssuerKeys
from services.verification.adapters.key_schedule import KeySchedule
from services.verification.adapters.keystore_log import KeySealing, LogKeystore
from services.verification.domain import issuer_key_decider
from services.verification.domain.epoch import EpochLength
from services.verification.domain.organisation import Organisation, Organisations, Sector
from tests.rpc.verification.conftest import PersonSide, Verification
from tests.support.commits import append


def key_commit_id(label: str, epoch: int) -> str:
    return str(uuid.uuid5(_COMMIT_IDS, f"{label}/{epoch}"))


async def test_request_ids_taken_from_the_next_epochs_keys_do_not_keep_them_from_being_made(
    service: Verification, person_side: PersonSide
) -> None:
    person = person_side.person()
    challenge = await person_side.request_code(person, request_id=key_commit_id("harbour-games", 203002))
    await person_side.confirm(
        person, challenge.challenge_id, person.code(), request_id=key_commit_id("jade-river", 203002)
    )
    offer = await person_side.offer(person)
    chosen = (await person_side.begin(person, offer, request_id=key_commit_id("cloudberry", 203002))).chosen
    await person_side.finish(person, offer, chosen, request_id=key_commit_id("cloudberry", 203002))
    service.clock.advance(timedelta(days=31))
    for label in ("harbour-games", "jade-river", "cloudberry"):
        assert (await person_side.issuer_key(person, label)).epoch == 203002


async def test_a_label_whose_key_cannot_be_made_keeps_no_other_waiting() -> None:
    store = MemoryEventStore()
    await append(store, "something-else", 0, commit_id=key_commit_id("stuck", 203001))
    keystore = LogKeystore(KeySealing(SecretBytes.random(32)), threads=1)
    keys = IssuerKeys(CommandHandler(store, event_codec(), issuer_key_decider), keystore)
    employers = [Organisation(each, each, (f"{each}.example",), "all") for each in ("stuck", "fine")]
    labels = Organisations(employers, [Sector("all", "all")])
    schedule = asyncio.create_task(
        KeySchedule(keys, labels, length=EpochLength.MONTH, ahead=timedelta(0), clock=FixedClock()).run()
    )
    async with asyncio.timeout(60):
        while not await store.read_stream("issuer-key-fine-203001") and not schedule.done():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await store.read_stream("issuer-key-fine-203001")
    assert not schedule.done()
    schedule.cancel()
    with suppress(asyncio.CancelledError):
        await schedule
    await keys.close()
