"""Cases as officers see them, and the words of leaves as the protos' enums."""

from typing import Any, Final

from services.disclosure.domain import case
from services.disclosure.domain.case_events import CaseDeclined
from services.disclosure.messages import credential_message, post_message
from services.disclosure.shelf import Held
from vouchsafe.disclosure.v1 import case_service_pb2 as pb

_STATES: Final = {
    case.Declined: pb.CASE_STATE_DECLINED,
    case.Pending: pb.CASE_STATE_PENDING,
    case.Withdrawn: pb.CASE_STATE_WITHDRAWN,
    case.Expired: pb.CASE_STATE_EXPIRED,
    case.Intended: pb.CASE_STATE_INTENDED,
    case.Witnessed: pb.CASE_STATE_WITNESSED,
    case.Vetoed: pb.CASE_STATE_VETOED,
    case.Refused: pb.CASE_STATE_REFUSED,
    case.Lapsed: pb.CASE_STATE_EXPIRED,
    case.Opened: pb.CASE_STATE_OPENED,
    case.Collected: pb.CASE_STATE_COLLECTED,
}
_DECLINED: Final = ("case_id", "instrument", "ground", "document_hash", "post_id", "organisation")
_FACTS: Final = (
    *_DECLINED,
    "bundle_hash",
    "policy_hash",
    "opened_at",
    "expires_at",
    "recipient_key",
    "due_at",
    "delay_seconds",
    "gag_until",
    "waiver_hash",
    "case_salt",
)
"""Told as they are recorded."""


def word(enum: Any, value: int) -> str:
    """The word that leaves write for a value: REQUESTER_CLASS_PRIVATE_PERSON is private-person."""
    return str(enum.Name(value)).removeprefix(_prefix(enum)).lower().replace("_", "-")


def value_of(enum: Any, written: str) -> Any:
    """The value that a word stands for; cases of long ago hold its name. 0 for none."""
    names = (written, _prefix(enum) + written.upper().replace("-", "_"))
    return next((enum.Value(name) for name in names if name in enum.keys()), 0)  # noqa: SIM118  (no mapping)


def declined_message(state: case.Declined) -> pb.Case:
    """What was asked, and that it was declined."""
    facts = state.facts
    return pb.Case(
        **{name: getattr(facts, name) for name in _DECLINED},
        state=pb.CASE_STATE_DECLINED,
        requester=value_of(pb.RequesterClass, facts.requester),
        basis=value_of(pb.LegalBasis, facts.basis),
        opened_at=facts.declined_at,
        ended_at=facts.declined_at,
    )


def case_message(state: case.Asked, held: Held, result_index: int) -> pb.Case:
    """The case with all that it stands on. The envelope stays here, and so does the answer."""
    facts = state.facts
    message = pb.Case(
        **{name: getattr(facts, name) for name in _FACTS},
        state=_STATES[type(state)],
        requester=value_of(pb.RequesterClass, facts.requester),
        basis=value_of(pb.LegalBasis, facts.basis),
        fields=[value_of(pb.PersonField, each) for each in facts.fields],
        half_time_passed=state.alerted,
        approved_by=dict.fromkeys(each.officer for each in state.approvals),
        approvals=[
            pb.CaseApproval(officer=each.officer, role=each.role, note=each.approval, expires_at=each.expires_at)
            for each in state.approvals
        ],
        post=post_message(facts),
        credential=credential_message(held.deposit),
        issuer_key=held.issuer_key,
        hold=pb.CaseHold(until=state.hold.until, extended=state.holds > 1) if state.hold else None,
        ended_at=state.ended_at,
        result_index=result_index,
    )
    if isinstance(state, case.Aimed):
        message.intent.CopyFrom(_intent_message(state))
        message.intent_index = state.witnessed.intent_index
    if isinstance(state, case.Vetoed):
        message.vetoed_by = state.end.officer
    return message


def summary_message(state: case.Declined | case.Asked) -> pb.CaseSummary:
    """A line of the list of cases."""
    facts = state.facts
    message = pb.CaseSummary(
        case_id=facts.case_id,
        state=_STATES[type(state)],
        requester=value_of(pb.RequesterClass, facts.requester),
        basis=value_of(pb.LegalBasis, facts.basis),
        organisation=facts.organisation,
        instrument=facts.instrument,
    )
    if isinstance(facts, CaseDeclined):
        message.opened_at = facts.declined_at
        return message
    message.opened_at, message.due_at, message.expires_at = facts.opened_at, facts.due_at, facts.expires_at
    if not isinstance(state, case.Declined):
        message.half_time_passed, message.approvals = state.alerted, len(state.approvals)
    if isinstance(state, case.Aimed):
        message.opens_at = state.witnessed.opens_at
    return message


def _intent_message(state: case.Aimed) -> pb.OpeningIntent:
    opening, witnessed = state.opening, state.witnessed
    return pb.OpeningIntent(
        commitment=opening.commitment,
        salt=opening.intent_salt,
        subject=opening.subject,
        blind=opening.blind,
        proof=witnessed.intent_proof,
        intended_at=witnessed.intended_at,
        opens_at=witnessed.opens_at,
        gagged_until=state.gagged_until,
        notified=state.notified,
    )


def _prefix(enum: Any) -> str:
    return str(enum.Name(0)).removesuffix("UNSPECIFIED")
