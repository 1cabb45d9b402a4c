"""The two sides on real connections: nothing that one sends can be joined with what the other sends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry import trace

from services.chassis.rpc_client import TOO_LATE, RpcChannel
from services.chassis.rpc_errors import Failure, RpcError
from services.chassis.tls import TlsFiles, server_credentials
from tests.support.certs import Authority, make_leaf
from tests.unit.client.connect_proxy import proxying
from vouchsafe.forum.v1 import reading_service_pb2 as reading_pb
from vouchsafe.forum.v1.reading_service_pb2_grpc import (
    ReadingServiceServicer,
    ReadingServiceStub,
    add_ReadingServiceServicer_to_server,
)
from vouchsafe.identity.v1 import person_service_pb2 as person_pb
from vouchsafe.identity.v1.person_service_pb2_grpc import (
    PersonServiceServicer,
    PersonServiceStub,
    add_PersonServiceServicer_to_server,
)
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.profile import Edge
from vouchsafe.sdk.side import Peer, Side
from vouchsafe.sdk.sides import OneAtATime


@dataclass
class Recorder(PersonServiceServicer, ReadingServiceServicer):
    """Answers two calls, after so many failures, and keeps what it was sent."""

    failures: int = 0
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    seen: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    on_call: Callable[[], Awaitable[None]] = field(default=lambda: asyncio.sleep(0))

    async def Register(self, request: Any, context: Any) -> Any:  # noqa: N802
        await self._record(request.request_id, context)
        return person_pb.RegisterResponse(person_id="p")

    async def ListLatestPosts(self, request: Any, context: Any) -> Any:  # noqa: N802
        await self._record("", context)
        return reading_pb.ListLatestPostsResponse()

    async def _record(self, request_id: str, context: Any) -> None:
        self.seen.append((request_id, context.peer(), dict(context.invocation_metadata())))
        await self.on_call()
        if self.failures:
            self.failures -= 1
            await context.abort(self.code, "away")


@asynccontextmanager
async def serving(recorder: Recorder, tls: TlsFiles) -> AsyncIterator[str]:
    server = grpc.aio.server()
    add_PersonServiceServicer_to_server(recorder, server)
    add_ReadingServiceServicer_to_server(recorder, server)
    port = server.add_secure_port("127.0.0.1:0", server_credentials(tls))
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


def edge(authority: Authority, directory: Path, name: str) -> Edge:
    tls = make_leaf(authority, uris=(f"spiffe://test/ns/edge/sa/{name}",))
    paths = Edge(directory / f"{name}.crt", directory / f"{name}.key", directory / "ca.crt")
    for path, content in ((paths.certificate, tls.certificate), (paths.key, tls.key), (paths.authority, tls.authority)):
        path.write_bytes(content)
    return paths


async def register(side: Side, address: str) -> None:
    await registering(side.connect("identity", address))


async def read(side: Side, address: str) -> None:
    await reading(side.connect("forum", address))


async def registering(peer: Peer) -> None:
    await peer.call(PersonServiceStub(peer.channel).Register, person_pb.RegisterRequest(request_id="r"))


async def reading(peer: Peer) -> None:
    await peer.call(ReadingServiceStub(peer.channel).ListLatestPosts, reading_pb.ListLatestPostsRequest())


async def test_no_trace_and_no_connection_joins_the_sides(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path
) -> None:
    recorder = Recorder()
    span = trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=False, trace_flags=trace.TraceFlags(1)))
    async with (
        serving(recorder, server_tls) as address,
        Side(edge(authority, tmp_path, "person")) as person,
        Side(edge(authority, tmp_path, "alias")) as alias,
    ):
        with trace.use_span(span):
            await register(person, address)
            await read(alias, address)
    (_, person_peer, person_metadata), (_, alias_peer, alias_metadata) = recorder.seen
    assert person_peer != alias_peer
    for metadata in (person_metadata, alias_metadata):
        assert not {"traceparent", "tracestate", "baggage", "authorization"} & metadata.keys()


async def test_a_request_is_repeated_as_it_was(authority: Authority, server_tls: TlsFiles, tmp_path: Path) -> None:
    recorder = Recorder(failures=3)
    async with serving(recorder, server_tls) as address, Side(edge(authority, tmp_path, "person")) as person:
        await register(person, address)
    assert [request_id for request_id, _, _ in recorder.seen] == ["r"] * 4


async def test_a_race_lost_to_others_is_run_again(authority: Authority, server_tls: TlsFiles, tmp_path: Path) -> None:
    recorder = Recorder(failures=3, code=grpc.StatusCode.ABORTED)
    async with serving(recorder, server_tls) as address, Side(edge(authority, tmp_path, "person")) as person:
        await register(person, address)
    assert [request_id for request_id, _, _ in recorder.seen] == ["r"] * 4


async def test_a_refusal_is_not_asked_again(authority: Authority, server_tls: TlsFiles, tmp_path: Path) -> None:
    recorder = Recorder(failures=3, code=grpc.StatusCode.FAILED_PRECONDITION)
    async with serving(recorder, server_tls) as address, Side(edge(authority, tmp_path, "person")) as person:
        with pytest.raises(VouchsafeError, match="FAILED_PRECONDITION"):
            await register(person, address)
    assert len(recorder.seen) == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED])
async def test_patience_ends(authority: Authority, server_tls: TlsFiles, tmp_path: Path, code: grpc.StatusCode) -> None:
    recorder = Recorder(failures=1000, code=code)
    async with (
        serving(recorder, server_tls) as address,
        Side(edge(authority, tmp_path, "person"), patience=0.6) as person,
    ):
        with pytest.raises(VouchsafeError, match=code.name):
            await register(person, address)


async def test_a_race_is_told_although_the_last_try_came_too_late(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path
) -> None:
    races = iter([grpc.StatusCode.ABORTED, grpc.StatusCode.ABORTED])

    class Late(RpcChannel):
        async def unary(self, *arguments: Any, **options: Any) -> Any:
            code = next(races, None)
            raise RpcError(Failure(code, code.name, "") if code else TOO_LATE)

    async with serving(Recorder(), server_tls) as address, Side(edge(authority, tmp_path, "person")) as person:
        peer = person.connect("identity", address)
        peer._connected = Late(address, server_name="identity", tls=server_tls)
        with pytest.raises(VouchsafeError, match="ABORTED"):
            await peer.call(Recorder, "request")


async def test_a_server_with_anothers_name_is_not_spoken_to(authority: Authority, tmp_path: Path) -> None:
    recorder = Recorder()
    async with (
        serving(recorder, make_leaf(authority, dns=("verification.vouchsafe-verification.svc",))) as address,
        Side(edge(authority, tmp_path, "person"), patience=0.6) as person,
    ):
        with pytest.raises(VouchsafeError, match=r"UNAVAILABLE|DEADLINE_EXCEEDED"):
            await register(person, address)
    assert recorder.seen == []


async def test_the_sides_are_never_connected_at_the_same_time(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path
) -> None:
    recorder, gate = Recorder(), OneAtATime()
    async with serving(recorder, server_tls) as address, proxying() as persons, proxying() as aliases:
        together: list[bool] = []

        async def look() -> None:
            """While the call is under way: do both stay connected? A proxy learns of an end a moment after it."""
            for _ in range(1000):
                if not (persons.open_now and aliases.open_now):
                    break
                await asyncio.sleep(0.01)
            together.append(bool(persons.open_now and aliases.open_now))

        paths = {name: edge(authority, tmp_path, name) for name in ("person", "alias")}
        person_edge = Edge(**vars(paths["person"]) | {"proxy": persons.url})
        alias_edge = Edge(**vars(paths["alias"]) | {"proxy": aliases.url})
        recorder.on_call = look
        async with Side(person_edge, gate=gate) as person, Side(alias_edge, gate=gate) as alias:
            first, second = person.connect("identity", address), alias.connect("forum", address)
            await asyncio.gather(*(call for _ in range(6) for call in (registering(first), reading(second))))
    assert len(together) == 12
    assert not any(together)


async def test_without_a_gate_they_would_be(authority: Authority, server_tls: TlsFiles, tmp_path: Path) -> None:
    recorder = Recorder()
    async with serving(recorder, server_tls) as address, proxying() as persons, proxying() as aliases:
        paths = {name: edge(authority, tmp_path, name) for name in ("person", "alias")}
        async with (
            Side(Edge(**vars(paths["person"]) | {"proxy": persons.url})) as person,
            Side(Edge(**vars(paths["alias"]) | {"proxy": aliases.url})) as alias,
        ):
            await register(person, address)
            await read(alias, address)
            assert persons.open_now
            assert aliases.open_now


async def test_a_call_that_is_given_up_leaves_the_gate_open() -> None:
    gate = OneAtATime()

    async def nothing() -> None:
        pass

    async def other() -> None:
        pass

    async with gate.taken(nothing):
        waiting = asyncio.create_task(gate.taken(other).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(5), gate.taken(other):
        pass


async def test_a_side_rests_without_cutting_off_a_call(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path
) -> None:
    recorder = Recorder()
    async with serving(recorder, server_tls) as address, proxying() as network:
        paths = edge(authority, tmp_path, "alias")
        async with Side(Edge(**vars(paths) | {"proxy": network.url})) as alias:
            peer, resting = alias.connect("forum", address), []

            async def rest_meanwhile() -> None:
                resting.append(asyncio.create_task(alias.rest()))

            recorder.on_call = rest_meanwhile
            await reading(peer)
            await asyncio.gather(*resting)
            assert len(network.heads) == 1
            recorder.on_call = lambda: asyncio.sleep(0)
            await reading(peer)
            await alias.rest()
            await reading(peer)
    assert len(recorder.seen) == 3
    assert len(network.heads) >= 2
