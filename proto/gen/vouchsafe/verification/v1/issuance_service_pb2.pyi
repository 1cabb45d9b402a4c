from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class GetIssuerKeyRequest(_message.Message):
    __slots__ = ("label",)
    LABEL_FIELD_NUMBER: _ClassVar[int]
    label: str
    def __init__(self, label: _Optional[str] = ...) -> None: ...

class GetIssuerKeyResponse(_message.Message):
    __slots__ = ("label", "label_name", "epoch", "public_key", "slots")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    label: str
    label_name: str
    epoch: int
    public_key: bytes
    slots: int
    def __init__(self, label: _Optional[str] = ..., label_name: _Optional[str] = ..., epoch: _Optional[int] = ..., public_key: _Optional[bytes] = ..., slots: _Optional[int] = ...) -> None: ...

class IssueCredentialRequest(_message.Message):
    __slots__ = ("request_id", "label", "epoch", "slot", "blinded_message")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    BLINDED_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    label: str
    epoch: int
    slot: int
    blinded_message: bytes
    def __init__(self, request_id: _Optional[str] = ..., label: _Optional[str] = ..., epoch: _Optional[int] = ..., slot: _Optional[int] = ..., blinded_message: _Optional[bytes] = ...) -> None: ...

class IssueCredentialResponse(_message.Message):
    __slots__ = ("blind_signature",)
    BLIND_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    blind_signature: bytes
    def __init__(self, blind_signature: _Optional[bytes] = ...) -> None: ...
