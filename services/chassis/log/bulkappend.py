"""Writes a bulk of commits and finds out what became of each: stored, refused and why, or not to be known.

Two guards keep streams whole. The version before a commit must exist, which is asked of the store only where this
process does not know it; the version of each event must be free, which the store's own unique indexes see to, as they
do for ids. An unclear answer is settled by the commit's ids alone: nothing is decided, or sent, a second time.
Which commits share a bulk is the business of `groupcommit`; how a store writes one, of its adapter.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple, Protocol

from services.chassis.log.appends import Appends
from services.chassis.log.eventstore import Commit, CommitIdTaken, OutcomeUnknown, StoreUnavailable, VersionConflict
from services.chassis.log.groupcommit import Outcome

_STREAMS = 16_384
_PAUSES = (0.0, 0.02, 0.1, 0.5)


class Answer(Enum):
    """What a store says of one commit of a bulk."""

    WRITTEN = auto()
    VERSION_TAKEN = auto()
    ID_TAKEN = auto()
    NOT_SENT = auto()
    UNCLEAR = auto()
    """The answer was lost, or does not say: the commit may or may not be there."""


class Version(NamedTuple):
    """A place in a stream, from 1."""

    stream: str
    version: int


_Unsettled = dict[str, tuple[Commit, Answer]]


class BulkStore(Protocol):
    """The three questions that appending in bulks asks of a store. The reads may raise `StoreUnavailable`."""

    async def insert(self, commits: Sequence[Commit]) -> Sequence[Answer]:
        """Write each commit, whole or not at all, unless one of its ids or versions is taken; durable on return."""
        ...

    async def existing(self, versions: Sequence[Version]) -> set[Version]:
        """Which of these places hold an event; streams are not repeated."""
        ...

    async def commits_by_ids(self, commit_ids: Sequence[str]) -> list[Commit]:
        """See `EventStore.commits_by_ids`."""
        ...


class KnownVersions:
    """Versions of streams that exist for certain, for the streams heard of last: events are never removed."""

    def __init__(self, *, streams: int = _STREAMS) -> None:
        self._streams = streams
        self._known: OrderedDict[str, int] = OrderedDict()

    def note(self, stream: str, version: int) -> None:
        """The stream holds that version, and therefore all before it."""
        self._known[stream] = max(version, self._known.get(stream, 0))
        self._known.move_to_end(stream)
        if len(self._known) > self._streams:
            self._known.popitem(last=False)

    def holds(self, stream: str, version: int) -> bool:
        """Whether the stream holds that version for certain; False may mean that nothing is known."""
        return version <= self._known.get(stream, 0)


class BulkAppend:
    """Appends bulks to one store, telling `appended` of what each wrote; the flush of a `GroupCommit`."""

    def __init__(self, store: BulkStore, appended: Appends[Commit], known: KnownVersions) -> None:
        self._store = store
        self._appended = appended
        self._known = known

    async def write(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Write commits of different streams; the outcome of each, in order, as `EventStore.append` tells it."""
        try:
            early = await self._without_predecessor(commits)
        except StoreUnavailable as error:
            return [StoreUnavailable(str(error)) for _ in commits]
        sent = [commit for commit in commits if commit.stream not in early] if early else commits
        answers = await self._store.insert(sent) if sent else ()
        # By stream, for a bulk holds one commit of each.
        outcomes: dict[str, Outcome] = {}
        unsettled = {commit.stream: (commit, Answer.VERSION_TAKEN) for commit in commits if commit.stream in early}
        for commit, answer in zip(sent, answers, strict=True):
            if answer is Answer.WRITTEN:
                outcomes[commit.stream] = commit
            elif answer is Answer.NOT_SENT:
                outcomes[commit.stream] = StoreUnavailable("the store was not reached")
            else:
                unsettled[commit.stream] = (commit, answer)
        outcomes |= await self._settled(unsettled)
        written = [commit for commit, answer in zip(sent, answers, strict=True) if answer is Answer.WRITTEN]
        self._heard(outcomes.values(), written)
        return [outcomes[commit.stream] for commit in commits]

    def _heard(self, outcomes: Iterable[Outcome], written: Sequence[Commit]) -> None:
        stored = [outcome for outcome in outcomes if isinstance(outcome, Commit)]
        for commit in stored:
            self._known.note(commit.stream, commit.last)
        if stored:
            # Not of what was there before: that may have its position already.
            self._appended.tell(written)

    async def _without_predecessor(self, commits: Sequence[Commit]) -> set[str]:
        """The streams that have not come so far yet; asks for all that is not known in one query."""
        unknown = {
            Version(commit.stream, commit.first - 1)
            for commit in commits
            if commit.first > 1 and not self._known.holds(commit.stream, commit.first - 1)
        }
        if not unknown:
            return set()
        existing = await self._store.existing(list(unknown))
        for stream, version in existing:
            self._known.note(stream, version)
        return {version.stream for version in unknown - existing}

    async def _settled(self, unsettled: _Unsettled) -> dict[str, Outcome]:
        """What became of commits that were not plainly written, as the holders of their ids tell.

        A taken version is a conflict unless an id is taken as well. Patient where the holder must or may exist but
        need not have reached the majority yet.
        """
        outcomes: dict[str, Outcome] = {}
        for pause in _PAUSES:
            if not unsettled:
                break
            await asyncio.sleep(pause)
            try:
                outcomes |= await self._by_holder(unsettled)
            except StoreUnavailable as error:
                return outcomes | {stream: _unanswered(answer, error) for stream, (_, answer) in unsettled.items()}
            unsettled = {stream: each for stream, each in unsettled.items() if stream not in outcomes}
        return outcomes | {stream: OutcomeUnknown("no commit has the id yet") for stream in unsettled}

    async def _by_holder(self, unsettled: _Unsettled) -> dict[str, Outcome]:
        ids = [each for commit, _ in unsettled.values() for each in commit.ids]
        holders = {each: held for held in await self._store.commits_by_ids(ids) for each in held.ids}
        outcomes: dict[str, Outcome] = {}
        for commit, answer in unsettled.values():
            holder = next((held for each in commit.ids if (held := holders.get(each))), None)
            if holder is not None:
                outcomes[commit.stream] = holder if holder.is_repeat_of(commit) else CommitIdTaken(holder)
            elif answer is Answer.VERSION_TAKEN:
                outcomes[commit.stream] = VersionConflict(commit.stream, commit.first - 1)
        return outcomes


def _unanswered(answer: Answer, error: StoreUnavailable) -> StoreUnavailable:
    """What a commit's caller hears when its ids could not be asked for."""
    written_perhaps = answer is not Answer.VERSION_TAKEN
    return OutcomeUnknown(str(error)) if written_perhaps else StoreUnavailable(str(error))
