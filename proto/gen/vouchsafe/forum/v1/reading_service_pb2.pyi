from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Author(_message.Message):
    __slots__ = ("name", "label_name")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    label_name: str
    def __init__(self, name: _Optional[str] = ..., label_name: _Optional[str] = ...) -> None: ...

class Post(_message.Message):
    __slots__ = ("post_id", "thread_id", "thread_title", "author", "body", "published_at", "comments", "comment_count")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_TITLE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    COMMENTS_FIELD_NUMBER: _ClassVar[int]
    COMMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    thread_id: str
    thread_title: str
    author: Author
    body: str
    published_at: int
    comments: _containers.RepeatedCompositeFieldContainer[Comment]
    comment_count: int
    def __init__(self, post_id: _Optional[str] = ..., thread_id: _Optional[str] = ..., thread_title: _Optional[str] = ..., author: _Optional[_Union[Author, _Mapping]] = ..., body: _Optional[str] = ..., published_at: _Optional[int] = ..., comments: _Optional[_Iterable[_Union[Comment, _Mapping]]] = ..., comment_count: _Optional[int] = ...) -> None: ...

class Comment(_message.Message):
    __slots__ = ("comment_id", "author", "body", "published_at")
    COMMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    comment_id: str
    author: Author
    body: str
    published_at: int
    def __init__(self, comment_id: _Optional[str] = ..., author: _Optional[_Union[Author, _Mapping]] = ..., body: _Optional[str] = ..., published_at: _Optional[int] = ...) -> None: ...

class ListLatestPostsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "label", "consistency_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    label: str
    consistency_token: bytes
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., label: _Optional[str] = ..., consistency_token: _Optional[bytes] = ...) -> None: ...

class ListLatestPostsResponse(_message.Message):
    __slots__ = ("posts", "next_page_token")
    POSTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    posts: _containers.RepeatedCompositeFieldContainer[Post]
    next_page_token: str
    def __init__(self, posts: _Optional[_Iterable[_Union[Post, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetThreadRequest(_message.Message):
    __slots__ = ("thread_id", "page_size", "page_token", "consistency_token")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    page_size: int
    page_token: str
    consistency_token: bytes
    def __init__(self, thread_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., consistency_token: _Optional[bytes] = ...) -> None: ...

class GetThreadResponse(_message.Message):
    __slots__ = ("thread_id", "title", "posts", "next_page_token")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    POSTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    title: str
    posts: _containers.RepeatedCompositeFieldContainer[Post]
    next_page_token: str
    def __init__(self, thread_id: _Optional[str] = ..., title: _Optional[str] = ..., posts: _Optional[_Iterable[_Union[Post, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
