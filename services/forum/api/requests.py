"""What makes a request repeatable: the digest of what it asks for."""

from google.protobuf.message import Message

from services.chassis.log.handle import fingerprint_of


def fingerprint(caller: str, request: Message, *, besides: tuple[str, ...] = ()) -> str:
    """The digest of a request, hex, without the fields `besides`, which an honest repeat may send anew."""
    asked = request
    if besides:
        asked = type(request)()
        asked.CopyFrom(request)
        for name in besides:
            asked.ClearField(name)
    return fingerprint_of(caller, asked.SerializeToString(deterministic=True))
