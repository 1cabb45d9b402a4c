"""The life of a service process: start, serve, stop in order, and say in one line why it could not start.

`run_service("forum", start)` is a whole `__main__`. The service's own `start(process)` builds what it needs, hands
over workers, server and whatever must be closed, and returns; everything after that is decided here.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from services.chassis import telemetry
from services.chassis.deployment import Endpoints, Secrets, load_endpoints, service_files
from services.chassis.telemetry_log import configure_logging, log
from services.chassis.telemetry_metrics_export import Metrics, configure_metrics
from services.chassis.telemetry_trace import Tracing, configure_tracing

STARTED: Final = "process_started"
STOPPING: Final = "process_stopping"
STOPPED: Final = "process_stopped"
WORKER_FAILED: Final = "worker_failed"
WAITING: Final = "process_waiting"
CLOSE_FAILED: Final = "close_failed"
WORKER_STUCK: Final = "worker_stuck"

GRACE: Final = 10.0
"""Seconds that each part of stopping is given: workers, calls in flight, closing, and sending the last telemetry.

Together they stay below the 45 seconds after which whoever asked the process to stop may kill it.
"""

_LEAST_CLOSE = 1.0
_COLLECTIONS = (10_000, 20, 20)
_WAITING_SECONDS = 10.0

_log = log(__name__)

Worker = Callable[[], Coroutine[Any, Any, None]]
Close = Callable[[], Awaitable[object]]
Wait = Callable[[], Awaitable[None]]


class Server(Protocol):
    """What answers the outside world: a gRPC server (`rpc_server`) or an HTTP server (`http_server`)."""

    port: int
    """Where it listens, once started."""

    async def start(self) -> None:
        """Bind, serve, and report SERVING. ConfigError when an address cannot be bound."""

    async def drain(self) -> None:
        """Report NOT_SERVING, so that callers go elsewhere, while still serving those who do not."""

    async def stop(self, grace: float) -> None:
        """Take nothing new, let what is in flight finish for up to `grace` seconds, then end it."""


@dataclass
class Process:
    """What a service is started with, and what it hands over to be run and closed."""

    config: Path
    endpoints: Endpoints
    secrets: Secrets
    workers: dict[str, Worker] = field(default_factory=dict)
    waits: dict[str, Wait] = field(default_factory=dict)
    closers: list[Close] = field(default_factory=list)
    server: Server | None = None

    def worker(self, name: str, run: Worker) -> None:
        """Run `run()` in the background until the process stops, when it is cancelled.

        A worker that fails takes the process down: something restarts it, and nothing is skipped.
        """
        self.workers[name] = run

    def ready_when(self, name: str, wait: Wait) -> None:
        """Serve only when `wait()` has returned, while workers run already; it may be cancelled.

        A wait that fails is a start that failed. `name` is for logs.
        """
        self.waits[name] = wait

    def serve(self, server: Server) -> None:
        """Serve calls with `server` once `start` has returned and what it waits for has come."""
        self.server = server

    def on_close(self, close: Close) -> None:
        """Await `close()` at the end, after calls and workers, in reverse order of these requests."""
        self.closers.append(close)


Start = Callable[[Process], Awaitable[None]]


def run_service(
    service: str, start: Start, *, arguments: Sequence[str] | None = None, log_fields: frozenset[str] = frozenset()
) -> int:
    """Run the service until SIGTERM or SIGINT; the exit status, for `sys.exit`.

    0 after an orderly stop; 1 when it could not start, with one line on stderr, or when a worker failed. A second
    signal ends the process at once. `log_fields` adds names to the allow-list of log fields.
    """
    try:
        files = service_files(service, arguments)
        endpoints = load_endpoints(files.endpoints)
        tracing, metrics = _telemetry(endpoints, log_fields)
        process = Process(files.config, endpoints, Secrets(files.secrets))
    except Exception as error:  # noqa: BLE001  # whatever it is, the process cannot start
        return _cannot_start(service, error)
    try:
        return asyncio.run(_Life(process).run(start))
    finally:
        metrics.close(GRACE / 2)
        tracing.close(GRACE / 2)
        sys.stdout.flush()


def _telemetry(endpoints: Endpoints, log_fields: frozenset[str]) -> tuple[Tracing, Metrics]:
    to, service = endpoints.telemetry, endpoints.process.name
    configure_logging(service, log_file=_file(to.log_file), extra_fields=log_fields)
    tracing = configure_tracing(service, otlp=to.otlp, traces_file=_file(to.traces_file), traced=to.traced)
    return tracing, configure_metrics(service, otlp=to.otlp, metrics_file=_file(to.metrics_file))


def _file(path: str) -> Path | None:
    return Path(path) if path else None


class _StartError(Exception):
    """The service's own `start`, or binding its server, failed with `reason`."""

    def __init__(self, reason: Exception) -> None:
        super().__init__()
        self.reason = reason


class _Life:
    def __init__(self, process: Process) -> None:
        self._process = process
        self._stop = asyncio.Event()
        self._failed = False

    async def run(self, start: Start) -> int:
        self._listen_for_signals()
        try:
            if await self._unless_stopped(start(self._process)):
                await self._work()
        except _StartError as error:
            return _cannot_start(self._process.endpoints.process.name, error.reason)
        finally:
            await self._close()
        _log.info(STOPPED)
        return 1 if self._failed else 0

    async def _work(self) -> None:
        """Run the workers, serve as soon as all is ready for it, and stop both in order."""
        server = self._process.server
        workers = {asyncio.create_task(self._watched(n, run), name=n) for n, run in self._process.workers.items()}
        served = False
        try:
            served = await self._unless_stopped(self._serve())
            if served:
                _log.info(STARTED)
                await self._stop.wait()
            # The order matters: callers are sent elsewhere first, nothing new is begun in the background, and what was
            # accepted is finished while the stores are still open.
            _log.info(STOPPING)
            if server is not None and served:
                await server.drain()
        finally:
            await self._end(workers)
        if server is not None and served:
            await server.stop(GRACE)

    async def _serve(self) -> None:
        for name, wait in self._process.waits.items():
            await _told(name, wait)
        _collect_seldom()
        if self._process.server is not None:
            await self._process.server.start()

    async def _unless_stopped(self, starting: Awaitable[None]) -> bool:
        """Do this part of starting; False when it was abandoned, because a signal came or a worker failed first."""
        begun = asyncio.ensure_future(starting)
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({begun, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for each in (begun, stopping):
            each.cancel()
        await asyncio.wait({begun, stopping})
        if begun.cancelled():
            return False
        error = begun.exception()
        if isinstance(error, Exception):
            raise _StartError(error)
        return True

    async def _end(self, workers: set[asyncio.Task[None]]) -> None:
        for worker in workers:
            worker.cancel()
        if workers:
            _, stuck = await asyncio.wait(workers, timeout=GRACE)
            for worker in stuck:
                _log.error(WORKER_STUCK, worker=worker.get_name())

    async def _watched(self, name: str, run: Worker) -> None:
        """Run one worker; its failure, or its unasked end, stops the process in the same order as a signal."""
        try:
            await run()
            problem = "Returned"
            place = ""
        except Exception as error:  # noqa: BLE001  # of any kind: the process stops, the type is logged
            problem, place = type(error).__name__, telemetry.where(error)
        _log.error(WORKER_FAILED, worker=name, error_type=problem, at=place)
        self._failed = True
        self._stop.set()

    async def _close(self) -> None:
        clock = asyncio.get_running_loop()
        ends = clock.time() + GRACE
        for close in reversed(self._process.closers):
            try:
                # One that hangs leaves the others a second each.
                async with asyncio.timeout(max(_LEAST_CLOSE, ends - clock.time())):
                    await close()
            except Exception as error:  # noqa: BLE001  # one that fails must not keep the others open
                _log.error(CLOSE_FAILED, error_type=type(error).__name__, at=telemetry.where(error))

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        self._stop.set()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)  # the next one ends the process at once


async def _told(name: str, wait: Wait) -> None:
    """Wait, and say every ten seconds what for."""
    waiting = asyncio.ensure_future(wait())
    try:
        while not (await asyncio.wait({waiting}, timeout=_WAITING_SECONDS))[0]:
            _log.info(WAITING, worker=name)
        await waiting
    finally:
        waiting.cancel()


def _collect_seldom() -> None:
    """Look for garbage in cycles as often as a server needs, not a script; what the start has made is never looked at.

    Counting references frees nearly all that a call makes; by default a tenth of the process's time went into looking.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)


def _cannot_start(service: str, error: Exception) -> int:
    print(f"vouchsafe {service}: cannot start: {_in_one_line(error)}", file=sys.stderr, flush=True)  # noqa: T201
    return 1


def _in_one_line(error: Exception) -> str:
    """What went wrong. The text of a third party's exception is left out: it may quote a secret, such as a URI."""
    place = telemetry.where(error)
    kind = type(error)
    if kind.__module__.split(".")[0] in ("services", "builtins"):
        return " ".join(str(error).split()) or f"{kind.__name__} at {place}"
    return f"{kind.__module__}.{kind.__name__} at {place}"
