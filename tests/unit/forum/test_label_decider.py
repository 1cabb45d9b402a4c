from services.forum.domain import label, label_decider
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.label import IssuerKeyAccepted, LabelOpened
from services.forum.domain.label_decider import AcceptIssuerKey, OpenLabel
from services.forum.domain.verified import IssuerKey, VerifiedIssuerKey
from tests.support.decider import specification

KEY = IssuerKeyAccepted("harbour", 1, "Harbour", b"key")
OPENED = LabelOpened("harbour", 1)
OPEN = OpenLabel("harbour", 1)
given = specification(label_decider)


def accept(public_key: bytes = b"key", name: str = "Harbour") -> AcceptIssuerKey:
    return AcceptIssuerKey(VerifiedIssuerKey(IssuerKey("harbour", 1, name, public_key)))


def test_the_first_key_is_accepted_and_then_the_label_opens() -> None:
    given().when(accept()).then(KEY)
    given(KEY).when(OPEN).then(OPENED)


def test_what_was_said_before_changes_nothing() -> None:
    given(KEY).when(accept()).then()
    given(KEY, OPENED).when(accept()).then()
    given(KEY, OPENED).when(OPEN).then()


def test_a_second_key_or_name_is_refused_before_and_after_opening() -> None:
    for before in (given(KEY), given(KEY, OPENED)):
        before.when(accept(b"other")).refused(Reason.ISSUER_KEY_CONFLICT)
        before.when(accept(name="Other")).refused(Reason.ISSUER_KEY_CONFLICT)


def test_a_label_without_a_key_cannot_open() -> None:
    given().when(OPEN).refused(Reason.UNKNOWN_KEY)


def test_credentials_count_under_an_open_label_only() -> None:
    reasons = []
    for before in (given(), given(KEY)):
        try:
            label.require_open(before.state)
        except DomainError as error:
            reasons.append(error.reason)
    assert reasons == [Reason.UNKNOWN_KEY, Reason.LABEL_NOT_ACTIVE]
    assert label.require_open(given(KEY, OPENED).state).public_key == b"key"


def test_labels_and_epochs_have_streams_of_their_own() -> None:
    names = {label.stream(name, epoch) for name, epoch in (("a", 1), ("a", 11), ("a-1", 1), ("b", 1))}
    assert len(names) == 4
