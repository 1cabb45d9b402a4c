"""A consumer reads a producer's log over mutual TLS."""

from collections.abc import AsyncIterator

import grpc
import pytest
import pytest_asyncio

from services.chassis.integration.bus import Curation
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer, RpcLogReader
from services.chassis.log.eventstore import START, EventData, Mark, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_errors import ErrorTable, RpcError
from services.chassis.rpc_server import ServiceBinding
from tests.support.commits import META, new_id, sequence_all
from tests.support.rpc import Running, identity, serving
from vouchsafe.log.v1 import log_service_pb2, log_service_pb2_grpc

NAME = "vouchsafe.log.v1.EventLogService"


@pytest_asyncio.fixture
async def producer() -> AsyncIterator[Running]:
    """A producer with four commits of one private and one public event each."""
    store = MemoryEventStore()
    for number in range(4):
        events = [EventData("test.v1.Private", b"secret"), EventData("test.v1.Public", bytes([number]))]
        await store.append(f"thing-{number}", 0, [Write(new_id(), events, META)])
    await sequence_all(store)
    binding = ServiceBinding(
        log_service_pb2_grpc.add_EventLogServiceServicer_to_server,
        EventLogServicer(CuratedLog(store, Curation("producer", {"test.v1.Public": "Public.v1"}))),
    )
    async with serving(
        "producer", [binding], allow={NAME: frozenset({identity("consumer")})}, errors=ErrorTable(reasons={})
    ) as running:
        yield running


async def test_pages_are_read_to_the_end(producer: Running) -> None:
    async with producer.channel("consumer") as channel:
        reader = RpcLogReader(channel)
        first = await reader.read_events(START, 3)
        assert [(event.mark, event.data) for event in first.events] == [
            (Mark(1, 1), b"\x00"),
            (Mark(2, 1), b"\x01"),
            (Mark(3, 1), b"\x02"),
        ]
        assert (first.through, first.at_end) == (Mark(3, 1), False)
        rest = await reader.read_events(first.through, 3)
        assert ([event.mark for event in rest.events], rest.at_end) == ([Mark(4, 1)], True)
        assert rest.events[0].data == b"\x03"
        assert rest.events[0].traceparent is None


@pytest.mark.parametrize("limit", [0, 1001])
async def test_an_unreasonable_limit_is_refused(producer: Running, limit: int) -> None:
    async with producer.channel("consumer") as channel:
        with pytest.raises(RpcError) as refused:
            await RpcLogReader(channel).read_events(START, limit)
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_missing_mark_is_refused(producer: Running) -> None:
    async with producer.channel("consumer") as channel:
        stub = log_service_pb2_grpc.EventLogServiceStub(channel.channel)
        with pytest.raises(RpcError) as refused:
            await channel.unary(stub.ReadEvents, log_service_pb2.ReadEventsRequest(limit=1))
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stranger_is_refused(producer: Running) -> None:
    async with producer.channel("stranger") as channel:
        with pytest.raises(RpcError) as refused:
            await RpcLogReader(channel).read_events(START, 1)
    assert refused.value.code is grpc.StatusCode.PERMISSION_DENIED
