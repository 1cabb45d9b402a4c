import asyncio
from pathlib import Path

import pytest

from deploy.local.layout import write_secret
from deploy.local.mailbox import Mailbox, message_name


def _deliver(directory: Path, recipient: str, sequence: str, body: str) -> None:
    write_secret(directory / message_name(recipient, sequence), f"To: {recipient}\r\n\r\n{body}\r\n".encode())


async def test_the_newest_mail_for_an_address(tmp_path: Path) -> None:
    _deliver(tmp_path, "a@x.example", "001", "first")
    _deliver(tmp_path, "b@x.example", "002", "other")
    _deliver(tmp_path, "a@x.example", "003", "second")
    mailbox = Mailbox(tmp_path)
    assert (await mailbox.wait("A@x.example")).get_content().strip() == "second"
    assert [mail.get_content().strip() for mail in mailbox.messages("a@x.example")] == ["first", "second"]


async def test_waiting_for_mail_that_comes_later(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    waiting = asyncio.create_task(mailbox.wait("a@x.example", within=5))
    await asyncio.sleep(0.05)
    _deliver(tmp_path, "a@x.example", "001", "here")
    assert (await waiting).get_content().strip() == "here"


async def test_mail_that_never_comes(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await Mailbox(tmp_path).wait("a@x.example", within=0.05)


def test_a_listing_shows_no_address() -> None:
    assert "a@x.example" not in message_name("a@x.example", "001")
