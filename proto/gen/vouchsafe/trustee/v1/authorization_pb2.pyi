from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Authorization(_message.Message):
    __slots__ = ("case_id", "bundle_hash", "ground", "policy_hash", "opened_at", "expires_at", "post_id", "recipient_key", "approvals", "intent_salt", "intent_proof", "requester", "instrument", "document_hash", "basis", "organisation", "fields", "delay_seconds", "gag_until", "waiver_hash", "case_salt", "subject")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_HASH_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    POLICY_HASH_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_KEY_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    INTENT_SALT_FIELD_NUMBER: _ClassVar[int]
    INTENT_PROOF_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DELAY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    GAG_UNTIL_FIELD_NUMBER: _ClassVar[int]
    WAIVER_HASH_FIELD_NUMBER: _ClassVar[int]
    CASE_SALT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    bundle_hash: bytes
    ground: str
    policy_hash: bytes
    opened_at: int
    expires_at: int
    post_id: str
    recipient_key: bytes
    approvals: _containers.RepeatedScalarFieldContainer[str]
    intent_salt: bytes
    intent_proof: str
    requester: str
    instrument: str
    document_hash: bytes
    basis: str
    organisation: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    delay_seconds: int
    gag_until: int
    waiver_hash: bytes
    case_salt: bytes
    subject: bytes
    def __init__(self, case_id: _Optional[str] = ..., bundle_hash: _Optional[bytes] = ..., ground: _Optional[str] = ..., policy_hash: _Optional[bytes] = ..., opened_at: _Optional[int] = ..., expires_at: _Optional[int] = ..., post_id: _Optional[str] = ..., recipient_key: _Optional[bytes] = ..., approvals: _Optional[_Iterable[str]] = ..., intent_salt: _Optional[bytes] = ..., intent_proof: _Optional[str] = ..., requester: _Optional[str] = ..., instrument: _Optional[str] = ..., document_hash: _Optional[bytes] = ..., basis: _Optional[str] = ..., organisation: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ..., delay_seconds: _Optional[int] = ..., gag_until: _Optional[int] = ..., waiver_hash: _Optional[bytes] = ..., case_salt: _Optional[bytes] = ..., subject: _Optional[bytes] = ...) -> None: ...
