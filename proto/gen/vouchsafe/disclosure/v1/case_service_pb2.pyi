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
    REQUESTER_CLASS_INVESTOR: _ClassVar[RequesterClass]
    REQUESTER_CLASS_EMPLOYER: _ClassVar[RequesterClass]
    REQUESTER_CLASS_PRIVATE_PERSON: _ClassVar[RequesterClass]
    REQUESTER_CLASS_SUBJECT: _ClassVar[RequesterClass]

class LegalBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEGAL_BASIS_UNSPECIFIED: _ClassVar[LegalBasis]
    LEGAL_BASIS_COURT_ORDER: _ClassVar[LegalBasis]
    LEGAL_BASIS_PRODUCTION_ORDER: _ClassVar[LegalBasis]
    LEGAL_BASIS_REGULATORY_ORDER: _ClassVar[LegalBasis]
    LEGAL_BASIS_EMERGENCY: _ClassVar[LegalBasis]
    LEGAL_BASIS_NONE: _ClassVar[LegalBasis]

class PersonField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERSON_FIELD_UNSPECIFIED: _ClassVar[PersonField]
    PERSON_FIELD_NAME: _ClassVar[PersonField]
    PERSON_FIELD_LOGIN: _ClassVar[PersonField]

class CaseState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_STATE_UNSPECIFIED: _ClassVar[CaseState]
    CASE_STATE_PENDING: _ClassVar[CaseState]
    CASE_STATE_INTENDED: _ClassVar[CaseState]
    CASE_STATE_OPENED: _ClassVar[CaseState]
    CASE_STATE_DECLINED: _ClassVar[CaseState]
    CASE_STATE_WITNESSED: _ClassVar[CaseState]
    CASE_STATE_VETOED: _ClassVar[CaseState]
    CASE_STATE_REFUSED: _ClassVar[CaseState]
    CASE_STATE_COLLECTED: _ClassVar[CaseState]
    CASE_STATE_EXPIRED: _ClassVar[CaseState]
    CASE_STATE_WITHDRAWN: _ClassVar[CaseState]
    CASE_STATE_UNSEALED: _ClassVar[CaseState]
REQUESTER_CLASS_UNSPECIFIED: RequesterClass
REQUESTER_CLASS_COURT: RequesterClass
REQUESTER_CLASS_POLICE: RequesterClass
REQUESTER_CLASS_REGULATOR: RequesterClass
REQUESTER_CLASS_COMPANY: RequesterClass
REQUESTER_CLASS_INVESTOR: RequesterClass
REQUESTER_CLASS_EMPLOYER: RequesterClass
REQUESTER_CLASS_PRIVATE_PERSON: RequesterClass
REQUESTER_CLASS_SUBJECT: RequesterClass
LEGAL_BASIS_UNSPECIFIED: LegalBasis
LEGAL_BASIS_COURT_ORDER: LegalBasis
LEGAL_BASIS_PRODUCTION_ORDER: LegalBasis
LEGAL_BASIS_REGULATORY_ORDER: LegalBasis
LEGAL_BASIS_EMERGENCY: LegalBasis
LEGAL_BASIS_NONE: LegalBasis
PERSON_FIELD_UNSPECIFIED: PersonField
PERSON_FIELD_NAME: PersonField
PERSON_FIELD_LOGIN: PersonField
CASE_STATE_UNSPECIFIED: CaseState
CASE_STATE_PENDING: CaseState
CASE_STATE_INTENDED: CaseState
CASE_STATE_OPENED: CaseState
CASE_STATE_DECLINED: CaseState
CASE_STATE_WITNESSED: CaseState
CASE_STATE_VETOED: CaseState
CASE_STATE_REFUSED: CaseState
CASE_STATE_COLLECTED: CaseState
CASE_STATE_EXPIRED: CaseState
CASE_STATE_WITHDRAWN: CaseState
CASE_STATE_UNSEALED: CaseState

class CaseApproval(_message.Message):
    __slots__ = ("officer", "role", "note", "expires_at")
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    officer: str
    role: str
    note: str
    expires_at: int
    def __init__(self, officer: _Optional[str] = ..., role: _Optional[str] = ..., note: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...

class OpeningIntent(_message.Message):
    __slots__ = ("commitment", "salt", "subject", "blind", "proof", "intended_at", "opens_at", "gagged_until", "notified")
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    BLIND_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    INTENDED_AT_FIELD_NUMBER: _ClassVar[int]
    OPENS_AT_FIELD_NUMBER: _ClassVar[int]
    GAGGED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    NOTIFIED_FIELD_NUMBER: _ClassVar[int]
    commitment: bytes
    salt: bytes
    subject: bytes
    blind: bytes
    proof: str
    intended_at: int
    opens_at: int
    gagged_until: int
    notified: bool
    def __init__(self, commitment: _Optional[bytes] = ..., salt: _Optional[bytes] = ..., subject: _Optional[bytes] = ..., blind: _Optional[bytes] = ..., proof: _Optional[str] = ..., intended_at: _Optional[int] = ..., opens_at: _Optional[int] = ..., gagged_until: _Optional[int] = ..., notified: _Optional[bool] = ...) -> None: ...

class CaseHold(_message.Message):
    __slots__ = ("until", "extended")
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_FIELD_NUMBER: _ClassVar[int]
    until: int
    extended: bool
    def __init__(self, until: _Optional[int] = ..., extended: _Optional[bool] = ...) -> None: ...

class Case(_message.Message):
    __slots__ = ("case_id", "state", "requester", "instrument", "ground", "post_id", "bundle_hash", "policy_hash", "opened_at", "expires_at", "approved_by", "intent_index", "result_index", "sealed_identity", "recipient_key", "document_hash", "post", "credential", "issuer_key", "basis", "organisation", "fields", "due_at", "half_time_passed", "delay_seconds", "gag_until", "waiver_hash", "case_salt", "approvals", "intent", "hold", "vetoed_by", "ended_at")
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
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    HALF_TIME_PASSED_FIELD_NUMBER: _ClassVar[int]
    DELAY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    GAG_UNTIL_FIELD_NUMBER: _ClassVar[int]
    WAIVER_HASH_FIELD_NUMBER: _ClassVar[int]
    CASE_SALT_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    VETOED_BY_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
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
    basis: LegalBasis
    organisation: str
    fields: _containers.RepeatedScalarFieldContainer[PersonField]
    due_at: int
    half_time_passed: bool
    delay_seconds: int
    gag_until: int
    waiver_hash: bytes
    case_salt: bytes
    approvals: _containers.RepeatedCompositeFieldContainer[CaseApproval]
    intent: OpeningIntent
    hold: CaseHold
    vetoed_by: str
    ended_at: int
    def __init__(self, case_id: _Optional[str] = ..., state: _Optional[_Union[CaseState, str]] = ..., requester: _Optional[_Union[RequesterClass, str]] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., post_id: _Optional[str] = ..., bundle_hash: _Optional[bytes] = ..., policy_hash: _Optional[bytes] = ..., opened_at: _Optional[int] = ..., expires_at: _Optional[int] = ..., approved_by: _Optional[_Iterable[str]] = ..., intent_index: _Optional[int] = ..., result_index: _Optional[int] = ..., sealed_identity: _Optional[bytes] = ..., recipient_key: _Optional[bytes] = ..., document_hash: _Optional[bytes] = ..., post: _Optional[_Union[_post_evidence_pb2.PostEvidence, _Mapping]] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ..., issuer_key: _Optional[bytes] = ..., basis: _Optional[_Union[LegalBasis, str]] = ..., organisation: _Optional[str] = ..., fields: _Optional[_Iterable[_Union[PersonField, str]]] = ..., due_at: _Optional[int] = ..., half_time_passed: _Optional[bool] = ..., delay_seconds: _Optional[int] = ..., gag_until: _Optional[int] = ..., waiver_hash: _Optional[bytes] = ..., case_salt: _Optional[bytes] = ..., approvals: _Optional[_Iterable[_Union[CaseApproval, _Mapping]]] = ..., intent: _Optional[_Union[OpeningIntent, _Mapping]] = ..., hold: _Optional[_Union[CaseHold, _Mapping]] = ..., vetoed_by: _Optional[str] = ..., ended_at: _Optional[int] = ...) -> None: ...

class CaseSummary(_message.Message):
    __slots__ = ("case_id", "state", "requester", "basis", "organisation", "instrument", "opened_at", "due_at", "half_time_passed", "expires_at", "opens_at", "approvals")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    HALF_TIME_PASSED_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    OPENS_AT_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    state: CaseState
    requester: RequesterClass
    basis: LegalBasis
    organisation: str
    instrument: str
    opened_at: int
    due_at: int
    half_time_passed: bool
    expires_at: int
    opens_at: int
    approvals: int
    def __init__(self, case_id: _Optional[str] = ..., state: _Optional[_Union[CaseState, str]] = ..., requester: _Optional[_Union[RequesterClass, str]] = ..., basis: _Optional[_Union[LegalBasis, str]] = ..., organisation: _Optional[str] = ..., instrument: _Optional[str] = ..., opened_at: _Optional[int] = ..., due_at: _Optional[int] = ..., half_time_passed: _Optional[bool] = ..., expires_at: _Optional[int] = ..., opens_at: _Optional[int] = ..., approvals: _Optional[int] = ...) -> None: ...

class OpenCaseRequest(_message.Message):
    __slots__ = ("request_id", "requester", "instrument", "ground", "document_hash", "post_id", "recipient_key", "basis", "organisation", "fields", "due_seconds", "waiver_document_hash", "gag_seconds", "alias_key")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_KEY_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DUE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    WAIVER_DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    GAG_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    requester: RequesterClass
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    recipient_key: bytes
    basis: LegalBasis
    organisation: str
    fields: _containers.RepeatedScalarFieldContainer[PersonField]
    due_seconds: int
    waiver_document_hash: bytes
    gag_seconds: int
    alias_key: bytes
    def __init__(self, request_id: _Optional[str] = ..., requester: _Optional[_Union[RequesterClass, str]] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., post_id: _Optional[str] = ..., recipient_key: _Optional[bytes] = ..., basis: _Optional[_Union[LegalBasis, str]] = ..., organisation: _Optional[str] = ..., fields: _Optional[_Iterable[_Union[PersonField, str]]] = ..., due_seconds: _Optional[int] = ..., waiver_document_hash: _Optional[bytes] = ..., gag_seconds: _Optional[int] = ..., alias_key: _Optional[bytes] = ...) -> None: ...

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

class WithdrawApprovalRequest(_message.Message):
    __slots__ = ("request_id", "case_id", "officer", "signature", "approval_hash")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_HASH_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    officer: str
    signature: bytes
    approval_hash: bytes
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ..., approval_hash: _Optional[bytes] = ...) -> None: ...

class WithdrawApprovalResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class WithdrawCaseRequest(_message.Message):
    __slots__ = ("request_id", "case_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ...) -> None: ...

class WithdrawCaseResponse(_message.Message):
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

class VetoCaseRequest(_message.Message):
    __slots__ = ("request_id", "case_id", "officer", "signature")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    officer: str
    signature: bytes
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class VetoCaseResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class ExtendGagRequest(_message.Message):
    __slots__ = ("request_id", "case_id", "until", "document_hash")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    until: int
    document_hash: bytes
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ..., until: _Optional[int] = ..., document_hash: _Optional[bytes] = ...) -> None: ...

class ExtendGagResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class PlaceHoldRequest(_message.Message):
    __slots__ = ("request_id", "case_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ...) -> None: ...

class PlaceHoldResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class ExtendHoldRequest(_message.Message):
    __slots__ = ("request_id", "case_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ...) -> None: ...

class ExtendHoldResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class ReleaseHoldRequest(_message.Message):
    __slots__ = ("request_id", "case_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ...) -> None: ...

class ReleaseHoldResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class CollectAnswerRequest(_message.Message):
    __slots__ = ("request_id", "case_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    case_id: str
    def __init__(self, request_id: _Optional[str] = ..., case_id: _Optional[str] = ...) -> None: ...

class CollectAnswerResponse(_message.Message):
    __slots__ = ("case", "sealed_identity")
    CASE_FIELD_NUMBER: _ClassVar[int]
    SEALED_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    case: Case
    sealed_identity: bytes
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., sealed_identity: _Optional[bytes] = ...) -> None: ...

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

class ListCasesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCasesResponse(_message.Message):
    __slots__ = ("cases", "next_page_token")
    CASES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[CaseSummary]
    next_page_token: str
    def __init__(self, cases: _Optional[_Iterable[_Union[CaseSummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
