"""The client's side: retries, deadlines that shrink, traces that stay apart, failures that carry their reason."""

import asyncio
import time

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from services.chassis import rpc_errors
from services.chassis.identity_uri import server_name
from services.chassis.rpc_call import Call
from services.chassis.rpc_call import serving as serving_call
from services.chassis.rpc_client import NO_RETRY, RetryPolicy, RpcChannel
from services.chassis.rpc_deadline import MEANINGFUL_WORK, RETURN_OVERHEAD, Deadline
from services.chassis.rpc_errors import Failure, RpcError
from tests.rpc.chassis.echo import ERRORS, SERVICE, binding, echo_servicer, say
from tests.support.rpc import Running, credentials, identity, serving

ALLOW = {SERVICE: frozenset({identity("friend")})}


class Flaky:
    """A stub's method that fails with `code` so many times before it answers."""

    def __init__(
        self, failures: int, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE, *, retry_after: float | None = None
    ) -> None:
        self.failures = failures
        self.code = code
        self.details = rpc_errors.to_metadata(Failure(code, "BUSY", "busy", retry_after=retry_after))
        self.timeouts: list[float] = []

    async def __call__(self, request, *, timeout, metadata):  # noqa: ASYNC109
        self.timeouts.append(timeout)
        if len(self.timeouts) <= self.failures:
            raise grpc.aio.AioRpcError(self.code, grpc.aio.Metadata(), grpc.aio.Metadata(*self.details))
        return "answer"


@pytest.fixture
async def channel():
    async with RpcChannel("127.0.0.1:1", server_name="nobody", tls=credentials("friend")) as made:
        yield made


QUICK = RetryPolicy(attempts=4, first=0.001, most=0.002)


async def test_unavailable_is_retried(channel):
    method = Flaky(3)
    assert await channel.unary(method, "request", retry=QUICK) == "answer"
    assert len(method.timeouts) == 4
    assert method.timeouts == sorted(method.timeouts, reverse=True)


async def test_retries_end(channel):
    method = Flaky(9)
    with pytest.raises(RpcError) as caught:
        await channel.unary(method, "request", retry=QUICK)
    assert (len(method.timeouts), caught.value.reason) == (4, "BUSY")


async def test_retries_stay_within_the_deadline(channel):
    method = Flaky(10_000)
    started = time.monotonic()
    with pytest.raises(RpcError):
        await channel.unary(method, "request", timeout=0.2, retry=RetryPolicy(attempts=10_000, first=0.05, most=0.05))
    assert time.monotonic() - started < 60  # and not the eight minutes of all its tries


async def test_no_last_try_is_made_that_would_have_no_time(channel):
    method = Flaky(10_000)
    policy = RetryPolicy(attempts=10_000, first=0.01, most=0.01)
    with pytest.raises(RpcError) as caught:
        await channel.unary(method, "request", timeout=0.3, retry=policy)
    assert min(method.timeouts) > RETURN_OVERHEAD + MEANINGFUL_WORK
    assert caught.value.reason == "BUSY"


async def test_a_last_try_that_came_too_late_does_not_hide_why_the_one_before_failed(channel):
    busy, late = Flaky(10), Flaky(10)
    late.code = grpc.StatusCode.DEADLINE_EXCEEDED
    late.details = rpc_errors.to_metadata(Failure(late.code, "DEADLINE_TOO_SHORT", "too little time is left"))
    tries = iter([busy, busy, late])

    async def method(*arguments, **options):
        return await next(tries)(*arguments, **options)

    with pytest.raises(RpcError) as caught:
        await channel.unary(method, "request", retry=QUICK)
    assert (caught.value.reason, list(tries)) == ("BUSY", [])
    with pytest.raises(RpcError) as caught:
        await channel.unary(late, "request", retry=QUICK)
    assert caught.value.reason == "DEADLINE_TOO_SHORT"


@pytest.mark.parametrize("code", [grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED, grpc.StatusCode.INTERNAL])
async def test_nothing_else_is_retried(channel, code):
    method = Flaky(1, code)
    with pytest.raises(RpcError):
        await channel.unary(method, "request", retry=QUICK)
    assert len(method.timeouts) == 1


async def test_a_peer_that_asks_for_a_later_try_gets_it_then(channel):
    method = Flaky(2, grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after=0.1)
    started = time.monotonic()
    assert await channel.unary(method, "request", retry=QUICK) == "answer"
    assert time.monotonic() - started >= 0.2


async def test_a_later_try_that_would_come_too_late_is_not_waited_for(channel):
    method = Flaky(1, grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after=60.0)
    with pytest.raises(RpcError) as caught:
        await channel.unary(method, "request", timeout=2, retry=QUICK)
    assert (caught.value.retry_after, len(method.timeouts)) == (60.0, 1)


async def test_a_try_that_hangs_is_cut_short_where_asked(channel):
    method = Flaky(1, grpc.StatusCode.DEADLINE_EXCEEDED)
    policy = RetryPolicy(attempts=2, first=0.001, per_attempt=0.5)
    assert await channel.unary(method, "request", timeout=3, retry=policy) == "answer"
    assert method.timeouts == [0.5, 0.5]


async def test_a_call_made_while_serving_one_gets_no_more_than_what_is_left(channel):
    method = Flaky(0)
    with serving_call(Call("/x/Y", identity("friend"), Deadline.after(1.0), {})):
        await channel.unary(method, "request", timeout=5)
    assert method.timeouts[0] <= 1.0


async def test_no_call_is_begun_when_too_little_is_left(channel):
    method = Flaky(0)
    with serving_call(Call("/x/Y", identity("friend"), Deadline.after(0.05), {})), pytest.raises(RpcError) as caught:
        await channel.unary(method, "request", timeout=5)
    assert (method.timeouts, caught.value.reason) == ([], "DEADLINE_TOO_SHORT")


async def test_the_server_keeps_time_for_the_way_back(echo):
    async with echo.channel("friend", timeout=2.0) as channel:
        answer = await say(channel, text="tea")
    assert answer.remaining < 2.0 - RETURN_OVERHEAD


async def test_a_deadline_that_passes(echo):
    async with echo.channel("friend") as channel:
        with pytest.raises(RpcError) as caught:
            await say(channel, text="tea", delay_ms=2000, options={"timeout": 0.3})
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_peer_that_restarts_is_found_again():
    servicer = echo_servicer()
    async with serving("echo", [binding(servicer)], allow=ALLOW, errors=ERRORS) as running:
        channel = running.channel("friend", timeout=10.0)
        await say(channel, text="before")
        await running.server.stop(0)
        waiting = asyncio.create_task(say(channel, text="after"))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        async with again(running):
            assert (await waiting).text == "after"
        await channel.close()


def again(running: Running):
    """The same service on the same port."""
    return serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS, listen=running.address)


async def test_a_server_with_another_name_is_not_spoken_to(echo):
    wrong = RpcChannel(echo.address, server_name=server_name("other"), tls=credentials("friend"), retry=NO_RETRY)
    async with wrong as channel:
        with pytest.raises(RpcError) as caught:
            await say(channel, text="tea")
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE


@pytest.fixture
async def traced_spans(monkeypatch):
    """Real spans, for this test alone."""
    monkeypatch.setattr(trace, "get_tracer", TracerProvider().get_tracer)
    return trace


@pytest.mark.parametrize(
    ("traced", "continued", "same"),
    [(True, True, True), (True, False, False), (False, True, False)],
    ids=["told to and trusted", "not trusted", "not told to"],
)
async def test_a_trace_crosses_only_where_both_sides_say_so(traced_spans, traced, continued, same):
    trusted = frozenset({identity("friend")}) if continued else frozenset()
    bindings = [binding(echo_servicer())]
    async with (
        serving("echo", bindings, allow=ALLOW, errors=ERRORS, continue_traces_from=trusted) as running,
        running.channel("friend", traced=traced) as channel,
    ):
        with traced_spans.get_tracer("test").start_as_current_span("caller") as span:
            answer = await say(channel, text="tea")
    assert answer.traceparent
    assert (answer.traceparent.split("-")[1] == trace.format_trace_id(span.get_span_context().trace_id)) is same
