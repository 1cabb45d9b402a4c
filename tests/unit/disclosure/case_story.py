"""A case as tests tell it: what can happen to it, one event each, and how far each series of them takes it."""

from services.disclosure.domain import case_events as events
from services.disclosure.domain.case_decider import Execute
from services.seal.authorization import approval_hash

DAY = 24 * 3600
NOW = 1_900_000_000
DUE, END = NOW + 10 * DAY, NOW + 60 * DAY
DELAY = 14 * DAY
INTENDED_AT = NOW + DAY
OPENS_AT = INTENDED_AT + DELAY
GAG = NOW + 90 * DAY
POLICY = b"h" * 32
ALIAS, COMMITMENT = b"a" * 32, b"i" * 32

OPENED = events.CaseOpened(
    case_id="c",
    requester="court",
    instrument="docket 7",
    ground="statute 12",
    document_hash=b"d" * 32,
    post_id="p",
    recipient_key=b"r" * 32,
    alias_key=ALIAS,
    bundle_hash=b"b" * 32,
    policy_hash=POLICY,
    opened_at=NOW,
    expires_at=END,
    thread_id="t",
    title="",
    body="text",
    thread_key=b"k" * 32,
    thread_certificate=b"c" * 64,
    post_signature=b"s" * 64,
    basis="court-order",
    organisation="District Court",
    fields=("name",),
    due_at=DUE,
    delay_seconds=DELAY,
    gag_until=0,
    waiver_hash=bytes(32),
    case_salt=b"z" * 32,
)
DECLINED = events.CaseDeclined(
    "c", "company", "letter", "curiosity", bytes(32), "p", NOW, "none", "Acme", "name", b"z" * 32
)


def approval(
    officer: str, role: str, organisation: str = "Vouchsafe", until: int = NOW + 2 * DAY
) -> events.CaseApproved:
    """An officer's approval, in force from the beginning."""
    return events.CaseApproved("c", officer, role, f"note of {officer}", until, organisation)


ANN, BOB, CYD = approval("ann", "legal"), approval("bob", "legal"), approval("cyd", "privacy")
WITHDRAWN_APPROVAL = events.ApprovalWithdrawn("c", "ann", b"w" * 64, approval_hash("c", "ann"))
WITHDRAWN = events.CaseWithdrawn("c", NOW + 1)
EXPIRED = events.CaseExpired("c", END)
HALF_TIME = events.HalfTimePassed("c", NOW + 5 * DAY)
INTENT = events.OpeningIntended("c", b"1" * 32, (), COMMITMENT, b"2" * 32, b"3" * 32, b"4" * 32)
INTENDED = events.OpeningIntended(
    "c", b"1" * 32, ("note of ann", "note of bob", "note of cyd"), COMMITMENT, b"2" * 32, b"3" * 32, b"4" * 32
)
EXECUTE = Execute(NOW + 1, approvals=3, distinct_roles=2, policy_hash=POLICY, locked=False, intent=INTENT)
WITNESSED = events.OpeningWitnessed("c", 40, "proof", INTENDED_AT, OPENS_AT)
NOTIFIED = events.SubjectNotified(ALIAS, COMMITMENT, OPENS_AT)
UNSEALED = events.EnvelopeOpened("c", OPENS_AT + 1)
VETOED = events.OpeningVetoed("c", "bob", b"v" * 64, INTENDED_AT + 1)
REFUSED = events.OpeningRefused("c", OPENS_AT + 1)
LAPSED = events.OpeningLapsed("c", END)
EXECUTED = events.CaseExecuted("c", 40, 0, b"sealed", OPENS_AT + 1)
ALIAS_OPENED = events.AliasOpened(ALIAS, COMMITMENT)
COLLECTED = events.AnswerCollected("c", OPENS_AT + 2)
HELD = events.HoldPlaced(ALIAS, b"o" * 16, NOW + 60 * DAY)
HELD_LONGER = events.HoldPlaced(ALIAS, b"o" * 16, NOW + 90 * DAY)
RELEASED = events.HoldReleased(ALIAS, b"o" * 16)

PENDING = (OPENED,)
READY = (OPENED, ANN, BOB, CYD)
AIMED = (*READY, INTENDED)
RUNNING = (*AIMED, WITNESSED, NOTIFIED)
UNSEALED_ONE = (*RUNNING, UNSEALED)
DONE = (*UNSEALED_ONE, EXECUTED, ALIAS_OPENED)
STATES = {
    "unasked": (),
    "declined": (DECLINED,),
    "pending": PENDING,
    "withdrawn": (OPENED, WITHDRAWN),
    "expired": (OPENED, EXPIRED),
    "intended": AIMED,
    "witnessed": RUNNING,
    "vetoed": (*RUNNING, VETOED),
    "unsealed": UNSEALED_ONE,
    "refused": (*UNSEALED_ONE, REFUSED),
    "lapsed": (*RUNNING, LAPSED),
    "opened": DONE,
    "collected": (*DONE, COLLECTED),
}
"""For each state a shortest way to it."""
