"""A channel to one peer: mutual TLS, deadlines that shrink on the way, retries, typed errors.

Calls are retried because every call of ours can be: queries change nothing, and a mutation carries a `request_id`
that makes its repetition harmless. What the peer may do, and whether its answer makes sense, is the caller's concern.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeVar

import grpc

from services.chassis import rpc_errors
from services.chassis.rpc_call import deadline_of_current_call
from services.chassis.rpc_deadline import MEANINGFUL_WORK, RETURN_OVERHEAD, Deadline, onward
from services.chassis.rpc_errors import Failure, RpcError
from services.chassis.tls import TlsFiles, channel_credentials
from services.chassis.tracelink import current_traceparent

Res = TypeVar("Res")
Metadata = Sequence[tuple[str, str]]
Options = Sequence[tuple[str, str | int]]

_RANDOM: Final = random.SystemRandom()


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and how patiently, to try again. Seconds.

    UNAVAILABLE is retried up to `attempts` tries, with full jitter below a bound that doubles from `first` to `most`.
    So is what the peer itself asks to be tried later, after the time that it names and the jitter. `per_attempt`, if
    given, also cuts each try short and retries that; for peers that may hang.
    """

    attempts: int = 8
    first: float = 0.05
    most: float = 1.0
    per_attempt: float | None = None

    def pause(self, failures: int) -> float:
        """How long to wait after the `failures`-th failed try, 1 or more."""
        return _RANDOM.uniform(0, min(self.most, self.first * 2 ** min(failures - 1, 30)))

    def again(self, failure: Failure) -> bool:
        """Whether a try that failed so deserves another."""
        timed_out = self.per_attempt is not None and failure.code is grpc.StatusCode.DEADLINE_EXCEEDED
        return timed_out or failure.code is grpc.StatusCode.UNAVAILABLE or failure.retry_after is not None


NO_RETRY: Final = RetryPolicy(attempts=1)

TOO_LATE: Final = Failure(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_TOO_SHORT", "too little time is left to call")
"""What a call comes to that nobody has begun, here or there, since no time was left for it."""


class RpcChannel:
    """A connection to the peer at `target` ("host:port") whose certificate must carry `server_name`.

    gRPC checks the DNS name of the peer's certificate, not its URI; `identity_uri.server_name(service)` is what ours
    carry. `traced` sends the surrounding trace along: never for a channel that shares a process with one to the other
    side of a person's life. `options` are gRPC's own channel arguments, beside ours. Must be made, used and closed on
    one event loop.
    """

    def __init__(
        self,
        target: str,
        *,
        server_name: str,
        tls: TlsFiles,
        timeout: float = 5.0,
        retry: RetryPolicy = RetryPolicy(),  # frozen
        traced: bool = False,
        options: Options = (),
    ) -> None:
        self._timeout = timeout
        self._retry = retry
        self._traced = traced
        self.channel = grpc.aio.secure_channel(
            target, channel_credentials(tls), options=[*_options(server_name), *options]
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        await self.channel.close()

    async def unary(
        self,
        method: Callable[..., Awaitable[Res]],
        request: object,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # it travels with the call, as its deadline
        metadata: Metadata = (),
        retry: RetryPolicy | None = None,
    ) -> Res:
        """Call `method`, a stub's attribute, within `timeout` seconds in all (the channel's own if None).

        While a call is being served, its deadline, shaved, bounds this one too. RpcError when it fails.
        """
        policy = retry or self._retry
        deadline = Deadline.after(onward(timeout or self._timeout, deadline_of_current_call()))
        failures, failure = 0, TOO_LATE
        while True:
            remaining = deadline.remaining()
            # The peer would refuse a try without time for anything, and why the one before failed would be lost.
            if remaining < RETURN_OVERHEAD + MEANINGFUL_WORK:
                raise RpcError(failure)
            try:
                return await method(request, timeout=_bounded(remaining, policy), metadata=self._headers(metadata))
            except grpc.aio.AioRpcError as e:
                failures += 1
                told = rpc_errors.from_call(e)
                # A peer that was left no time for this try says nothing of why the one before failed.
                failure = failure if failures > 1 and told.reason == TOO_LATE.reason else told
                pause = policy.pause(failures) + (failure.retry_after or 0.0)
                if failures >= policy.attempts or not policy.again(told) or pause >= deadline.remaining():
                    raise RpcError(failure) from e
            await asyncio.sleep(pause)

    def _headers(self, metadata: Metadata) -> tuple[tuple[str, str], ...]:
        traceparent = current_traceparent() if self._traced else None
        return (*metadata, ("traceparent", traceparent)) if traceparent else tuple(metadata)


def _bounded(remaining: float, policy: RetryPolicy) -> float:
    return remaining if policy.per_attempt is None else min(remaining, policy.per_attempt)


def _options(server_name: str) -> list[tuple[str, str | int]]:
    return [
        ("grpc.ssl_target_name_override", server_name),
        ("grpc.max_receive_message_length", 4 * 1024 * 1024),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # A restarted peer shall be found again within its callers' deadlines, not after gRPC's default of up to 120 s.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),
        ("grpc.max_reconnect_backoff_ms", 1_000),
        # Retries are decided here, where the deadline and the jitter are.
        ("grpc.enable_retries", 0),
        # Channels of one process must not share connections: the client's two sides would meet on one.
        ("grpc.use_local_subchannel_pool", 1),
    ]
