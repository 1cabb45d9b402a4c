from buf.validate import validate_pb2 as _validate_pb2
from vouchsafe.credential.v1 import credential_pb2 as _credential_pb2
from vouchsafe.trustee.v1 import authorization_pb2 as _authorization_pb2
from vouchsafe.trustee.v1 import post_evidence_pb2 as _post_evidence_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DecryptShareRequest(_message.Message):
    __slots__ = ("authorization", "credential", "envelope", "issuer_key", "issuer_key_proof", "post", "subject_blind")
    AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    ISSUER_KEY_FIELD_NUMBER: _ClassVar[int]
    ISSUER_KEY_PROOF_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_BLIND_FIELD_NUMBER: _ClassVar[int]
    authorization: _authorization_pb2.Authorization
    credential: _credential_pb2.Credential
    envelope: bytes
    issuer_key: bytes
    issuer_key_proof: str
    post: _post_evidence_pb2.PostEvidence
    subject_blind: bytes
    def __init__(self, authorization: _Optional[_Union[_authorization_pb2.Authorization, _Mapping]] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ..., envelope: _Optional[bytes] = ..., issuer_key: _Optional[bytes] = ..., issuer_key_proof: _Optional[str] = ..., post: _Optional[_Union[_post_evidence_pb2.PostEvidence, _Mapping]] = ..., subject_blind: _Optional[bytes] = ...) -> None: ...

class DecryptShareResponse(_message.Message):
    __slots__ = ("index", "point", "proof")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    index: int
    point: bytes
    proof: bytes
    def __init__(self, index: _Optional[int] = ..., point: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...
