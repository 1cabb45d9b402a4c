from buf.validate import validate_pb2 as _validate_pb2
from vouchsafe.credential.v1 import credential_pb2 as _credential_pb2
from vouchsafe.trustee.v1 import authorization_pb2 as _authorization_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReleasePersonRequest(_message.Message):
    __slots__ = ("request_id", "authorization", "credential", "escrow_reference", "ownership_signature", "log_size")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OWNERSHIP_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    LOG_SIZE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    authorization: _authorization_pb2.Authorization
    credential: _credential_pb2.Credential
    escrow_reference: bytes
    ownership_signature: bytes
    log_size: int
    def __init__(self, request_id: _Optional[str] = ..., authorization: _Optional[_Union[_authorization_pb2.Authorization, _Mapping]] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ..., escrow_reference: _Optional[bytes] = ..., ownership_signature: _Optional[bytes] = ..., log_size: _Optional[int] = ...) -> None: ...

class ReleasePersonResponse(_message.Message):
    __slots__ = ("sealed_identity",)
    SEALED_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    sealed_identity: bytes
    def __init__(self, sealed_identity: _Optional[bytes] = ...) -> None: ...
