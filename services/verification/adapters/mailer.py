"""Sends codes by SMTP.

An employer may read its mail gateway. So nothing that leaves here says what the code is for: not the sender, subject
or body, and not what mail software adds by itself (message id, EHLO name), which would name our host.
"""

import asyncio
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from enum import StrEnum

import aiosmtplib

from services.chassis.clock import Clock
from services.chassis.telemetry_log import log
from services.verification.domain.errors import DomainError, Reason

NOT_SENT = "mail_not_sent"

_log = log(__name__)


class Transport(StrEnum):
    """How the connection to the mail server is protected."""

    PLAIN = "plain"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True)
class MailSettings:
    """`sender` is an address on a domain that names neither the platform nor its purpose.

    `username`: sign in to the mail server, with the password from the secret `smtp-password`; "" for none.
    """

    sender: str
    transport: Transport = Transport.STARTTLS
    username: str = ""
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        if not parseaddr(self.sender)[1].partition("@")[2]:
            raise ValueError("sender is no mail address")


class Mailer:
    """One mail server at `address`, `host:port`, whose certificate `tls` must accept. `password` is for sign-in."""

    def __init__(
        self, settings: MailSettings, address: str, *, tls: ssl.SSLContext, password: str | None, clock: Clock
    ) -> None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("the mail server's address must be host:port")
        self._settings, self._tls, self._password, self._clock = settings, tls, password, clock
        self._host, self._port = host.strip("[]"), int(port)
        self._domain = parseaddr(settings.sender)[1].partition("@")[2]

    async def send_code(self, recipient: str, code: str, minutes: int, *, within: float) -> None:
        """Hand a mail with the code to the server within that many seconds; MAIL_NOT_SENT, worth a retry."""
        try:
            # aiosmtplib's own timeout bounds each exchange; this one bounds them all.
            async with asyncio.timeout(min(self._settings.timeout_seconds, within)):
                await self._deliver(self._message(recipient, code, minutes), recipient)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            _log.warning(NOT_SENT, error_type=type(error).__name__)
            # The cause is dropped: a mail server's words quote the address.
            raise DomainError(Reason.MAIL_NOT_SENT) from None

    async def _deliver(self, message: EmailMessage, recipient: str) -> None:
        settings = self._settings
        await aiosmtplib.send(
            message,
            recipients=[recipient],
            hostname=self._host,
            port=self._port,
            local_hostname=self._domain,
            use_tls=settings.transport is Transport.TLS,
            start_tls=settings.transport is Transport.STARTTLS,
            tls_context=None if settings.transport is Transport.PLAIN else self._tls,
            username=settings.username or None,
            password=self._password,
        )

    def _message(self, recipient: str, code: str, minutes: int) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = recipient
        message["Subject"] = "Your code"
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            f"Your code is {code}\n\nIt is good for {minutes} minutes.\nIf you did not ask for it, ignore this mail.\n"
        )
        return message
