"""A bare grpc.aio server over the same mutual TLS: the raw limit of what a call costs, with no work behind it.

`/bench.Raw/Empty` answers nothing; `/bench.Raw/Bytes` as many bytes as it was last told on standard input.
`python -m bench.serve_raw <directory of PEM files>`.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import grpc

from bench import wire
from bench.load import read_tls
from services.chassis.tls import server_credentials

_SERVICE = "bench.Raw"
EMPTY, BYTES = f"/{_SERVICE}/Empty", f"/{_SERVICE}/Bytes"

Context = grpc.aio.ServicerContext[Any, Any]


class _Raw:
    def __init__(self) -> None:
        self.page = b""

    async def empty(self, _request: bytes, _context: Context) -> bytes:
        return b""

    async def bytes(self, _request: "bytes", _context: Context) -> "bytes":
        return self.page


async def main(directory: Path) -> None:
    """Serve until nobody asks."""
    raw = _Raw()
    server = grpc.aio.server()
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "Empty": grpc.unary_unary_rpc_method_handler(raw.empty),
        "Bytes": grpc.unary_unary_rpc_method_handler(raw.bytes),
    }
    server.add_registered_method_handlers(_SERVICE, handlers)
    port = server.add_secure_port("127.0.0.1:0", server_credentials(read_tls(directory)))
    await server.start()
    async for question in wire.questions():
        raw.page = b"p" * question.get("bytes", 0)
        wire.answer(port=port)
    await server.stop(None)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
