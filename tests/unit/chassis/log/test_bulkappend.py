"""What becomes of each commit of a bulk, on a store that answers as told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.chassis.log.appends import Appends
from services.chassis.log.bulkappend import Answer, BulkAppend, KnownVersions, Version
from services.chassis.log.eventstore import Commit, StoreUnavailable, Write, new_commit
from tests.support.commits import EVENT, META


def commit(stream: str, expected: int = 0, *ids: str) -> Commit:
    return new_commit(stream, expected, [Write(each, [EVENT], META) for each in ids or (f"{stream}@{expected}",)])


class ScriptedStore:
    """Answers inserts by stream, WRITTEN unless told; knows `versions` and `held`; finds what is held at `looks`."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.versions: set[Version] = set()
        self.held: list[Commit] = []
        self.looks = 1
        self.away: set[str] = set()
        self.asked: list[tuple[str, int]] = []

    async def insert(self, commits: Sequence[Commit]) -> Sequence[Answer]:
        self._ask("insert", len(commits))
        return [self.answers.get(each.stream, Answer.WRITTEN) for each in commits]

    async def existing(self, versions: Sequence[Version]) -> set[Version]:
        self._ask("existing", len(versions))
        return self.versions.intersection(versions)

    async def commits_by_ids(self, commit_ids: Sequence[str]) -> list[Commit]:
        self._ask("ids", len(commit_ids))
        self.looks -= 1
        return [each for each in self.held if self.looks <= 0 and any(map(each.part, commit_ids))]

    def _ask(self, question: str, count: int) -> None:
        self.asked.append((question, count))
        if question in self.away:
            raise StoreUnavailable("away")


@pytest.fixture
def store() -> ScriptedStore:
    return ScriptedStore()


@pytest.fixture
def appended() -> Appends[Commit]:
    return Appends()


@pytest.fixture
def bulk(store: ScriptedStore, appended: Appends[Commit]) -> BulkAppend:
    return BulkAppend(store, appended, KnownVersions())


async def names(bulk: BulkAppend, *commits: Commit) -> list[str]:
    return [type(outcome).__name__ for outcome in await bulk.write(commits)]


async def test_new_streams_are_written_without_a_question(
    bulk: BulkAppend, store: ScriptedStore, appended: Appends[Commit]
) -> None:
    commits = [commit("a-1"), commit("a-2")]
    with appended.listen() as listener:
        assert await bulk.write(commits) == commits
        assert await listener.wait(0)
    assert await names(bulk, commit("a-1", 1), commit("a-2", 1)) == ["Commit"] * 2
    assert store.asked == [("insert", 2), ("insert", 2)]


async def test_what_is_not_known_is_asked_for_once_and_what_does_not_follow_is_not_sent(
    bulk: BulkAppend, store: ScriptedStore
) -> None:
    store.versions = {Version("a-1", 4), Version("a-2", 9)}
    bulk_of_three = [commit("a-1", 4), commit("a-2", 8), commit("a-3", 1)]
    store.versions.add(Version("a-2", 8))
    assert await names(bulk, *bulk_of_three) == ["Commit", "Commit", "VersionConflict"]
    assert store.asked == [("existing", 3), ("insert", 2), ("ids", 1)]


async def test_each_answer_is_its_own_commits(
    bulk: BulkAppend, store: ScriptedStore, appended: Appends[Commit]
) -> None:
    late = commit("a-4")
    store.held = [commit("b-1", 0, "a-2@0"), replace(late, position=7)]
    store.answers = {
        "a-1": Answer.VERSION_TAKEN,
        "a-2": Answer.ID_TAKEN,
        "a-3": Answer.NOT_SENT,
        "a-4": Answer.UNCLEAR,
        "a-5": Answer.UNCLEAR,
    }
    outcomes = await bulk.write([commit(f"a-{n}") for n in (1, 2, 3, 5, 6)] + [late])
    assert [type(each).__name__ for each in outcomes] == [
        "VersionConflict",
        "CommitIdTaken",
        "StoreUnavailable",
        "OutcomeUnknown",
        "Commit",
        "Commit",
    ]
    assert outcomes[-1] == store.held[1]


async def test_an_unclear_answer_is_asked_about_again_for_a_while(bulk: BulkAppend, store: ScriptedStore) -> None:
    unclear = commit("a-1")
    store.held, store.looks, store.answers = [unclear], 3, {"a-1": Answer.UNCLEAR}
    assert await bulk.write([unclear]) == [unclear]
    assert store.asked == [("insert", 1), ("ids", 1), ("ids", 1), ("ids", 1)]


async def test_a_conflict_with_a_used_id_is_told_as_a_used_id(bulk: BulkAppend, store: ScriptedStore) -> None:
    store.held, store.answers = [commit("b-1", 0, "x", "second")], {"a-1": Answer.VERSION_TAKEN}
    assert await names(bulk, commit("a-1", 0, "first", "second")) == ["CommitIdTaken"]


@pytest.mark.parametrize(
    ("away", "answer", "outcome"),
    [
        ("existing", Answer.WRITTEN, "StoreUnavailable"),
        ("ids", Answer.VERSION_TAKEN, "StoreUnavailable"),
        ("ids", Answer.ID_TAKEN, "OutcomeUnknown"),
        ("ids", Answer.UNCLEAR, "OutcomeUnknown"),
    ],
)
async def test_a_question_that_gets_no_answer(
    bulk: BulkAppend, store: ScriptedStore, away: str, answer: Answer, outcome: str
) -> None:
    store.away, store.answers, store.versions = {away}, {"a-1": answer}, {Version("a-1", 1)}
    assert await names(bulk, commit("a-1", 1)) == [outcome]


def test_versions_are_known_up_to_the_highest_and_of_the_streams_heard_of_last() -> None:
    known = KnownVersions(streams=2)
    known.note("a-1", 3)
    known.note("a-1", 2)
    assert [known.holds("a-1", version) for version in (1, 3, 4)] == [True, True, False]
    known.note("a-2", 1)
    known.note("a-1", 1)
    known.note("a-3", 1)
    assert [known.holds(stream, 1) for stream in ("a-1", "a-2", "a-3")] == [True, False, True]
