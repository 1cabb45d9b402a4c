"""Opaque page tokens, each good for the query that it was given for and no other.

A token holds a cursor, in the clear for whoever decodes it, and a MAC over it and the query. It authorizes nothing:
the query is checked as any other. It stops being good when the key changes; the caller then starts over.
See https://google.aip.dev/158.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

import grpc
from google.protobuf.message import Message

from services.chassis.rpc_errors import Failure, RefusedError

_MAC_BYTES: Final = 16
_MIN_KEY_BYTES: Final = 16
MAX_TOKEN_LENGTH: Final = 1024

_OF_ONE_PAGE: Final = ("page_size", "page_token", "consistency_token")

_INVALID: Final = Failure(
    grpc.StatusCode.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN", "the page token does not belong to this query"
)


def invalid_page_token() -> RefusedError:
    """The refusal of a token whose cursor its own service does not know, such as one of an earlier version."""
    return RefusedError(_INVALID)


class PageTokens:
    """Makes and reads tokens under `key`: at least 16 secret bytes, the same in every replica."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _MIN_KEY_BYTES:
            raise ValueError(f"a page token key has at least {_MIN_KEY_BYTES} bytes")
        self._key = key

    def issue(self, cursor: bytes, query: bytes) -> str:
        """The token that continues `query` (see `query_of`) at `cursor`."""
        return base64.urlsafe_b64encode(self._mac(cursor, query) + cursor).rstrip(b"=").decode("ascii")

    def read(self, token: str, query: bytes) -> bytes:
        """The cursor in `token`; RefusedError, INVALID_PAGE_TOKEN, unless it was issued for `query`."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise RefusedError(_INVALID)
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as e:
            raise RefusedError(_INVALID) from e
        mac, cursor = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(cursor, query)):
            raise RefusedError(_INVALID)
        return cursor

    def _mac(self, cursor: bytes, query: bytes) -> bytes:
        # The query comes in as a digest of fixed length, so that no byte can move between the two.
        return hmac.digest(self._key, hashlib.sha256(query).digest() + cursor, "sha256")[:_MAC_BYTES]


def query_of(request: Message, *, method: str, caller: str) -> bytes:
    """What a token is bound to: the method, the caller, and the request but for which page it asks for and how new."""
    filters = type(request)()
    filters.CopyFrom(request)
    for name in _OF_ONE_PAGE:
        if name in request.DESCRIPTOR.fields_by_name:
            filters.ClearField(name)
    parts = (method.encode(), caller.encode(), filters.SerializeToString(deterministic=True))
    return b"".join(hashlib.sha256(part).digest() for part in parts)
