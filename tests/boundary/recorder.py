"""Writes down every call that a process serves and makes: who, what, when, metadata, request and answer, as bytes.

It sits outside the checks of `rpc_pipeline`, where whoever runs a service could sit too.
"""

import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message

from services.chassis.rpc_authz import peer_identity
from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_pipeline import Pipeline

SERVED, MADE = "served", "made"


class Recorder:
    """Appends one JSON object a call to the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def install(self) -> None:
        """Record from now on, in this process, for good."""
        wrap, unary = Pipeline.wrap, RpcChannel.unary

        def recorded_wrap(pipeline: Pipeline, service: str, handlers: Mapping[str, Any]) -> dict[str, Any]:
            wrapped = wrap(pipeline, service, handlers)
            return {name: self._served(f"/{service}/{name}", each) for name, each in wrapped.items()}

        async def recorded_unary(channel: RpcChannel, method: Any, request: Any, **options: Any) -> Any:
            path = method._method.decode() if hasattr(method, "_method") else ""
            started = time.time_ns()
            answer: Message | None = None
            try:
                answer = await unary(channel, method, request, **options)
                return answer
            finally:
                said = answer.SerializeToString() if answer is not None else b""
                metadata = list(options.get("metadata", ()))
                self._write(MADE, path, started, "", metadata, request.SerializeToString(), said)

        Pipeline.wrap = recorded_wrap  # type: ignore[assignment, method-assign]
        RpcChannel.unary = recorded_unary  # type: ignore[assignment, method-assign]

    def _served(self, path: str, handler: Any) -> Any:
        inner: Callable[[bytes, Any], Awaitable[bytes]] = handler.unary_unary

        async def serve(body: bytes, context: Any) -> bytes:
            started = time.time_ns()
            answer = b""
            try:
                answer = await inner(body, context)
                return answer
            finally:
                caller = peer_identity(context.auth_context()) or ""
                self._write(SERVED, path, started, caller, list(context.invocation_metadata() or ()), body, answer)

        return grpc.unary_unary_rpc_method_handler(serve)

    def _write(
        self, role: str, path: str, at_ns: int, caller: str, metadata: list[Any], request: bytes, answer: bytes
    ) -> None:
        pairs = [(str(key), value if isinstance(value, str) else value.hex()) for key, value in metadata]
        line = {"role": role, "path": path, "at_ns": at_ns, "caller": caller, "metadata": pairs}
        line |= {"request": _text(request), "answer": _text(answer)}
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
