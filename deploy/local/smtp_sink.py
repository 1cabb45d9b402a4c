"""A mail server that delivers everything to a directory: `python -m deploy.local.smtp_sink --help`.

Real SMTP on a real socket, with STARTTLS. One message becomes one file for each recipient, complete from the moment it
appears, named so that `mailbox.py` finds it by recipient. Nothing about a message is logged.
"""

import argparse
import asyncio
import itertools
import signal
import ssl
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.layout import write_secret
from deploy.local.mailbox import message_name

LARGEST_MESSAGE = 256 * 1024


class Delivery:
    """What aiosmtpd calls for each message."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Store the message for each recipient."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        for recipient in envelope.rcpt_tos:
            # The clock orders messages over restarts of the sink, the counter those of one tick.
            sequence = f"{time.time_ns():020d}{next(self._numbers) % 1000:03d}"
            write_secret(self._directory / message_name(recipient, sequence), content)
        return "250 stored"


async def serve(host: str, port: int, directory: Path, tls: ssl.SSLContext | None) -> None:
    """Listen until SIGTERM or SIGINT."""
    delivery = Delivery(directory)
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(
            delivery, data_size_limit=LARGEST_MESSAGE, enable_SMTPUTF8=True, tls_context=tls, hostname="localhost"
        )

    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(protocol, host, port)
    await ended.wait()
    server.close()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.smtp_sink", description=__doc__)
    parser.add_argument("--address", required=True, help="host:port to listen on")
    parser.add_argument("--directory", type=Path, required=True, help="where messages are put")
    parser.add_argument("--secrets", type=Path, help="directory with tls.crt and tls.key; without it, no STARTTLS")
    arguments = parser.parse_args()
    tls = None
    if arguments.secrets:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments.secrets / "tls.crt", arguments.secrets / "tls.key")
    host, _, port = arguments.address.rpartition(":")
    asyncio.run(serve(host, int(port), arguments.directory, tls))


if __name__ == "__main__":
    main()
