from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class LeafAppended(_message.Message):
    __slots__ = ("leaf",)
    LEAF_FIELD_NUMBER: _ClassVar[int]
    leaf: bytes
    def __init__(self, leaf: _Optional[bytes] = ...) -> None: ...

class IssuerKeyAccepted(_message.Message):
    __slots__ = ("label", "epoch", "public_key")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    public_key: bytes
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class LabelOpened(_message.Message):
    __slots__ = ("label", "epoch")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ...) -> None: ...

class LabelRevoked(_message.Message):
    __slots__ = ("label", "epoch", "reason")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    reason: str
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class EnvelopeDeposited(_message.Message):
    __slots__ = ("label", "epoch", "alias_key", "envelope_hash", "prefix", "credential_signature", "envelope")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_HASH_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    alias_key: bytes
    envelope_hash: bytes
    prefix: bytes
    credential_signature: bytes
    envelope: bytes
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., alias_key: _Optional[bytes] = ..., envelope_hash: _Optional[bytes] = ..., prefix: _Optional[bytes] = ..., credential_signature: _Optional[bytes] = ..., envelope: _Optional[bytes] = ...) -> None: ...

class CaseOpened(_message.Message):
    __slots__ = ("case_id", "requester", "instrument", "ground", "document_hash", "post_id", "recipient_key", "alias_key", "bundle_hash", "policy_hash", "opened_at", "expires_at", "thread_id", "title", "body", "thread_key", "thread_certificate", "post_signature", "basis", "organisation", "fields", "due_at", "delay_seconds", "gag_until", "waiver_hash", "case_salt")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_KEY_FIELD_NUMBER: _ClassVar[int]
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_HASH_FIELD_NUMBER: _ClassVar[int]
    POLICY_HASH_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    THREAD_KEY_FIELD_NUMBER: _ClassVar[int]
    THREAD_CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    POST_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    DELAY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    GAG_UNTIL_FIELD_NUMBER: _ClassVar[int]
    WAIVER_HASH_FIELD_NUMBER: _ClassVar[int]
    CASE_SALT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    requester: str
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    recipient_key: bytes
    alias_key: bytes
    bundle_hash: bytes
    policy_hash: bytes
    opened_at: int
    expires_at: int
    thread_id: str
    title: str
    body: str
    thread_key: bytes
    thread_certificate: bytes
    post_signature: bytes
    basis: str
    organisation: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    due_at: int
    delay_seconds: int
    gag_until: int
    waiver_hash: bytes
    case_salt: bytes
    def __init__(self, case_id: _Optional[str] = ..., requester: _Optional[str] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., post_id: _Optional[str] = ..., recipient_key: _Optional[bytes] = ..., alias_key: _Optional[bytes] = ..., bundle_hash: _Optional[bytes] = ..., policy_hash: _Optional[bytes] = ..., opened_at: _Optional[int] = ..., expires_at: _Optional[int] = ..., thread_id: _Optional[str] = ..., title: _Optional[str] = ..., body: _Optional[str] = ..., thread_key: _Optional[bytes] = ..., thread_certificate: _Optional[bytes] = ..., post_signature: _Optional[bytes] = ..., basis: _Optional[str] = ..., organisation: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ..., due_at: _Optional[int] = ..., delay_seconds: _Optional[int] = ..., gag_until: _Optional[int] = ..., waiver_hash: _Optional[bytes] = ..., case_salt: _Optional[bytes] = ...) -> None: ...

class CaseDeclined(_message.Message):
    __slots__ = ("case_id", "requester", "instrument", "ground", "document_hash", "post_id", "declined_at", "basis", "organisation", "wants", "case_salt")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    DECLINED_AT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    WANTS_FIELD_NUMBER: _ClassVar[int]
    CASE_SALT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    requester: str
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    declined_at: int
    basis: str
    organisation: str
    wants: str
    case_salt: bytes
    def __init__(self, case_id: _Optional[str] = ..., requester: _Optional[str] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., post_id: _Optional[str] = ..., declined_at: _Optional[int] = ..., basis: _Optional[str] = ..., organisation: _Optional[str] = ..., wants: _Optional[str] = ..., case_salt: _Optional[bytes] = ...) -> None: ...

class CaseApproved(_message.Message):
    __slots__ = ("case_id", "officer", "role", "approval", "expires_at", "organisation")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    officer: str
    role: str
    approval: str
    expires_at: int
    organisation: str
    def __init__(self, case_id: _Optional[str] = ..., officer: _Optional[str] = ..., role: _Optional[str] = ..., approval: _Optional[str] = ..., expires_at: _Optional[int] = ..., organisation: _Optional[str] = ...) -> None: ...

class OpeningIntended(_message.Message):
    __slots__ = ("case_id", "intent_salt", "approvals", "commitment", "subject", "blind", "mark")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    INTENT_SALT_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    BLIND_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    intent_salt: bytes
    approvals: _containers.RepeatedScalarFieldContainer[str]
    commitment: bytes
    subject: bytes
    blind: bytes
    mark: bytes
    def __init__(self, case_id: _Optional[str] = ..., intent_salt: _Optional[bytes] = ..., approvals: _Optional[_Iterable[str]] = ..., commitment: _Optional[bytes] = ..., subject: _Optional[bytes] = ..., blind: _Optional[bytes] = ..., mark: _Optional[bytes] = ...) -> None: ...

class CaseExecuted(_message.Message):
    __slots__ = ("case_id", "intent_index", "result_index", "sealed_identity", "executed_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    INTENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    RESULT_INDEX_FIELD_NUMBER: _ClassVar[int]
    SEALED_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    intent_index: int
    result_index: int
    sealed_identity: bytes
    executed_at: int
    def __init__(self, case_id: _Optional[str] = ..., intent_index: _Optional[int] = ..., result_index: _Optional[int] = ..., sealed_identity: _Optional[bytes] = ..., executed_at: _Optional[int] = ...) -> None: ...

class ApprovalWithdrawn(_message.Message):
    __slots__ = ("case_id", "officer", "signature", "approval_hash")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_HASH_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    officer: str
    signature: bytes
    approval_hash: bytes
    def __init__(self, case_id: _Optional[str] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ..., approval_hash: _Optional[bytes] = ...) -> None: ...

class OpeningWitnessed(_message.Message):
    __slots__ = ("case_id", "intent_index", "intent_proof", "intended_at", "opens_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    INTENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    INTENT_PROOF_FIELD_NUMBER: _ClassVar[int]
    INTENDED_AT_FIELD_NUMBER: _ClassVar[int]
    OPENS_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    intent_index: int
    intent_proof: str
    intended_at: int
    opens_at: int
    def __init__(self, case_id: _Optional[str] = ..., intent_index: _Optional[int] = ..., intent_proof: _Optional[str] = ..., intended_at: _Optional[int] = ..., opens_at: _Optional[int] = ...) -> None: ...

class EnvelopeOpened(_message.Message):
    __slots__ = ("case_id", "opened_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    opened_at: int
    def __init__(self, case_id: _Optional[str] = ..., opened_at: _Optional[int] = ...) -> None: ...

class OpeningVetoed(_message.Message):
    __slots__ = ("case_id", "officer", "signature", "vetoed_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    VETOED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    officer: str
    signature: bytes
    vetoed_at: int
    def __init__(self, case_id: _Optional[str] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ..., vetoed_at: _Optional[int] = ...) -> None: ...

class OpeningRefused(_message.Message):
    __slots__ = ("case_id", "refused_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REFUSED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    refused_at: int
    def __init__(self, case_id: _Optional[str] = ..., refused_at: _Optional[int] = ...) -> None: ...

class OpeningLapsed(_message.Message):
    __slots__ = ("case_id", "lapsed_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    LAPSED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    lapsed_at: int
    def __init__(self, case_id: _Optional[str] = ..., lapsed_at: _Optional[int] = ...) -> None: ...

class CaseExpired(_message.Message):
    __slots__ = ("case_id", "expired_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    expired_at: int
    def __init__(self, case_id: _Optional[str] = ..., expired_at: _Optional[int] = ...) -> None: ...

class CaseWithdrawn(_message.Message):
    __slots__ = ("case_id", "withdrawn_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    withdrawn_at: int
    def __init__(self, case_id: _Optional[str] = ..., withdrawn_at: _Optional[int] = ...) -> None: ...

class GagExtended(_message.Message):
    __slots__ = ("case_id", "until", "document_hash", "extended_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    until: int
    document_hash: bytes
    extended_at: int
    def __init__(self, case_id: _Optional[str] = ..., until: _Optional[int] = ..., document_hash: _Optional[bytes] = ..., extended_at: _Optional[int] = ...) -> None: ...

class HalfTimePassed(_message.Message):
    __slots__ = ("case_id", "passed_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    PASSED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    passed_at: int
    def __init__(self, case_id: _Optional[str] = ..., passed_at: _Optional[int] = ...) -> None: ...

class AnswerCollected(_message.Message):
    __slots__ = ("case_id", "collected_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECTED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    collected_at: int
    def __init__(self, case_id: _Optional[str] = ..., collected_at: _Optional[int] = ...) -> None: ...
