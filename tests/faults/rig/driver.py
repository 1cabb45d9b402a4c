"""The load: `python -m tests.faults.rig.driver --help`. A process of its own, which no fault of the scenarios hits.

It pays into accounts through both replicas at once and repeats each command under the SAME request id until it has an
answer. What it means to send, and each answer, is on record (`record`) before it goes on. Among plain payments are: one
command sent twice at the same time; a command repeated long after its answer; one cancelled on its way, then repeated
or given up; one with many events; one too large to be taken; and a busy account which everybody pays into. Views are
read all the while, some of the time with the token of what was just written.

SIGTERM: begin nothing new, bring to an end what was begun, exit with 0; with 1 when that takes too long.
"""

import argparse
import asyncio
import random
import signal
import sys
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from services.chassis.deployment import Secrets
from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_errors import RpcError
from tests.faults.rig.accounts import POISON, pb
from tests.faults.rig.record import RecordWriter
from tests.support.nats_server import PRODUCER
from tests.support.protos import proto_module

HOT = "hot"
TOO_LARGE = frozenset({"COMMIT_TOO_LARGE", "MESSAGE_TOO_LARGE"})
_WORTH_ANOTHER_TRY = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)
_CALL_SECONDS = 3.0
_END_SECONDS = 90.0
_TOKEN_READS = 0.2
_KINDS = {"plain": 60, "hot": 20, "twice": 6, "again": 5, "cancelled": 5, "many": 3, "too_large": 1}


@dataclass(frozen=True)
class Load:
    """How much to send: `lanes` at once, each pausing for `pause` seconds in the mean between two commands.

    `poison`: how many of the payments the mirror may not be able to take in, as a share.
    """

    accounts: int = 40
    lanes: int = 8
    pause: float = 0.05
    poison: float = 0.0


class Driver:
    """Sends commands to the replicas behind `channels`."""

    def __init__(self, channels: Sequence[RpcChannel], record: RecordWriter, load: Load, chance: random.Random) -> None:
        stub = proto_module("ledger_pb2_grpc").LedgerServiceStub
        self._replicas = [(channel, stub(channel.channel)) for channel in channels]
        # By account, the most payments that any read has shown.
        self._shown: Counter[str] = Counter()
        self._record = record
        self._load = load
        self._chance = chance
        self._answered: deque[Any] = deque(maxlen=200)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()

    async def run(self) -> None:
        """Send until told to stop, and bring to an end what was begun."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._load.lanes):
                group.create_task(self._lane())

    async def _lane(self) -> None:
        while not self._stopping.is_set():
            (kind,) = self._chance.choices(list(_KINDS), list(_KINDS.values()))
            await self._command(kind)
            await self._read(HOT)
            await asyncio.sleep(self._chance.expovariate(1 / self._load.pause))

    async def _command(self, kind: str) -> None:
        if kind == "again" and self._answered:
            await self._answer(self._chance.choice(self._answered))
            return
        request = self._request(kind)
        self._record.sent(request, kind)
        match kind:
            case "twice":
                await asyncio.gather(self._answer(request), self._answer(request))
            case "cancelled":
                await self._cancelled(request)
                if self._chance.random() < 0.5:
                    await self._answer(request)
            case _:
                await self._answer(request)
        self._answered.append(request)

    def _request(self, kind: str) -> Any:
        chance = self._chance
        poisonous = kind == "plain" and chance.random() < self._load.poison
        request_id = uuid.UUID(int=chance.getrandbits(128), version=4)
        return pb.PayRequest(
            request_id=str(request_id),
            account=HOT if kind == "hot" else f"a{chance.randrange(self._load.accounts)}",
            reference=request_id.hex,
            amount=chance.randint(1, 1000),
            times={"many": chance.randint(2, 8), "too_large": 16}.get(kind, 1),
            note=POISON if poisonous else bytes({"many": 1000, "too_large": 100_000}.get(kind, 40)),
        )

    async def _cancelled(self, request: Any) -> None:
        call = asyncio.create_task(self._call(request))
        await asyncio.sleep(self._chance.uniform(0, 0.03))
        call.cancel()
        await asyncio.wait([call])
        if not call.cancelled() and call.exception() is None:
            self._record.acknowledged(request, call.result())

    async def _answer(self, request: Any) -> None:
        """Repeat the call until there is an answer, and record that."""
        failures = 0
        while True:
            try:
                response = await self._call(request)
            except RpcError as error:
                if error.reason in TOO_LARGE:
                    self._record.refused(request, error.reason)
                    return
                if error.code not in _WORTH_ANOTHER_TRY:
                    self._record.surprise(request, f"{error.code.name} {error.reason}")
                failures += 1
                await asyncio.sleep(self._chance.uniform(0, min(1.0, 0.05 * 2**failures)))
            else:
                self._record.acknowledged(request, response)
                if self._chance.random() < _TOKEN_READS:
                    await self._read(request.account, token=response.consistency_token, version=response.version)
                return

    async def _call(self, request: Any) -> Any:
        channel, stub = self._chance.choice(self._replicas)
        return await channel.unary(stub.Pay, request, timeout=_CALL_SECONDS, retry=NO_RETRY)

    async def _read(self, account: str, *, token: bytes = b"", version: int = 0) -> None:
        """Read the account's view, once; with a token it must show the account's `version`, in any case what was seen.

        What was seen may be gone only where a store was killed: views are not journaled one by one.
        """
        channel, stub = self._chance.choice(self._replicas)
        seen = self._shown[account]
        request = pb.GetAccountRequest(account=account, consistency_token=token)
        with suppress(RpcError):
            shown = (await channel.unary(stub.GetAccount, request, timeout=_CALL_SECONDS, retry=NO_RETRY)).count
            self._record.read(account, seen=seen, token=bool(token), wanted=version, shown=shown)
            self._shown[account] = max(shown, self._shown[account])


async def _run(given: argparse.Namespace) -> int:
    tls = Secrets(given.secrets).tls()
    name = server_name(PRODUCER)
    channels = [RpcChannel(target, server_name=name, tls=tls) for target in given.targets]
    load = Load(given.accounts, given.lanes, given.pause, given.poison)
    with RecordWriter(given.record) as record:
        driver = Driver(channels, record, load, random.Random(given.seed))
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        running = asyncio.create_task(driver.run())
        waiting = asyncio.create_task(told.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        driver.stop()
        async with asyncio.timeout(_END_SECONDS):
            await running
    for channel in channels:
        await channel.close()
    return 0


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.rig.driver", description="Pay into accounts.")
    parser.add_argument("--targets", nargs="+", required=True, help="host:port of each replica of the ledger")
    parser.add_argument("--secrets", type=Path, required=True, help="directory with tls.crt, tls.key and ca.crt")
    parser.add_argument("--record", type=Path, required=True, help="where to write what was sent and answered")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--accounts", type=int, default=Load.accounts)
    parser.add_argument("--lanes", type=int, default=Load.lanes)
    parser.add_argument("--pause", type=float, default=Load.pause)
    parser.add_argument("--poison", type=float, default=Load.poison)
    return asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
