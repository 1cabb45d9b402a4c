"""Signed notes: the published examples to the byte, the format's corners, and who counts as having signed."""

from base64 import b64decode

import pytest
from hypothesis import given

from services.seal import note as n
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.note import Note, NoteSignature, NoteSigner, SignatureType, VerifierKey
from services.seal.secret import SecretBytes
from tests.unit.seal.tampering import few, flips

# The example key and note of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of the C2SP signed-note specification.
C2SP_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

TEXT = "case 7\n\napproved\n"
OFFICER = NoteSigner("officers.example/anna", SigningKey.generate())
OTHER = NoteSigner("officers.example/bert", SigningKey.generate())
WITNESS = NoteSigner("witness.example/w1", SigningKey.generate(), SignatureType.COSIGNATURE)
NOTE = n.sign(TEXT, OFFICER, OTHER)


@pytest.mark.parametrize(("vkey", "text"), [(GO_VKEY, GO_NOTE), (C2SP_VKEY, C2SP_NOTE)])
def test_published_notes_verify_and_round_trip(vkey: str, text: str):
    key = VerifierKey.parse(vkey)
    assert key.encode() == vkey
    note = Note.parse(text)
    assert note.format() == text
    assert [each.key for each in n.verify(note, [key])] == [key]


def test_signing_makes_the_published_note():
    assert n.sign(GO_TEXT, NoteSigner("PeterNeumann", SigningKey(SecretBytes(GO_SEED)))).format() == GO_NOTE


def test_the_last_empty_line_parts_text_and_signatures():
    assert Note.parse(NOTE.format()) == NOTE
    assert Note.parse(NOTE.format()).text == TEXT


def test_every_known_signer_is_reported_once():
    twice = Note(TEXT, (*NOTE.signatures, NOTE.signatures[0]))
    keys = [OFFICER.verifier_key, OTHER.verifier_key, WITNESS.verifier_key]
    assert [each.key for each in n.verify(twice, keys)] == keys[:2]


def test_unknown_signers_are_ignored_but_one_must_be_known():
    assert [each.key for each in n.verify(NOTE, [OTHER.verifier_key])] == [OTHER.verifier_key]
    with pytest.raises(SealError, match="no known key"):
        n.verify(NOTE, [WITNESS.verifier_key])


def test_one_bad_signature_of_a_known_key_spoils_the_note():
    bad = NoteSignature(OTHER.name, OTHER.verifier_key.key_id, bytes(64))
    with pytest.raises(SealError):
        n.verify(Note(TEXT, (NOTE.signatures[0], bad)), [OFFICER.verifier_key, OTHER.verifier_key])


@few
@given(flips(n.sign(TEXT, OFFICER).format().encode()))
def test_a_flipped_note_is_refused(changed: bytes):
    with pytest.raises(SealError):
        n.verify(Note.parse(changed.decode("utf-8", "replace")), [OFFICER.verifier_key])


def test_a_cosignature_covers_its_time():
    line = n.cosign(TEXT, WITNESS, 1_800_000_000)
    [verified] = n.verify(Note(TEXT, (line,)), [WITNESS.verifier_key])
    assert (verified.key, verified.timestamp) == (WITNESS.verifier_key, 1_800_000_000)
    later = NoteSignature(line.name, line.key_id, (1_800_000_001).to_bytes(8, "big") + line.data[8:])
    with pytest.raises(SealError):
        n.verify(Note(TEXT, (later,)), [WITNESS.verifier_key])


@pytest.mark.parametrize("timestamp", [-1, 2**63])
def test_a_cosignature_has_a_possible_time(timestamp: int):
    with pytest.raises(SealError):
        n.cosign(TEXT, WITNESS, timestamp)


def test_one_key_of_two_types_has_two_ids():
    log = NoteSigner("x", WITNESS.key)
    witness = NoteSigner("x", WITNESS.key, SignatureType.COSIGNATURE)
    assert log.verifier_key.key_id != witness.verifier_key.key_id
    with pytest.raises(SealError):
        n.sign(TEXT, witness)
    with pytest.raises(SealError):
        n.cosign(TEXT, log, 1)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "null\0\n", "bare\rreturn\n", "\ud800\n"])
def test_unsignable_texts_are_refused(text: str):
    with pytest.raises(SealError):
        n.sign(text, OFFICER)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u00a0b", "a\u200b"])
def test_malformed_names_are_refused(name: str):
    with pytest.raises(SealError):
        VerifierKey(name, SignatureType.ED25519, OFFICER.key.public_key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "text\n",
        "text\n\n",
        GO_NOTE[:-1],
        GO_NOTE + "\n",
        GO_NOTE.replace("— ", "- "),
        GO_NOTE.replace("— PeterNeumann ", "— PeterNeumann  "),
        GO_NOTE.replace("nAM=", "nAM"),
        GO_NOTE.replace("nAM=\n", "nAN=\n"),
        "text\n\n— name QUJD\n",
        TEXT + "\n" + NOTE.signatures[0].line() * 101,
        "x" * (n.MAX_NOTE + 1),
    ],
)
def test_malformed_notes_are_refused(text: str):
    with pytest.raises(SealError):
        Note.parse(text)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        GO_VKEY[:-1],
        GO_VKEY + "A",
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, with a fitting id
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown type, with a fitting id
    ],
)
def test_malformed_vkeys_are_refused(vkey: str):
    with pytest.raises(SealError):
        VerifierKey.parse(vkey)
