"""SecantusDB as a server process: `python -m deploy.local.store_process --help`.

The package's own command would do, but for three things. It makes each TLS handshake where it accepts connections,
without a deadline, so that one client that connects and falls silent shuts everybody else out: here the handshake has
one. It takes two seconds to stop, because closing a socket does not wake up who waits for connections on it. And as a
replica set of one, which clients take it for because only then they send a lost write again, it keeps an oplog: each
document is written a second time, for followers and change streams, of which there are none.
"""

import argparse
import logging
import signal
import socket
import ssl
from pathlib import Path
from typing import Any

from secantus.server import SecantusDBServer

HANDSHAKE_SECONDS = 2.0


class _ImpatientContext(ssl.SSLContext):
    """Gives up on a client that does not finish its handshake. The server sets its own timeout afterwards."""

    def wrap_socket(self, sock: Any, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        sock.settimeout(HANDSHAKE_SECONDS)
        return super().wrap_socket(sock, *arguments, **options)


def main() -> None:
    """Serve until SIGTERM or SIGINT, then close the files in order."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.store_process", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--directory", type=Path, required=True, help="where the data is")
    parser.add_argument("--identity", type=Path, required=True, help="PEM file with certificate and key")
    parser.add_argument("--authority", type=Path, required=True, help="PEM file with the CA that clients must have")
    parser.add_argument("--auth", action="store_true", help="demand a user and a password as well")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    server = new_server(given.port, given.directory, auth=given.auth)
    server._ssl_context = _context(given.identity, given.authority)  # no argument takes a context
    serve(server)


def new_server(port: int, directory: Path, *, auth: bool) -> SecantusDBServer:
    """A server on that port of this machine, its data under `directory`, still without TLS, to be given to `serve`."""
    # Commits are synced to disk one by one as clients ask for (journal=true): syncing all would slow projections down.
    server = SecantusDBServer(
        port=port,
        storage_path=str(directory),
        require_auth=auth,
        enable_test_commands=False,
        cache_size="64M",
    )
    server.storage.enable_oplog = False  # the argument for it would end the replica set as well
    return server


def serve(server: SecantusDBServer) -> None:
    """Serve until SIGTERM or SIGINT, then close the files in order."""
    stop = {signal.SIGTERM, signal.SIGINT}
    # Blocked before a thread exists, then waited for: a handler would miss a signal that comes just before the wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    server.start()
    signal.sigwait(stop)
    if server._socket is not None:
        server._socket.shutdown(socket.SHUT_RDWR)
    server.stop()


def _context(identity: Path, authority: Path) -> ssl.SSLContext:
    context = _ImpatientContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(identity)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


if __name__ == "__main__":
    main()
