from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LabelState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LABEL_STATE_UNSPECIFIED: _ClassVar[LabelState]
    LABEL_STATE_WAITING: _ClassVar[LabelState]
    LABEL_STATE_ACTIVE: _ClassVar[LabelState]
    LABEL_STATE_REVOKED: _ClassVar[LabelState]

class RevocationReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVOCATION_REASON_UNSPECIFIED: _ClassVar[RevocationReason]
    REVOCATION_REASON_KEY_COMPROMISED: _ClassVar[RevocationReason]
    REVOCATION_REASON_WRONGLY_ISSUED: _ClassVar[RevocationReason]
    REVOCATION_REASON_ORGANISATION_WITHDRAWN: _ClassVar[RevocationReason]
    REVOCATION_REASON_CEASED: _ClassVar[RevocationReason]
LABEL_STATE_UNSPECIFIED: LabelState
LABEL_STATE_WAITING: LabelState
LABEL_STATE_ACTIVE: LabelState
LABEL_STATE_REVOKED: LabelState
REVOCATION_REASON_UNSPECIFIED: RevocationReason
REVOCATION_REASON_KEY_COMPROMISED: RevocationReason
REVOCATION_REASON_WRONGLY_ISSUED: RevocationReason
REVOCATION_REASON_ORGANISATION_WITHDRAWN: RevocationReason
REVOCATION_REASON_CEASED: RevocationReason

class ListMyLabelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMyLabelsResponse(_message.Message):
    __slots__ = ("labels", "epoch", "epoch_ends_at", "crowd_minimum")
    LABELS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    EPOCH_ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    CROWD_MINIMUM_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[LabelStanding]
    epoch: int
    epoch_ends_at: int
    crowd_minimum: int
    def __init__(self, labels: _Optional[_Iterable[_Union[LabelStanding, _Mapping]]] = ..., epoch: _Optional[int] = ..., epoch_ends_at: _Optional[int] = ..., crowd_minimum: _Optional[int] = ...) -> None: ...

class LabelStanding(_message.Message):
    __slots__ = ("label", "name", "parent", "state", "crowd_at_least")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CROWD_AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    label: str
    name: str
    parent: str
    state: LabelState
    crowd_at_least: int
    def __init__(self, label: _Optional[str] = ..., name: _Optional[str] = ..., parent: _Optional[str] = ..., state: _Optional[_Union[LabelState, str]] = ..., crowd_at_least: _Optional[int] = ...) -> None: ...

class RevokeLabelRequest(_message.Message):
    __slots__ = ("request_id", "label", "epoch", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    label: str
    epoch: int
    reason: RevocationReason
    def __init__(self, request_id: _Optional[str] = ..., label: _Optional[str] = ..., epoch: _Optional[int] = ..., reason: _Optional[_Union[RevocationReason, str]] = ...) -> None: ...

class RevokeLabelResponse(_message.Message):
    __slots__ = ("epochs",)
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    epochs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, epochs: _Optional[_Iterable[int]] = ...) -> None: ...
