from buf.validate import validate_pb2 as _validate_pb2
from vouchsafe.credential.v1 import credential_pb2 as _credential_pb2
from vouchsafe.forum.v1 import thread_service_pb2 as _thread_service_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetPostEvidenceRequest(_message.Message):
    __slots__ = ("post_id",)
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    def __init__(self, post_id: _Optional[str] = ...) -> None: ...

class GetPostEvidenceResponse(_message.Message):
    __slots__ = ("thread_id", "title", "body", "proof", "credential")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    title: str
    body: str
    proof: _thread_service_pb2.AuthorProof
    credential: _credential_pb2.Credential
    def __init__(self, thread_id: _Optional[str] = ..., title: _Optional[str] = ..., body: _Optional[str] = ..., proof: _Optional[_Union[_thread_service_pb2.AuthorProof, _Mapping]] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ...) -> None: ...
