import pytest

from services.forum.domain import label, label_decider
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.label import Grace, IssuerKeyAccepted, LabelOpened, LabelRevoked
from services.forum.domain.label_decider import AcceptIssuerKey, OpenLabel, RevokeLabel
from services.forum.domain.verified import IssuerKey, VerifiedIssuerKey
from tests.support.decider import specification

ENDS = 1_900_000_000
GRACE = Grace(new_aliases=7, aliases=31)
KEY = IssuerKeyAccepted("harbour", 1, "Harbour", b"key", ENDS)
OPENED = LabelOpened("harbour", 1)
OPEN = OpenLabel("harbour", 1)
REVOKE = RevokeLabel("harbour", 1, "ceased")
REVOKED = LabelRevoked("harbour", 1, "ceased")
given = specification(label_decider)


def accept(public_key: bytes = b"key", name: str = "Harbour") -> AcceptIssuerKey:
    return AcceptIssuerKey(VerifiedIssuerKey(IssuerKey("harbour", 1, name, public_key, ENDS)))


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
    for before in (given(), given(KEY), given(KEY, OPENED, REVOKED)):
        with pytest.raises(DomainError) as error:
            label.require_open(before.state, ENDS - 1, GRACE)
        reasons.append(error.value.reason)
    assert reasons == [Reason.UNKNOWN_KEY, Reason.LABEL_NOT_ACTIVE, Reason.LABEL_REVOKED]
    assert label.require_open(given(KEY, OPENED).state, ENDS - 1, GRACE).public_key == b"key"


def test_an_epoch_that_ended_takes_new_aliases_for_a_while_and_lets_old_ones_speak_for_longer() -> None:
    opened = given(KEY, OPENED).state
    label.require_open(opened, ENDS + 6, GRACE)
    label.require_voice(opened, ENDS + 30, GRACE)
    for require, now in ((label.require_open, ENDS + 7), (label.require_voice, ENDS + 31)):
        with pytest.raises(DomainError) as error:
            require(opened, now, GRACE)
        assert error.value.reason is Reason.LABEL_EXPIRED


def test_a_key_from_before_ends_were_told_does_not_expire() -> None:
    opened = given(IssuerKeyAccepted("harbour", 1, "Harbour", b"key"), OPENED).state
    label.require_open(opened, ENDS * 2, GRACE)
    label.require_voice(opened, ENDS * 2, GRACE)


@pytest.mark.parametrize("before", [(), (KEY,), (KEY, OPENED)])
def test_a_revoked_label_stays_so_whatever_comes_later(before: tuple[label.Event, ...]) -> None:
    given(*before).when(REVOKE).then(REVOKED)
    revoked = given(*before, REVOKED)
    revoked.when(REVOKE).then()
    revoked.when(RevokeLabel("harbour", 1, "key-compromised")).then()
    revoked.when(accept()).then()
    revoked.when(OPEN).then()
    assert revoked.and_then(KEY, OPENED).state == label.Revoked()
    with pytest.raises(DomainError) as error:
        label.require_voice(revoked.state, 0, GRACE)
    assert error.value.reason is Reason.LABEL_REVOKED


def test_aliases_speak_for_as_long_as_new_ones_are_made_at_least() -> None:
    with pytest.raises(ValueError, match="alias"):
        Grace(new_aliases=8, aliases=7)


def test_labels_and_epochs_have_streams_of_their_own() -> None:
    names = {label.stream(name, epoch) for name, epoch in (("a", 1), ("a", 11), ("a-1", 1), ("b", 1))}
    assert len(names) == 4
