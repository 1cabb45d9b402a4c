"""Labels have one key, alias keys have one envelope, and stored events keep their names."""

from dataclasses import replace

import pytest

from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.domain import case, deposit, label, tree
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.domain.label import AcceptKey, IssuerKeyAccepted, KeyConflict, LabelOpened, OpenLabel

ACCEPT, OPEN = AcceptKey("acme", 7, b"key"), OpenLabel("acme", 7)
ACCEPTED, OPENED = IssuerKeyAccepted("acme", 7, b"key"), LabelOpened("acme", 7)
DEPOSITED = deposit.EnvelopeDeposited("acme", 7, b"a" * 32, b"h" * 32, b"p" * 32, b"s" * 384, b"e" * 128)


def when(command: label.Command, *given: label.Event) -> tuple[label.Event, ...]:
    state = label.initial
    for event in given:
        state = label.evolve(state, event)
    return label.decide(command, state)


def test_a_key_is_accepted_once():
    assert when(ACCEPT) == (ACCEPTED,)
    assert when(ACCEPT, ACCEPTED) == when(ACCEPT, ACCEPTED, OPENED) == ()


def test_a_label_opens_once():
    assert when(OPEN, ACCEPTED) == (OPENED,)
    assert when(OPEN, ACCEPTED, OPENED) == ()


@pytest.mark.parametrize("given", [(ACCEPTED,), (ACCEPTED, OPENED)], ids=["keyed", "active"])
def test_a_second_key_stops_the_line(given: tuple[label.Event, ...]):
    with pytest.raises(KeyConflict):
        when(replace(ACCEPT, public_key=b"other"), *given)


def test_a_label_without_a_key_does_not_open():
    with pytest.raises(KeyConflict):
        when(OPEN)


def test_an_envelope_is_kept_once():
    assert deposit.decide(DEPOSITED, deposit.initial) == (DEPOSITED,)
    assert deposit.decide(DEPOSITED, deposit.evolve(deposit.initial, DEPOSITED)) == ()


@pytest.mark.parametrize("change", [{"envelope": b"x" * 128}, {"label": "other"}, {"credential_signature": b"x" * 384}])
def test_another_deposit_for_a_key_is_refused(change: dict[str, object]):
    with pytest.raises(DomainError) as caught:
        deposit.decide(replace(DEPOSITED, **change), DEPOSITED)  # type: ignore[arg-type]
    assert caught.value.reason is Reason.ALIAS_KEY_USED


@pytest.mark.parametrize(
    "event",
    [
        tree.LeafAppended(b"leaf"),
        ACCEPTED,
        OPENED,
        DEPOSITED,
        case.CaseDeclined("c", "REQUESTER_CLASS_COMPANY", "i", "g", bytes(32), "p", 1),
        case.CaseApproved("c", "ann", "legal", "note", 2),
        case.OpeningIntended("c", b"s" * 32, ("one", "two")),
        case.CaseExecuted("c", 1, 2, b"sealed"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_events_are_stored_under_their_names(event: object):
    codec = event_codec()
    stored = codec.encode(event)
    assert stored.type == f"vouchsafe.disclosure.events.v1.{type(event).__name__}"
    assert codec.decode(stored.type, stored.data) == (event,)
