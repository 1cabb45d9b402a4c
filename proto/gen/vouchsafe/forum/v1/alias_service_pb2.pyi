from buf.validate import validate_pb2 as _validate_pb2
from vouchsafe.credential.v1 import credential_pb2 as _credential_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateChallengeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateChallengeResponse(_message.Message):
    __slots__ = ("nonce",)
    NONCE_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    def __init__(self, nonce: _Optional[bytes] = ...) -> None: ...

class CreateAliasRequest(_message.Message):
    __slots__ = ("request_id", "handle", "credential", "receipt", "nonce", "signature")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    handle: str
    credential: _credential_pb2.Credential
    receipt: _credential_pb2.Receipt
    nonce: bytes
    signature: bytes
    def __init__(self, request_id: _Optional[str] = ..., handle: _Optional[str] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ..., receipt: _Optional[_Union[_credential_pb2.Receipt, _Mapping]] = ..., nonce: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class CreateAliasResponse(_message.Message):
    __slots__ = ("label_name",)
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    label_name: str
    def __init__(self, label_name: _Optional[str] = ...) -> None: ...

class ListNoticesRequest(_message.Message):
    __slots__ = ("alias_key", "nonce", "signature")
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    alias_key: bytes
    nonce: bytes
    signature: bytes
    def __init__(self, alias_key: _Optional[bytes] = ..., nonce: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class ListNoticesResponse(_message.Message):
    __slots__ = ("notices",)
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    def __init__(self, notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("intent", "opens_at", "opened")
    INTENT_FIELD_NUMBER: _ClassVar[int]
    OPENS_AT_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    intent: bytes
    opens_at: int
    opened: bool
    def __init__(self, intent: _Optional[bytes] = ..., opens_at: _Optional[int] = ..., opened: _Optional[bool] = ...) -> None: ...
