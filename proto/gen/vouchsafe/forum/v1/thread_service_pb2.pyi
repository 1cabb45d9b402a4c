from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuthorProof(_message.Message):
    __slots__ = ("alias_key", "thread_key", "certificate", "signature")
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    THREAD_KEY_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    alias_key: bytes
    thread_key: bytes
    certificate: bytes
    signature: bytes
    def __init__(self, alias_key: _Optional[bytes] = ..., thread_key: _Optional[bytes] = ..., certificate: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class OpenThreadRequest(_message.Message):
    __slots__ = ("request_id", "thread_id", "title", "post_id", "body", "proof")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    thread_id: str
    title: str
    post_id: str
    body: str
    proof: AuthorProof
    def __init__(self, request_id: _Optional[str] = ..., thread_id: _Optional[str] = ..., title: _Optional[str] = ..., post_id: _Optional[str] = ..., body: _Optional[str] = ..., proof: _Optional[_Union[AuthorProof, _Mapping]] = ...) -> None: ...

class OpenThreadResponse(_message.Message):
    __slots__ = ("author_name", "consistency_token")
    AUTHOR_NAME_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    author_name: str
    consistency_token: bytes
    def __init__(self, author_name: _Optional[str] = ..., consistency_token: _Optional[bytes] = ...) -> None: ...

class CreatePostRequest(_message.Message):
    __slots__ = ("request_id", "thread_id", "post_id", "body", "proof")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    thread_id: str
    post_id: str
    body: str
    proof: AuthorProof
    def __init__(self, request_id: _Optional[str] = ..., thread_id: _Optional[str] = ..., post_id: _Optional[str] = ..., body: _Optional[str] = ..., proof: _Optional[_Union[AuthorProof, _Mapping]] = ...) -> None: ...

class CreatePostResponse(_message.Message):
    __slots__ = ("author_name", "consistency_token")
    AUTHOR_NAME_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    author_name: str
    consistency_token: bytes
    def __init__(self, author_name: _Optional[str] = ..., consistency_token: _Optional[bytes] = ...) -> None: ...

class CreateCommentRequest(_message.Message):
    __slots__ = ("request_id", "thread_id", "post_id", "comment_id", "body", "proof")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    COMMENT_ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    thread_id: str
    post_id: str
    comment_id: str
    body: str
    proof: AuthorProof
    def __init__(self, request_id: _Optional[str] = ..., thread_id: _Optional[str] = ..., post_id: _Optional[str] = ..., comment_id: _Optional[str] = ..., body: _Optional[str] = ..., proof: _Optional[_Union[AuthorProof, _Mapping]] = ...) -> None: ...

class CreateCommentResponse(_message.Message):
    __slots__ = ("author_name", "consistency_token")
    AUTHOR_NAME_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    author_name: str
    consistency_token: bytes
    def __init__(self, author_name: _Optional[str] = ..., consistency_token: _Optional[bytes] = ...) -> None: ...
