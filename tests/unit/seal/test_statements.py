"""Statements: each is separate from every other, read back exactly, and refused when malformed."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import statements as s
from services.seal.canonical import from_base64url, to_base64url
from services.seal.errors import SealError
from tests.unit.seal.tampering import flips, many

CONTEXT = s.Context("employee of Example", 3)
SESSION = s.Session("person-1", 1_800_000_000)
ASSERTION = s.Assertion(b"e" * 16, b"i" * 32, "verification", 1_800_000_000)
ALL = [
    CONTEXT,
    SESSION,
    ASSERTION,
    s.Registration("id", b"i" * 32),
    s.Ownership(CONTEXT, b"c" * 32),
    s.CredentialMessage(b"p" * 32, CONTEXT, b"c" * 32, b"h" * 32),
    s.Receipt(b"c" * 32, b"h" * 32),
    s.AliasProof(b"n" * 32, b"c" * 32, "夜猫"),
    s.NoticesRequest(b"n" * 32, b"c" * 32),
    s.ThreadCertificate(b"c" * 32, b"t" * 32, "thread-1"),
    s.PostStatement("thread-1", "post-1", "", "body"),
    s.CommentStatement("thread-1", "post-1", "comment-1", "body"),
    s.CaseStatement("case-1", b"c" * 32, b"b" * 32, "court order", b"p" * 32, 1, 2, 3, 4, b"w" * 32),
    s.Withdrawal(b"c" * 32, b"b" * 32, "ann"),
    s.Veto(b"c" * 32, b"i" * 32, "ann"),
    s.LockDown(b"c" * 32, 1, "ann"),
    s.Endorsement(b"c" * 32, b"p" * 32),
]


@pytest.mark.parametrize("statement", ALL, ids=lambda each: type(each).__name__)
def test_a_statement_is_read_back(statement: s.Statement):
    assert type(statement).parse(statement.signed_bytes()) == statement


@pytest.mark.parametrize("statement", ALL, ids=lambda each: type(each).__name__)
def test_no_other_kind_of_statement_reads_it(statement: s.Statement):
    for other in {type(each) for each in ALL} - {type(statement)}:
        with pytest.raises(SealError):
            other.parse(statement.signed_bytes())


def test_tags_are_distinct():
    assert len({statement.TAG for statement in ALL}) == len(ALL)


def test_the_credential_message_is_prefix_then_message():
    message = s.CredentialMessage(b"p" * 32, CONTEXT, b"c" * 32, b"h" * 32)
    assert message.signed_bytes() == b"p" * 32 + message.message()
    assert message.message().startswith(b"vouchsafe/v1/cred\n")


@many
@given(st.sampled_from(ALL), st.data())
def test_changed_bytes_are_another_statement_or_none(statement: s.Statement, data: st.DataObject):
    changed = data.draw(flips(statement.signed_bytes()))
    with suppress(SealError):
        assert type(statement).parse(changed) != statement


@pytest.mark.parametrize(
    "make",
    [
        lambda: s.Receipt(b"c" * 31, b"h" * 32),
        lambda: s.Receipt("c" * 32, b"h" * 32),  # type: ignore[arg-type]
        lambda: s.Context("x", -1),
        lambda: s.Context("x", 2**64),
        lambda: s.Context("x", True),
        lambda: s.Context("\ud800", 1),
        lambda: s.Ownership("context", b"c" * 32),  # type: ignore[arg-type]
        lambda: s.AliasProof(b"n" * 15, b"c" * 32, "h"),
        lambda: replace(ASSERTION, eref=b"e" * 17),
        lambda: s.ownership_commitment(b"s" * 15, b"e" * 16, b"i" * 32),
    ],
)
def test_malformed_statements_are_refused(make):
    with pytest.raises(SealError):
        make()


def test_the_ownership_commitment_depends_on_every_part():
    salt, eref, ipk = b"s" * 16, b"e" * 16, b"i" * 32
    commitments = {
        s.ownership_commitment(salt, eref, ipk),
        s.ownership_commitment(b"S" * 16, eref, ipk),
        s.ownership_commitment(salt, b"E" * 16, ipk),
        s.ownership_commitment(salt, eref, b"I" * 32),
    }
    assert len(commitments) == 4


def test_tokens_round_trip():
    assert s.decode_session(s.encode_token(SESSION, b"g" * 64)) == (SESSION, b"g" * 64)
    assert s.decode_assertion(s.encode_token(ASSERTION, b"g" * 64)) == (ASSERTION, b"g" * 64)


def test_a_session_is_no_assertion():
    with pytest.raises(SealError):
        s.decode_assertion(s.encode_token(SESSION, b"g" * 64))


@pytest.mark.parametrize(
    "change", [lambda t: t + ".", lambda t: t + "=", lambda t: t + "A", lambda t: " " + t, lambda t: t * 40]
)
def test_tokens_have_one_form(change):
    with pytest.raises(SealError):
        s.decode_session(change(s.encode_token(SESSION, b"g" * 64)))


def test_a_token_has_a_whole_signature():
    with pytest.raises(SealError):
        s.encode_token(SESSION, b"g" * 63)
    with pytest.raises(SealError):
        s.decode_session(f"{to_base64url(SESSION.signed_bytes())}.{to_base64url(b'g' * 63)}")


def test_a_token_that_nobody_would_read_is_not_made():
    with pytest.raises(SealError):
        s.encode_token(s.Session("p" * s.MAX_TOKEN, 1), b"g" * 64)


def test_the_token_shows_the_signed_bytes():
    assert from_base64url(s.encode_token(SESSION, b"g" * 64).split(".")[0]) == SESSION.signed_bytes()
