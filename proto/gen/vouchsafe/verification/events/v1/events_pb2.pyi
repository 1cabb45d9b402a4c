from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class MailAllowanceUsed(_message.Message):
    __slots__ = ("escrow_reference", "used_at")
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    USED_AT_FIELD_NUMBER: _ClassVar[int]
    escrow_reference: bytes
    used_at: int
    def __init__(self, escrow_reference: _Optional[bytes] = ..., used_at: _Optional[int] = ...) -> None: ...

class MailCodeRequested(_message.Message):
    __slots__ = ("challenge_id", "escrow_reference", "organisation", "requested_at", "expires_at")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    escrow_reference: bytes
    organisation: str
    requested_at: int
    expires_at: int
    def __init__(self, challenge_id: _Optional[str] = ..., escrow_reference: _Optional[bytes] = ..., organisation: _Optional[str] = ..., requested_at: _Optional[int] = ..., expires_at: _Optional[int] = ...) -> None: ...

class MailCodeSent(_message.Message):
    __slots__ = ("challenge_id",)
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    def __init__(self, challenge_id: _Optional[str] = ...) -> None: ...

class MailCodeRejected(_message.Message):
    __slots__ = ("challenge_id",)
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    def __init__(self, challenge_id: _Optional[str] = ...) -> None: ...

class MailboxProven(_message.Message):
    __slots__ = ("challenge_id", "escrow_reference", "organisation", "proven_at")
    CHALLENGE_ID_FIELD_NUMBER: _ClassVar[int]
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    PROVEN_AT_FIELD_NUMBER: _ClassVar[int]
    challenge_id: str
    escrow_reference: bytes
    organisation: str
    proven_at: int
    def __init__(self, challenge_id: _Optional[str] = ..., escrow_reference: _Optional[bytes] = ..., organisation: _Optional[str] = ..., proven_at: _Optional[int] = ...) -> None: ...

class EmploymentVerified(_message.Message):
    __slots__ = ("escrow_reference", "ownership_key", "organisation", "expires_at", "proven_at")
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OWNERSHIP_KEY_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    PROVEN_AT_FIELD_NUMBER: _ClassVar[int]
    escrow_reference: bytes
    ownership_key: bytes
    organisation: str
    expires_at: int
    proven_at: int
    def __init__(self, escrow_reference: _Optional[bytes] = ..., ownership_key: _Optional[bytes] = ..., organisation: _Optional[str] = ..., expires_at: _Optional[int] = ..., proven_at: _Optional[int] = ...) -> None: ...

class EmployerChosen(_message.Message):
    __slots__ = ("escrow_reference", "widest", "epoch", "organisation")
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    WIDEST_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    escrow_reference: bytes
    widest: str
    epoch: int
    organisation: str
    def __init__(self, escrow_reference: _Optional[bytes] = ..., widest: _Optional[str] = ..., epoch: _Optional[int] = ..., organisation: _Optional[str] = ...) -> None: ...

class ChallengeMade(_message.Message):
    __slots__ = ("label", "epoch", "slot", "terms", "commitment", "candidates", "chosen", "expires_at")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    slot: int
    terms: bytes
    commitment: bytes
    candidates: int
    chosen: int
    expires_at: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., slot: _Optional[int] = ..., terms: _Optional[bytes] = ..., commitment: _Optional[bytes] = ..., candidates: _Optional[int] = ..., chosen: _Optional[int] = ..., expires_at: _Optional[int] = ...) -> None: ...

class CheatCaught(_message.Message):
    __slots__ = ("label", "epoch", "slot")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    slot: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., slot: _Optional[int] = ...) -> None: ...

class SlotReleased(_message.Message):
    __slots__ = ("label", "epoch", "slot")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    slot: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., slot: _Optional[int] = ...) -> None: ...

class CredentialIssued(_message.Message):
    __slots__ = ("label", "epoch", "slot", "blinded_hash")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    BLINDED_HASH_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    slot: int
    blinded_hash: bytes
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., slot: _Optional[int] = ..., blinded_hash: _Optional[bytes] = ...) -> None: ...

class PersonCounted(_message.Message):
    __slots__ = ("label", "epoch", "escrow_reference", "path", "matures_at")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ESCROW_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MATURES_AT_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    escrow_reference: bytes
    path: _containers.RepeatedScalarFieldContainer[str]
    matures_at: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., escrow_reference: _Optional[bytes] = ..., path: _Optional[_Iterable[str]] = ..., matures_at: _Optional[int] = ...) -> None: ...

class IssuerKeyStored(_message.Message):
    __slots__ = ("label", "epoch", "sealed_private_key")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEALED_PRIVATE_KEY_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    sealed_private_key: bytes
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., sealed_private_key: _Optional[bytes] = ...) -> None: ...

class IssuerKeyPublished(_message.Message):
    __slots__ = ("label", "epoch", "label_name", "parent", "public_key", "begins_at", "ends_at")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    BEGINS_AT_FIELD_NUMBER: _ClassVar[int]
    ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    label_name: str
    parent: str
    public_key: bytes
    begins_at: int
    ends_at: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., label_name: _Optional[str] = ..., parent: _Optional[str] = ..., public_key: _Optional[bytes] = ..., begins_at: _Optional[int] = ..., ends_at: _Optional[int] = ...) -> None: ...

class LabelActivated(_message.Message):
    __slots__ = ("label", "epoch", "crowd_bucket")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    CROWD_BUCKET_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    crowd_bucket: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., crowd_bucket: _Optional[int] = ...) -> None: ...

class LabelRevoked(_message.Message):
    __slots__ = ("label", "epoch", "reason")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    reason: str
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...
