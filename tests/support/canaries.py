"""Values by which a request is known again, wherever one of them turns up: in a refusal, a log line, a trace."""

import base64
import secrets
import uuid
from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_SIZES = {"signature": 64, "certificate": 64, "envelope": 128}


def filled(message: Message, *, fitting: bool, depth: int = 0) -> Message:
    """The message with a canary in every field; `fitting` ones have the form that the field's name promises."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        values = message if field.is_repeated else None
        if field.message_type is not None:
            if depth < 4:
                inner = getattr(message, field.name).add() if values else getattr(message, field.name)
                filled(inner, fitting=fitting, depth=depth + 1)
                inner.SetInParent()
        elif (value := _value(field, fitting)) is not None:
            if values:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


def _value(field: FieldDescriptor, fitting: bool) -> object:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return secrets.token_bytes(
                next((n for word, n in _SIZES.items() if word in field.name), 32) - (not fitting)
            )
        case FieldDescriptor.CPPTYPE_STRING:
            return str(uuid.uuid4()) if fitting and field.name.endswith("id") else f"canary-{secrets.token_hex(8)}"
        case FieldDescriptor.CPPTYPE_BOOL | FieldDescriptor.CPPTYPE_ENUM:
            return None
        case FieldDescriptor.CPPTYPE_FLOAT | FieldDescriptor.CPPTYPE_DOUBLE:
            return None
    return 1_100_000_000 + secrets.randbelow(900_000_000)


def values(message: Message) -> Iterator[object]:
    """Every value in the fields of a message, and of those in it, that is long enough to be known again."""
    for field, value in message.ListFields():
        for each in value if field.is_repeated else (value,):
            if isinstance(each, Message):
                yield from values(each)
            elif (isinstance(each, str | bytes) and len(each) >= 8) or (isinstance(each, int) and each >= 10**6):
                yield each


def traces(value: object) -> Iterator[bytes]:
    """A value in each of the forms in which it could stand in a text or in a message."""
    if isinstance(value, bytes):
        yield value
        yield value.hex().encode()
        yield value.hex().upper().encode()
        yield base64.b64encode(value).rstrip(b"=")
        yield base64.urlsafe_b64encode(value).rstrip(b"=")
        yield repr(value)[2:-1].encode()
    elif isinstance(value, str):
        yield value.encode()
        yield from traces(uuid.UUID(value).bytes) if _is_uuid(value) else ()
    else:
        yield str(value).encode()


def found(message: Message, text: bytes) -> list[object]:
    """The values of a message of which `text` has a trace."""
    return [value for value in values(message) if any(trace in text for trace in traces(value))]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
