"""A fold whose states are kept does not change under its version."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.forum.domain import thread
from tests.replay.fixtures import LineBroken
from tests.replay.folds import FILE, KEPT, folded, freeze, frozen

FORUM_THREAD = ("forum", "thread")


def evolve_that_counts_double(state: thread.State, event: thread.Event) -> thread.State:
    """A change as it could slip in: a comment counts twice."""
    state = thread.evolve(state, event)
    return thread.evolve(state, event) if isinstance(event, thread.CommentPublished) else state


CHANGED: Any = SimpleNamespace(initial=thread.initial, evolve=evolve_that_counts_double)


@pytest.mark.parametrize("line", frozen(FILE), ids=lambda line: f"{line.service}-{line.stream}-{line.version}")
def test_the_fold_makes_of_the_corpus_what_it_made_when_it_got_its_version(line: Any) -> None:
    kept = KEPT[line.service, line.stream]
    if line.version == kept.version:
        assert folded(line.service, line.stream, kept, line.events) == line, "raise the fold's version"


def test_every_fold_whose_states_are_kept_is_frozen() -> None:
    known = {(line.service, line.stream, line.version) for line in frozen(FILE)}
    missing = [(*name, kept.version) for name, kept in KEPT.items() if (*name, kept.version) not in known]
    assert missing == [], "run `python -m tests.replay.freeze`"


def test_a_changed_fold_without_a_new_version_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "folds.jsonl"
    (line,) = freeze(path, {FORUM_THREAD: KEPT[FORUM_THREAD]})
    assert line == folded(*FORUM_THREAD, KEPT[FORUM_THREAD])
    changed = KEPT[FORUM_THREAD]._replace(decider=CHANGED)
    before = path.read_bytes()
    with pytest.raises(LineBroken, match="raise its version from 1"):
        freeze(path, {FORUM_THREAD: changed})
    assert path.read_bytes() == before


def test_a_changed_fold_with_a_new_version_gets_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "folds.jsonl"
    freeze(path)
    assert freeze(path) == []
    (line,) = freeze(path, {FORUM_THREAD: KEPT[FORUM_THREAD]._replace(version=2, decider=CHANGED)})
    assert [each.version for each in frozen(path)] == [1, 2]
    assert line.state != frozen(path)[0].state
