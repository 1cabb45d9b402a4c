from datetime import timedelta

import pytest

from services.chassis.clock import FixedClock
from services.forum.api.nonces import NONCE_SIZE, Nonces
from services.forum.domain.errors import DomainError, Reason
from services.seal.secret import SecretBytes

KEY = SecretBytes(b"k" * 32)


def nonces(clock: FixedClock, key: SecretBytes = KEY) -> Nonces:
    return Nonces(key=key, lifetime_seconds=300, clock=clock)


def reason_of(checker: Nonces, nonce: bytes) -> Reason:
    with pytest.raises(DomainError) as refusal:
        checker.check(nonce)
    return refusal.value.reason


def test_a_nonce_counts_in_every_process_with_the_key_until_it_expires() -> None:
    clock = FixedClock()
    nonce = nonces(clock).issue()
    assert len(nonce) == NONCE_SIZE
    nonces(clock).check(nonce)
    clock.advance(timedelta(seconds=299))
    nonces(clock).check(nonce)
    clock.advance(timedelta(seconds=1))
    assert reason_of(nonces(clock), nonce) is Reason.NONCE_EXPIRED


def test_a_nonce_cannot_be_made_or_changed_without_the_key() -> None:
    clock = FixedClock()
    checker = nonces(clock)
    nonce = checker.issue()
    assert reason_of(nonces(clock, SecretBytes(b"x" * 32)), nonce) is Reason.NONCE_INVALID
    for index in range(NONCE_SIZE):
        changed = nonce[:index] + bytes([nonce[index] ^ 1]) + nonce[index + 1 :]
        assert reason_of(checker, changed) is Reason.NONCE_INVALID
    for malformed in (b"", b"\0", nonce[:-1], nonce + b"\0"):
        assert reason_of(checker, malformed) is Reason.NONCE_INVALID


def test_two_nonces_differ() -> None:
    clock = FixedClock()
    assert nonces(clock).issue() != nonces(clock).issue()
