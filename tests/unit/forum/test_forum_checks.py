"""Each signature is verified, over everything it must cover."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from services.forum import checks
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.verified import AliasClaim, AuthorProof, SignedPost
from tests.unit.forum.authors import LABEL_NAME, RECEIPT_KEY, Author, issuer_key, new_id

NONCE = bytes(40)
AUTHOR, OTHER = Author(), Author()


def verify_alias(
    *, claim: AliasClaim | None = None, key: bytes | None = None, possession: bytes | None = None
) -> AliasClaim:
    return checks.verified_alias(
        claim or claim_of(AUTHOR),
        issuer_key=key or issuer_key().public_key,
        receipt_key=RECEIPT_KEY.public_key,
        nonce=NONCE,
        possession=possession or AUTHOR.possession(NONCE, "blue"),
    )


def claim_of(author: Author) -> AliasClaim:
    return AliasClaim(author.credential(), LABEL_NAME, "blue", author.receipt())


def reason_of(call: Callable[[], object]) -> Reason:
    with pytest.raises(DomainError) as refusal:
        call()
    return refusal.value.reason


def test_a_true_alias_passes() -> None:
    claim = claim_of(AUTHOR)
    assert verify_alias(claim=claim) == claim


@pytest.mark.parametrize(
    "change",
    [
        {"label": "another-label"},
        {"epoch": 4},
        {"alias_key": OTHER.key.public_key},
        {"envelope_hash": bytes(32)},
        {"prefix": bytes(32)},
        {"signature": bytes(384)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_credential_counts_for_exactly_what_was_signed(change: dict[str, bytes]) -> None:
    claim = claim_of(AUTHOR)
    claim = replace(claim, credential=replace(claim.credential, **change))  # type: ignore[arg-type]
    assert reason_of(lambda: verify_alias(claim=claim)) is Reason.CREDENTIAL_INVALID


def test_a_credential_of_another_issuer_key_is_refused() -> None:
    assert reason_of(lambda: verify_alias(key=issuer_key("second").public_key)) is Reason.CREDENTIAL_INVALID


def test_a_receipt_for_another_alias_is_refused() -> None:
    claim = replace(claim_of(AUTHOR), receipt_signature=OTHER.receipt())
    assert reason_of(lambda: verify_alias(claim=claim)) is Reason.RECEIPT_INVALID


@pytest.mark.parametrize(
    "possession",
    [OTHER.possession(NONCE, "blue"), AUTHOR.possession(NONCE, "red"), AUTHOR.possession(bytes([1]) * 40, "blue")],
    ids=["another key", "another handle", "another nonce"],
)
def test_possession_is_for_this_key_this_handle_and_this_nonce(possession: bytes) -> None:
    assert reason_of(lambda: verify_alias(possession=possession)) is Reason.ALIAS_PROOF_INVALID


THREAD = new_id()


def resigned(post: SignedPost, **proof: bytes) -> SignedPost:
    return replace(post, proof=replace(post.proof, **proof))


def test_true_texts_pass() -> None:
    post, comment = AUTHOR.post(THREAD, title="T"), AUTHOR.comment(THREAD, new_id())
    assert checks.verified_post(post) == post
    assert checks.verified_comment(comment) == comment


@pytest.mark.parametrize("change", [{"title": "x"}, {"body": "x"}, {"post_id": new_id()}], ids=lambda c: next(iter(c)))
def test_a_post_says_exactly_what_was_signed(change: dict[str, str]) -> None:
    post = replace(AUTHOR.post(THREAD, title="T"), **change)  # type: ignore[arg-type]
    assert reason_of(lambda: checks.verified_post(post)) is Reason.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "change", [{"body": "x"}, {"post_id": new_id()}, {"comment_id": new_id()}], ids=lambda c: next(iter(c))
)
def test_a_comment_says_exactly_what_was_signed(change: dict[str, str]) -> None:
    comment = replace(AUTHOR.comment(THREAD, new_id()), **change)  # type: ignore[arg-type]
    assert reason_of(lambda: checks.verified_comment(comment)) is Reason.SIGNATURE_INVALID


def test_a_signature_by_another_threads_key_is_refused() -> None:
    post, elsewhere = AUTHOR.post(THREAD), new_id()
    stranger = AUTHOR.proof(elsewhere, b"")
    signed_elsewhere = AUTHOR.thread_key(elsewhere).sign(b"")
    assert (
        reason_of(lambda: checks.verified_post(resigned(post, signature=signed_elsewhere))) is Reason.SIGNATURE_INVALID
    )
    # The other thread's key with its own certificate: certified, but not for this thread.
    moved = resigned(post, thread_key=stranger.thread_key, certificate=stranger.certificate)
    assert reason_of(lambda: checks.verified_post(moved)) is Reason.CERTIFICATE_INVALID


def test_a_certificate_is_the_aliass_own() -> None:
    post = AUTHOR.post(THREAD)
    assert (
        reason_of(lambda: checks.verified_post(resigned(post, alias_key=OTHER.key.public_key)))
        is Reason.CERTIFICATE_INVALID
    )


def test_an_issuer_key_of_the_right_kind_passes() -> None:
    assert checks.verified_issuer_key(issuer_key()) == issuer_key()


@pytest.mark.parametrize("der", [b"", b"not a key", issuer_key().public_key + b"\0"], ids=["empty", "junk", "longer"])
def test_an_issuer_key_has_one_encoding(der: bytes) -> None:
    key = replace(issuer_key(), public_key=der)
    assert reason_of(lambda: checks.verified_issuer_key(key)) is Reason.ISSUER_KEY_MALFORMED


def test_a_key_of_small_order_is_nobodys() -> None:
    post = AUTHOR.post(THREAD)
    identity = bytes([1]) + bytes(31)
    proof = AuthorProof(identity, identity, bytes(64), bytes(64))
    assert reason_of(lambda: checks.verified_post(replace(post, proof=proof))) is Reason.CERTIFICATE_INVALID


def test_nothing_but_checks_makes_a_verified_type() -> None:
    makers = {
        str(path)
        for path in Path(checks.__file__).parent.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if any(f"{kind}(" in line for kind in ("VerifiedAlias", "VerifiedPost", "VerifiedComment", "VerifiedIssuerKey"))
    }
    assert makers == {checks.__file__}


def test_a_certificate_that_verified_vouches_for_its_own_bytes_only() -> None:
    post = AUTHOR.post(THREAD)
    checks.verified_post(post)
    forged = bytes([post.proof.certificate[0] ^ 1]) + post.proof.certificate[1:]
    assert reason_of(lambda: checks.verified_post(resigned(post, certificate=forged))) is Reason.CERTIFICATE_INVALID
    elsewhere = replace(post, thread_id=new_id())
    assert reason_of(lambda: checks.verified_post(elsewhere)) is Reason.CERTIFICATE_INVALID
    assert checks.verified_post(AUTHOR.post(THREAD, "another text"))
