from buf.validate import validate_pb2 as _validate_pb2
from vouchsafe.credential.v1 import credential_pb2 as _credential_pb2
from vouchsafe.trustee.v1 import post_evidence_pb2 as _post_evidence_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RequesterClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REQUESTER_CLASS_UNSPECIFIED: _ClassVar[RequesterClass]
    REQUESTER_CLASS_COURT: _ClassVar[RequesterClass]
    REQUESTER_CLASS_POLICE: _ClassVar[RequesterClass]
    REQUESTER_CLASS_REGULATOR: _ClassVar[RequesterClass]
    REQUESTER_CLASS_COMPANY: _ClassVar[RequesterClass]

class CaseState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_STATE_UNSPECIFIED: _ClassVar[CaseState]
    CASE_STATE_PENDING: _ClassVar[CaseState]
    CASE_STATE_INTENDED: _ClassVar[CaseState]
    CASE_STATE_OPENED: _ClassVar[CaseState]
REQUESTER_CLASS_UNSPECIFIED: RequesterClass
REQUESTER_CLASS_COURT: RequesterClass
REQUESTER_CLASS_POLICE: RequesterClass
REQUESTER_CLASS_REGULATOR: RequesterClass
REQUESTER_CLASS_COMPANY: RequesterClass
CASE_STATE_UNSPECIFIED: CaseState
CASE_STATE_PENDING: CaseState
CASE_STATE_INTENDED: CaseState
CASE_STATE_OPENED: CaseState

class Case(_message.Message):
    __slots__ = ("case_id", "state", "requester", "instrument", "ground", "post_id", "bundle_hash", "policy_hash", "opened_at", "expires_at", "approved_by", "intent_index", "result_index", "sealed_identity", "recipient_key", "document_hash", "post", "credential", "issuer_key")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_HASH_FIELD_NUMBER: _ClassVar[int]
    POLICY_HASH_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    INTENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    RESULT_INDEX_FIELD_NUMBER: _ClassVar[int]
    SEALED_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_KEY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    ISSUER_KEY_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    state: CaseState
    requester: RequesterClass
    instrument: str
    ground: str
    post_id: str
    bundle_hash: bytes
    policy_hash: bytes
    opened_at: int
    expires_at: int
    approved_by: _containers.RepeatedScalarFieldContainer[str]
    intent_index: int
    result_index: int
    sealed_identity: bytes
    recipient_key: bytes
    document_hash: bytes
    post: _post_evidence_pb2.PostEvidence
    credential: _credential_pb2.Credential
    issuer_key: bytes
    def __init__(self, case_id: _Optional[str] = ..., state: _Optional[_Union[CaseState, str]] = ..., requester: _Optional[_Union[RequesterClass, str]] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., post_id: _Optional[str] = ..., bundle_hash: _Optional[bytes] = ..., policy_hash: _Optional[bytes] = ..., opened_at: _Optional[int] = ..., expires_at: _Optional[int] = ..., approved_by: _Optional[_Iterable[str]] = ..., intent_index: _Optional[int] = ..., result_index: _Optional[int] = ..., sealed_identity: _Optional[bytes] = ..., recipient_key: _Optional[bytes] = ..., document_hash: _Optional[bytes] = ..., post: _Optional[_Union[_post_evidence_pb2.PostEvidence, _Mapping]] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ..., issuer_key: _Optional[bytes] = ...) -> None: ...

class OpenCaseRequest(_message.Message):
    __slots__ = ("request_id", "requester", "instrument", "ground", "document_hash", "post_id", "recipient_key")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_KEY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    requester: RequesterClass
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    recipient_key: bytes
    def __init__(self, request_id: _Optional[str] = ..., requester: _Optional[_Union[RequesterClass, str]] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., post_id: _Optional[str] = ..., recipient_key: _Optional[bytes] = ...) -> None: ...

class OpenCaseResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class ApproveCaseRequest(_message.Message):
    __slots__ = ("request_id", "case_id", "approval")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    approval: str
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ..., approval: _Optional[str] = ...) -> None: ...

class ApproveCaseResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class ExecuteCaseRequest(_message.Message):
    __slots__ = ("request_id", "case_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ...) -> None: ...

class ExecuteCaseResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class GetCaseRequest(_message.Message):
    __slots__ = ("case_id",)
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    def __init__(self, case_id: _Optional[str] = ...) -> None: ...

class GetCaseResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...
