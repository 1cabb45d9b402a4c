"""A mail server on a real socket that demands STARTTLS and keeps what it gets; it can be told to refuse."""

import asyncio
import email
import email.policy
import ssl
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.chassis.tls import TlsFiles


class MailServer:
    """Mail by recipient, and the last EHLO name. While `refusing`, every message gets a 451."""

    def __init__(self, tls: TlsFiles, directory: Path) -> None:
        (directory / "mail.crt").write_bytes(tls.certificate)
        (directory / "mail.key").write_bytes(tls.key)
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(directory / "mail.crt", directory / "mail.key")
        self._received: dict[str, list[EmailMessage]] = {}
        self._server: asyncio.Server | None = None
        self.refusing = False
        self.ehlo = ""
        self.address = ""

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, tls_context=self._tls, require_starttls=True, hostname="mail.test"), "127.0.0.1", 0
        )
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def mail_of(self, recipient: str) -> list[EmailMessage]:
        return self._received.get(recipient, [])

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refusing:
            return "451 not now"
        self.ehlo = session.host_name or ""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        for recipient in envelope.rcpt_tos:
            message = email.message_from_bytes(content, policy=email.policy.default)
            self._received.setdefault(recipient, []).append(message)
        return "250 stored"
