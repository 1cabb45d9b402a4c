"""The whole platform, started and stopped as one: stores, bus, mail sink, services, trustees and witnesses.

    async with LocalPlatform(run_directory) as platform:
        ... platform.endpoint("forum") ...

What is started is told by `units`; keeping it running is `supervisor.py`'s work.
"""

import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Self

from deploy.local import bus, material, readiness, stores
from deploy.local.configuration import lay_down
from deploy.local.endpoints import SMTP, health_port
from deploy.local.layout import DEFAULT_RUN_DIR, Layout, write_file
from deploy.local.ports import PortReservations
from deploy.local.profile import write_profile
from deploy.local.supervisor import State, Supervisor, Unit
from deploy.local.topology import CORE, SERVICES, module
from deploy.local.view import PlatformView


class AlreadyRunningError(Exception):
    """Another runner keeps this run directory."""


class LocalPlatform(PlatformView):
    """A running platform in `run_directory`, to be used as an asynchronous context manager.

    `services` are the processes to start besides stores, bus and mail sink, which always start. `configuration` is the
    directory that holds `<service>/service.toml`, without which it is the shipped one as far as it suits one machine
    (`deploy.local.configuration`). `on_change` hears of each change of a process's state.

    Entering raises AlreadyRunningError, or StartError with the name of the process that failed and its last words.
    """

    def __init__(
        self,
        run_directory: Path = DEFAULT_RUN_DIR,
        *,
        services: Collection[str] = SERVICES,
        configuration: Path | None = None,
        on_change: Callable[["LocalPlatform"], None] = lambda _: None,
    ) -> None:
        layout = Layout(run_directory.resolve())
        super().__init__(layout, {})
        if unknown := set(services) - set(SERVICES):
            raise ValueError(f"no such service: {', '.join(sorted(unknown))}")
        self._services = services
        self._configuration = configuration or layout.configuration
        self._on_change = on_change
        self._state = "provisioned"
        self._lock: IO[bytes] | None = None
        self._reservations = PortReservations()
        self._supervisor: Supervisor | None = None

    async def __aenter__(self) -> Self:
        self.provision()
        try:
            self._supervisor = Supervisor(self._units(self._reservations), on_change=self._changed)
            await self._supervisor.start()
        except BaseException as error:
            self._write_status("failed" if isinstance(error, Exception) else "stopped", error=str(error))
            self.release()
            raise
        self._write_status("ready")
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._running.stop()
        finally:
            self._write_status("stopped")
            self.release()

    def provision(self) -> None:
        """Take the run directory and the ports, and write every file that the processes need. Starts nothing."""
        self.layout.prepare()
        self._lock = _take_lock(self.layout.lock)
        try:
            self._reservations = PortReservations(_earlier_ports(self.layout.status))
            material.lay_down(self.layout, self._reservations)
            if self._configuration == self.layout.configuration:
                lay_down(self.layout.configuration)
            self._ports = self._reservations.taken()
            write_profile(self.layout, self.endpoint)
            self._write_status("provisioned")
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give back the ports and the run directory; its files stay for the next start."""
        self._reservations.close()
        if self._lock:
            self._lock.close()
        self._lock = None

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a process, to see the platform recover. Follow up with `wait_ready`."""
        self._running.send(name, number)

    async def wait_ready(self, name: str, *, within: float = 60.0) -> None:
        """Wait until a process is ready (again). TimeoutError after `within` seconds."""
        await self._running.wait_ready(name, within)

    def processes(self) -> dict[str, tuple[State, int | None, int]]:
        """State, process id and number of restarts, by process name."""
        return self._running.states()

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("the platform has not been entered")
        return self._supervisor

    def _units(self, ports: PortReservations) -> list[Unit]:
        units = [bus.unit(self.layout, ports.take(bus.NAME)), self._smtp(ports)]
        if not material.deployment_uri():
            units += [self._store(ports, service) for service in CORE]
        return units + [self._service(ports, name) for name in SERVICES if name in self._services]

    def _store(self, ports: PortReservations, service: str) -> Unit:
        return stores.unit(
            material.store_server(self.layout, ports, service),
            client=self.layout.secrets(service) / "mongodb.pem",
            password=material.store_password(self.layout, service),
        )

    def _smtp(self, ports: PortReservations) -> Unit:
        port = ports.take(SMTP)
        command = [sys.executable, "-m", "deploy.local.smtp_sink", "--address", ports.address(SMTP)]
        command += ["--directory", str(self.layout.mail), "--secrets", str(self.layout.secrets(SMTP))]
        return Unit(name=SMTP, command=command, log=self.layout.log(SMTP), probe=lambda: readiness.smtp_greets(port))

    def _service(self, ports: PortReservations, name: str) -> Unit:
        program = module(name)
        command = [sys.executable, "-m", program]
        command += ["--config", str(self._configuration / program.rpartition(".")[2] / "service.toml")]
        command += ["--endpoints", str(self.layout.endpoints(name)), "--secrets", str(self.layout.secrets(name))]
        health = ports.address(health_port(name))
        return Unit(
            name=name,
            command=command,
            log=self.layout.log(name),
            probe=lambda: readiness.grpc_serving(health),
            after=(stores.store_name(name), bus.NAME) if name in CORE else (),
        )

    def _changed(self) -> None:
        self._write_status()
        self._on_change(self)

    def _write_status(self, state: str | None = None, *, error: str = "") -> None:
        """Tell the world. Without `state` the platform's own state stays what it was."""
        if state is not None:
            self._state = state
        processes = self._supervisor.states() if self._supervisor else {}
        status = {
            "state": self._state,
            "error": error,
            "runner": os.getpid(),
            "ports": dict(self._ports),
            "processes": {
                name: {"state": state, "pid": pid, "restarts": restarts}
                for name, (state, pid, restarts) in processes.items()
            },
        }
        write_file(self.layout.status, json.dumps(status, indent=2).encode())


def _take_lock(path: Path) -> IO[bytes]:
    """Lock the run directory for as long as this process lives or the file stays open. The kernel lets go, always."""
    file = path.open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise AlreadyRunningError(f"a platform is already running in {path.parent}") from error
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file


def _earlier_ports(status: Path) -> dict[str, int]:
    """The ports of the last run; a damaged file only means other ports."""
    try:
        ports = json.loads(status.read_text(encoding="utf-8"))["ports"]
        return {str(name): int(port) for name, port in ports.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}
