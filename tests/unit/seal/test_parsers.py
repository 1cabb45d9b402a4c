"""Whatever a stranger sends, a parser returns or raises `SealError`."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import envelope, statements, threshold
from services.seal.blind_rsa import PublicKey
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.canonical import from_base64, from_base64url, read_fields, signed_bytes
from services.seal.checkpoint import Checkpoint
from services.seal.errors import SealError
from services.seal.note import Note, VerifierKey
from services.seal.secret import SecretBytes
from services.seal.tlog_proof import TlogProof
from tests.unit.seal.tampering import many

TEXT_PARSERS: list[Callable[[str], Any]] = [
    Note.parse,
    VerifierKey.parse,
    Checkpoint.parse,
    TlogProof.parse,
    statements.decode_session,
    statements.decode_assertion,
    from_base64,
    from_base64url,
]
BYTES_PARSERS: list[Callable[[bytes], Any]] = [
    PublicKey.from_spki,
    envelope.check_envelope,
    envelope.Escrow.decode,
    statements.CredentialMessage.parse,
    statements.Context.parse,
    statements.Registration.parse,
    statements.Ownership.parse,
    lambda data: read_fields("t", data),
    lambda data: threshold.Share.decode(SecretBytes(data)),
    lambda data: BlindSigner.from_pkcs8(data, SecretBytes(b"passphrase")),
]

# Text made of the formats' own pieces gets further into a parser than noise does.
pieces = [
    "\n",
    "\n\n",
    " ",
    "+",
    "=",
    ".",
    "— ",
    "AAAA",
    "a",
    "0",
    "1",
    "index ",
    "extra ",
    "c2sp.org/tlog-proof@v1\n",
    "\ud800",
    "é",
]
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(pieces), max_size=25).map("".join))
framed = st.builds(
    lambda what, fields: signed_bytes(what, *fields),
    st.sampled_from(["t", "context", "own", "cred"]),
    st.lists(st.binary(max_size=40), max_size=4),
)


@pytest.mark.parametrize("parse", TEXT_PARSERS, ids=lambda parse: parse.__qualname__)
@many
@given(text=texts)
def test_text_parsers_raise_nothing_else(parse: Callable[[str], Any], text: str):
    with suppress(SealError):
        parse(text)


@pytest.mark.parametrize("parse", BYTES_PARSERS, ids=lambda parse: parse.__qualname__)
@many
@given(data=st.one_of(st.binary(max_size=140), framed, framed.map(lambda each: b"p" * 32 + each)))
def test_bytes_parsers_raise_nothing_else(parse: Callable[[bytes], Any], data: bytes):
    with suppress(SealError):
        parse(data)
