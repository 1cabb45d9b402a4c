"""What makes a request repeatable: the digest of what it asks for, and ids for its second writes."""

import uuid
from typing import Final

from google.protobuf.message import Message

from services.chassis.handle import fingerprint_of

_SECOND_WRITES: Final = uuid.UUID("5c8c2f7e-9a55-4e0f-8d6a-2f3f0e3a7b61")


def fingerprint(caller: str, request: Message, *, besides: tuple[str, ...] = ()) -> str:
    """The digest of a request, hex, without the fields `besides`, which an honest repeat may send anew."""
    asked = type(request)()
    asked.CopyFrom(request)
    for name in besides:
        asked.ClearField(name)
    return fingerprint_of(caller, asked.SerializeToString(deterministic=True))


def second_commit_id(request_id: str, what: str) -> str:
    """The commit id of a request's further write, on the stream of `what`: the same on every repeat."""
    return str(uuid.uuid5(_SECOND_WRITES, f"{request_id}/{what}"))
