from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RegisterRequest(_message.Message):
    __slots__ = ("request_id", "login", "name", "password", "ownership_key", "ownership_proof")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    OWNERSHIP_KEY_FIELD_NUMBER: _ClassVar[int]
    OWNERSHIP_PROOF_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    login: str
    name: str
    password: str
    ownership_key: bytes
    ownership_proof: bytes
    def __init__(self, request_id: _Optional[str] = ..., login: _Optional[str] = ..., name: _Optional[str] = ..., password: _Optional[str] = ..., ownership_key: _Optional[bytes] = ..., ownership_proof: _Optional[bytes] = ...) -> None: ...

class RegisterResponse(_message.Message):
    __slots__ = ("person_id", "escrow_reference", "commitment_salt")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_SALT_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    escrow_reference: bytes
    commitment_salt: bytes
    def __init__(self, person_id: _Optional[str] = ..., escrow_reference: _Optional[bytes] = ..., commitment_salt: _Optional[bytes] = ...) -> None: ...

class SignInRequest(_message.Message):
    __slots__ = ("login", "password")
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    login: str
    password: str
    def __init__(self, login: _Optional[str] = ..., password: _Optional[str] = ...) -> None: ...

class SignInResponse(_message.Message):
    __slots__ = ("session_token", "expires_at")
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    session_token: str
    expires_at: int
    def __init__(self, session_token: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...

class IssueAssertionRequest(_message.Message):
    __slots__ = ("audience",)
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    audience: str
    def __init__(self, audience: _Optional[str] = ...) -> None: ...

class IssueAssertionResponse(_message.Message):
    __slots__ = ("assertion", "expires_at")
    ASSERTION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    assertion: str
    expires_at: int
    def __init__(self, assertion: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...
