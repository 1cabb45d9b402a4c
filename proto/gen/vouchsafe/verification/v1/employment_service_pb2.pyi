from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RequestMailCodeRequest(_message.Message):
    __slots__ = ("request_id", "work_email")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    WORK_EMAIL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    work_email: str
    def __init__(self, request_id: _Optional[str] = ..., work_email: _Optional[str] = ...) -> None: ...

class RequestMailCodeResponse(_message.Message):
    __slots__ = ("challenge_id", "organisation", "expires_at")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    organisation: str
    expires_at: int
    def __init__(self, challenge_id: _Optional[str] = ..., organisation: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...

class ConfirmMailCodeRequest(_message.Message):
    __slots__ = ("request_id", "challenge_id", "code")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    challenge_id: str
    code: str
    def __init__(self, request_id: _Optional[str] = ..., challenge_id: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class ConfirmMailCodeResponse(_message.Message):
    __slots__ = ("label", "expires_at")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    label: str
    expires_at: int
    def __init__(self, label: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...
