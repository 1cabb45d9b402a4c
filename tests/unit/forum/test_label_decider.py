from services.forum.domain import label, label_decider
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.label import IssuerKeyAccepted, LabelOpened
from services.forum.domain.label_decider import AcceptIssuerKey, OpenLabel
from services.forum.domain.verified import IssuerKey, VerifiedIssuerKey
from tests.unit.forum.spec import given, refused

KEY = IssuerKeyAccepted("harbour", 1, "Harbour", b"key")
OPENED = LabelOpened("harbour", 1)
OPEN = OpenLabel("harbour", 1)


def accept(public_key: bytes = b"key", name: str = "Harbour") -> AcceptIssuerKey:
    return AcceptIssuerKey(VerifiedIssuerKey(IssuerKey("harbour", 1, name, public_key)))


def test_the_first_key_is_accepted_and_then_the_label_opens() -> None:
    assert label_decider.decide(accept(), label.initial) == (KEY,)
    assert label_decider.decide(OPEN, given(label_decider, [KEY])) == (OPENED,)


def test_what_was_said_before_changes_nothing() -> None:
    for events in ([KEY], [KEY, OPENED]):
        assert label_decider.decide(accept(), given(label_decider, events)) == ()
    assert label_decider.decide(OPEN, given(label_decider, [KEY, OPENED])) == ()


def test_a_second_key_or_name_is_refused_before_and_after_opening() -> None:
    for events in ([KEY], [KEY, OPENED]):
        state = given(label_decider, events)
        assert refused(label_decider, state, accept(b"other")) is Reason.ISSUER_KEY_CONFLICT
        assert refused(label_decider, state, accept(name="Other")) is Reason.ISSUER_KEY_CONFLICT


def test_a_label_without_a_key_cannot_open() -> None:
    assert refused(label_decider, label.initial, OPEN) is Reason.UNKNOWN_KEY


def test_credentials_count_under_an_open_label_only() -> None:
    reasons = []
    for events in ([], [KEY]):
        try:
            label.require_open(given(label_decider, events))
        except DomainError as error:
            reasons.append(error.reason)
    assert reasons == [Reason.UNKNOWN_KEY, Reason.LABEL_NOT_ACTIVE]
    assert label.require_open(given(label_decider, [KEY, OPENED])).public_key == b"key"


def test_labels_and_epochs_have_streams_of_their_own() -> None:
    names = {label.stream(name, epoch) for name, epoch in (("a", 1), ("a", 11), ("a-1", 1), ("b", 1))}
    assert len(names) == 4
