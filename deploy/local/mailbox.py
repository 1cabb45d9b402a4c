"""Read the mail that the sink received, as its recipient would.

Files are named by a hash of the recipient and a sequence: the newest mail for an address is the last name in order,
and a directory listing shows no address.
"""

import asyncio
import email
import email.policy
import hashlib
from email.message import EmailMessage
from pathlib import Path

POLL_INTERVAL = 0.02


def message_name(recipient: str, sequence: str) -> str:
    """File name of a message to `recipient`; `sequence` sorts by arrival."""
    return f"{_prefix(recipient)}-{sequence}.eml"


class Mailbox:
    """The directory that the sink delivers to."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def messages(self, recipient: str) -> list[EmailMessage]:
        """All mail for an address, oldest first."""
        return [_parse(path) for path in self._paths(recipient)]

    async def wait(self, recipient: str, *, count: int = 1, within: float = 30.0) -> EmailMessage:
        """The newest mail for an address once at least `count` have arrived. TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while len(paths := self._paths(recipient)) < count:  # noqa: ASYNC110
                await asyncio.sleep(POLL_INTERVAL)  # another process delivers, there is no event to wait for
        return _parse(paths[-1])

    def _paths(self, recipient: str) -> list[Path]:
        return sorted(self._directory.glob(f"{_prefix(recipient)}-*.eml"))


def _prefix(recipient: str) -> str:
    return hashlib.sha256(recipient.lower().encode()).hexdigest()[:16]


def _parse(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
