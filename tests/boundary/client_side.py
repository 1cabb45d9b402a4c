"""The client's half of some broken builds: what a device sends that it should not."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from services.chassis.rpc_client import RpcChannel


@contextmanager
def extra_metadata(*pairs: tuple[str, str]) -> Iterator[None]:
    """Send this along with every call of the block."""
    unary = RpcChannel.unary

    async def send(channel: RpcChannel, method: Any, request: Any, **options: Any) -> Any:
        options["metadata"] = (*options.get("metadata", ()), *pairs)
        return await unary(channel, method, request, **options)

    RpcChannel.unary = send  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        RpcChannel.unary = unary  # type: ignore[method-assign]


def traceparent(chance: random.Random) -> str:
    """A W3C trace context of a trace that is recorded."""
    return f"00-{chance.randbytes(16).hex()}-{chance.randbytes(8).hex()}-01"
