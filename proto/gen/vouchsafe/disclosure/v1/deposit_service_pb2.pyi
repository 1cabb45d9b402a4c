from buf.validate import validate_pb2 as _validate_pb2
from vouchsafe.credential.v1 import credential_pb2 as _credential_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DepositEnvelopeRequest(_message.Message):
    __slots__ = ("request_id", "credential", "envelope")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    credential: _credential_pb2.Credential
    envelope: bytes
    def __init__(self, request_id: _Optional[str] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ..., envelope: _Optional[bytes] = ...) -> None: ...

class DepositEnvelopeResponse(_message.Message):
    __slots__ = ("receipt",)
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    receipt: _credential_pb2.Receipt
    def __init__(self, receipt: _Optional[_Union[_credential_pb2.Receipt, _Mapping]] = ...) -> None: ...
