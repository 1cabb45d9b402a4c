from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class LockDownRequest(_message.Message):
    __slots__ = ("number", "officer", "signature")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    number: int
    officer: str
    signature: bytes
    def __init__(self, number: _Optional[int] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class LockDownResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VetoRequest(_message.Message):
    __slots__ = ("intent", "officer", "signature")
    INTENT_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    intent: bytes
    officer: str
    signature: bytes
    def __init__(self, intent: _Optional[bytes] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class VetoResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
