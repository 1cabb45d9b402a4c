"""Watching the public log for good: every head that any mirror shows, all leaves, and what a mirror has shown before.

For whoever distrusts the platform. All mirrors are asked each time and none is believed; what they contradict, in each
other or in what the auditor has seen, is an alarm with the signed evidence (`LogAlarm`). What cannot be reached is no
alarm. One look at a whole log, with proofs that can be kept, is `audit`.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.chassis.clock import Clock
from services.chassis.durable_file import StateError, replace
from services.seal.canonical import sha256
from services.seal.checkpoint import LogPolicy
from services.seal.errors import SealError
from services.seal.governance import begin, evolve
from services.seal.leaves import kind_of
from services.seal.trust import Trust
from services.tlog.errors import LogForked, SourceError
from services.tlog.follower import FRESH_SECONDS
from services.tlog.kept import KeptLog
from services.tlog.source import Source
from services.tlog.verified import Signed, VerifiedLog
from vouchsafe.sdk.audit import RULED, check_rules
from vouchsafe.sdk.errors import Reason, VouchsafeError

TREE: Final = "tree"
"""Below the auditor's directory: his own copy of the log, as a mirror's files."""
SEEN: Final = "seen"
"""Below it: what was seen last, and the evidence of an alarm."""
SHOWN: Final = "shown"
"""Below it: the newest checkpoint that each mirror has shown, one file each."""


class LogAlarm(VouchsafeError):
    """The log, or a mirror, has been caught. `evidence` are signed checkpoints as they were shown."""

    def __init__(self, reason: Reason, message: str, evidence: tuple[str, ...]) -> None:
        super().__init__(reason, message)
        self.evidence = evidence


@dataclass(frozen=True)
class News:
    """A larger tree, verified: by which mirror, its head, how many leaves of which kinds are new, how many are void."""

    mirror: str
    signed: Signed
    added: Mapping[str, int]
    void: int


@dataclass(frozen=True)
class Look:
    """One look at all mirrors. `failed`: which of them could not be read, and why; `stale`: nothing fresh is shown."""

    news: tuple[News, ...]
    failed: Mapping[str, str]
    stale: bool


class LogAuditor:
    """Looks at mirrors; make one with `open`, and close it."""

    def __init__(
        self, trust: Trust, mirrors: Sequence[Source], log: VerifiedLog | KeptLog, shown: "_Shown", clock: Clock
    ) -> None:
        self._policy = trust.log_policy()
        self._mirrors = mirrors
        self._log = log
        self._shown = shown
        self._clock = clock
        self._ruled: list[bytes] = []
        self._governance = begin(trust)

    @classmethod
    async def open(
        cls, trust: Trust, mirrors: Sequence[Source], *, directory: Path | None, clock: Clock
    ) -> "LogAuditor":
        """An auditor that remembers below `directory`, or only while it runs. LogAlarm when it remembers one."""
        if directory is None:
            log = VerifiedLog(trust.log_policy(), first_leaf=trust.ceremony_leaf().to_bytes())
            return cls(trust, mirrors, log, _Shown(None, trust.log_policy()), clock)
        try:
            kept, held = await KeptLog.open(trust, tree=directory / TREE, state=directory / SEEN)
        except StateError as error:
            raise VouchsafeError(Reason.FILE_UNREADABLE, f"{directory}: {error}") from error
        auditor = cls(trust, mirrors, kept, _Shown(directory / SHOWN, trust.log_policy()), clock)
        if kept.forked is not None:
            await kept.close()
            raise LogAlarm(Reason.LOG_ALARM, str(kept.forked), kept.forked.evidence)
        if held is not None:
            auditor._learn(held.signed, held.leaves)
        return auditor

    async def close(self) -> None:
        """Give the directory up."""
        if isinstance(self._log, KeptLog):
            await self._log.close()

    async def look(self) -> Look:
        """Look at every mirror once. LogAlarm; after one, make another auditor."""
        asked = await asyncio.gather(*(mirror.checkpoint() for mirror in self._mirrors), return_exceptions=True)
        failed: dict[str, str] = {}
        heads: list[tuple[Source, Signed]] = []
        for mirror, answer in zip(self._mirrors, asked, strict=True):
            if isinstance(answer, SourceError):
                failed[mirror.name] = str(answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                heads.append((mirror, self._signed(mirror, answer)))
        news: list[News] = []
        for mirror, signed in sorted(heads, key=lambda head: head[1].size, reverse=True):
            try:
                news += await self._taken(mirror, signed)
            except SourceError as error:
                failed[mirror.name] = str(error)
        return Look(tuple(news), failed, self._is_stale())

    def _signed(self, mirror: Source, note: str) -> Signed:
        """The head that a mirror shows, when it is signed as it must be and no smaller than the mirror's last one."""
        newest = self._log.newest
        try:
            signed = Signed.verify(note, self._policy)
        except SealError as error:
            known = () if newest is None else (newest.note,)
            message = f"{mirror.name} shows a checkpoint that is not signed as it must be: {error}"
            raise self._alarm(Reason.LOG_UNSIGNED, message, (*known, note)) from error
        before = self._shown.last(mirror.name)
        if before is not None and before.size > signed.size:
            message = f"{mirror.name} has shown a larger tree before: it was rolled back"
            raise self._alarm(Reason.LOG_ROLLED_BACK, message, (before.note, note))
        return signed

    async def _taken(self, mirror: Source, signed: Signed) -> list[News]:
        try:
            growth = await self._log.grow(mirror, signed)
        except LogForked as fork:
            raise LogAlarm(Reason.LOG_FORKED, str(fork), fork.evidence) from fork
        self._shown.note(mirror.name, signed)
        if not growth.leaves:
            return []
        added = self._learn(signed, growth.leaves)
        return [News(mirror.name, signed, added, self._governance.void)]

    def _learn(self, signed: Signed, leaves: Sequence[bytes]) -> Mapping[str, int]:
        """Judge new leaves by the log's own rules; how many there are of each kind. LogAlarm."""
        for leaf in leaves:
            self._governance = evolve(self._governance, leaf)
        try:
            added = Counter(kind_of(leaf) for leaf in leaves)
            ruled = [leaf for leaf in leaves if kind_of(leaf) in RULED]
            self._ruled += ruled
            if ruled:
                check_rules(self._ruled)
        except SealError as error:
            message = f"the log breaks its own rules: {error}"
            raise self._alarm(Reason.LOG_RULE_BROKEN, message, (signed.note,)) from error
        return dict(sorted(added.items()))

    def _is_stale(self) -> bool:
        newest = self._log.newest
        return newest is None or abs(self._clock.now().timestamp() - newest.seen_unix) > FRESH_SECONDS

    def _alarm(self, reason: Reason, message: str, evidence: tuple[str, ...]) -> LogAlarm:
        if isinstance(self._log, KeptLog):
            self._log.condemn(LogForked(message, evidence))
        return LogAlarm(reason, message, evidence)


class _Shown:
    """The newest checkpoint that each mirror has shown; in files, if there is a directory."""

    def __init__(self, directory: Path | None, policy: LogPolicy) -> None:
        self._directory = directory
        self._policy = policy
        self._heads: dict[str, Signed] = {}
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)

    def last(self, mirror: str) -> Signed | None:
        """Its head, None for a mirror that has shown none; FILE_UNREADABLE when the file is not what was written."""
        if mirror not in self._heads and self._directory is not None:
            file = self._file(self._directory, mirror)
            if file.exists():
                try:
                    self._heads[mirror] = Signed.verify(file.read_text(encoding="utf-8"), self._policy)
                except (SealError, UnicodeDecodeError) as error:
                    raise VouchsafeError(Reason.FILE_UNREADABLE, f"{file} is not what was written") from error
        return self._heads.get(mirror)

    def note(self, mirror: str, signed: Signed) -> None:
        """Remember what a mirror has shown; on disk on return."""
        if self._heads.get(mirror) != signed:
            self._heads[mirror] = signed
            if self._directory is not None:
                replace(self._file(self._directory, mirror), signed.note.encode("utf-8"))

    @staticmethod
    def _file(directory: Path, mirror: str) -> Path:
        return directory / sha256(mirror.encode("utf-8")).hex()[:16]
