"""A case in words: what was asked, its clocks, who has approved, and what of it stands in the log.

What disclosure tells is shown as told; that it holds together is `vouchsafe.sdk.case_review`'s to check. Sealed answers
are never shown.
"""

from collections.abc import Iterator

from services.seal.statements import NO_WAIVER
from vouchsafe.cli import output
from vouchsafe.cli.durations import span, until
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.case_review import ReviewedCase
from vouchsafe.sdk.case_words import basis_of, fields_of, requester_of, state_of

Facts = list[tuple[str, object]]

_RUNNING = (pb.CASE_STATE_PENDING, pb.CASE_STATE_INTENDED, pb.CASE_STATE_WITNESSED)


def facts_of(case: pb.Case, *, now: int) -> Facts:
    """What there is to say of a case at `now` (Unix seconds)."""
    facts: Facts = [
        ("case", case.case_id),
        ("state", state_of(case.state)),
        ("requester", requester_of(case.requester)),
        ("basis", basis_of(case.basis)),
        ("organisation", case.organisation),
        ("instrument", case.instrument),
        ("ground", case.ground),
        ("document sha256", case.document_hash.hex()),
        ("about", f"post {case.post_id}" if case.post_id else f"alias {case.credential.alias_key.hex()}"),
        ("asked for", ", ".join(fields_of(case.fields))),
        ("recipient", case.recipient_key.hex()),
    ]
    if case.state == pb.CASE_STATE_DECLINED:
        return facts
    facts += _clocks(case, now)
    facts += [("subject", _subject(case)), ("approved by", ", ".join(case.approved_by) or "nobody")]
    return facts + list(_logged(case))


def evidence_of(reviewed: ReviewedCase) -> Facts:
    """Whose envelope would be opened, and under what rule: what an officer decides on, checked on this machine."""
    case, policy = reviewed.case, reviewed.governance.policy
    facts: Facts = [("label", f"{case.credential.label}, epoch {case.credential.epoch}")]
    if case.post_id:
        facts += [("title", case.post.title or "(none: the post answers a thread)"), ("text", case.post.body)]
    shortened = ", SHORTENED: fit for trying things out only" if policy.shortened else ""
    return [
        *facts,
        ("rule", f"{policy.approvals} approvals from {policy.distinct_roles} roles{shortened}"),
        ("delay", f"{span(reviewed.statement.delay_seconds)} from the co-signed intent to the opening"),
    ]


def row_of(case: pb.CaseSummary, *, now: int) -> list[str]:
    """A case in one line of a list."""
    due = _due(case, now) if case.due_at else ""
    opens = until(case.opens_at, now) if case.opens_at and case.state == pb.CASE_STATE_WITNESSED else ""
    asked = f"{requester_of(case.requester)} / {basis_of(case.basis)}"
    return [case.case_id, state_of(case.state), asked, case.organisation, case.instrument, due, opens]


def _clocks(case: pb.Case, now: int) -> Facts:
    if case.state not in _RUNNING:
        return [("ended", output.moment(case.ended_at))] if case.ended_at else []
    facts: Facts = [
        ("answer due", f"{output.moment(case.due_at)}, {_due(case, now)}"),
        ("ends unopened", f"{output.moment(case.expires_at)}, {until(case.expires_at, now)}"),
    ]
    if case.intent.opens_at:
        facts.append(("opens", f"{output.moment(case.intent.opens_at)}, {until(case.intent.opens_at, now)}"))
    return facts


def _due(case: pb.Case | pb.CaseSummary, now: int) -> str:
    if case.state not in _RUNNING:
        return ""
    half = ", HALF-TIME PASSED" if case.half_time_passed else ""
    return f"{until(case.due_at, now)}{half}" if case.due_at > now else f"OVERDUE since {span(now - case.due_at)}"


def _subject(case: pb.Case) -> str:
    if case.intent.notified:
        return "has been told"
    if case.waiver_hash == NO_WAIVER:
        return "is told when the intent is logged"
    gagged = case.intent.gagged_until or case.gag_until
    waiver = f"by the document with sha256 {case.waiver_hash.hex()}"
    return (
        f"is not told before {output.moment(gagged)}, {waiver}"
        if gagged
        else f"is not told before the opening, {waiver}"
    )


def _logged(case: pb.Case) -> Iterator[tuple[str, object]]:
    if case.HasField("hold"):
        yield "hold until", output.moment(case.hold.until) + (", extended" if case.hold.extended else "")
    if case.vetoed_by:
        yield "vetoed by", case.vetoed_by
    if case.intent.proof:
        yield "intent is leaf", case.intent_index
    if case.result_index:
        yield "result is leaf", case.result_index
