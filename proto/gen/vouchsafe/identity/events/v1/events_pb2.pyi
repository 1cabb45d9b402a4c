from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class PersonRegistered(_message.Message):
    __slots__ = ("person_id", "escrow_reference", "ownership_key", "commitment_salt", "password_hash", "wrapped_key", "sealed_profile")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OWNERSHIP_KEY_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_SALT_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_HASH_FIELD_NUMBER: _ClassVar[int]
    WRAPPED_KEY_FIELD_NUMBER: _ClassVar[int]
    SEALED_PROFILE_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    escrow_reference: bytes
    ownership_key: bytes
    commitment_salt: bytes
    password_hash: str
    wrapped_key: bytes
    sealed_profile: bytes
    def __init__(self, person_id: _Optional[str] = ..., escrow_reference: _Optional[bytes] = ..., ownership_key: _Optional[bytes] = ..., commitment_salt: _Optional[bytes] = ..., password_hash: _Optional[str] = ..., wrapped_key: _Optional[bytes] = ..., sealed_profile: _Optional[bytes] = ...) -> None: ...

class OwnershipCommitted(_message.Message):
    __slots__ = ("commitment",)
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    commitment: bytes
    def __init__(self, commitment: _Optional[bytes] = ...) -> None: ...

class PersonReleased(_message.Message):
    __slots__ = ("person_id", "case_id", "sealed_identity")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    SEALED_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    case_id: str
    sealed_identity: bytes
    def __init__(self, person_id: _Optional[str] = ..., case_id: _Optional[str] = ..., sealed_identity: _Optional[bytes] = ...) -> None: ...
