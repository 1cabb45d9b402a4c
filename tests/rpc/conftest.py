"""No refusal quotes its request: checked of every call that any of these tests makes and that is refused."""

from typing import Any

import pytest
from google.protobuf.message import Message

from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_errors import RpcError
from tests.support import canaries


@pytest.fixture(autouse=True)
def refusals_quote_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every byte of each refusal that comes over a channel."""
    unary = RpcChannel.unary

    async def watched(channel: RpcChannel, method: Any, request: Any, **options: Any) -> Any:
        try:
            return await unary(channel, method, request, **options)
        except RpcError as error:
            cause: Any = error.__cause__
            told = cause and (cause.code(), cause.details(), tuple(cause.trailing_metadata() or ()))
            written = b"%r %r" % (_bytes(told), error.failure)
            quoted = canaries.found(request, written) if isinstance(request, Message) else []
            if quoted:
                pytest.fail(f"a refusal ({error.reason}) quotes its request: {quoted}")
            raise

    monkeypatch.setattr(RpcChannel, "unary", watched)


def _bytes(told: Any) -> bytes:
    code, details, metadata = told or ("", "", ())
    return b" ".join(
        each if isinstance(each, bytes) else str(each).encode() for each in (code, details, *sum(metadata, ()))
    )
