"""Logs for tests: a trust material, officers who sign, and leaves of demands and openings as a service writes them."""

from dataclasses import dataclass, field
from hashlib import sha256

from services.seal import ristretto, threshold
from services.seal.ed25519 import SigningKey
from services.seal.leaves import (
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    CaseEndedLeaf,
    EndorsementLeaf,
    GagExtendedLeaf,
    HoldLeaf,
    Leaf,
    LockDownLeaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
)
from services.seal.merkle import leaf_hash
from services.seal.note import NoteSigner, SignatureType
from services.seal.secret import SecretBytes
from services.seal.statements import Endorsement, LockDown, Veto
from services.seal.subject import subject_mark, subject_tag
from services.seal.trust import Officer, Policy, Trust

DAY = 86_400
START = 1_900_000_000 - 1_900_000_000 % 3600
ORIGIN = "vouchsafe.test/log"
LOG = NoteSigner(ORIGIN, SigningKey.generate())
WITNESSES = tuple(NoteSigner(f"witness-{i}", SigningKey.generate(), SignatureType.COSIGNATURE) for i in (1, 2))
OFFICERS = {f"officer-{i}": SigningKey.generate() for i in (1, 2, 3)}
POLICY = Policy(2, 2, 4 * 3600, 3 * DAY, 14 * DAY, 60 * DAY)


def trust(policy: Policy = POLICY) -> Trust:
    """A ceremony's result with three officers in three roles, any two of whom are a quorum."""
    dealing = threshold.deal(SecretBytes(ristretto.random_scalar()), 2, 3)
    return Trust(
        origin=ORIGIN,
        log=LOG.verifier_key.encode(),
        witnesses=tuple(witness.verifier_key.encode() for witness in WITNESSES),
        witness_quorum=2,
        receipt_public=SigningKey.generate().public_key,
        assertion_public=SigningKey.generate().public_key,
        opening_key=dealing.public_key,
        share_public_keys=dealing.share_public_keys,
        share_commitments=dealing.commitments,
        threshold=2,
        officers=tuple(Officer(name, f"role of {name}", "platform", key.public_key) for name, key in OFFICERS.items()),
        policy=policy,
    )


def named(what: str) -> bytes:
    """32 bytes that stand for something."""
    return sha256(what.encode()).digest()


@dataclass
class Story:
    """A log while it is told. Each method appends what its name says, about a case of that name."""

    trust: Trust
    leaves: list[bytes] = field(default_factory=list)
    marks: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.leaves:
            self.add(self.trust.ceremony_leaf())

    def add(self, *leaves: Leaf) -> "Story":
        self.leaves += [leaf.to_bytes() for leaf in leaves]
        return self

    def declined(self, case: str, requester: str = "company", at: int = START, wants: str = "name") -> "Story":
        return self.add(CaseDeclinedLeaf(named(case), requester, "none", wants, at))

    def asked(self, case: str, at: int = START, due: int = 10 * DAY) -> "Story":
        return self.add(CaseAskedLeaf(named(case), "court", "court-order", at, at + due))

    def intended(
        self, case: str, *, envelope: bytes = b"e" * 128, delay: int = 14 * DAY, gag: int = 0, waived: bool = False
    ) -> "Story":
        self.marks[case] = subject_mark(blind(case), envelope)
        tag = subject_tag(blind(case), self.marks[case])
        return self.add(OpenIntentLeaf(intent(case), named(case), tag, delay, gag, int(waived or gag > 0)))

    def told(self, case: str) -> "Story":
        return self.add(SubjectNoticeLeaf(intent(case), blind(case), self.marks.get(case, named("nobody"))))

    def gag_extended(self, case: str, until: int) -> "Story":
        return self.add(GagExtendedLeaf(intent(case), until, named("instrument")))

    def ended(self, case: str, outcome: str = "opened", at: int = START + 15 * DAY) -> "Story":
        return self.add(OpenResultLeaf(intent(case), outcome, at))

    def dropped(self, case: str, outcome: str = "withdrawn", at: int = START + DAY) -> "Story":
        return self.add(CaseEndedLeaf(named(case), outcome, at))

    def held(self, case: str, until: int) -> "Story":
        return self.add(HoldLeaf(named(case), until))

    def vetoed(self, case: str, officer: str = "officer-1") -> "Story":
        signature = OFFICERS[officer].sign(Veto(self.trust.hash(), intent(case), officer).signed_bytes())
        return self.add(OpeningVetoedLeaf(intent(case), officer, signature))

    def locked(self, number: int = 1, officer: str = "officer-1") -> "Story":
        signature = OFFICERS[officer].sign(LockDown(self.trust.hash(), number, officer).signed_bytes())
        return self.add(LockDownLeaf(number, officer, signature))

    def carried(self, proposal: Leaf, *officers: str) -> "Story":
        """A proposal, and its endorsements."""
        hashed = leaf_hash(proposal.to_bytes())
        signature = Endorsement(self.trust.hash(), hashed).signed_bytes()
        self.add(proposal)
        return self.add(*(EndorsementLeaf(hashed, name, OFFICERS[name].sign(signature)) for name in officers))


def intent(case: str) -> bytes:
    """The commitment of a case's intent."""
    return named(f"intent of {case}")


def blind(case: str) -> bytes:
    """The blind of its subject."""
    return named(f"blind of {case}")
