from buf.validate import validate_pb2 as _validate_pb2
from vouchsafe.credential.v1 import credential_pb2 as _credential_pb2
from vouchsafe.forum.v1 import thread_service_pb2 as _thread_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_CONFIRMED: _ClassVar[Verdict]
    VERDICT_REFUTED: _ClassVar[Verdict]
    VERDICT_UNKNOWN: _ClassVar[Verdict]
VERDICT_UNSPECIFIED: Verdict
VERDICT_CONFIRMED: Verdict
VERDICT_REFUTED: Verdict
VERDICT_UNKNOWN: Verdict

class CreateProvenanceChallengeRequest(_message.Message):
    __slots__ = ("post_id",)
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    def __init__(self, post_id: _Optional[str] = ...) -> None: ...

class CreateProvenanceChallengeResponse(_message.Message):
    __slots__ = ("nonce", "thread_id")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    thread_id: str
    def __init__(self, nonce: _Optional[bytes] = ..., thread_id: _Optional[str] = ...) -> None: ...

class GetProvenanceRequest(_message.Message):
    __slots__ = ("post_id", "nonce", "signature")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    nonce: bytes
    signature: bytes
    def __init__(self, post_id: _Optional[str] = ..., nonce: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class GetProvenanceResponse(_message.Message):
    __slots__ = ("thread_id", "title", "body", "proof", "credential", "committed")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    title: str
    body: str
    proof: _thread_service_pb2.AuthorProof
    credential: _credential_pb2.Credential
    committed: CommittedStatement
    def __init__(self, thread_id: _Optional[str] = ..., title: _Optional[str] = ..., body: _Optional[str] = ..., proof: _Optional[_Union[_thread_service_pb2.AuthorProof, _Mapping]] = ..., credential: _Optional[_Union[_credential_pb2.Credential, _Mapping]] = ..., committed: _Optional[_Union[CommittedStatement, _Mapping]] = ...) -> None: ...

class CommittedStatement(_message.Message):
    __slots__ = ("salt", "passage_count", "passages_root", "place", "passage_salts")
    SALT_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_ROOT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_SALTS_FIELD_NUMBER: _ClassVar[int]
    salt: bytes
    passage_count: int
    passages_root: bytes
    place: DayPlace
    passage_salts: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, salt: _Optional[bytes] = ..., passage_count: _Optional[int] = ..., passages_root: _Optional[bytes] = ..., place: _Optional[_Union[DayPlace, _Mapping]] = ..., passage_salts: _Optional[_Iterable[bytes]] = ...) -> None: ...

class DayPlace(_message.Message):
    __slots__ = ("day", "size", "index", "path", "root")
    DAY_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    day: str
    size: int
    index: int
    path: _containers.RepeatedScalarFieldContainer[bytes]
    root: bytes
    def __init__(self, day: _Optional[str] = ..., size: _Optional[int] = ..., index: _Optional[int] = ..., path: _Optional[_Iterable[bytes]] = ..., root: _Optional[bytes] = ...) -> None: ...

class CheckQuoteRequest(_message.Message):
    __slots__ = ("post_id", "comment_id", "text")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    COMMENT_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    comment_id: str
    text: str
    def __init__(self, post_id: _Optional[str] = ..., comment_id: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class CheckQuoteResponse(_message.Message):
    __slots__ = ("verdict", "proof")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    verdict: Verdict
    proof: QuotedPassages
    def __init__(self, verdict: _Optional[_Union[Verdict, str]] = ..., proof: _Optional[_Union[QuotedPassages, _Mapping]] = ...) -> None: ...

class QuotedPassages(_message.Message):
    __slots__ = ("thread_id", "first", "passages", "statement_commitment", "passage_count", "passages_root", "place")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_ROOT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    first: int
    passages: _containers.RepeatedCompositeFieldContainer[QuotedPassage]
    statement_commitment: bytes
    passage_count: int
    passages_root: bytes
    place: DayPlace
    def __init__(self, thread_id: _Optional[str] = ..., first: _Optional[int] = ..., passages: _Optional[_Iterable[_Union[QuotedPassage, _Mapping]]] = ..., statement_commitment: _Optional[bytes] = ..., passage_count: _Optional[int] = ..., passages_root: _Optional[bytes] = ..., place: _Optional[_Union[DayPlace, _Mapping]] = ...) -> None: ...

class QuotedPassage(_message.Message):
    __slots__ = ("text", "salt", "path")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    text: str
    salt: bytes
    path: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, text: _Optional[str] = ..., salt: _Optional[bytes] = ..., path: _Optional[_Iterable[bytes]] = ...) -> None: ...
