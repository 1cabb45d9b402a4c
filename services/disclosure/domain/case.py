"""A case: what has happened to a request to learn who stands behind a post, and how far it has come.

Stream `case-<case id>`. The states are a union, so that what an unapproved case lacks cannot be read by mistake. No
state and no event ever holds what an envelope held. Deciding is `case_decider`'s.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class CaseOpened:
    """Somebody with a right to ask asked who stands behind a post. Times are Unix seconds, here and below.

    The post is kept as its author signed it: officers and trustees check it again, whatever becomes of it in the forum.
    """

    case_id: str
    requester: str
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    recipient_key: bytes
    alias_key: bytes
    bundle_hash: bytes
    policy_hash: bytes
    opened_at: int
    expires_at: int
    thread_id: str
    title: str
    body: str
    thread_key: bytes
    thread_certificate: bytes
    post_signature: bytes
    basis: str = ""
    organisation: str = ""
    fields: tuple[str, ...] = ()
    due_at: int = 0
    delay_seconds: int = 0
    gag_until: int = 0
    waiver_hash: bytes = b""
    case_salt: bytes = b""


@dataclass(frozen=True)
class CaseDeclined:
    """Somebody without a right to an opening asked. Nothing was looked up for him."""

    case_id: str
    requester: str
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    declined_at: int
    basis: str = ""
    organisation: str = ""
    wants: str = ""
    case_salt: bytes = b""


@dataclass(frozen=True)
class CaseApproved:
    """An officer approved; `approval` is his signed note, verified."""

    case_id: str
    officer: str
    role: str
    approval: str
    expires_at: int
    organisation: str = ""


@dataclass(frozen=True)
class OpeningIntended:
    """The approvals sufficed. From here on the case can only be carried through."""

    case_id: str
    intent_salt: bytes
    approvals: tuple[str, ...]
    commitment: bytes = b""
    subject: bytes = b""
    blind: bytes = b""


@dataclass(frozen=True)
class CaseExecuted:
    """Identity released the person, sealed to the recipient."""

    case_id: str
    intent_index: int
    result_index: int
    sealed_identity: bytes
    executed_at: int = 0


@dataclass(frozen=True)
class Unasked:
    """No such case."""


@dataclass(frozen=True)
class Declined:
    """Refused by rule when it was asked."""


@dataclass(frozen=True)
class Pending:
    """Waits for approvals."""

    facts: CaseOpened
    approvals: tuple[CaseApproved, ...] = ()


@dataclass(frozen=True)
class Intended:
    """The intent is, or is about to be, in the log."""

    facts: CaseOpened
    approvals: tuple[CaseApproved, ...]
    salt: bytes


@dataclass(frozen=True)
class Opened:
    """The sealed answer lies ready for the recipient."""

    facts: CaseOpened
    approvals: tuple[CaseApproved, ...]
    intent_index: int
    result_index: int
    sealed_identity: bytes


Asked = Pending | Intended | Opened
State = Unasked | Declined | Asked
Event = CaseOpened | CaseDeclined | CaseApproved | OpeningIntended | CaseExecuted

initial: State = Unasked()


def live_approvals(state: Pending | Intended, now: int) -> list[CaseApproved]:
    """The approvals in force at `now`."""
    return [approval for approval in state.approvals if now < approval.expires_at]


def stream(case_id: str) -> str:
    """The stream of a case."""
    return f"case-{case_id}"


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event, state:
        case CaseOpened(), Unasked():
            return Pending(event)
        case CaseDeclined(), Unasked():
            return Declined()
        case CaseApproved(), Pending(approvals=approvals) | Intended(approvals=approvals):
            return replace(state, approvals=(*approvals, event))
        case OpeningIntended(intent_salt=salt), Pending(facts, approvals):
            return Intended(facts, approvals, salt)
        case CaseExecuted(_, intent_index, result_index, sealed, _), Intended(facts, approvals):
            return Opened(facts, approvals, intent_index, result_index, sealed)
    return state
