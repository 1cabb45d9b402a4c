"""Labels have one key, alias keys have one envelope, and stored events keep their names."""

from dataclasses import replace

import pytest

from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.domain import deposit, label
from services.disclosure.domain.errors import Reason
from services.disclosure.domain.label import (
    AcceptKey,
    IssuerKeyAccepted,
    KeyConflict,
    LabelOpened,
    LabelRevoked,
    OpenLabel,
    RevokeLabel,
)
from services.tlog.log import LeafAppended
from tests.support.decider import specification
from tests.unit.disclosure.test_case_leaves import LEFT

ACCEPT, OPEN = AcceptKey("acme", 7, b"key"), OpenLabel("acme", 7)
ACCEPTED, OPENED = IssuerKeyAccepted("acme", 7, b"key"), LabelOpened("acme", 7)
REVOKE, REVOKED = RevokeLabel("acme", 7, "ceased"), LabelRevoked("acme", 7, "ceased")
given = specification(label)
given_deposit = specification(deposit)
DEPOSITED = deposit.EnvelopeDeposited("acme", 7, b"a" * 32, b"h" * 32, b"p" * 32, b"s" * 384, b"e" * 128)


def test_a_key_is_accepted_once() -> None:
    given().when(ACCEPT).then(ACCEPTED)
    given(ACCEPTED).when(ACCEPT).then()
    given(ACCEPTED, OPENED).when(ACCEPT).then()


def test_a_label_opens_once() -> None:
    given(ACCEPTED).when(OPEN).then(OPENED)
    given(ACCEPTED, OPENED).when(OPEN).then()


@pytest.mark.parametrize("before", [(ACCEPTED,), (ACCEPTED, OPENED)], ids=["keyed", "active"])
def test_a_second_key_stops_the_line(before: tuple[label.Event, ...]) -> None:
    given(*before).when(replace(ACCEPT, public_key=b"other")).failed(KeyConflict)


@pytest.mark.parametrize("before", [(), (ACCEPTED,), (ACCEPTED, OPENED)])
def test_a_revoked_label_stays_so_and_keeps_its_key(before: tuple[label.Event, ...]) -> None:
    given(*before).when(REVOKE).then(REVOKED)
    revoked = given(*before, REVOKED)
    revoked.when(REVOKE).then()
    revoked.when(OPEN).then()
    assert revoked.state == label.Revoked(b"key" if before else b"")
    revoked.when(ACCEPT).then(*() if before else (ACCEPTED,))
    if before:
        revoked.when(AcceptKey("acme", 7, b"other")).failed(KeyConflict)


def test_a_key_that_comes_after_the_revocation_opens_nothing() -> None:
    late = given(REVOKED, ACCEPTED)
    assert late.state == label.Revoked(b"key")
    late.when(OPEN).then()


def test_a_label_without_a_key_does_not_open() -> None:
    given().when(OPEN).failed(KeyConflict)


def test_an_envelope_is_kept_once() -> None:
    given_deposit().when(DEPOSITED).then(DEPOSITED)
    given_deposit(DEPOSITED).when(DEPOSITED).then()


@pytest.mark.parametrize("change", [{"envelope": b"x" * 128}, {"label": "other"}, {"credential_signature": b"x" * 384}])
def test_another_deposit_for_a_key_is_refused(change: dict[str, object]) -> None:
    other = replace(DEPOSITED, **change)  # type: ignore[arg-type]
    given_deposit(DEPOSITED).when(other).refused(Reason.ALIAS_KEY_USED)


@pytest.mark.parametrize(
    "event",
    [
        LeafAppended(b"leaf"),
        ACCEPTED,
        OPENED,
        DEPOSITED,
        *(event for _, event, _ in LEFT),
    ],
    ids=lambda event: type(event).__name__,
)
def test_events_are_stored_under_their_names(event: object) -> None:
    codec = event_codec()
    stored = codec.encode(event)
    assert stored.type == f"vouchsafe.disclosure.events.v1.{type(event).__name__}"
    assert codec.decode(stored.type, stored.data) == (event,)
