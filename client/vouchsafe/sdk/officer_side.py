"""The officers' desk: opening a case, approving it, having it executed, and reading what was released.

Approvals are signed here, on the officer's own machine, and only over a case that `case_review` has checked; what it
shows is the officer's to judge. The recipient's private key never leaves its file. Who may approve is told by the trust
material, and checked by every trustee for itself.
"""

import time
import uuid
from dataclasses import dataclass

from services.seal import hpke
from services.seal.authorization import sign_approval
from services.seal.canonical import read_fields, sha256, signed_bytes
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.trust import Trust
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.disclosure.v1.case_service_pb2_grpc import CaseServiceStub
from vouchsafe.sdk.case_review import ReviewedCase, case_statement, review
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.profile import OfficerEdge
from vouchsafe.sdk.side import PATIENCE, Side
from vouchsafe.sdk.transparency import LogReader


@dataclass(frozen=True)
class Person:
    """Whom an opened case names. No repr: a name must not reach a log by accident."""

    name: str
    login: str

    def __repr__(self) -> str:
        return "Person(<hidden>)"


class OfficerSide(Side):
    """Connections with the officers' certificate, to disclosure alone."""

    def __init__(self, edge: OfficerEdge, trust: Trust, *, patience: float = PATIENCE) -> None:
        super().__init__(edge, patience=patience)
        self._trust = trust
        self._disclosure = self.connect("disclosure", edge.disclosure)
        self._cases = CaseServiceStub(self._disclosure.channel)
        self.log = LogReader(self._disclosure, trust)
        """The transparency log, as anyone may read it."""

    async def open_case(
        self,
        post_id: str,
        *,
        requester: pb.RequesterClass,
        instrument: str,
        ground: str,
        document: bytes,
        recipient_key: bytes,
    ) -> pb.Case:
        """Ask who stands behind a post. Of the document only its hash is sent."""
        request = pb.OpenCaseRequest(
            request_id=str(uuid.uuid4()),
            requester=requester,
            instrument=instrument,
            ground=ground,
            document_hash=sha256(document),
            post_id=post_id,
            recipient_key=recipient_key,
        )
        return (await self._disclosure.call(self._cases.OpenCase, request)).case

    async def case(self, case_id: str) -> pb.Case:
        """A case as it stands."""
        return (await self._disclosure.call(self._cases.GetCase, pb.GetCaseRequest(case_id=case_id))).case

    async def review(self, case_id: str) -> ReviewedCase:
        """A case, checked link by link: what an officer must look at before he approves. PROOF_INVALID if it fails."""
        return await review(await self.case(case_id), case_id=case_id, trust=self._trust, log=self.log)

    async def approve(self, reviewed: ReviewedCase, officer: str, key: SigningKey) -> pb.Case:
        """Approve a case as an officer of the trust material, for as long as the policy allows."""
        approval = self.sign_approval(reviewed, officer, key)
        request = pb.ApproveCaseRequest(request_id=str(uuid.uuid4()), case_id=reviewed.case.case_id, approval=approval)
        return (await self._disclosure.call(self._cases.ApproveCase, request)).case

    def sign_approval(self, reviewed: ReviewedCase, officer: str, key: SigningKey) -> str:
        """The signed note; PROOF_INVALID for a key that is not the officer's."""
        with translated():
            if self._trust.officer(officer).public != key.public_key:
                raise VouchsafeError(Reason.PROOF_INVALID, "this key is not the officer's")
            expires = int(time.time()) + self._trust.policy.approval_ttl_seconds
            return sign_approval(case_statement(reviewed.case), officer, key, expires)

    async def execute(self, case_id: str) -> pb.Case:
        """Have the case carried out: intent logged, opened by the trustees, result logged; or QUORUM_MISSING."""
        request = pb.ExecuteCaseRequest(request_id=str(uuid.uuid4()), case_id=case_id)
        return (await self._disclosure.call(self._cases.ExecuteCase, request)).case


def read_released(case: pb.Case, recipient_key: SecretBytes) -> Person:
    """The person an executed case names, for the holder of the recipient's X25519 private key."""
    if not case.sealed_identity:
        raise VouchsafeError(Reason.CASE_NOT_OPENED, "the case has not been opened")
    info = signed_bytes("release", case.case_id, case.bundle_hash)
    with translated():
        name, login = read_fields("profile", hpke.open_sealed(recipient_key, case.sealed_identity, info))
    return Person(name.decode("utf-8"), login.decode("utf-8"))
