"""Which label to use a slot for: what verification told, and the wider one that is offered."""

import pytest

from vouchsafe.sdk.labels import Labels, LabelState
from vouchsafe.verification.v1 import label_service_pb2 as pb

WAITING, ACTIVE, REVOKED = pb.LABEL_STATE_WAITING, pb.LABEL_STATE_ACTIVE, pb.LABEL_STATE_REVOKED


def told(*states: int, parents: tuple[str, ...] = ("games", "industry", "")) -> Labels:
    rows = zip(("studio", "games", "industry"), states, parents, strict=True)
    standings = [
        pb.LabelStanding(label=label, name=label.title(), parent=parent, state=state, crowd_at_least=10)  # type: ignore[arg-type]
        for label, state, parent in rows
    ]
    return Labels.of(
        pb.ListMyLabelsResponse(labels=standings, epoch=202611, epoch_ends_at=1_800_000_000, crowd_minimum=20)
    )


@pytest.mark.parametrize(
    ("states", "offered"),
    [
        ((WAITING, ACTIVE, ACTIVE), "games"),
        ((WAITING, WAITING, ACTIVE), "industry"),
        ((WAITING, REVOKED, ACTIVE), "industry"),
        ((WAITING, WAITING, WAITING), None),
        ((ACTIVE, ACTIVE, ACTIVE), None),
        ((REVOKED, ACTIVE, ACTIVE), None),
        ((99, ACTIVE, ACTIVE), "games"),
    ],
)
def test_the_closest_wider_label_that_may_speak_is_offered(states: tuple[int, ...], offered: str | None) -> None:
    wider = told(*states).open_instead("studio")
    assert (wider.label if wider else None) == offered


def test_what_was_told_is_kept_as_it_was() -> None:
    labels = told(ACTIVE, WAITING, REVOKED)
    assert [each.state for each in labels.standings] == [LabelState.ACTIVE, LabelState.WAITING, LabelState.REVOKED]
    assert (labels.epoch, labels.epoch_ends_at, labels.crowd_minimum) == (202611, 1_800_000_000, 20)
    assert labels.standing("elsewhere") is None
    assert labels.open_instead("elsewhere") is None


def test_labels_that_stand_above_each_other_end() -> None:
    assert told(WAITING, WAITING, WAITING, parents=("games", "industry", "studio")).open_instead("studio") is None
