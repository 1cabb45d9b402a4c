"""The leaves of the transparency log: public facts and salted hashes, as lines of text that anyone can read.

A leaf is the line ``vouchsafe/v1/leaf/<kind>`` and then one line ``<key> <value>`` a field, each ended by a line feed,
in the order declared here (`leaf_lines`). One fact has exactly one encoding, so its RFC 6962 leaf hash can be computed
by whoever knows the fact.

Whether a leaf is in the log is for `merkle` and `tlog_proof` to say, and what follows from the leaves that officers
sign for `governance`. Times are Unix seconds. All errors are `SealError`.
"""

from dataclasses import dataclass, fields
from typing import ClassVar, Self

from services.seal.canonical import sha256, signed_bytes
from services.seal.errors import SealError
from services.seal.leaf_lines import HEADER, check_value, from_line, key_of, lines_of, to_text
from services.seal.statements import CaseStatement
from services.seal.subject import subject_tag

OPENED = "opened"
"""The result of an intent whose envelope was opened."""
NO_PARENT = "none"
"""Stands for the wider label of the widest; no label is called so."""


@dataclass(frozen=True)
class Leaf:
    """Base of all leaves: to text and back, from the declared fields."""

    KIND: ClassVar[str]

    def __post_init__(self) -> None:
        for name, value in self._values():
            check_value(name, value)

    def to_bytes(self) -> bytes:
        """Return the bytes that RFC 6962 hashes as the leaf."""
        lines = [HEADER + self.KIND, *(f"{key_of(name)} {to_text(value)}" for name, value in self._values())]
        return ("\n".join(lines) + "\n").encode("utf-8")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the leaf whose `to_bytes` are exactly this data."""
        lines = lines_of(data)
        declared = fields(cls)
        if lines[0] != HEADER + cls.KIND or len(lines) != len(declared) + 1:
            raise SealError(f"not a leaf of the kind '{cls.KIND}'")
        leaf = cls(*(from_line(line, key_of(f.name), f.type) for line, f in zip(lines[1:], declared, strict=True)))
        if leaf.to_bytes() != data:
            raise SealError("the leaf is not in its canonical form")
        return leaf

    def _values(self) -> list[tuple[str, object]]:
        return [(field.name, getattr(self, field.name)) for field in fields(self)]


@dataclass(frozen=True)
class CeremonyLeaf(Leaf):
    """The first leaf: the hash of the public material that everything else is checked against (`trust.Trust`)."""

    KIND = "ceremony"
    trust_sha256: bytes
    opening_key: bytes
    policy_sha256: bytes


@dataclass(frozen=True)
class LabelDefinedLeaf(Leaf):
    """What a label means in an epoch: the words that readers see, and the wider label above it or `NO_PARENT`."""

    KIND = "label-defined"
    label: str
    epoch: int
    label_name: str
    parent: str

    @classmethod
    def of(cls, label: str, epoch: int, label_name: str, parent: str) -> "LabelDefinedLeaf":
        """Return the leaf of this label; `parent` is empty for the widest."""
        if parent == NO_PARENT:
            raise SealError("no label is called as if it were none")
        return cls(label, epoch, label_name, parent or NO_PARENT)


@dataclass(frozen=True)
class IssuerKeyLeaf(Leaf):
    """The one issuer key of a label in an epoch, as the SHA-256 of its DER SubjectPublicKeyInfo."""

    KIND = "issuer-key"
    label: str
    epoch: int
    public_key_sha256: bytes

    @classmethod
    def of(cls, label: str, epoch: int, public_key: bytes) -> "IssuerKeyLeaf":
        """Return the leaf of this key, DER SubjectPublicKeyInfo."""
        return cls(label, epoch, sha256(public_key))


@dataclass(frozen=True)
class LabelActivatedLeaf(Leaf):
    """At least so many distinct verified people hold a credential under a label; a rounded bucket."""

    KIND = "label-activated"
    label: str
    epoch: int
    crowd_at_least: int


@dataclass(frozen=True)
class LabelRevokedLeaf(Leaf):
    """Nobody may speak under a label's key of the epoch any more; `reason` is a word, such as `key-compromised`."""

    KIND = "label-revoked"
    label: str
    epoch: int
    reason: str


@dataclass(frozen=True)
class OwnershipLeaf(Leaf):
    """A salted hash that ties an escrow reference to an ownership key (`statements.ownership_commitment`)."""

    KIND = "ownership"
    commitment: bytes


@dataclass(frozen=True)
class PostRootLeaf(Leaf):
    """The root over everything that was written on one day (``YYYY-MM-DD``, UTC); `size` is a bucket (`post_root`)."""

    KIND = "post-root"
    day: str
    size: int
    root: bytes


@dataclass(frozen=True)
class CaseAskedLeaf(Leaf):
    """Somebody asked for a name on a ground that allows it (`requests`), and is to be answered by `due`.

    `case` is `case_reference`, here and in all leaves: it shows which leaves are about one case, and not which case.
    """

    KIND = "case-asked"
    case: bytes
    requester: str
    basis: str
    at: int
    due: int


@dataclass(frozen=True)
class CaseDeclinedLeaf(Leaf):
    """Somebody asked for what he has no right to, and was declined by rule; the only leaf of its case."""

    KIND = "case-declined"
    case: bytes
    requester: str
    basis: str
    wants: str
    at: int


@dataclass(frozen=True)
class OpenIntentLeaf(Leaf):
    """Somebody is about to be opened, `delay` seconds from when witnesses have co-signed this.

    `commitment` is a salted hash of the case's statement, `subject` is `subject.subject_tag`, `gag_until` is when the
    subject will be told (0: at once), and `waived` is 1 where a document takes his full notice away.
    """

    KIND = "open-intent"
    commitment: bytes
    case: bytes
    subject: bytes
    delay: int
    gag_until: int
    waived: int

    @classmethod
    def of(cls, statement: CaseStatement, *, salt: bytes, case: bytes, subject: bytes) -> "OpenIntentLeaf":
        """Return the leaf of a case; the commitment is over the domain tag `open-intent`, salt and statement's hash."""
        if len(salt) != 32:
            raise SealError("an intent's salt has 32 bytes")
        commitment = sha256(signed_bytes("open-intent", salt, statement.hash()))
        gag, waived = statement.gag_until_unix, int(statement.waived)
        return cls(commitment, case, subject, statement.delay_seconds, gag, waived)


@dataclass(frozen=True)
class SubjectNoticeLeaf(Leaf):
    """Tells the owner of the alias that an intent is about him: he alone can find his envelope in the `mark`.

    It follows the intent at once or, where a gag binds the platform, when the gag ends. `blind` and `mark` are those of
    the intent's `subject` (`subject`), or it is no notice of this intent.
    """

    KIND = "subject-notice"
    intent: bytes
    blind: bytes
    mark: bytes

    def tells(self, intent: OpenIntentLeaf) -> bool:
        """Whether it tells the very subject that the intent fixed."""
        return subject_tag(self.blind, self.mark) == intent.subject


@dataclass(frozen=True)
class GagExtendedLeaf(Leaf):
    """The subject of an intent is not told before `until`, on an instrument of which this is the SHA-256."""

    KIND = "gag-extended"
    intent: bytes
    until: int
    instrument: bytes


@dataclass(frozen=True)
class OpenResultLeaf(Leaf):
    """What became of an intent, once: its envelope was `opened`, or it `expired`; a veto has its own leaf.

    Whether identity then named somebody is told to nobody: it would be the word of who opened. Logs of before hold
    `refused` too, for an intent whose envelope identity refused before there was an `opened`.
    """

    KIND = "open-result"
    intent_commitment: bytes
    outcome: str
    at: int


@dataclass(frozen=True)
class CaseEndedLeaf(Leaf):
    """A case that was asked ended without any intent: `expired` or `withdrawn`."""

    KIND = "case-ended"
    case: bytes
    outcome: str
    at: int


@dataclass(frozen=True)
class HoldLeaf(Leaf):
    """What a case is about may not be deleted before `until`; 0 when it was released."""

    KIND = "legal-hold"
    case: bytes
    until: int


@dataclass(frozen=True)
class ApprovalWithdrawnLeaf(Leaf):
    """One officer has taken back what he approved in a case (`statements.Withdrawal`); this tells nobody which case."""

    KIND = "approval-withdrawn"
    approval: bytes
    officer: str
    signature: bytes


@dataclass(frozen=True)
class OpeningVetoedLeaf(Leaf):
    """One officer has stopped an opening (`statements.Veto`)."""

    KIND = "opening-vetoed"
    intent: bytes
    officer: str
    signature: bytes


@dataclass(frozen=True)
class LockDownLeaf(Leaf):
    """One officer has stopped all openings (`statements.LockDown`); lock-downs are numbered from 1."""

    KIND = "lock-down"
    number: int
    officer: str
    signature: bytes


@dataclass(frozen=True)
class UnlockLeaf(Leaf):
    """Proposes to end the lock-down of this number, the last one."""

    KIND = "unlock"
    number: int


@dataclass(frozen=True)
class OfficerAddedLeaf(Leaf):
    """Proposes another officer; amendments of officers and policy are numbered from 1, together."""

    KIND = "officer-added"
    number: int
    officer: str
    role: str
    organisation: str
    public: bytes


@dataclass(frozen=True)
class OfficerRemovedLeaf(Leaf):
    """Proposes that an officer is none any more."""

    KIND = "officer-removed"
    number: int
    officer: str


@dataclass(frozen=True)
class PolicySetLeaf(Leaf):
    """Proposes another policy (`trust.Policy`)."""

    KIND = "policy-set"
    number: int
    approvals: int
    distinct_roles: int
    approval_ttl_seconds: int
    veto_delay_seconds: int
    notice_seconds: int
    case_ttl_seconds: int


@dataclass(frozen=True)
class EndorsementLeaf(Leaf):
    """An officer wants what a proposal, named by its RFC 6962 leaf hash, proposes (`statements.Endorsement`)."""

    KIND = "endorsement"
    proposal: bytes
    officer: str
    signature: bytes


def case_reference(salt: bytes, case_id: str) -> bytes:
    """Return what stands for a case in the log: 32 bytes that tell nobody anything who has no salt (32 bytes)."""
    if len(salt) != 32:
        raise SealError("a case's salt has 32 bytes")
    return sha256(signed_bytes("case-leaf", salt, case_id))


def kind_of(data: bytes) -> str:
    """Return the kind of a leaf without parsing the rest."""
    header = lines_of(data)[0]
    if not header.startswith(HEADER):
        raise SealError("not a leaf of this log")
    return header.removeprefix(HEADER)
