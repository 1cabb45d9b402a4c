"""The infrastructure for real: stores, bus and mail sink come up, survive, and go away without a trace."""

import contextlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import psutil
import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError

from deploy.local.layout import REPOSITORY
from deploy.local.platform import AlreadyRunningError, LocalPlatform
from deploy.local.readiness import connect_bus
from deploy.local.supervisor import StartError, State
from deploy.local.view import NotRunningError, PlatformView

INFRASTRUCTURE = {"nats", "smtp", "store-identity", "store-verification", "store-forum", "store-disclosure"}
SMALL_MEMORY = 2 * 1024**3


async def test_everything_is_ready_and_told_in_the_status_file(infrastructure: LocalPlatform) -> None:
    assert {name: state for name, (state, _, _) in infrastructure.processes().items()} == dict.fromkeys(
        INFRASTRUCTURE, State.READY
    )
    status = json.loads((infrastructure.run_directory / "platform.json").read_text())
    assert status["state"] == "ready"
    assert {process["state"] for process in status["processes"].values()} == {"ready"}


async def test_the_infrastructure_is_small(infrastructure: LocalPlatform) -> None:
    pids = [pid for _, pid, _ in infrastructure.processes().values() if pid]
    assert sum(psutil.Process(pid).memory_info().rss for pid in pids) < SMALL_MEMORY / 4


async def test_another_process_finds_the_platform(infrastructure: LocalPlatform) -> None:
    view = PlatformView.attach(infrastructure.run_directory)
    assert view.endpoint("forum") == infrastructure.endpoint("forum")
    assert view.bus_url == infrastructure.bus_url
    assert sorted(view.officers) == [
        f"{role}-officer" for role in ("legal", "ombuds", "privacy", "security", "works-council")
    ]
    with pytest.raises(NotRunningError):
        PlatformView.attach(infrastructure.run_directory / "elsewhere")


async def test_one_run_directory_has_one_runner(infrastructure: LocalPlatform) -> None:
    with pytest.raises(AlreadyRunningError):
        await LocalPlatform(infrastructure.run_directory, services=()).__aenter__()
    assert infrastructure.processes()["nats"][0] is State.READY


async def test_a_service_that_cannot_start_is_named_and_leaves_nothing_behind(
    infrastructure: LocalPlatform, tmp_path: Path
) -> None:
    """A whole second platform beside the first one, whose forum is given a configuration that does not exist."""
    run = tmp_path / "second"
    with pytest.raises(StartError, match=r"(?s)^forum ended before it was ready \(exit code \d+\)\n  last lines of .*"):
        await LocalPlatform(run, services=("forum",), configuration=tmp_path / "nowhere").__aenter__()
    status = json.loads((run / "platform.json").read_text())
    assert status["state"] == "failed"
    assert _processes_of(run) == []
    assert infrastructure.processes()["nats"][0] is State.READY


async def test_a_killed_store_comes_back_on_its_port_with_its_data(infrastructure: LocalPlatform) -> None:
    uri = infrastructure.store_uri("forum")
    async with _client(uri) as client:
        collection = client.get_default_database()["survivors"]
        for number in range(20):
            await collection.insert_one({"_id": number})
        infrastructure.kill("store-forum", signal.SIGKILL)
        await infrastructure.wait_ready("store-forum")
    async with _client(uri) as client:
        found = await client.get_default_database()["survivors"].find().to_list()
    assert {document["_id"] for document in found} == set(range(20))
    assert infrastructure.processes()["store-forum"][2] >= 1


async def test_a_store_passes_for_a_replica_set_and_keeps_no_second_copy_for_followers(
    infrastructure: LocalPlatform,
) -> None:
    async with _client(infrastructure.store_uri("forum")) as client:
        assert (await client.admin.command("hello"))["setName"]  # without it a driver sends no lost write again
        collection = client.get_default_database()["followed"]
        async with await collection.watch(max_await_time_ms=200) as changes:
            await collection.insert_one({"_id": 1})
            assert await changes.try_next() is None


async def test_a_killed_bus_comes_back_with_its_streams(infrastructure: LocalPlatform) -> None:
    async def last_sequence(*, publish: bool) -> int:
        secrets, inbox = infrastructure.client_secrets("forum"), "_INBOX.forum"
        connection = await connect_bus(infrastructure.bus_url, secrets, inbox=inbox)
        try:
            if publish:
                return (await connection.jetstream().publish("forum.public.tested.v1", b"x")).seq
            return (await connection.jetstream().stream_info("FORUM_PUBLIC")).state.last_seq
        finally:
            await connection.close()

    acknowledged = await last_sequence(publish=True)
    infrastructure.kill("nats", signal.SIGKILL)
    await infrastructure.wait_ready("nats")
    assert await last_sequence(publish=False) == acknowledged


@pytest.mark.parametrize("other", ["identity", "admin", "local"])
async def test_a_database_user_reaches_its_own_database_only(infrastructure: LocalPlatform, other: str) -> None:
    async with _client(infrastructure.store_uri("forum")) as client:
        with pytest.raises(OperationFailure, match=r"(?i)not authorized|requires"):
            await client[other]["x"].insert_one({})
        with pytest.raises(OperationFailure, match=r"(?i)not authorized|requires"):
            await client[other]["x"].find_one()


async def test_a_store_wants_the_password_and_the_certificate(infrastructure: LocalPlatform) -> None:
    uri = infrastructure.store_uri("forum")
    secret, _, rest = uri.removeprefix("mongodb://").partition("@")
    without = "&".join(option for option in rest.split("&") if not option.startswith("tlsCertificateKeyFile"))
    attempts: list[tuple[str, type[PyMongoError]]] = [
        (f"mongodb://forum:wrong@{rest}", OperationFailure),
        (f"mongodb://{rest.replace('&authSource=forum', '')}", OperationFailure),
        (f"mongodb://{secret}@{without}", ServerSelectionTimeoutError),
    ]
    for attempt, error in attempts:
        async with _client(attempt, 1500) as client:
            with pytest.raises(error):
                await client["forum"]["x"].find_one()


async def test_a_silent_connection_does_not_shut_others_out(infrastructure: LocalPlatform) -> None:
    host, port = infrastructure.store_uri("forum").split("@")[1].split("/")[0].split(":")
    with socket.create_connection((host, int(port))):
        async with _client(infrastructure.store_uri("forum")) as client:
            await client.get_default_database().command("ping")


async def test_mail_over_starttls_reaches_the_mailbox_and_no_log(infrastructure: LocalPlatform) -> None:
    address = f"somebody-{time.time_ns()}@harbourgames.example"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "no-reply@vouchsafe.example", address, "Your code 验证码"
    mail.set_content("123456")
    port = json.loads((infrastructure.run_directory / "platform.json").read_text())["ports"]["smtp"]
    context = ssl.create_default_context(cafile=str(infrastructure.trust / "ca.crt"))
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=True, tls_context=context)
    received = await infrastructure.mailbox.wait(address, within=5)
    assert received["Subject"] == "Your code 验证码"
    assert received.get_content().strip() == "123456"
    assert address not in (infrastructure.run_directory / "logs" / "smtp.log").read_text()


def test_a_background_platform_survives_nothing_but_starts_again(tmp_path: Path) -> None:
    """`up`, then kill -9 of its runner: every process ends, and the next `up` and `down` work as if nothing was."""
    run = tmp_path / "run"
    assert _local("up", run).returncode == 0
    status = json.loads((run / "platform.json").read_text())
    pids = [process["pid"] for process in status["processes"].values()]
    assert all(map(psutil.pid_exists, pids))
    psutil.Process(status["runner"]).kill()
    _eventually(lambda: not any(map(_runs, pids)))
    assert _local("status", run).returncode == 1
    again = _local("up", run)
    assert again.returncode == 0, again.stderr
    assert "store-forum" in again.stdout
    assert _local("up", run).stdout.startswith("already running")
    stopped = _local("down", run)
    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    assert _processes_of(run) == []
    assert _local("down", run).returncode == 0


@pytest.mark.parametrize("moment", ["runner.lock", "logs/nats.log", "state/store-forum/user-made"])
def test_ctrl_c_during_the_start_leaves_nothing(tmp_path: Path, moment: str) -> None:
    """The moment is the one at which a file appears."""
    run = tmp_path / "run"
    runner = subprocess.Popen(_command("run", run), cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    _eventually((run / moment).exists, within=30)
    runner.send_signal(signal.SIGINT)
    output, _ = runner.communicate(timeout=30)
    assert runner.returncode == 0
    assert b"Traceback" not in output
    assert _processes_of(run) == []


def _command(command: str, run: Path) -> list[str]:
    return [sys.executable, "-m", "deploy.local", command, "--run-dir", str(run), "--services", ""]


def _local(command: str, run: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        _command(command, run), cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60
    )


def _client(uri: str, patience_ms: int = 5000) -> "AsyncMongoClient[dict[str, object]]":
    return AsyncMongoClient(uri, serverSelectionTimeoutMS=patience_ms)


def _processes_of(run: Path) -> list[int]:
    """Live processes that were given a path below `run`, on the command line or, like NATS, in the environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(run) in " ".join([*process.cmdline(), process.environ().get("NATS_STORE", "")]):
                found.append(process.pid)
    return found


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _eventually(condition: Callable[[], bool], within: float = 10.0) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
