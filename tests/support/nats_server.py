"""A NATS server of a test's own: two accounts, of which the second may pull from one consumer of the first.

The accounts stand for the pattern of `deploy/nats/nats.conf`, without its certificates and permissions.
"""

import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.support.store import free_port

PRODUCER = "producer"
CONSUMER = "consumer"

_CONFIG = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{store}" }}
accounts {{
  PRODUCER {{
    jetstream: enabled
    users: [ {{ user: producer, password: producer }} ]
    exports: [
      {{ service: "$JS.API.CONSUMER.MSG.NEXT.PRODUCER_PUBLIC.consumer", response_type: stream, accounts: [CONSUMER] }}
      {{ service: "$JS.ACK.PRODUCER_PUBLIC.consumer.>", accounts: [CONSUMER] }}
    ]
  }}
  CONSUMER {{
    users: [ {{ user: consumer, password: consumer }} ]
    imports: [
      {{ service: {{ account: PRODUCER, subject: "$JS.API.CONSUMER.MSG.NEXT.PRODUCER_PUBLIC.consumer" }}
         to: "JS.PRODUCER.API.CONSUMER.MSG.NEXT.PRODUCER_PUBLIC.consumer" }}
      {{ service: {{ account: PRODUCER, subject: "$JS.ACK.PRODUCER_PUBLIC.consumer.>" }} }}
    ]
  }}
}}
"""


class NatsServer:
    """One `nats-server` with its files under `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, account: str) -> str:
        """Where to connect as the user of an account."""
        return f"nats://{account}:{account}@127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start, and return when it accepts connections."""
        config = self._directory / "nats.conf"
        config.write_text(_CONFIG.format(port=self._port, store=self._directory / "jetstream"))
        program = shutil.which("nats-server") or str(Path(sys.executable).with_name("nats-server"))
        with (self._directory / "nats.log").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._directory / "nats.log").read_text()[-2000:]) from None
                time.sleep(0.02)
            else:
                return

    def lose_everything(self) -> None:
        """Remove all streams of a server that was stopped."""
        shutil.rmtree(self._directory / "jetstream")

    def keep_copy(self) -> None:
        """Copy all streams of a server that was stopped."""
        shutil.copytree(self._directory / "jetstream", self._directory / "copy")

    def restore_copy(self) -> None:
        """Put that copy in the place of all streams of a server that was stopped."""
        self.lose_everything()
        shutil.copytree(self._directory / "copy", self._directory / "jetstream")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send `how` and return when it has ended."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=20)
            self._process = None
