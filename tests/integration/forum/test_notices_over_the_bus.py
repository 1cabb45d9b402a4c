"""What disclosure announces, over the real bus, and from its log what the bus has lost, to an owner at the edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from deploy.local.topology import workload
from services.chassis.integration.bus import Curation
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer
from services.chassis.log.eventstore import START, EventData, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_errors import ErrorTable
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.seal.statements import NoticesRequest
from tests.integration.forum.conftest import Cluster, ForumProcess, until
from tests.support.commits import META, new_id, sequence_all
from tests.unit.forum.authors import Author
from vouchsafe.disclosure.events.v1 import alias_events_pb2 as told
from vouchsafe.forum.v1 import alias_service_pb2 as pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.log.v1.log_service_pb2_grpc import add_EventLogServiceServicer_to_server

OPENS_AT = 1_900_259_520
LOG = "vouchsafe.log.v1.EventLogService"
KINDS = (told.SubjectNotified, told.AliasOpened, told.HoldPlaced, told.HoldReleased)
CURATION = Curation("disclosure", {kind.DESCRIPTOR.full_name: f"{kind.DESCRIPTOR.name}.v1" for kind in KINDS})


async def test_an_owner_is_told_in_order_of_what_the_bus_has_kept_and_lost(cluster: Cluster) -> None:
    mine, other = Author(), Author()
    first, second = b"1" * 32, b"2" * 32
    store = MemoryEventStore()
    for event in (announced(mine, first), opened(mine, first), announced(other, first), announced(mine, second)):
        await commit(store, event)
    await sequence_all(store)
    messages = CURATION.messages(await store.read_log(0, 100), START)
    assert len(messages) == 4
    async with disclosures_log(cluster, store) as address:
        # The second is lost on its way: the third says that something stands before it.
        await cluster.publish("disclosure", [messages[0], *messages[2:]])
        forum = await cluster.start_forum("forum-1", disclosure=address)

        async def all_taken_in() -> bool:
            return len(await notices(forum, mine)) == 2

        await until(all_taken_in, within=30)
    assert await notices(forum, mine) == [(first, OPENS_AT, True), (second, OPENS_AT, False)]
    assert await notices(forum, other) == [(first, OPENS_AT, False)]
    assert await notices(forum, Author()) == []
    log = cluster.log_of("forum-1")
    assert "foreign_gap_found" in log
    # Who was told is no business of whoever reads the logs.
    assert mine.key.public_key.hex() not in log


def announced(author: Author, intent: bytes) -> told.SubjectNotified:
    return told.SubjectNotified(alias_key=author.key.public_key, intent=intent, opens_at=OPENS_AT)


def opened(author: Author, intent: bytes) -> told.AliasOpened:
    return told.AliasOpened(alias_key=author.key.public_key, intent=intent)


async def commit(store: MemoryEventStore, event: Any) -> None:
    """Append an event as disclosure does, in a case of its own."""
    data = EventData(event.DESCRIPTOR.full_name, event.SerializeToString())
    await store.append(f"case-{new_id()}", 0, [Write(new_id(), [data], META)])


@asynccontextmanager
async def disclosures_log(cluster: Cluster, store: MemoryEventStore) -> AsyncIterator[str]:
    """Disclosure's window on its log, under disclosure's own certificate, open to the forum alone; its address."""
    servicer = EventLogServicer(CuratedLog(store, CURATION))
    server = RpcServer(
        listen="127.0.0.1:0",
        tls=cluster.secrets("disclosure").tls(),
        services=[ServiceBinding(add_EventLogServiceServicer_to_server, servicer)],
        allow={LOG: frozenset({workload("forum").spiffe_id})},
        errors=ErrorTable(reasons={}),
    )
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop(0)


async def notices(forum: ForumProcess, author: Author) -> list[tuple[bytes, int, bool]]:
    stub = AliasServiceStub(forum.channel.channel)
    nonce = (await forum.channel.unary(stub.CreateChallenge, pb.CreateChallengeRequest())).nonce
    key = author.key.public_key
    signature = author.key.sign(NoticesRequest(nonce, key).signed_bytes())
    request = pb.ListNoticesRequest(alias_key=key, nonce=nonce, signature=signature)
    answer = await forum.channel.unary(stub.ListNotices, request)
    return [(each.intent, each.opens_at, each.opened) for each in answer.notices]
