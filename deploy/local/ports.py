"""Free ports that stay ours: chosen by the kernel, kept over restarts, reserved while the platform lives.

Two platforms side by side must never race for a port. A reservation is a socket that is bound but does not listen:
the kernel gives its port to nobody else, while a server that sets SO_REUSEADDR (gRPC, Go, asyncio and the stores all
do) may still bind and listen on it.
"""

import socket
from collections.abc import Mapping
from typing import Self

LOOPBACK = "127.0.0.1"


class PortReservations:
    """Ports by name, held from `take` to `close`. `preferred` are those of an earlier run, reused where still free."""

    def __init__(self, preferred: Mapping[str, int] | None = None) -> None:
        self._preferred = dict(preferred or {})
        self._held: dict[str, socket.socket] = {}

    def take(self, name: str) -> int:
        """The port reserved under `name`, reserving one at the first call."""
        if name not in self._held:
            self._held[name] = _bind(self._preferred.get(name, 0))
        return int(self._held[name].getsockname()[1])

    def address(self, name: str) -> str:
        """`take`, as `host:port`."""
        return f"{LOOPBACK}:{self.take(name)}"

    def taken(self) -> dict[str, int]:
        """All ports reserved so far, by name."""
        return {name: self.take(name) for name in self._held}

    def close(self) -> None:
        """Give all ports back."""
        for held in self._held.values():
            held.close()
        self._held.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _bind(port: int) -> socket.socket:
    """A bound socket on `port`, or on any free port when that one is taken (or 0)."""
    if port and _listened_on(port):
        port = 0
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((LOOPBACK, port))
    except OSError:
        held.close()
        if port == 0:
            raise
        return _bind(0)
    return held


def _listened_on(port: int) -> bool:
    """Whether anybody holds `port`, be it only reserved: unlike `_bind`, this probe does not set SO_REUSEADDR."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False
