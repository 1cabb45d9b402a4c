"""A mailbox is proven by the right code, in time, within five tries, by the person who asked."""

from dataclasses import replace

import pytest

from services.verification.domain import allowance_decider, mailbox_decider
from services.verification.domain.allowance_decider import MailAllowanceUsed, UseAllowance
from services.verification.domain.errors import Reason
from services.verification.domain.limits import Limit
from services.verification.domain.mailbox import MailboxProven, MailCodeRejected, MailCodeRequested, MailCodeSent
from services.verification.domain.mailbox_decider import ConfirmCode, NoteSent, RequestCode
from tests.support.decider import specification

NOW = 1_900_000_000
ANN, BOB = b"a" * 16, b"b" * 16
REQUEST = RequestCode("c1", ANN, "acme", NOW, NOW + 900, Limit(most=3, window_seconds=3600))
REQUESTED = MailCodeRequested("c1", ANN, "acme", NOW, NOW + 900)
SENT, REJECTED, PROVEN = MailCodeSent("c1"), MailCodeRejected("c1"), MailboxProven("c1", ANN, "acme", NOW)
RIGHT = ConfirmCode("c1", ANN, right=True, now=NOW + 1)
WRONG = replace(RIGHT, right=False)
given = specification(mailbox_decider)


def test_a_request_opens_a_challenge() -> None:
    given().when(REQUEST).then(REQUESTED)


def test_the_right_code_proves_the_mailbox() -> None:
    given(REQUESTED, SENT).when(RIGHT).then(MailboxProven("c1", ANN, "acme", NOW + 1))


def test_a_wrong_code_is_an_event() -> None:
    given(REQUESTED, SENT).when(WRONG).then(REJECTED)


@pytest.mark.parametrize("command", [RIGHT, WRONG])
def test_five_wrong_tries_lock_even_for_the_right_code(command: ConfirmCode) -> None:
    given(REQUESTED, *[REJECTED] * 4).when(command).events()
    given(REQUESTED, *[REJECTED] * 5).when(command).refused(Reason.CODE_LOCKED)


def test_a_code_is_used_once() -> None:
    given(REQUESTED, PROVEN).when(RIGHT).refused(Reason.CODE_USED)


def test_a_code_ends() -> None:
    given(REQUESTED).when(replace(RIGHT, now=NOW + 899)).events()
    given(REQUESTED).when(replace(RIGHT, now=NOW + 900)).refused(Reason.CODE_EXPIRED)


def test_an_unknown_challenge_and_anothers_are_the_same() -> None:
    given().when(RIGHT).refused(Reason.UNKNOWN_CHALLENGE)
    given(REQUESTED).when(replace(RIGHT, escrow_reference=BOB)).refused(Reason.UNKNOWN_CHALLENGE)


def test_a_new_request_supersedes_ones_own_challenge_and_nobody_elses() -> None:
    mine = replace(REQUESTED, challenge_id="c2")
    others = replace(REQUESTED, challenge_id="c3", escrow_reference=BOB)
    given(REQUESTED, mine).when(RIGHT).refused(Reason.UNKNOWN_CHALLENGE)
    assert given(REQUESTED, others).when(RIGHT).events()


def test_only_a_reader_of_its_mail_learns_that_a_mailbox_is_taken() -> None:
    proven_by_bob = (
        replace(REQUESTED, challenge_id="c0", escrow_reference=BOB),
        replace(PROVEN, challenge_id="c0", escrow_reference=BOB),
    )
    given(*proven_by_bob).when(REQUEST).then(REQUESTED)
    given(*proven_by_bob, REQUESTED).when(WRONG).then(REJECTED)
    given(*proven_by_bob, REQUESTED).when(RIGHT).refused(Reason.MAILBOX_TAKEN)


def test_its_owner_may_prove_it_again() -> None:
    again = replace(REQUESTED, challenge_id="c2")
    assert given(REQUESTED, PROVEN, again).when(replace(RIGHT, challenge_id="c2")).events()


def test_requests_are_limited_within_the_window() -> None:
    times = [replace(REQUESTED, requested_at=NOW - 3600 + i) for i in (0, 1, 2, 3)]
    given(*times[1:]).when(REQUEST).refused(Reason.TOO_MANY_CODES)
    given(*times[:3]).when(REQUEST).then(REQUESTED)


def test_a_mail_is_noted_once_and_only_for_a_challenge() -> None:
    given(REQUESTED).when(NoteSent("c1")).then(SENT)
    given(REQUESTED, SENT).when(NoteSent("c1")).then()
    given().when(NoteSent("c1")).then()


def test_events_about_a_superseded_challenge_change_nothing() -> None:
    superseded = given(REQUESTED, replace(REQUESTED, challenge_id="c2"))
    for late in (SENT, REJECTED):
        assert superseded.and_then(late).state == superseded.state


def test_a_persons_allowance_counts_over_all_mailboxes() -> None:
    use = UseAllowance(ANN, NOW, Limit(most=2, window_seconds=60))
    used = [MailAllowanceUsed(ANN, NOW - seconds) for seconds in (60, 59, 1)]
    given_allowance = specification(allowance_decider)
    given_allowance(used[0], used[2]).when(use).then(MailAllowanceUsed(ANN, NOW))
    given_allowance(*used[1:]).when(use).refused(Reason.TOO_MANY_CODES)
    assert given_allowance(used[2]).state == (NOW - 1,)


@pytest.mark.parametrize("limit", [(0, 1), (1, 0)])
def test_a_limit_allows_something(limit: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(*limit)
