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
    __slots__ = ("label", "label_name", "epoch", "public_key", "slots", "candidates", "parent")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    label: str
    label_name: str
    epoch: int
    public_key: bytes
    slots: int
    candidates: int
    parent: str
    def __init__(self, label: _Optional[str] = ..., label_name: _Optional[str] = ..., epoch: _Optional[int] = ..., public_key: _Optional[bytes] = ..., slots: _Optional[int] = ..., candidates: _Optional[int] = ..., parent: _Optional[str] = ...) -> None: ...

class BeginIssuanceRequest(_message.Message):
    __slots__ = ("request_id", "label", "epoch", "slot", "candidates", "terms", "commitment")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    label: str
    epoch: int
    slot: int
    candidates: int
    terms: bytes
    commitment: bytes
    def __init__(self, request_id: _Optional[str] = ..., label: _Optional[str] = ..., epoch: _Optional[int] = ..., slot: _Optional[int] = ..., candidates: _Optional[int] = ..., terms: _Optional[bytes] = ..., commitment: _Optional[bytes] = ...) -> None: ...

class BeginIssuanceResponse(_message.Message):
    __slots__ = ("chosen", "expires_at", "issued")
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ISSUED_FIELD_NUMBER: _ClassVar[int]
    chosen: int
    expires_at: int
    issued: bool
    def __init__(self, chosen: _Optional[int] = ..., expires_at: _Optional[int] = ..., issued: _Optional[bool] = ...) -> None: ...

class FinishIssuanceRequest(_message.Message):
    __slots__ = ("request_id", "label", "epoch", "slot", "blinded_message", "openings")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    BLINDED_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    OPENINGS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    label: str
    epoch: int
    slot: int
    blinded_message: bytes
    openings: bytes
    def __init__(self, request_id: _Optional[str] = ..., label: _Optional[str] = ..., epoch: _Optional[int] = ..., slot: _Optional[int] = ..., blinded_message: _Optional[bytes] = ..., openings: _Optional[bytes] = ...) -> None: ...

class FinishIssuanceResponse(_message.Message):
    __slots__ = ("blind_signature",)
    BLIND_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    blind_signature: bytes
    def __init__(self, blind_signature: _Optional[bytes] = ...) -> None: ...
