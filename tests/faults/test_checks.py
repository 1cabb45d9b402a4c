"""Each check can fail: evidence that is right passes them all, and every way of breaking it is noticed by its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.chassis.log.handle import commit_id_of
from tests.faults.rig import checks
from tests.faults.rig.accounts import pb
from tests.faults.rig.checks import Kind
from tests.faults.rig.deployment import DRIVER
from tests.faults.rig.evidence import (
    BusMessage,
    Evidence,
    StoredCommit,
    StoredEvent,
    StoredPart,
    StoreEvidence,
)
from tests.faults.rig.record import Answer, Read, Record, Sent
from tests.support.rpc import identity

PAID = "vouchsafe.testing.ledger.v1.Paid"
COPIED = "vouchsafe.testing.ledger.v1.Copied"
IDS = ("7c1d0d2e-6d0b-4ad5-a1dc-7f2f8e3b1c01", "7c1d0d2e-6d0b-4ad5-a1dc-7f2f8e3b1c02")
"""Two commands on one account, of one payment and of two."""


def paid(number: int, reference: str) -> bytes:
    return pb.Paid(account="a", number=number, amount=5, reference=reference).SerializeToString()


def copied(number: int, reference: str) -> bytes:
    return pb.Copied(account="a", number=number, amount=5, reference=reference).SerializeToString()


def commit(position: int, first: int, commit_id: str, kind: str, *data: bytes) -> StoredCommit:
    last = first + len(data) - 1
    events = tuple(StoredEvent(version, kind, each) for version, each in enumerate(data, first))
    return StoredCommit("account-a", first, last, events, (StoredPart(commit_id, first, last),), position)


def right() -> Evidence:
    """What is left of a scenario in which all went well."""
    record = Record()
    for request_id, reference, times, answer in zip(IDS, "rs", (1, 2), (Answer(1, 5), Answer(3, 15)), strict=True):
        record.sent[request_id] = Sent(request_id, reference, "a", 5, times, "plain")
        record.answers[request_id].append(answer)
    ids = [commit_id_of(identity(DRIVER), request_id) for request_id in IDS]
    ledger = (
        commit(1, 1, ids[0], PAID, paid(1, "r")),
        commit(2, 2, ids[1], PAID, paid(2, "s"), paid(3, "s")),
    )
    mirror = tuple(commit(n, n, f"m{n}", COPIED, copied(n, "r" if n == 1 else "s")) for n in (1, 2, 3))
    marks = ("0.0", "1.0", "2.0", "2.1")
    stored = [event for each in ledger for event in each.events]
    bus = tuple(
        BusMessage(number, marks[number], marks[number - 1], PAID, event.data)
        for number, event in enumerate(stored, start=1)
    )
    return Evidence(record, StoreEvidence(ledger, view(2)), StoreEvidence(mirror, view(3)), bus)


def view(position: int) -> dict[str, dict[str, object]]:
    return {"a": {"_id": "a", "count": 3, "total": 15, "last": "s", "_pos": position}}


def test_evidence_that_is_right_passes() -> None:
    assert checks.breaches(right()) == []


def ledger(evidence: Evidence, *commits: StoredCommit) -> Evidence:
    return replace(evidence, ledger=replace(evidence.ledger, commits=commits))


def mirror(evidence: Evidence, *commits: StoredCommit) -> Evidence:
    return replace(evidence, mirror=replace(evidence.mirror, commits=commits))


def a_commit_is_gone(evidence: Evidence) -> Evidence:
    return ledger(evidence, evidence.ledger.commits[0])


def a_wrong_answer(evidence: Evidence) -> Evidence:
    evidence.record.answers[IDS[1]].append(Answer(2, 10))
    return evidence


def a_payment_twice(evidence: Evidence) -> Evidence:
    again = commit(3, 4, "another", PAID, paid(4, "r"))
    return ledger(evidence, *evidence.ledger.commits, again)


def half_a_command(evidence: Evidence) -> Evidence:
    first, second = evidence.ledger.commits
    return ledger(evidence, first, replace(second, events=second.events[:1]))


def a_payment_of_nobodys(evidence: Evidence) -> Evidence:
    return ledger(evidence, *evidence.ledger.commits, commit(3, 4, "another", PAID, paid(4, "x")))


def a_refused_payment(evidence: Evidence) -> Evidence:
    evidence.record.refused.add(IDS[0])
    return evidence


def an_id_twice(evidence: Evidence) -> Evidence:
    first, second = evidence.ledger.commits
    return ledger(evidence, first, replace(second, parts=(replace(second.parts[0], id=first.parts[0].id),)))


def a_version_is_missing(evidence: Evidence) -> Evidence:
    return ledger(evidence, evidence.ledger.commits[1])


def a_part_that_claims_too_much(evidence: Evidence) -> Evidence:
    first, second = evidence.ledger.commits
    return ledger(evidence, replace(first, parts=(replace(first.parts[0], last=2),)), second)


def a_position_is_missing(evidence: Evidence) -> Evidence:
    first, second = evidence.ledger.commits
    return ledger(evidence, first, replace(second, position=3))


def a_commit_without_a_position(evidence: Evidence) -> Evidence:
    first, second = evidence.ledger.commits
    return ledger(evidence, first, replace(second, position=None))


def a_position_twice(evidence: Evidence) -> Evidence:
    first, second = evidence.ledger.commits
    return ledger(evidence, first, replace(second, position=1))


def a_stream_out_of_order(evidence: Evidence) -> Evidence:
    first, second = evidence.ledger.commits
    return ledger(evidence, replace(first, position=2), replace(second, position=1))


def a_view_that_missed_an_event(evidence: Evidence) -> Evidence:
    short = {"a": {**view(2)["a"], "count": 2, "total": 10}}
    return replace(evidence, ledger=replace(evidence.ledger, views=short))


def a_view_of_nothing(evidence: Evidence) -> Evidence:
    return replace(evidence, mirror=replace(evidence.mirror, views={**view(3), "b": {"_id": "b", "count": 1}}))


def a_message_is_missing(evidence: Evidence) -> Evidence:
    return replace(evidence, bus=evidence.bus[:2])


def a_message_twice(evidence: Evidence) -> Evidence:
    return replace(evidence, bus=(*evidence.bus, evidence.bus[-1]))


def messages_out_of_order(evidence: Evidence) -> Evidence:
    return replace(evidence, bus=(evidence.bus[1], evidence.bus[0], evidence.bus[2]))


def a_message_altered(evidence: Evidence) -> Evidence:
    return replace(evidence, bus=(replace(evidence.bus[0], data=b""), *evidence.bus[1:]))


def a_message_that_skips_one(evidence: Evidence) -> Evidence:
    return replace(evidence, bus=(*evidence.bus[:2], replace(evidence.bus[2], previous="1.0")))


def the_mirror_missed_one(evidence: Evidence) -> Evidence:
    return mirror(evidence, *evidence.mirror.commits[:2])


def the_mirror_heard_one_twice(evidence: Evidence) -> Evidence:
    return mirror(evidence, *evidence.mirror.commits, commit(4, 4, "m4", COPIED, copied(3, "s")))


def the_mirror_heard_in_another_order(evidence: Evidence) -> Evidence:
    first, second, third = (each.events[0].data for each in evidence.mirror.commits)
    ordered = enumerate((second, first, third), start=1)
    return mirror(evidence, *(commit(n, n, f"m{n}", COPIED, data) for n, data in ordered))


def a_token_that_showed_too_little(evidence: Evidence) -> Evidence:
    evidence.record.reads.append(Read("a", seen=0, token=True, wanted=3, shown=2))
    return evidence


def test_a_view_that_goes_back_is_noticed() -> None:
    evidence = right()
    evidence.record.reads.append(Read("a", seen=2, token=False, wanted=0, shown=2))
    assert list(checks.no_view_went_back(evidence)) == []
    evidence.record.reads.append(Read("a", seen=2, token=False, wanted=0, shown=1))
    assert len(list(checks.no_view_went_back(evidence))) == 1


def a_surprise(evidence: Evidence) -> Evidence:
    evidence.record.surprises.append("INTERNAL INTERNAL")
    return evidence


BREAKS: list[tuple[Callable[[Evidence], Evidence], checks.Check, Kind]] = [
    (a_commit_is_gone, checks.acknowledged_is_readable, Kind.LOST),
    (a_wrong_answer, checks.acknowledged_is_readable, Kind.OTHER),
    (a_payment_twice, checks.applied_once, Kind.DOUBLED),
    (half_a_command, checks.applied_once, Kind.LOST),
    (a_payment_of_nobodys, checks.applied_once, Kind.OTHER),
    (a_refused_payment, checks.applied_once, Kind.OTHER),
    (an_id_twice, checks.one_result_per_commit_id, Kind.DOUBLED),
    (a_version_is_missing, checks.versions_are_dense, Kind.OTHER),
    (a_part_that_claims_too_much, checks.versions_are_dense, Kind.OTHER),
    (a_position_is_missing, checks.positions_are_dense, Kind.OTHER),
    (a_commit_without_a_position, checks.positions_are_dense, Kind.OTHER),
    (a_position_twice, checks.positions_are_dense, Kind.OTHER),
    (a_stream_out_of_order, checks.positions_are_dense, Kind.OTHER),
    (a_view_that_missed_an_event, checks.views_are_the_fold, Kind.OTHER),
    (a_view_of_nothing, checks.views_are_the_fold, Kind.OTHER),
    (a_message_is_missing, checks.the_bus_holds_the_log, Kind.LOST),
    (a_message_twice, checks.the_bus_holds_the_log, Kind.DOUBLED),
    (messages_out_of_order, checks.the_bus_holds_the_log, Kind.OTHER),
    (a_message_altered, checks.the_bus_holds_the_log, Kind.OTHER),
    (a_message_that_skips_one, checks.the_bus_holds_the_log, Kind.OTHER),
    (the_mirror_missed_one, checks.the_mirror_heard_all_in_order, Kind.LOST),
    (the_mirror_heard_one_twice, checks.the_mirror_heard_all_in_order, Kind.DOUBLED),
    (the_mirror_heard_in_another_order, checks.the_mirror_heard_all_in_order, Kind.OTHER),
    (a_token_that_showed_too_little, checks.a_token_shows_its_write, Kind.OTHER),
    (a_surprise, checks.nothing_surprising_was_answered, Kind.OTHER),
]


@pytest.mark.parametrize(("damage", "check", "kind"), BREAKS, ids=[damage.__name__ for damage, _, _ in BREAKS])
def test_a_check_notices(damage: Callable[[Evidence], Evidence], check: checks.Check, kind: Kind) -> None:
    broken = damage(right())
    assert kind in {breach.kind for breach in check(broken)}
    assert set(check(broken)) <= set(checks.breaches(broken))


def test_every_check_has_a_break_of_its_own() -> None:
    assert {check for _, check, _ in BREAKS} == set(checks.CHECKS)
