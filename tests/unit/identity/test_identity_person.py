"""A login belongs to one person, and only somebody who exists can be released."""

from dataclasses import replace

import pytest

from services.identity.domain import person_decider as decider
from services.identity.domain.errors import DomainError, Reason
from services.identity.domain.person import Event, OwnershipCommitted, PersonRegistered, PersonReleased, State
from services.identity.domain.person_decider import Command, RecordRelease, RegisterPerson

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


def given(*events: Event) -> State:
    state = decider.initial
    for event in events:
        state = decider.evolve(state, event)
    return state


def refusal(command: Command, state: State) -> Reason:
    with pytest.raises(DomainError) as refused:
        decider.decide(command, state)
    return refused.value.reason


def test_registering_records_the_person_and_the_public_commitment_together() -> None:
    assert decider.decide(REGISTER, given()) == (REGISTERED, COMMITTED)


def test_a_taken_login_is_refused_whoever_asks() -> None:
    state = given(REGISTERED, COMMITTED)
    assert refusal(REGISTER, state) is Reason.LOGIN_TAKEN
    assert refusal(replace(REGISTER, escrow_reference=b"o" * 16), state) is Reason.LOGIN_TAKEN


def test_a_release_is_recorded_as_often_as_it_is_made() -> None:
    released = PersonReleased("p1", "case-1", b"sealed")
    assert decider.decide(RecordRelease("case-1", b"sealed"), given(REGISTERED, COMMITTED)) == (released,)
    assert decider.decide(RecordRelease("case-1", b"sealed"), given(REGISTERED, COMMITTED, released)) == (released,)


def test_nobody_cannot_be_released() -> None:
    assert refusal(RecordRelease("case-1", b"sealed"), given()) is Reason.RELEASE_REFUSED


def test_a_refusal_says_its_reason_and_nothing_else() -> None:
    assert str(DomainError(Reason.LOGIN_TAKEN)) == "LOGIN_TAKEN"
