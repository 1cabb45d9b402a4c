"""The whole story of a case on the real store: leaves from two processes, a crash of neither, one sealed answer."""

import asyncio
from pathlib import Path

from services.chassis.log.eventstore_mongo import MongoEventStore
from services.seal import hpke
from services.seal.checkpoint import verify_checkpoint
from services.seal.leaves import kind_of
from tests.rpc.disclosure.test_disclosure_log import commit_ownership
from tests.rpc.disclosure.world import RECIPIENT_PRIVATE, Ceremony, Platform, eventually
from tests.support.store import fresh_database, store_uri
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as log_pb


async def test_a_case_is_opened_on_the_real_store(tmp_path: Path):
    with store_uri(tmp_path) as uri, fresh_database(uri) as database:
        store = MongoEventStore(database)
        await store.ensure_indexes()
        async with Platform(tmp_path, Ceremony(), store) as platform:
            await platform.start("witness-1", "witness-2", "trustee-1", "trustee-2", "trustee-4")
            one, other = await platform.disclosure(), await platform.disclosure()
            await asyncio.gather(*(commit_ownership((one, other)[i % 2], i) for i in range(1, 9)))
            await one.publish_label()
            author = platform.author()
            await other.deposit(author)
            case = await one.approve(platform.ceremony, await other.open_case(author), "ann", "bob", "cyd")

            opened = await other.carry_through(case)

            sealed = await one.collect(opened)
            assert hpke.open_sealed(RECIPIENT_PRIVATE, sealed, b"release") == b"Wei Chen"
            note = (await one.log("GetCheckpoint", log_pb.GetCheckpointRequest(min_size=16))).checkpoint
            assert verify_checkpoint(note, platform.trust.log_policy()).checkpoint.size == 16
            kinds = [kind_of(leaf) for leaf in await one.leaves()]
            assert kinds[0] == "ceremony"
            assert kinds[-4:] == ["case-asked", "open-intent", "subject-notice", "open-result"]
            listed = await eventually(other.listed, lambda page: page.cases)
            assert [each.case_id for each in listed.cases] == [case.case_id]
