"""The bytes of every event as they have been stored: whatever changes, these must be read as before.

A line here is never edited. A new version of an event is a new message and a new line.
"""

from typing import Any

import pytest

from services.forum.adapters.event_codec import event_codec
from services.forum.domain.alias import AliasCreated
from services.forum.domain.label import IssuerKeyAccepted, LabelOpened
from services.forum.domain.post_id import PostIdReserved
from services.forum.domain.thread import AuthorNamed, CommentPublished, PostPublished, ThreadOpened

PACKAGE = "vouchsafe.forum.events.v1"
STORED: dict[str, tuple[str, Any]] = {
    "IssuerKeyAccepted": (
        "0a07686172626f757210031a06e6b5b7e6b8af22023001",
        IssuerKeyAccepted(label="harbour", epoch=3, label_name="海港", public_key=b"0\x01"),
    ),
    "LabelOpened": (
        "0a07686172626f75721003",
        LabelOpened(label="harbour", epoch=3),
    ),
    "AliasCreated": (
        "0a02a1a11204626c75651a07686172626f757220032a06e6b5b7e6b8af3202e1e13a029191420251514a027171",
        AliasCreated(
            alias_key=b"\xa1\xa1",
            handle="blue",
            label="harbour",
            epoch=3,
            label_name="海港",
            envelope_hash=b"\xe1\xe1",
            prefix=b"\x91\x91",
            credential_signature=b"QQ",
            receipt_signature=b"qq",
        ),
    ),
    "PostIdReserved": (
        "0a0170120174",
        PostIdReserved(post_id="p", thread_id="t"),
    ),
    "ThreadOpened": (
        "0a01741206e6a087e9a298",
        ThreadOpened(thread_id="t", title="标题"),
    ),
    "AuthorNamed": (
        "0a01741202a1a11a0d63616c6d206f7474657220343222026161",
        AuthorNamed(thread_id="t", alias_key=b"\xa1\xa1", author_name="calm otter 42", thread_key=b"aa"),
    ),
    "PostPublished": (
        "0a01741a01702202a1a12a0d63616c6d206f747465722034323207686172626f75723a06e6b5b7e6b8af4205776f7264734a0261615202c1c15a0251516094e6fe89076a06e6a087e9a2987007",
        PostPublished(
            thread_id="t",
            title="",
            post_id="p",
            alias_key=b"\xa1\xa1",
            author_name="calm otter 42",
            label="harbour",
            label_name="海港",
            body="words",
            thread_key=b"aa",
            certificate=b"\xc1\xc1",
            signature=b"QQ",
            published_at=1900000020,
            thread_title="标题",
            ordinal=7,
        ),
    ),
    "CommentPublished": (
        "0a01741201701a01632202a1a12a0d63616c6d206f747465722034323207686172626f75723a06e6b5b7e6b8af4205776f7264734a0261615202c1c15a0251516094e6fe8907",
        CommentPublished(
            thread_id="t",
            post_id="p",
            comment_id="c",
            alias_key=b"\xa1\xa1",
            author_name="calm otter 42",
            label="harbour",
            label_name="海港",
            body="words",
            thread_key=b"aa",
            certificate=b"\xc1\xc1",
            signature=b"QQ",
            published_at=1900000020,
        ),
    ),
}


@pytest.mark.parametrize("name", STORED)
def test_a_stored_event_is_read_as_it_was_written(name: str) -> None:
    stored, event = STORED[name]
    assert event_codec().decode(f"{PACKAGE}.{name}", bytes.fromhex(stored)) == event


@pytest.mark.parametrize("name", STORED)
def test_an_event_is_written_as_it_is_stored(name: str) -> None:
    stored, event = STORED[name]
    data = event_codec().encode(event)
    assert (data.type, data.data.hex()) == (f"{PACKAGE}.{name}", stored)
