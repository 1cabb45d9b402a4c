from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OfficerEntry(_message.Message):
    __slots__ = ("name", "role", "organisation", "public_key")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    role: str
    organisation: str
    public_key: bytes
    def __init__(self, name: _Optional[str] = ..., role: _Optional[str] = ..., organisation: _Optional[str] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class OpeningPolicy(_message.Message):
    __slots__ = ("approvals", "distinct_roles", "approval_ttl_seconds", "veto_delay_seconds", "notice_seconds", "case_ttl_seconds")
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_ROLES_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VETO_DELAY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    NOTICE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    CASE_TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    approvals: int
    distinct_roles: int
    approval_ttl_seconds: int
    veto_delay_seconds: int
    notice_seconds: int
    case_ttl_seconds: int
    def __init__(self, approvals: _Optional[int] = ..., distinct_roles: _Optional[int] = ..., approval_ttl_seconds: _Optional[int] = ..., veto_delay_seconds: _Optional[int] = ..., notice_seconds: _Optional[int] = ..., case_ttl_seconds: _Optional[int] = ...) -> None: ...

class Proposal(_message.Message):
    __slots__ = ("proposal", "leaf", "endorsed_by")
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    ENDORSED_BY_FIELD_NUMBER: _ClassVar[int]
    proposal: bytes
    leaf: bytes
    endorsed_by: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, proposal: _Optional[bytes] = ..., leaf: _Optional[bytes] = ..., endorsed_by: _Optional[_Iterable[str]] = ...) -> None: ...

class Governance(_message.Message):
    __slots__ = ("officers", "policy", "shortened", "amendments", "lockdowns", "locked", "proposals", "hash", "size")
    OFFICERS_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    SHORTENED_FIELD_NUMBER: _ClassVar[int]
    AMENDMENTS_FIELD_NUMBER: _ClassVar[int]
    LOCKDOWNS_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    officers: _containers.RepeatedCompositeFieldContainer[OfficerEntry]
    policy: OpeningPolicy
    shortened: bool
    amendments: int
    lockdowns: int
    locked: bool
    proposals: _containers.RepeatedCompositeFieldContainer[Proposal]
    hash: bytes
    size: int
    def __init__(self, officers: _Optional[_Iterable[_Union[OfficerEntry, _Mapping]]] = ..., policy: _Optional[_Union[OpeningPolicy, _Mapping]] = ..., shortened: _Optional[bool] = ..., amendments: _Optional[int] = ..., lockdowns: _Optional[int] = ..., locked: _Optional[bool] = ..., proposals: _Optional[_Iterable[_Union[Proposal, _Mapping]]] = ..., hash: _Optional[bytes] = ..., size: _Optional[int] = ...) -> None: ...

class LockDownRequest(_message.Message):
    __slots__ = ("request_id", "number", "officer", "signature")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    number: int
    officer: str
    signature: bytes
    def __init__(self, request_id: _Optional[str] = ..., number: _Optional[int] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class LockDownResponse(_message.Message):
    __slots__ = ("governance",)
    GOVERNANCE_FIELD_NUMBER: _ClassVar[int]
    governance: Governance
    def __init__(self, governance: _Optional[_Union[Governance, _Mapping]] = ...) -> None: ...

class Unlock(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ProposeRequest(_message.Message):
    __slots__ = ("request_id", "unlock", "add_officer", "remove_officer", "set_policy")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    UNLOCK_FIELD_NUMBER: _ClassVar[int]
    ADD_OFFICER_FIELD_NUMBER: _ClassVar[int]
    REMOVE_OFFICER_FIELD_NUMBER: _ClassVar[int]
    SET_POLICY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    unlock: Unlock
    add_officer: OfficerEntry
    remove_officer: str
    set_policy: OpeningPolicy
    def __init__(self, request_id: _Optional[str] = ..., unlock: _Optional[_Union[Unlock, _Mapping]] = ..., add_officer: _Optional[_Union[OfficerEntry, _Mapping]] = ..., remove_officer: _Optional[str] = ..., set_policy: _Optional[_Union[OpeningPolicy, _Mapping]] = ...) -> None: ...

class ProposeResponse(_message.Message):
    __slots__ = ("proposal", "governance")
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    GOVERNANCE_FIELD_NUMBER: _ClassVar[int]
    proposal: Proposal
    governance: Governance
    def __init__(self, proposal: _Optional[_Union[Proposal, _Mapping]] = ..., governance: _Optional[_Union[Governance, _Mapping]] = ...) -> None: ...

class EndorseRequest(_message.Message):
    __slots__ = ("request_id", "proposal", "officer", "signature")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    proposal: bytes
    officer: str
    signature: bytes
    def __init__(self, request_id: _Optional[str] = ..., proposal: _Optional[bytes] = ..., officer: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class EndorseResponse(_message.Message):
    __slots__ = ("governance",)
    GOVERNANCE_FIELD_NUMBER: _ClassVar[int]
    governance: Governance
    def __init__(self, governance: _Optional[_Union[Governance, _Mapping]] = ...) -> None: ...

class GetGovernanceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetGovernanceResponse(_message.Message):
    __slots__ = ("governance",)
    GOVERNANCE_FIELD_NUMBER: _ClassVar[int]
    governance: Governance
    def __init__(self, governance: _Optional[_Union[Governance, _Mapping]] = ...) -> None: ...
