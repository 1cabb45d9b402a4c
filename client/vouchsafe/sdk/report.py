"""The transparency report: what anybody can count in the public log, without asking or believing the platform.

`report_on` is a function of the leaves, the trust material and one moment; two people who have the same log get the
same report. That the leaves are those of a co-signed checkpoint is to be verified before (`public_log`). How a report
is written down is for `report_document` and `report_page`.

What stands out comes first: intents without a result, subjects who were told nothing, leaves that break a rule.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median_low
from typing import Final

from services.seal.authorization import MAX_CLOCK_SKEW
from services.seal.leaves import OpenIntentLeaf
from services.seal.trust import Officer, Policy, Trust
from vouchsafe.sdk.demands import (
    PENDING,
    UNKNOWN,
    Demand,
    Demands,
    Finding,
    Flaw,
    Hold,
    Intent,
    kind_or_nothing,
    read_demands,
)
from vouchsafe.sdk.governance_history import Amendment, GovernanceHistory, LockDown, read_governance
from vouchsafe.sdk.report_parts import (
    AnswerTime,
    Count,
    Declined,
    Gag,
    GagState,
    IntentState,
    Month,
    OpenIntent,
    Subject,
    Untold,
    Vetoed,
    Waived,
)

_NEVER_ASKED: Final = Demand(0, b"", UNKNOWN, UNKNOWN, UNKNOWN, 0)
_WORST_FIRST: Final = (IntentState.OVERDUE, IntentState.DUE, IntentState.WAITING)


@dataclass(frozen=True)
class Report:
    """Everything, in the order in which it should be read. `as_of`: when witnesses co-signed the log of this size."""

    origin: str
    size: int
    root: bytes
    as_of: int
    open_intents: tuple[OpenIntent, ...]
    untold: tuple[Untold, ...]
    findings: tuple[Finding, ...]
    counts: tuple[Count, ...]
    declined: tuple[Declined, ...]
    months: tuple[Month, ...]
    answer_times: tuple[AnswerTime, ...]
    gags: tuple[Gag, ...]
    waived: tuple[Waived, ...]
    vetoes: tuple[Vetoed, ...]
    lock_downs: tuple[LockDown, ...]
    amendments: tuple[Amendment, ...]
    holds: tuple[Hold, ...]
    officers: tuple[Officer, ...]
    policy: Policy

    @property
    def demands(self) -> int:
        """All demands that the log tells of."""
        return sum(count.count for count in self.counts)

    @property
    def overdue(self) -> int:
        """Intents whose result is missing for certain."""
        return sum(each.state is IntentState.OVERDUE for each in self.open_intents)

    def count_of(self, outcome: str) -> int:
        """Demands that ended so."""
        return sum(count.count for count in self.counts if count.outcome == outcome)

    @property
    def alarms(self) -> int:
        """How much of it should not be: intents overdue, subjects untold, gags overdue, leaves that break a rule."""
        silent = sum(each.state is GagState.OVERDUE for each in self.gags)
        return self.overdue + silent + len(self.untold) + len(self.findings)


def report_on(trust: Trust, leaves: Sequence[bytes], *, root: bytes, as_of: int) -> Report:
    """The report on a log, all of whose leaves are given; `root` is theirs, `as_of` in Unix seconds."""
    history = read_governance(trust, leaves)
    told = read_demands(leaves, frozenset(veto.index for veto in history.vetoes), as_of=as_of)
    by_case = {demand.case: demand for demand in told.demands}
    subjects = {
        intent.commitment: _subject(intent.index, by_case.get(intent.case, _NEVER_ASKED)) for intent in told.intents
    }
    return Report(
        origin=trust.origin,
        size=len(leaves),
        root=root,
        as_of=as_of,
        open_intents=tuple(
            sorted(
                _open_intents(told, by_case, subjects, _longest_case(trust, history), as_of),
                key=lambda each: (_WORST_FIRST.index(each.state), each.intent.index),
            )
        ),
        untold=tuple(
            Untold(subjects[each.commitment], told.size - 1 - each.index)
            for each in told.intents
            if each.noticed is None and not each.gag_until
        ),
        findings=_findings(leaves, told, history, trust),
        counts=_counts(told.demands),
        declined=_declined(told.demands),
        months=_months(told.demands),
        answer_times=_answer_times(told.demands, as_of),
        gags=tuple(_gag(each, subjects[each.commitment], as_of) for each in told.intents if each.gag_until),
        waived=tuple(Waived(subjects[each.commitment], each.outcome) for each in told.intents if each.waived),
        vetoes=tuple(
            Vetoed(subjects.get(veto.intent, _subject(-1, _NEVER_ASKED)), veto.index, veto.officer)
            for veto in history.vetoes
        ),
        lock_downs=history.lock_downs,
        amendments=history.amendments,
        holds=told.holds,
        officers=tuple(history.now.officers),
        policy=history.now.policy,
    )


def _subject(index: int, demand: Demand) -> Subject:
    return Subject(index, demand.requester, demand.basis)


def _open_intents(
    told: Demands, by_case: dict[bytes, Demand], subjects: dict[bytes, Subject], longest_case: int, as_of: int
) -> Iterable[OpenIntent]:
    for intent in told.intents:
        if intent.ended is not None:
            continue
        demand = by_case.get(intent.case, _NEVER_ASKED)
        yield OpenIntent(
            intent=subjects[intent.commitment],
            state=_intent_state(intent, demand, longest_case, as_of),
            age=told.size - 1 - intent.index,
            delay=intent.delay,
            logged_from=intent.not_before,
            logged_to=intent.not_after,
            gag_until=intent.gag_until,
            waived=intent.waived,
            told=intent.noticed is not None,
        )


def _intent_state(intent: Intent, demand: Demand, longest_case: int, as_of: int) -> IntentState:
    """What is certain, since an intent tells no time: the case behind it does, and so do later leaves.

    A case that lies about its time ends when the log says so or, for all that is known, has ended.
    """
    if demand.asked_at == 0 or demand.asked_at + longest_case < as_of or demand.asked_at > as_of + MAX_CLOCK_SKEW:
        return IntentState.OVERDUE
    logged = intent.not_after or as_of
    return IntentState.DUE if logged + intent.delay < as_of else IntentState.WAITING


def _longest_case(trust: Trust, history: GovernanceHistory) -> int:
    """Seconds that a case may have lasted under any policy that was ever in force."""
    policies = (trust.policy, *(each.policy for each in history.amendments if each.policy is not None))
    return max(policy.case_ttl_seconds for policy in policies)


def _gag(intent: Intent, subject: Subject, as_of: int) -> Gag:
    if intent.noticed is not None:
        state = GagState.ENDED
    else:
        state = GagState.IN_FORCE if as_of <= intent.gag_until else GagState.OVERDUE
    return Gag(subject, state, intent.gag_until, intent.gag_extensions, intent.outcome)


def _findings(leaves: Sequence[bytes], told: Demands, history: GovernanceHistory, trust: Trust) -> tuple[Finding, ...]:
    """One a leaf, in the order of the log."""
    found = {index: Finding(index, kind_or_nothing(leaves[index]), Flaw.VOID) for index in history.void}
    for intent in told.intents:
        if _too_soon(intent, history.policy_at(intent.index, trust)):
            found[intent.index] = Finding(intent.index, OpenIntentLeaf.KIND, Flaw.TOO_SOON)
    found |= {each.index: each for each in told.findings}
    return tuple(finding for _, finding in sorted(found.items()))


def _too_soon(intent: Intent, policy: Policy) -> bool:
    """Whether it leaves officers or the subject less time than the policy does, with no document that says so."""
    if intent.delay < policy.veto_delay_seconds:
        return True
    return not intent.waived and (bool(intent.gag_until) or intent.delay < policy.notice_seconds)


def _counts(demands: Iterable[Demand]) -> tuple[Count, ...]:
    counted = Counter((demand.requester, demand.basis, demand.outcome) for demand in demands)
    return tuple(Count(*key, count) for key, count in sorted(counted.items()))


def _declined(demands: Iterable[Demand]) -> tuple[Declined, ...]:
    counted = Counter((demand.requester, demand.wants) for demand in demands if demand.outcome == "declined")
    return tuple(Declined(*key, count) for key, count in sorted(counted.items()))


def _months(demands: Iterable[Demand]) -> tuple[Month, ...]:
    counted = Counter((_month(demand.asked_at), demand.outcome == "declined") for demand in demands)
    months = sorted({month for month, _ in counted})
    return tuple(Month(month, counted[month, True], counted[month, False]) for month in months)


def _month(unix: int) -> str:
    try:
        return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m")
    except (ValueError, OverflowError, OSError):  # a time that no calendar has
        return UNKNOWN


def _answer_times(demands: Iterable[Demand], as_of: int) -> tuple[AnswerTime, ...]:
    asked = [demand for demand in demands if demand.outcome != "declined"]
    return tuple(
        _answer_time(requester, [demand for demand in asked if demand.requester == requester], as_of)
        for requester in sorted({demand.requester for demand in asked})
    )


def _answer_time(requester: str, asked: Sequence[Demand], as_of: int) -> AnswerTime:
    """A veto has no time in the log, so it counts as an answer to nobody's clock."""
    answered = [demand for demand in asked if demand.ended_at]
    waiting = [demand for demand in asked if demand.outcome == PENDING]
    seconds = [max(0, demand.ended_at - demand.asked_at) for demand in answered]
    return AnswerTime(
        requester=requester,
        answered=len(answered),
        median=median_low(seconds) if seconds else 0,
        worst=max(seconds, default=0),
        late=sum(demand.ended_at > demand.due for demand in answered),
        waiting=len(waiting),
        waiting_late=sum(as_of > demand.due for demand in waiting),
    )
