"""Page tokens: good for their own query, and refused for everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.rpc_errors import RefusedError
from services.chassis.rpc_page import MAX_TOKEN_LENGTH, PageTokens, query_of
from tests.support.protos import proto_module
from vouchsafe.forum.v1 import reading_service_pb2

tokens = PageTokens(b"k" * 32)
rules_pb2 = proto_module("rules_pb2")
paged_pb2 = proto_module("paged_pb2")


def refused(token: str, query: bytes = b"query", by: PageTokens = tokens) -> None:
    with pytest.raises(RefusedError) as caught:
        by.read(token, query)
    assert caught.value.failure.reason == "INVALID_PAGE_TOKEN"


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_a_token_gives_its_cursor_back(cursor, query):
    assert tokens.read(tokens.issue(cursor, query), query) == cursor


@given(st.binary(max_size=50), st.binary(max_size=20), st.binary(max_size=20))
def test_a_token_of_another_query_is_refused(cursor, query, other):
    if query != other:
        refused(tokens.issue(cursor, query), other)


@given(st.text(max_size=80))
def test_a_made_up_token_is_refused(token):
    refused(token)


@given(st.binary(max_size=20), st.integers(0, 1000), st.integers(1, 255))
def test_a_token_that_was_changed_is_refused(cursor, position, difference):
    import base64

    token = tokens.issue(cursor, b"query")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[position % len(raw)] ^= difference
    refused(base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode())


def test_a_byte_cannot_move_from_the_query_to_the_cursor():
    refused(tokens.issue(b"bc", b"a"), b"ab")


def test_a_token_under_another_key_is_refused():
    refused(tokens.issue(b"c", b"query"), by=PageTokens(b"l" * 32))


def test_a_huge_token_is_refused_unread():
    refused("A" * (MAX_TOKEN_LENGTH + 1))


def test_a_short_key_is_no_key():
    with pytest.raises(ValueError, match="at least 16"):
        PageTokens(b"short")


def query(*, method="/a/B", caller="spiffe://x/y", **fields) -> bytes:
    return query_of(paged_pb2.ListRequest(**fields), method=method, caller=caller)


def test_a_query_is_its_method_caller_and_filter_but_not_its_page():
    assert query(section="a", page_size=10, page_token="x") == query(section="a", page_size=20)
    assert query(section="a") != query(section="b")
    assert query(method="/a/C") != query()
    assert query(caller="spiffe://x/z") != query()


def test_how_new_a_page_must_be_does_not_make_it_another_query():
    def query_with(token: bytes) -> bytes:
        request = reading_service_pb2.ListLatestPostsRequest(label="a", consistency_token=token)
        return query_of(request, method="/a/B", caller="spiffe://x/y")

    assert query_with(b"token") == query_with(b"")
