from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class DayClosed(_message.Message):
    __slots__ = ("day", "after", "through")
    DAY_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    THROUGH_FIELD_NUMBER: _ClassVar[int]
    day: int
    after: int
    through: int
    def __init__(self, day: _Optional[int] = ..., after: _Optional[int] = ..., through: _Optional[int] = ...) -> None: ...

class TextCommitted(_message.Message):
    __slots__ = ("day", "thread_id", "post_id", "comment_id", "statement_commitment", "passages", "day_size", "day_index", "day_path", "day_root")
    DAY_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    COMMENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_FIELD_NUMBER: _ClassVar[int]
    DAY_SIZE_FIELD_NUMBER: _ClassVar[int]
    DAY_INDEX_FIELD_NUMBER: _ClassVar[int]
    DAY_PATH_FIELD_NUMBER: _ClassVar[int]
    DAY_ROOT_FIELD_NUMBER: _ClassVar[int]
    day: int
    thread_id: str
    post_id: str
    comment_id: str
    statement_commitment: bytes
    passages: _containers.RepeatedScalarFieldContainer[bytes]
    day_size: int
    day_index: int
    day_path: _containers.RepeatedScalarFieldContainer[bytes]
    day_root: bytes
    def __init__(self, day: _Optional[int] = ..., thread_id: _Optional[str] = ..., post_id: _Optional[str] = ..., comment_id: _Optional[str] = ..., statement_commitment: _Optional[bytes] = ..., passages: _Optional[_Iterable[bytes]] = ..., day_size: _Optional[int] = ..., day_index: _Optional[int] = ..., day_path: _Optional[_Iterable[bytes]] = ..., day_root: _Optional[bytes] = ...) -> None: ...

class PostsRooted(_message.Message):
    __slots__ = ("day", "size", "root")
    DAY_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    day: int
    size: int
    root: bytes
    def __init__(self, day: _Optional[int] = ..., size: _Optional[int] = ..., root: _Optional[bytes] = ...) -> None: ...
