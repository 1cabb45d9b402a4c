from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class OpeningAnnounced(_message.Message):
    __slots__ = ("alias_key", "intent", "opens_at")
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    OPENS_AT_FIELD_NUMBER: _ClassVar[int]
    alias_key: bytes
    intent: bytes
    opens_at: int
    def __init__(self, alias_key: _Optional[bytes] = ..., intent: _Optional[bytes] = ..., opens_at: _Optional[int] = ...) -> None: ...

class AliasOpened(_message.Message):
    __slots__ = ("alias_key", "intent")
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    alias_key: bytes
    intent: bytes
    def __init__(self, alias_key: _Optional[bytes] = ..., intent: _Optional[bytes] = ...) -> None: ...

class HoldPlaced(_message.Message):
    __slots__ = ("alias_key", "hold", "until")
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    alias_key: bytes
    hold: bytes
    until: int
    def __init__(self, alias_key: _Optional[bytes] = ..., hold: _Optional[bytes] = ..., until: _Optional[int] = ...) -> None: ...

class HoldReleased(_message.Message):
    __slots__ = ("alias_key", "hold")
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    alias_key: bytes
    hold: bytes
    def __init__(self, alias_key: _Optional[bytes] = ..., hold: _Optional[bytes] = ...) -> None: ...
