"""Secrets show themselves nowhere but in `reveal`."""

import copy
import pickle

import pytest

from services.seal.blind_rsa_signer import BlindSigner
from services.seal.ed25519 import SigningKey
from services.seal.secret import Hidden, SecretBytes

VALUE = b"correct horse"
SECRETS = [SecretBytes(VALUE), SigningKey(SecretBytes(b"s" * 32))]


@pytest.mark.parametrize("secret", SECRETS, ids=repr)
def test_no_text_form_shows_the_secret(secret: Hidden):
    for text in (repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{secret!r}", f"{[secret]}", "%s" % secret):  # noqa: UP031
        assert "<hidden>" in text
        assert "horse" not in text


@pytest.mark.parametrize("secret", SECRETS, ids=repr)
@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_neither_pickled_nor_copied(secret: Hidden, duplicate):
    with pytest.raises(TypeError):
        duplicate(secret)


def test_reveal_returns_the_bytes():
    assert SecretBytes(VALUE).reveal() == VALUE
    assert len(SecretBytes(VALUE)) == len(VALUE)
    assert len(SecretBytes.random(7)) == 7


def test_equality_is_by_content_and_type():
    assert SecretBytes(VALUE) == SecretBytes(VALUE)
    assert SecretBytes(VALUE) != SecretBytes(b"other")
    assert SecretBytes(VALUE) != VALUE


def test_a_secret_has_no_hash():
    with pytest.raises(TypeError):
        hash(SecretBytes(VALUE))


def test_an_issuer_key_is_hidden():
    assert repr(BlindSigner.generate(bits=1024)) == "BlindSigner(<hidden>)"
