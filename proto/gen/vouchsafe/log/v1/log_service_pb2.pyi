from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Mark(_message.Message):
    __slots__ = ("position", "offset")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    position: int
    offset: int
    def __init__(self, position: _Optional[int] = ..., offset: _Optional[int] = ...) -> None: ...

class ReadEventsRequest(_message.Message):
    __slots__ = ("after", "limit")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after: Mark
    limit: int
    def __init__(self, after: _Optional[_Union[Mark, _Mapping]] = ..., limit: _Optional[int] = ...) -> None: ...

class PublicEvent(_message.Message):
    __slots__ = ("mark", "type", "data", "traceparent", "key")
    MARK_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    mark: Mark
    type: str
    data: bytes
    traceparent: str
    key: str
    def __init__(self, mark: _Optional[_Union[Mark, _Mapping]] = ..., type: _Optional[str] = ..., data: _Optional[bytes] = ..., traceparent: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class ReadEventsResponse(_message.Message):
    __slots__ = ("events", "through", "at_end", "types")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    THROUGH_FIELD_NUMBER: _ClassVar[int]
    AT_END_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[PublicEvent]
    through: Mark
    at_end: bool
    types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, events: _Optional[_Iterable[_Union[PublicEvent, _Mapping]]] = ..., through: _Optional[_Union[Mark, _Mapping]] = ..., at_end: _Optional[bool] = ..., types: _Optional[_Iterable[str]] = ...) -> None: ...
