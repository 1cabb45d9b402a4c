"""Cases as officers see them, and the words of leaves as the protos' enums."""

from typing import Any, Final

from services.disclosure.domain import case
from services.disclosure.domain.case_events import CaseDeclined, CaseOpened
from services.disclosure.messages import credential_message, post_message, shared
from services.disclosure.shelf import Held
from vouchsafe.disclosure.v1 import case_service_pb2 as pb

_STATES: Final = {
    case.Declined: pb.CASE_STATE_DECLINED,
    case.Pending: pb.CASE_STATE_PENDING,
    case.Withdrawn: pb.CASE_STATE_WITHDRAWN,
    case.Expired: pb.CASE_STATE_EXPIRED,
    case.Intended: pb.CASE_STATE_INTENDED,
    case.Witnessed: pb.CASE_STATE_WITNESSED,
    case.Unsealed: pb.CASE_STATE_UNSEALED,
    case.Vetoed: pb.CASE_STATE_VETOED,
    case.Refused: pb.CASE_STATE_REFUSED,
    case.Lapsed: pb.CASE_STATE_EXPIRED,
    case.Opened: pb.CASE_STATE_OPENED,
    case.Collected: pb.CASE_STATE_COLLECTED,
}


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
        **(shared(facts, pb.Case) | _words(facts)),
        state=pb.CASE_STATE_DECLINED,
        opened_at=facts.declined_at,
        ended_at=facts.declined_at,
    )


def case_message(state: case.Asked, held: Held, result_index: int) -> pb.Case:
    """The case with all that it stands on. The envelope stays here, and so does the answer."""
    facts = state.facts
    fields = [value_of(pb.PersonField, each) for each in facts.fields]
    message = pb.Case(
        **(shared(facts, pb.Case) | _words(facts) | {"fields": fields}),
        state=_STATES[type(state)],
        half_time_passed=state.alerted,
        approved_by=dict.fromkeys(each.officer for each in state.approvals),
        approvals=[pb.CaseApproval(**shared(each, pb.CaseApproval), note=each.approval) for each in state.approvals],
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
    told = shared(facts, pb.CaseSummary) | _words(facts) | {"state": _STATES[type(state)]}
    if isinstance(state, case.Declined):
        return pb.CaseSummary(**told, opened_at=state.facts.declined_at)
    opens_at = state.witnessed.opens_at if isinstance(state, case.Aimed) else 0
    return pb.CaseSummary(**told, half_time_passed=state.alerted, approvals=len(state.approvals), opens_at=opens_at)


def _words(facts: CaseOpened | CaseDeclined) -> dict[str, Any]:
    """The words of leaves, as enums."""
    return {
        "requester": value_of(pb.RequesterClass, facts.requester),
        "basis": value_of(pb.LegalBasis, facts.basis),
    }


def _intent_message(state: case.Aimed) -> pb.OpeningIntent:
    return pb.OpeningIntent(
        **shared(state.opening, pb.OpeningIntent),
        **shared(state.witnessed, pb.OpeningIntent),
        salt=state.opening.intent_salt,
        proof=state.witnessed.intent_proof,
        gagged_until=state.gagged_until,
        notified=state.notified,
    )


def _prefix(enum: Any) -> str:
    return str(enum.Name(0)).removesuffix("UNSPECIFIED")
