"""A login belongs to one person, and only somebody who exists can be released."""

from dataclasses import replace

from services.identity.domain import person_decider
from services.identity.domain.errors import DomainError, Reason
from services.identity.domain.person import OwnershipCommitted, PersonRegistered, PersonReleased
from services.identity.domain.person_decider import RecordRelease, RegisterPerson
from tests.support.decider import specification

REGISTER = RegisterPerson(
    person_id="p1",
    escrow_reference=b"e" * 16,
    ownership_key=b"k" * 32,
    commitment_salt=b"s" * 32,
    commitment=b"c" * 32,
    password_hash="$argon2id$x",
    wrapped_key=b"w",
    sealed_profile=b"f",
)
REGISTERED = PersonRegistered(
    person_id="p1",
    escrow_reference=b"e" * 16,
    ownership_key=b"k" * 32,
    commitment_salt=b"s" * 32,
    password_hash="$argon2id$x",
    wrapped_key=b"w",
    sealed_profile=b"f",
)
COMMITTED = OwnershipCommitted(b"c" * 32)
given = specification(person_decider)


def test_registering_records_the_person_and_the_public_commitment_together() -> None:
    given().when(REGISTER).then(REGISTERED, COMMITTED)


def test_a_taken_login_is_refused_whoever_asks() -> None:
    taken = given(REGISTERED, COMMITTED)
    taken.when(REGISTER).refused(Reason.LOGIN_TAKEN)
    taken.when(replace(REGISTER, escrow_reference=b"o" * 16)).refused(Reason.LOGIN_TAKEN)


def test_a_release_is_recorded_as_often_as_it_is_made() -> None:
    released = PersonReleased("p1", "case-1", b"sealed")
    given(REGISTERED, COMMITTED).when(RecordRelease("case-1", b"sealed")).then(released)
    given(REGISTERED, COMMITTED, released).when(RecordRelease("case-1", b"sealed")).then(released)


def test_nobody_cannot_be_released() -> None:
    given().when(RecordRelease("case-1", b"sealed")).refused(Reason.RELEASE_REFUSED)


def test_a_refusal_says_its_reason_and_nothing_else() -> None:
    assert str(DomainError(Reason.LOGIN_TAKEN)) == "LOGIN_TAKEN"
