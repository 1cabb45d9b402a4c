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
    __slots__ = ("case_id", "requester", "instrument", "ground", "document_hash", "post_id", "recipient_key", "alias_key", "bundle_hash", "policy_hash", "opened_at", "expires_at", "thread_id", "title", "body", "thread_key", "thread_certificate", "post_signature")
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
    def __init__(self, case_id: _Optional[str] = ..., requester: _Optional[str] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., post_id: _Optional[str] = ..., recipient_key: _Optional[bytes] = ..., alias_key: _Optional[bytes] = ..., bundle_hash: _Optional[bytes] = ..., policy_hash: _Optional[bytes] = ..., opened_at: _Optional[int] = ..., expires_at: _Optional[int] = ..., thread_id: _Optional[str] = ..., title: _Optional[str] = ..., body: _Optional[str] = ..., thread_key: _Optional[bytes] = ..., thread_certificate: _Optional[bytes] = ..., post_signature: _Optional[bytes] = ...) -> None: ...

class CaseDeclined(_message.Message):
    __slots__ = ("case_id", "requester", "instrument", "ground", "document_hash", "post_id", "declined_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    DECLINED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    requester: str
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    declined_at: int
    def __init__(self, case_id: _Optional[str] = ..., requester: _Optional[str] = ..., instrument: _Optional[str] = ..., ground: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., post_id: _Optional[str] = ..., declined_at: _Optional[int] = ...) -> None: ...

class CaseApproved(_message.Message):
    __slots__ = ("case_id", "officer", "role", "approval", "expires_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    officer: str
    role: str
    approval: str
    expires_at: int
    def __init__(self, case_id: _Optional[str] = ..., officer: _Optional[str] = ..., role: _Optional[str] = ..., approval: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...

class OpeningIntended(_message.Message):
    __slots__ = ("case_id", "intent_salt", "approvals")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    INTENT_SALT_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    intent_salt: bytes
    approvals: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, case_id: _Optional[str] = ..., intent_salt: _Optional[bytes] = ..., approvals: _Optional[_Iterable[str]] = ...) -> None: ...

class CaseExecuted(_message.Message):
    __slots__ = ("case_id", "intent_index", "result_index", "sealed_identity")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    INTENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    RESULT_INDEX_FIELD_NUMBER: _ClassVar[int]
    SEALED_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    intent_index: int
    result_index: int
    sealed_identity: bytes
    def __init__(self, case_id: _Optional[str] = ..., intent_index: _Optional[int] = ..., result_index: _Optional[int] = ..., sealed_identity: _Optional[bytes] = ...) -> None: ...
