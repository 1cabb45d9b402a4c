"""What must hold of the evidence, whatever was done to the processes: each check names every breach that it finds.

They share no code with what they judge: positions, folds and marks are worked out here once more, from the documents.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from services.chassis.log.handle import commit_id_of
from tests.faults.rig.accounts import pb
from tests.faults.rig.deployment import DRIVER
from tests.faults.rig.evidence import Evidence, StoredCommit, StoreEvidence
from tests.support.rpc import identity


class Kind(StrEnum):
    """What a breach comes to."""

    LOST = "lost"
    DOUBLED = "doubled"
    OTHER = "other"


@dataclass(frozen=True)
class Breach:
    """Something that must not be."""

    kind: Kind
    what: str


Check = Callable[[Evidence], Iterator[Breach]]


def breaches(evidence: Evidence) -> list[Breach]:
    """All that is wrong."""
    return [breach for check in CHECKS for breach in check(evidence)]


def acknowledged_is_readable(evidence: Evidence) -> Iterator[Breach]:
    """What was acknowledged is in the log, and every answer that was ever given says what is there."""
    parts = {part.id: (commit, part) for commit in evidence.ledger.commits for part in commit.parts}
    totals = _totals(evidence.ledger)
    for request_id, answers in evidence.record.answers.items():
        found = parts.get(commit_id_of(identity(DRIVER), request_id))
        if found is None:
            yield Breach(Kind.LOST, f"{request_id} was acknowledged {len(answers)} times and is not in the log")
            continue
        commit, part = found
        truth = (part.last, totals[commit.stream].get(part.last))
        for answer in answers:
            if (answer.version, answer.total) != truth:
                yield Breach(Kind.OTHER, f"{request_id} was answered with {answer}, the log says {truth}")


def applied_once(evidence: Evidence) -> Iterator[Breach]:
    """No payment stands in the log more often than it was ordered, none that was refused, none that nobody ordered."""
    ordered = {sent.reference: sent for sent in evidence.record.sent.values()}
    for reference, count in Counter(paid.reference for _, paid in _events(evidence.ledger, pb.Paid)).items():
        sent = ordered.get(reference)
        if sent is None:
            yield Breach(Kind.OTHER, f"{reference} was never sent")
        elif sent.id in evidence.record.refused:
            yield Breach(Kind.OTHER, f"{sent.id} was refused and is in the log")
        elif count > sent.times:
            yield Breach(Kind.DOUBLED, f"{sent.id} asked for {sent.times} payments, {count} are in the log")
        elif count < sent.times:
            yield Breach(Kind.LOST, f"{sent.id} asked for {sent.times} payments, {count} are in the log")


def one_result_per_commit_id(evidence: Evidence) -> Iterator[Breach]:
    """No id has more than one part, in either store."""
    for name, store in _stores(evidence):
        counts = Counter(part.id for commit in store.commits for part in commit.parts)
        for commit_id, count in counts.items():
            if count > 1:
                yield Breach(Kind.DOUBLED, f"{name}: the id {commit_id} has {count} parts")


def versions_are_dense(evidence: Evidence) -> Iterator[Breach]:
    """Each stream's events count from 1 without a gap or a repetition, and commits and parts say what they hold."""
    for name, store in _stores(evidence):
        for stream, commits in _by_stream(store).items():
            versions = [event.version for commit in commits for event in commit.events]
            if versions != list(range(1, len(versions) + 1)):
                yield Breach(Kind.OTHER, f"{name}: {stream} has the versions {versions[:50]}")
            for commit in commits:
                held = [event.version for event in commit.events]
                claimed = [version for part in commit.parts for version in range(part.first, part.last + 1)]
                if held != claimed or held != list(range(commit.first, commit.last + 1)):
                    yield Breach(Kind.OTHER, f"{name}: a commit of {stream} at {commit.first} holds {held}")


def positions_are_dense(evidence: Evidence) -> Iterator[Breach]:
    """Every commit has a position, they count from 1, and no commit of a stream precedes an earlier one."""
    for name, store in _stores(evidence):
        given = [commit.position for commit in store.commits]
        if given.count(None):
            yield Breach(Kind.OTHER, f"{name}: {given.count(None)} commits have no position")
        positions = sorted(position for position in given if position is not None)
        if positions != list(range(1, len(positions) + 1)):
            odd = next(number for number, position in enumerate(positions, 1) if number != position)
            yield Breach(Kind.OTHER, f"{name}: position {odd} is missing or given twice")
        for stream, commits in _by_stream(store).items():
            if any((a.position or 0) > (b.position or 0) for a, b in pairwise(commits)):
                yield Breach(Kind.OTHER, f"{name}: the log has {stream} in another order than its versions")


def views_are_the_fold(evidence: Evidence) -> Iterator[Breach]:
    """Each view document is what its account's events come to, and there is no other."""
    for name, store in _stores(evidence):
        folded: dict[str, dict[str, Any]] = defaultdict(lambda: {"count": 0, "total": 0})
        for commit, event in _events(store, pb.Paid if name == "ledger" else pb.Copied):
            view = folded[event.account]
            view["count"] += 1
            view["total"] += event.amount
            view["last"], view["_pos"] = event.reference, commit.position
        for account in folded.keys() | store.views.keys():
            shown = {key: value for key, value in store.views.get(account, {}).items() if key != "_id"}
            if shown != folded.get(account):
                yield Breach(Kind.OTHER, f"{name}: the view of {account} is {shown}, its fold {folded.get(account)}")


def the_bus_holds_the_log(evidence: Evidence) -> Iterator[Breach]:
    """The messages are the public events, all of them, in order, each once and as it was stored, linked to the last."""
    log = sorted((commit for commit in evidence.ledger.commits if commit.position), key=lambda each: each.position or 0)
    stored = {f"{commit.position}.{offset}": event for commit in log for offset, event in enumerate(commit.events)}
    marks = [message.mark for message in evidence.bus]
    for mark in stored.keys() - set(marks):
        yield Breach(Kind.LOST, f"the bus does not hold {mark}")
    for mark, count in Counter(marks).items():
        if count > 1:
            yield Breach(Kind.DOUBLED, f"the bus holds {mark} {count} times")
    if len(marks) == len(stored) and marks != list(stored):
        yield Breach(Kind.OTHER, "the bus holds the log in another order")
    for before, message in zip(["0.0", *marks], evidence.bus, strict=False):
        event = stored.get(message.mark)
        if event is None or (message.type, message.data) != (event.type, event.data):
            yield Breach(Kind.OTHER, f"the message {message.mark} is not what the log holds")
        if message.previous != before:
            yield Breach(Kind.OTHER, f"the message {message.mark} says it follows {message.previous}, not {before}")


def the_mirror_heard_all_in_order(evidence: Evidence) -> Iterator[Breach]:
    """What the mirror took down of each account is what the ledger says, in the same order, each once."""
    said, heard = _payments(evidence.ledger, pb.Paid), _payments(evidence.mirror, pb.Copied)
    for account in said.keys() | heard.keys():
        there, here = said[account], heard[account]
        if there == here:
            continue
        if missing := Counter(there) - Counter(here):
            yield Breach(Kind.LOST, f"the mirror missed {sum(missing.values())} payments of {account}")
        if surplus := Counter(here) - Counter(there):
            yield Breach(Kind.DOUBLED, f"the mirror has {sum(surplus.values())} payments of {account} too many")
        if not missing and not surplus:
            yield Breach(Kind.OTHER, f"the mirror heard the payments of {account} in another order")


def a_token_shows_its_write(evidence: Evidence) -> Iterator[Breach]:
    """Whoever read a view with the token of a command saw what the command did."""
    for read in evidence.record.reads:
        if read.token and read.shown < read.wanted:
            yield Breach(Kind.OTHER, f"a token for {read.wanted} payments of {read.account} showed {read.shown}")


def no_view_went_back(evidence: Evidence) -> Iterator[Breach]:
    """No reader saw less than what anybody had seen before. Only where no store was killed, see `driver`."""
    for read in evidence.record.reads:
        if read.shown < read.seen:
            yield Breach(Kind.OTHER, f"{read.shown} payments of {read.account} were shown after {read.seen}")


def nothing_surprising_was_answered(evidence: Evidence) -> Iterator[Breach]:
    """Every failure that the load was told of is one that a fault explains."""
    for what, count in Counter(evidence.record.surprises).items():
        yield Breach(Kind.OTHER, f"{count} calls were answered with {what}")


CHECKS: tuple[Check, ...] = (
    acknowledged_is_readable,
    applied_once,
    one_result_per_commit_id,
    versions_are_dense,
    positions_are_dense,
    views_are_the_fold,
    the_bus_holds_the_log,
    the_mirror_heard_all_in_order,
    a_token_shows_its_write,
    nothing_surprising_was_answered,
)
"""Those that hold whatever is done."""


def _stores(evidence: Evidence) -> tuple[tuple[str, StoreEvidence], ...]:
    return (("ledger", evidence.ledger), ("mirror", evidence.mirror))


def _by_stream(store: StoreEvidence) -> dict[str, list[StoredCommit]]:
    streams: defaultdict[str, list[StoredCommit]] = defaultdict(list)
    for commit in sorted(store.commits, key=lambda each: each.first):
        streams[commit.stream].append(commit)
    return streams


def _events(store: StoreEvidence, message: Any) -> Iterable[tuple[StoredCommit, Any]]:
    """The events, decoded, with their commits; by stream, each stream in order."""
    for commits in _by_stream(store).values():
        for commit in commits:
            for event in commit.events:
                yield commit, message.FromString(event.data)


def _payments(store: StoreEvidence, message: Any) -> defaultdict[str, list[tuple[int, int, str]]]:
    payments: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for _, event in _events(store, message):
        payments[event.account].append((event.number, event.amount, event.reference))
    return payments


def _totals(store: StoreEvidence) -> dict[str, dict[int, int]]:
    """What was paid up to each version of each stream."""
    totals: dict[str, dict[int, int]] = {}
    for stream, commits in _by_stream(store).items():
        total = 0
        versions = totals.setdefault(stream, {})
        for event in (event for commit in commits for event in commit.events):
            total += pb.Paid.FromString(event.data).amount
            versions[event.version] = total
    return totals
