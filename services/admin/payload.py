"""Stored events as JSON, by their stored type names and the protos that this image holds.

Bytes are shown as base64, as protobuf's JSON does. A type whose proto is not here stays unread, and says so.
"""

import base64
import importlib
import re
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

_TYPE = re.compile(r"(vouchsafe\.[a-z]+\.events\.v[0-9]+)\.([A-Za-z][A-Za-z0-9]*)", re.ASCII)


def decoded(type_name: str, data: bytes) -> dict[str, Any]:
    """The event's fields by their proto names; `unread` with the bytes when nobody here can read them."""
    kind = _message_class(type_name)
    try:
        message = None if kind is None else kind.FromString(data)
    except DecodeError:
        message = None
    if message is None:
        return {"unread": base64.b64encode(data).decode()}
    fields: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return fields


def _message_class(type_name: str) -> type[Message] | None:
    named = _TYPE.fullmatch(type_name)
    if named is None:
        return None
    try:
        module = importlib.import_module(f"{named[1]}.events_pb2")
    except ImportError:
        return None
    kind = getattr(module, named[2], None)
    return kind if isinstance(kind, type) and issubclass(kind, Message) else None
