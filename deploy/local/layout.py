"""The run directory: where everything that a local platform writes lives, and how files get there.

A path is told here once; the contents are the business of the modules that write them. Nothing is ever written outside
the run directory, so deleting it deletes the platform.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_RUN_DIR = REPOSITORY / ".run" / "platform"


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below one run directory `root`."""

    root: Path

    def process(self, name: str) -> Path:
        """Directory of one process: its `endpoints.toml` and `secrets/`."""
        return self.root / name

    def endpoints(self, name: str) -> Path:
        """What this process listens on and whom it may call."""
        return self.root / name / "endpoints.toml"

    def secrets(self, name: str) -> Path:
        """Directory of secret files, as a cluster would mount them."""
        return self.root / name / "secrets"

    def state(self, name: str) -> Path:
        """Directory that belongs to the process and survives restarts."""
        return self.root / "state" / name

    def log(self, name: str) -> Path:
        """Standard output and error of one process."""
        return self.root / "logs" / f"{name}.log"

    @property
    def log_files(self) -> Path:
        """Directory of all logs: captured output (`.log`) and the services' structured logs (`.jsonl`)."""
        return self.root / "logs"

    @property
    def traces(self) -> Path:
        """Directory of trace files, one a process."""
        return self.root / "traces"

    @property
    def metrics(self) -> Path:
        """Directory of metric files, one a process."""
        return self.root / "metrics"

    @property
    def trust(self) -> Path:
        """Directory of public trust material: `trust.toml` and the CA certificate."""
        return self.root / "trust"

    @property
    def officers(self) -> Path:
        """Directory of the officers' private keys. Local only: a real officer's key stays on the officer's machine."""
        return self.root / "officers"

    @property
    def mail(self) -> Path:
        """Directory of the mail that the sink received."""
        return self.root / "mail"

    @property
    def configuration(self) -> Path:
        """Directory with `<service>/service.toml` as the services of this platform read it."""
        return self.root / "configuration"

    @property
    def status(self) -> Path:
        """The platform's ports, process ids and states, rewritten at each change."""
        return self.root / "platform.json"

    @property
    def lock(self) -> Path:
        """Held (flock) by the runner while it lives; contains its process id."""
        return self.root / "runner.lock"

    def prepare(self) -> None:
        """Make the common directories. The root is closed to other users, because secrets live below it."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        telemetry = (self.log_files, self.traces, self.metrics)
        for directory in (*telemetry, self.trust, self.officers, self.mail, self.root / "state"):
            directory.mkdir(exist_ok=True)


def write_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` in one step, so that a reader sees the old content or the new and never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def write_secret(path: Path, content: bytes) -> None:
    """Replace `path`, readable by its owner only; it never exists with wider permissions."""
    write_file(path, content, mode=0o600)
