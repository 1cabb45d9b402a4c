"""A process that sends calls to a server over mutual TLS, so many at once, and says how many were answered in a second.

It knows nothing of what it sends: requests are bytes from a file, answers are counted and dropped. Both sides of a
comparison are called by this same code. `python -m bench.load <address> <server name> <directory of PEM files>`.
"""

import asyncio
import sys
import time
from pathlib import Path
from statistics import median

import grpc

from bench import wire
from bench.rounds import rate
from services.chassis.tls import TlsFiles, channel_credentials

_DEADLINE_SECONDS = 20.0


def read_tls(directory: Path) -> TlsFiles:
    """The certificate, key and authority in `directory`."""
    return TlsFiles(
        certificate=(directory / "tls.crt").read_bytes(),
        key=(directory / "tls.key").read_bytes(),
        authority=(directory / "ca.crt").read_bytes(),
    )


async def main(address: str, server_name: str, directory: Path) -> None:
    """Answer questions for a method's rate until nobody asks."""
    options = [("grpc.ssl_target_name_override", server_name)]
    async with grpc.aio.secure_channel(address, channel_credentials(read_tls(directory)), options) as channel:
        await channel.channel_ready()
        async for question in wire.questions():
            await _answer(channel, question["method"], list(wire.read_requests(Path(question["requests"]))))


async def _answer(channel: grpc.aio.Channel, method: str, requests: list[bytes]) -> None:
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
    taken: list[float] = []
    failures: dict[str, int] = {}
    largest = 0

    async def send(request: bytes) -> None:
        nonlocal largest
        started = time.perf_counter()
        try:
            largest = max(largest, len(await call(request, timeout=_DEADLINE_SECONDS)))
        except grpc.aio.AioRpcError as error:
            failure = f"{error.code().name}: {error.details()}"
            failures[failure] = failures.get(failure, 0) + 1
        taken.append(time.perf_counter() - started)

    found = await rate(requests, send)
    wire.answer(rate=found, p50_ms=median(taken) * 1000, largest=largest, failures=failures)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
