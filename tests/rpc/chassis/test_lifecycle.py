"""A whole service process: started from its files, stopped by signals, judged by its exit status and its logs."""

import asyncio
import json
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from tests.rpc.chassis.echo import SECRET, say
from tests.support.rpc import credentials, identity
from tests.support.store import free_port

ROOT = Path(__file__).parents[3]


class Deployed:
    """The files of one process, and its ports."""

    def __init__(self, directory: Path, mode: str) -> None:
        self.directory = directory
        self.rpc, self.health = free_port(), free_port()
        (directory / "service.toml").write_text(f'mode = "{mode}"\nallow = ["{identity("friend")}"]\n')
        (directory / "endpoints.toml").write_text(
            f'[process]\nname = "echo-1"\n[listen]\nrpc = "127.0.0.1:{self.rpc}"\nhealth = "127.0.0.1:{self.health}"\n'
            f'[telemetry]\ntraces_file = "{directory / "traces.jsonl"}"\n'
            f'metrics_file = "{directory / "metrics.jsonl"}"\n'
        )
        secrets = directory / "secrets"
        secrets.mkdir()
        tls = credentials("echo")
        (secrets / "tls.crt").write_bytes(tls.certificate)
        (secrets / "tls.key").write_bytes(tls.key)
        (secrets / "tls.key").chmod(0o600)
        (secrets / "ca.crt").write_bytes(tls.authority)

    def command(self) -> list[str]:
        files = [f"--config={self.directory}/service.toml", f"--endpoints={self.directory}/endpoints.toml"]
        return [sys.executable, "-m", "tests.rpc.chassis.echo_process", *files, f"--secrets={self.directory}/secrets"]


@asynccontextmanager
async def started(directory: Path, mode: str = "serve"):
    deployed = Deployed(directory, mode)
    process = await asyncio.create_subprocess_exec(
        *deployed.command(), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield deployed, process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ready(deployed: Deployed) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{deployed.health}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        await stub.Check(health_pb2.HealthCheckRequest(), timeout=60, wait_for_ready=True)


async def ended(process) -> tuple[int, list[dict], str]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, [json.loads(line) for line in out.decode().splitlines()], err.decode()


async def test_sigterm_drains_closes_in_reverse_and_exits_with_zero(tmp_path):
    async with started(tmp_path) as (deployed, process):
        await ready(deployed)
        address = f"127.0.0.1:{deployed.rpc}"
        tls = credentials("friend")
        async with RpcChannel(address, server_name=server_name("echo"), tls=tls, retry=NO_RETRY) as channel:
            await say(channel, text="hello")
            in_flight = asyncio.create_task(say(channel, text="slow", delay_ms=500))
            await asyncio.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert (await in_flight).text == "slow"
        status, lines, errors = await ended(process)
    assert (status, errors) == (0, "")
    events = [(line["event"], line.get("worker")) for line in lines]
    assert events == [
        ("rpc_serving", None),
        ("process_started", None),
        ("process_stopping", None),
        ("rpc_draining", None),
        ("ticker_cancelled", "ticker"),
        ("closed", "second"),
        ("closed", "first"),
        ("process_stopped", None),
    ]
    assert {line["service"] for line in lines} == {"echo-1"}
    assert SECRET not in json.dumps(lines)
    traces = [json.loads(line) for line in (tmp_path / "traces.jsonl").read_text().splitlines()]
    assert [trace["name"] for trace in traces] == ["vouchsafe.testing.v1.EchoService/Say"] * 2
    # The last measurements leave as well, and name the traces they were taken in.
    measured = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    (calls,) = [line for line in measured if line["name"] == "vouchsafe.rpc.duration"]
    assert (calls["count"], calls["unit"], calls["service"]) == (2, "s", "echo-1")
    assert calls["attributes"] == {"method": "/vouchsafe.testing.v1.EchoService/Say", "code": "OK"}
    assert calls["traces"]
    assert set(calls["traces"]) <= {trace["trace_id"] for trace in traces}


async def test_a_second_signal_ends_it_at_once(tmp_path):
    async with started(tmp_path) as (deployed, process):
        await ready(deployed)
        tls = credentials("friend")
        async with RpcChannel(f"127.0.0.1:{deployed.rpc}", server_name=server_name("echo"), tls=tls) as channel:
            in_flight = asyncio.create_task(say(channel, text="slow", delay_ms=4000, options={"retry": NO_RETRY}))
            await asyncio.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            status, _, _ = await ended(process)
            await asyncio.gather(in_flight, return_exceptions=True)
    assert status == -signal.SIGTERM


async def test_a_signal_during_start_up_abandons_it(tmp_path):
    async with started(tmp_path, "hang") as (_, process):
        assert b"starting_slowly" in await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        status, _, _ = await ended(process)
    assert status == 0


async def test_what_prevents_the_start_is_told_in_one_line(tmp_path):
    async with started(tmp_path, "refuse") as (_, process):
        status, _, errors = await ended(process)
    assert status == 1
    assert errors == "vouchsafe echo-1: cannot start: the settings are no good\n"


async def test_an_unknown_setting_is_told_in_one_line(tmp_path):
    async with started(tmp_path, 'serve"\nsurprise = "x') as (deployed, process):
        status, _, errors = await ended(process)
    assert status == 1
    file = deployed.directory / "service.toml"
    assert errors == f"vouchsafe echo-1: cannot start: {file}: surprise is not a key that is known here\n"


async def test_a_worker_that_fails_takes_the_process_down_in_order(tmp_path):
    async with started(tmp_path, "worker fails") as (_, process):
        status, lines, errors = await ended(process)
    assert status == 1
    (failed,) = (line for line in lines if line["event"] == "worker_failed")
    assert (failed["worker"], failed["error_type"]) == ("ticker", "RuntimeError")
    assert lines[-1]["event"] == "process_stopped"
    assert SECRET not in json.dumps(lines) + errors


async def test_what_does_not_end_is_left_behind(tmp_path):
    async with started(tmp_path, "stuck") as (deployed, process):
        await ready(deployed)
        process.send_signal(signal.SIGTERM)
        status, lines, _ = await ended(process)
    assert status == 0
    events = [(line["event"], line.get("worker")) for line in lines]
    assert events[-5:] == [
        ("worker_stuck", "ticker"),
        ("close_failed", None),
        ("closed", "second"),
        ("closed", "first"),
        ("process_stopped", None),
    ]


async def test_calls_are_served_when_what_they_need_is_ready_and_not_before(tmp_path):
    async with started(tmp_path, "wait") as (deployed, process):
        await ready(deployed)
        process.send_signal(signal.SIGTERM)
        status, lines, errors = await ended(process)
    assert (status, errors) == (0, "")
    events = [line["event"] for line in lines]
    waited = events.count("process_waiting")
    assert waited >= 1
    assert events[: waited + 3] == ["not_ready_yet", *["process_waiting"] * waited, "rpc_serving", "process_started"]


async def test_a_signal_ends_the_wait_and_stops_what_runs_in_order(tmp_path):
    async with started(tmp_path, "wait for ever") as (_, process):
        assert b"process_waiting" in await process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        status, lines, errors = await ended(process)
    assert (status, errors) == (0, "")
    events = [line["event"] for line in lines if line["event"] != "process_waiting"]
    assert events == ["process_stopping", "ticker_cancelled", "closed", "closed", "process_stopped"]


async def test_a_wait_that_fails_is_a_start_that_failed(tmp_path):
    async with started(tmp_path, "wait fails") as (_, process):
        status, lines, errors = await ended(process)
    assert status == 1
    assert errors.startswith("vouchsafe echo-1: cannot start: ")
    events = [line["event"] for line in lines if line["event"] != "process_waiting"]
    assert events == ["ticker_cancelled", "closed", "closed"]


@pytest.mark.parametrize("missing", ["endpoints.toml", "secrets/tls.key"])
async def test_a_missing_file_is_told_in_one_line(tmp_path, missing):
    deployed = Deployed(tmp_path, "serve")
    (tmp_path / missing).unlink()
    process = await asyncio.create_subprocess_exec(*deployed.command(), cwd=ROOT, stderr=asyncio.subprocess.PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert errors.decode().count("\n") == 1
    assert Path(missing).name in errors.decode()
