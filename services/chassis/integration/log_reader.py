"""Reading another service's public events from where they are kept for good, its log: both ends of `ReadEvents`.

A consumer turns here when the bus has lost something. The producer answers from its store through the same `Curation`
as its relay, so that nothing can be read here that would not be published. A replica that is older than the relay may
publish fewer types: each page says which. Who may ask is `rpc_authz`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.chassis.integration.bus import Curation, PublicEvent
from services.chassis.log.eventstore import CommitLog, LogGap, Mark
from services.chassis.rpc_client import RpcChannel
from vouchsafe.log.v1 import log_service_pb2 as pb
from vouchsafe.log.v1.log_service_pb2_grpc import EventLogServiceServicer, EventLogServiceStub

_PAGE = 200
_PAGES = 20
_PAGE_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PublicPage:
    """Public events in order. All up to `through` have been told; `at_end`: so has everything that is in the log.

    `types`: all that is public to whoever answers; events of other types have been left out.
    """

    events: Sequence[PublicEvent]
    through: Mark
    at_end: bool
    types: frozenset[str]


class LogReader(Protocol):
    """Another service's public events, from its log."""

    async def read_events(self, after: Mark, limit: int) -> PublicPage:
        """At most `limit` public events after that mark.

        Raises `rpc_errors.RpcError` when the producer fails, LogGap when it tells of an event without a key.
        """
        ...


class CuratedLog:
    """A `LogReader` on a service's own store: what the producer answers with."""

    def __init__(self, log: CommitLog, curation: Curation) -> None:
        self._log = log
        self._curation = curation

    async def read_events(self, after: Mark, limit: int) -> PublicPage:
        """See `LogReader.read_events`. Reads a bounded part of the log, so a page may be empty and not the end."""
        events: list[PublicEvent] = []
        through = after
        position = max(after.position - 1, 0)
        for _ in range(_PAGES):
            commits = await self._log.read_log(position, _PAGE)
            events += [event for event in self._curation.public_events(commits) if event.mark > after]
            whole = _fitting(events, limit)
            if len(events) >= limit or whole < len(events):
                return PublicPage(events[:whole], events[whole - 1].mark, at_end=False, types=self._curation.types)
            if not commits:
                return PublicPage(events, through, at_end=True, types=self._curation.types)
            position += len(commits)
            through = max(through, Mark(position, len(commits[-1].events) - 1))
        return PublicPage(events, through, at_end=False, types=self._curation.types)


class EventLogServicer(EventLogServiceServicer):
    """Serves `vouchsafe.log.v1.EventLogService` from a service's own store."""

    def __init__(self, log: CuratedLog) -> None:
        self._log = log

    async def ReadEvents(  # noqa: N802 -- the proto's name
        self,
        request: pb.ReadEventsRequest,
        context: object,  # noqa: ARG002 -- gRPC passes it
    ) -> pb.ReadEventsResponse:
        """One page. The request's rules have been checked before."""
        page = await self._log.read_events(_mark(request.after), request.limit)
        events = [
            pb.PublicEvent(
                mark=_proto_mark(event.mark),
                type=event.type,
                data=event.data,
                traceparent=event.traceparent or "",
                key=event.key,
            )
            for event in page.events
        ]
        return pb.ReadEventsResponse(
            events=events, through=_proto_mark(page.through), at_end=page.at_end, types=sorted(page.types)
        )


class RpcLogReader:
    """A `LogReader` that asks the producer."""

    def __init__(self, channel: RpcChannel) -> None:
        self._channel = channel
        self._stub = EventLogServiceStub(channel.channel)

    async def read_events(self, after: Mark, limit: int) -> PublicPage:
        """See `LogReader.read_events`."""
        request = pb.ReadEventsRequest(after=_proto_mark(after), limit=limit)
        response: pb.ReadEventsResponse = await self._channel.unary(self._stub.ReadEvents, request)
        if not all(event.key for event in response.events):
            raise LogGap("the producer tells of an event without a key: nobody knows what it must not overtake")
        events = [
            PublicEvent(_mark(event.mark), event.type, event.data, event.traceparent or None, key=event.key)
            for event in response.events
        ]
        return PublicPage(events, _mark(response.through), response.at_end, frozenset(response.types))


def _fitting(events: Sequence[PublicEvent], limit: int) -> int:
    """How many of the events one page may hold; always at least one if there is any."""
    size = 0
    for count, event in enumerate(events[:limit]):
        size += len(event.data)
        if size > _PAGE_BYTES and count > 0:
            return count
    return min(len(events), limit)


def _mark(mark: pb.Mark) -> Mark:
    return Mark(mark.position, mark.offset)


def _proto_mark(mark: Mark) -> pb.Mark:
    return pb.Mark(position=mark.position, offset=mark.offset)
