from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class IssuerKeyAccepted(_message.Message):
    __slots__ = ("label", "epoch", "label_name", "public_key", "ends_at")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    label: str
    epoch: int
    label_name: str
    public_key: bytes
    ends_at: int
    def __init__(self, label: _Optional[str] = ..., epoch: _Optional[int] = ..., label_name: _Optional[str] = ..., public_key: _Optional[bytes] = ..., ends_at: _Optional[int] = ...) -> None: ...

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

class AliasCreated(_message.Message):
    __slots__ = ("alias_key", "handle", "label", "epoch", "label_name", "envelope_hash", "prefix", "credential_signature", "receipt_signature")
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_HASH_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    alias_key: bytes
    handle: str
    label: str
    epoch: int
    label_name: str
    envelope_hash: bytes
    prefix: bytes
    credential_signature: bytes
    receipt_signature: bytes
    def __init__(self, alias_key: _Optional[bytes] = ..., handle: _Optional[str] = ..., label: _Optional[str] = ..., epoch: _Optional[int] = ..., label_name: _Optional[str] = ..., envelope_hash: _Optional[bytes] = ..., prefix: _Optional[bytes] = ..., credential_signature: _Optional[bytes] = ..., receipt_signature: _Optional[bytes] = ...) -> None: ...

class ThreadOpened(_message.Message):
    __slots__ = ("thread_id", "title")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    title: str
    def __init__(self, thread_id: _Optional[str] = ..., title: _Optional[str] = ...) -> None: ...

class AuthorNamed(_message.Message):
    __slots__ = ("thread_id", "alias_key", "author_name", "thread_key")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_NAME_FIELD_NUMBER: _ClassVar[int]
    THREAD_KEY_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    alias_key: bytes
    author_name: str
    thread_key: bytes
    def __init__(self, thread_id: _Optional[str] = ..., alias_key: _Optional[bytes] = ..., author_name: _Optional[str] = ..., thread_key: _Optional[bytes] = ...) -> None: ...

class PostIdReserved(_message.Message):
    __slots__ = ("post_id", "thread_id")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    thread_id: str
    def __init__(self, post_id: _Optional[str] = ..., thread_id: _Optional[str] = ...) -> None: ...

class PostPublished(_message.Message):
    __slots__ = ("thread_id", "title", "post_id", "alias_key", "author_name", "label", "label_name", "body", "thread_key", "certificate", "signature", "published_at", "thread_title", "ordinal")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    THREAD_KEY_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    THREAD_TITLE_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    title: str
    post_id: str
    alias_key: bytes
    author_name: str
    label: str
    label_name: str
    body: str
    thread_key: bytes
    certificate: bytes
    signature: bytes
    published_at: int
    thread_title: str
    ordinal: int
    def __init__(self, thread_id: _Optional[str] = ..., title: _Optional[str] = ..., post_id: _Optional[str] = ..., alias_key: _Optional[bytes] = ..., author_name: _Optional[str] = ..., label: _Optional[str] = ..., label_name: _Optional[str] = ..., body: _Optional[str] = ..., thread_key: _Optional[bytes] = ..., certificate: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., published_at: _Optional[int] = ..., thread_title: _Optional[str] = ..., ordinal: _Optional[int] = ...) -> None: ...

class CommentPublished(_message.Message):
    __slots__ = ("thread_id", "post_id", "comment_id", "alias_key", "author_name", "label", "label_name", "body", "thread_key", "certificate", "signature", "published_at")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    COMMENT_ID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_KEY_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    THREAD_KEY_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    post_id: str
    comment_id: str
    alias_key: bytes
    author_name: str
    label: str
    label_name: str
    body: str
    thread_key: bytes
    certificate: bytes
    signature: bytes
    published_at: int
    def __init__(self, thread_id: _Optional[str] = ..., post_id: _Optional[str] = ..., comment_id: _Optional[str] = ..., alias_key: _Optional[bytes] = ..., author_name: _Optional[str] = ..., label: _Optional[str] = ..., label_name: _Optional[str] = ..., body: _Optional[str] = ..., thread_key: _Optional[bytes] = ..., certificate: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., published_at: _Optional[int] = ...) -> None: ...
