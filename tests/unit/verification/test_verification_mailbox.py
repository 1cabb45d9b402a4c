"""A mailbox is proven by the right code, in time, within five tries, by the person who asked."""

from dataclasses import replace

import pytest

from services.verification.domain import allowance_decider, mailbox_decider
from services.verification.domain.allowance_decider import MailAllowanceUsed, UseAllowance
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.limits import Limit
from services.verification.domain.mailbox import (
    Event,
    MailboxProven,
    MailCodeRejected,
    MailCodeRequested,
    MailCodeSent,
    State,
)
from services.verification.domain.mailbox_decider import Command, ConfirmCode, NoteSent, RequestCode

NOW = 1_900_000_000
ANN, BOB = b"a" * 16, b"b" * 16
REQUEST = RequestCode("c1", ANN, "acme", NOW, NOW + 900, Limit(most=3, window_seconds=3600))
REQUESTED = MailCodeRequested("c1", ANN, "acme", NOW, NOW + 900)
SENT, REJECTED, PROVEN = MailCodeSent("c1"), MailCodeRejected("c1"), MailboxProven("c1", ANN, "acme", NOW)
RIGHT = ConfirmCode("c1", ANN, right=True, now=NOW + 1)
WRONG = replace(RIGHT, right=False)


def given(*events: Event) -> State:
    state = mailbox_decider.initial
    for event in events:
        state = mailbox_decider.evolve(state, event)
    return state


def decide(command: Command, *events: Event) -> tuple[Event, ...]:
    return mailbox_decider.decide(command, given(*events))


def refusal(command: Command, *events: Event) -> Reason:
    with pytest.raises(DomainError) as refused:
        decide(command, *events)
    return refused.value.reason


def test_a_request_opens_a_challenge() -> None:
    assert decide(REQUEST) == (REQUESTED,)


def test_the_right_code_proves_the_mailbox() -> None:
    assert decide(RIGHT, REQUESTED, SENT) == (MailboxProven("c1", ANN, "acme", NOW + 1),)


def test_a_wrong_code_is_an_event() -> None:
    assert decide(WRONG, REQUESTED, SENT) == (REJECTED,)


@pytest.mark.parametrize("command", [RIGHT, WRONG])
def test_five_wrong_tries_lock_even_for_the_right_code(command: ConfirmCode) -> None:
    decide(command, REQUESTED, *[REJECTED] * 4)
    assert refusal(command, REQUESTED, *[REJECTED] * 5) is Reason.CODE_LOCKED


def test_a_code_is_used_once() -> None:
    assert refusal(RIGHT, REQUESTED, PROVEN) is Reason.CODE_USED


def test_a_code_ends() -> None:
    decide(replace(RIGHT, now=NOW + 899), REQUESTED)
    assert refusal(replace(RIGHT, now=NOW + 900), REQUESTED) is Reason.CODE_EXPIRED


def test_an_unknown_challenge_and_anothers_are_the_same() -> None:
    assert refusal(RIGHT) is Reason.UNKNOWN_CHALLENGE
    assert refusal(replace(RIGHT, escrow_reference=BOB), REQUESTED) is Reason.UNKNOWN_CHALLENGE


def test_a_new_request_supersedes_ones_own_challenge_and_nobody_elses() -> None:
    mine = replace(REQUESTED, challenge_id="c2")
    others = replace(REQUESTED, challenge_id="c3", escrow_reference=BOB)
    assert refusal(RIGHT, REQUESTED, mine) is Reason.UNKNOWN_CHALLENGE
    assert decide(RIGHT, REQUESTED, others)


def test_only_a_reader_of_its_mail_learns_that_a_mailbox_is_taken() -> None:
    proven_by_bob = (
        replace(REQUESTED, challenge_id="c0", escrow_reference=BOB),
        replace(PROVEN, challenge_id="c0", escrow_reference=BOB),
    )
    assert decide(REQUEST, *proven_by_bob) == (REQUESTED,)
    assert decide(WRONG, *proven_by_bob, REQUESTED) == (REJECTED,)
    assert refusal(RIGHT, *proven_by_bob, REQUESTED) is Reason.MAILBOX_TAKEN


def test_its_owner_may_prove_it_again() -> None:
    again = replace(REQUESTED, challenge_id="c2")
    assert decide(replace(RIGHT, challenge_id="c2"), REQUESTED, PROVEN, again)


def test_requests_are_limited_within_the_window() -> None:
    times = [replace(REQUESTED, requested_at=NOW - 3600 + i) for i in (0, 1, 2, 3)]
    assert refusal(REQUEST, *times[1:]) is Reason.TOO_MANY_CODES
    assert decide(REQUEST, *times[:3]) == (REQUESTED,)


def test_a_mail_is_noted_once_and_only_for_a_challenge() -> None:
    assert decide(NoteSent("c1"), REQUESTED) == (SENT,)
    assert decide(NoteSent("c1"), REQUESTED, SENT) == ()
    assert decide(NoteSent("c1")) == ()


def test_events_about_a_superseded_challenge_change_nothing() -> None:
    state = given(REQUESTED, replace(REQUESTED, challenge_id="c2"))
    for late in (SENT, REJECTED):
        assert mailbox_decider.evolve(state, late) == state


def test_a_persons_allowance_counts_over_all_mailboxes() -> None:
    use = UseAllowance(ANN, NOW, Limit(most=2, window_seconds=60))
    assert allowance_decider.decide(use, (NOW - 60, NOW - 1)) == (MailAllowanceUsed(ANN, NOW),)
    with pytest.raises(DomainError) as refused:
        allowance_decider.decide(use, (NOW - 59, NOW - 1))
    assert refused.value.reason is Reason.TOO_MANY_CODES
    assert allowance_decider.evolve((), MailAllowanceUsed(ANN, NOW)) == (NOW,)


@pytest.mark.parametrize("limit", [(0, 1), (1, 0)])
def test_a_limit_allows_something(limit: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(*limit)
