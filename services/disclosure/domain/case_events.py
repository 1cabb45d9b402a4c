"""What can happen to a case. Times are Unix seconds.

Stream `case-<case id>`. No event ever holds what an envelope held. The last four say nothing of a case, a requester or
a person: they alone leave the service (`curation`). What each leaves in the transparency log is said by `case_leaves`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CaseOpened:
    """Somebody with a right to ask asked who stands behind a post or, without a post, behind an alias.

    The post is kept as its author signed it: officers and trustees check it again, whatever becomes of it in the forum.
    A case without a salt is of a time when no case had leaves; it can only expire.
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
    basis: str
    organisation: str
    fields: tuple[str, ...]
    due_at: int
    delay_seconds: int
    gag_until: int
    waiver_hash: bytes
    case_salt: bytes


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
    basis: str
    organisation: str
    wants: str
    case_salt: bytes


@dataclass(frozen=True)
class CaseApproved:
    """An officer approved; `approval` is his signed note, verified."""

    case_id: str
    officer: str
    role: str
    approval: str
    expires_at: int
    organisation: str


@dataclass(frozen=True)
class ApprovalWithdrawn:
    """An officer took back what he approved; `approval_hash` as his signature names it, none in events from before."""

    case_id: str
    officer: str
    signature: bytes
    approval_hash: bytes


@dataclass(frozen=True)
class CaseWithdrawn:
    """Its requester no longer asks."""

    case_id: str
    withdrawn_at: int


@dataclass(frozen=True)
class CaseExpired:
    """The time of the case was over before anything was intended."""

    case_id: str
    expired_at: int


@dataclass(frozen=True)
class HalfTimePassed:
    """Half of the time in which an answer is due has passed without one."""

    case_id: str
    passed_at: int


@dataclass(frozen=True)
class OpeningIntended:
    """The approvals sufficed. From here on the case is carried through, stopped by an officer, or ends with a leaf.

    One without a mark is of a time when nobody could check a notice; it can only end unopened.
    """

    case_id: str
    intent_salt: bytes
    approvals: tuple[str, ...]
    commitment: bytes
    subject: bytes
    blind: bytes
    mark: bytes


@dataclass(frozen=True)
class OpeningWitnessed:
    """Witnesses have co-signed a tree that holds the intent; the delay runs. This proof is the one shown for ever."""

    case_id: str
    intent_index: int
    intent_proof: str
    intended_at: int
    opens_at: int


@dataclass(frozen=True)
class GagExtended:
    """A further instrument puts off the day on which the subject is told."""

    case_id: str
    until: int
    document_hash: bytes
    extended_at: int


@dataclass(frozen=True)
class EnvelopeOpened:
    """The vault has combined the trustees' parts. Identity is asked only once witnesses have co-signed its leaf."""

    case_id: str
    opened_at: int


@dataclass(frozen=True)
class OpeningVetoed:
    """An officer ended the opening before anybody was named."""

    case_id: str
    officer: str
    signature: bytes
    vetoed_at: int


@dataclass(frozen=True)
class OpeningRefused:
    """Identity refused: the envelope names nobody whom it may release."""

    case_id: str
    refused_at: int


@dataclass(frozen=True)
class OpeningLapsed:
    """The time of the case was over after the intent was logged."""

    case_id: str
    lapsed_at: int


@dataclass(frozen=True)
class CaseExecuted:
    """Identity released the person, sealed to the recipient. The result's index is 0 where its leaf follows."""

    case_id: str
    intent_index: int
    result_index: int
    sealed_identity: bytes
    executed_at: int


@dataclass(frozen=True)
class AnswerCollected:
    """The sealed answer was shown, once."""

    case_id: str
    collected_at: int


@dataclass(frozen=True)
class SubjectNotified:
    """The owner of the alias may be told now that an opening is intended; `opens_at` is 0 if its delay never began."""

    alias_key: bytes
    intent: bytes
    opens_at: int


@dataclass(frozen=True)
class AliasOpened:
    """The owner of the alias may be told now that it was opened."""

    alias_key: bytes
    intent: bytes


@dataclass(frozen=True)
class HoldPlaced:
    """What the alias wrote is kept until then; a second time for a hold that was extended."""

    alias_key: bytes
    hold: bytes
    until: int


@dataclass(frozen=True)
class HoldReleased:
    """That hold is over."""

    alias_key: bytes
    hold: bytes


Ending = CaseWithdrawn | CaseExpired | OpeningVetoed | OpeningRefused | OpeningLapsed | CaseExecuted
Course = CaseApproved | ApprovalWithdrawn | HalfTimePassed | OpeningIntended | OpeningWitnessed | GagExtended
Public = SubjectNotified | AliasOpened | HoldPlaced | HoldReleased
Event = CaseOpened | CaseDeclined | Course | EnvelopeOpened | Ending | AnswerCollected | Public
