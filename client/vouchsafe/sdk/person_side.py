"""The person side's calls: identity and verification, with the person's tokens, and the public log.

A thin layer: one method a call. What to call when, and what to keep of the answers, is told by `account`.
"""

from collections.abc import Sequence

from services.seal.ed25519 import SigningKey
from services.seal.statements import Registration
from services.seal.trust import Trust
from vouchsafe.identity.v1 import person_service_pb2 as identity_pb
from vouchsafe.identity.v1.person_service_pb2_grpc import PersonServiceStub
from vouchsafe.sdk.keys import Issuing
from vouchsafe.sdk.profile import PersonEdge
from vouchsafe.sdk.side import PATIENCE, Side
from vouchsafe.sdk.sides import OneAtATime
from vouchsafe.sdk.transparency import LogReader
from vouchsafe.verification.v1 import employment_service_pb2 as employment_pb
from vouchsafe.verification.v1 import issuance_service_pb2 as issuance_pb
from vouchsafe.verification.v1 import label_service_pb2 as label_pb
from vouchsafe.verification.v1.employment_service_pb2_grpc import EmploymentServiceStub
from vouchsafe.verification.v1.issuance_service_pb2_grpc import IssuanceServiceStub
from vouchsafe.verification.v1.label_service_pb2_grpc import LabelServiceStub


class PersonSide(Side):
    """Connections that carry a person's own tokens, and never an alias."""

    def __init__(
        self, edge: PersonEdge, trust: Trust, *, patience: float = PATIENCE, gate: OneAtATime | None = None
    ) -> None:
        super().__init__(edge, patience=patience, gate=gate)
        self._identity = self.connect("identity", edge.identity)
        self._verification = self.connect("verification", edge.verification)
        self._persons = PersonServiceStub(self._identity.channel)
        self._employment = EmploymentServiceStub(self._verification.channel)
        self._issuance = IssuanceServiceStub(self._verification.channel)
        self._labels = LabelServiceStub(self._verification.channel)
        self.log = LogReader(self.connect("disclosure", edge.disclosure), trust)
        """The transparency log, as anyone may read it."""

    async def register(
        self, *, request_id: str, login: str, name: str, password: str, ownership_key: SigningKey
    ) -> identity_pb.RegisterResponse:
        """Become known to identity, which is shown that the ownership key is ours."""
        statement = Registration(request_id, ownership_key.public_key)
        request = identity_pb.RegisterRequest(
            request_id=request_id,
            login=login,
            name=name,
            password=password,
            ownership_key=ownership_key.public_key,
            ownership_proof=ownership_key.sign(statement.signed_bytes()),
        )
        return await self._identity.call(self._persons.Register, request)

    async def sign_in(self, login: str, password: str) -> identity_pb.SignInResponse:
        """Get a session with identity."""
        return await self._identity.call(
            self._persons.SignIn, identity_pb.SignInRequest(login=login, password=password)
        )

    async def issue_assertion(self, session_token: str) -> identity_pb.IssueAssertionResponse:
        """Get identity's short-lived word for verification."""
        request = identity_pb.IssueAssertionRequest(audience="verification")
        return await self._identity.call(self._persons.IssueAssertion, request, _bearer(session_token))

    async def request_mail_code(
        self, assertion: str, *, request_id: str, work_email: str
    ) -> employment_pb.RequestMailCodeResponse:
        """Have a code sent to a work address."""
        request = employment_pb.RequestMailCodeRequest(request_id=request_id, work_email=work_email)
        return await self._verification.call(self._employment.RequestMailCode, request, _bearer(assertion))

    async def confirm_mail_code(
        self, assertion: str, *, request_id: str, challenge_id: str, code: str
    ) -> employment_pb.ConfirmMailCodeResponse:
        """Send the code back."""
        request = employment_pb.ConfirmMailCodeRequest(request_id=request_id, challenge_id=challenge_id, code=code)
        return await self._verification.call(self._employment.ConfirmMailCode, request, _bearer(assertion))

    async def labels(self, assertion: str) -> label_pb.ListMyLabelsResponse:
        """Ask which labels the person may be issued under, and how they stand."""
        return await self._verification.call(
            self._labels.ListMyLabels, label_pb.ListMyLabelsRequest(), _bearer(assertion)
        )

    async def issuer_key(self, assertion: str, label: str) -> issuance_pb.GetIssuerKeyResponse:
        """Get the key of a label in the current epoch; not to be believed before the log shows the same."""
        request = issuance_pb.GetIssuerKeyRequest(label=label)
        return await self._verification.call(self._issuance.GetIssuerKey, request, _bearer(assertion))

    async def begin_issuance(
        self, assertion: str, issuing: Issuing, *, terms: bytes, commitment: bytes
    ) -> issuance_pb.BeginIssuanceResponse:
        """Commit to all candidates, and hear which of them stays closed."""
        request = issuance_pb.BeginIssuanceRequest(
            request_id=issuing.begin_request_id,
            label=issuing.label,
            epoch=issuing.epoch,
            slot=issuing.slot,
            candidates=issuing.candidates,
            terms=terms,
            commitment=commitment,
        )
        return await self._verification.call(self._issuance.BeginIssuance, request, _bearer(assertion))

    async def finish_issuance(
        self, assertion: str, issuing: Issuing, *, blinded_message: bytes, openings: bytes
    ) -> bytes:
        """Open the other candidates, and get the blind signature over the closed one, 384 bytes."""
        request = issuance_pb.FinishIssuanceRequest(
            request_id=issuing.finish_request_id,
            label=issuing.label,
            epoch=issuing.epoch,
            slot=issuing.slot,
            blinded_message=blinded_message,
            openings=openings,
        )
        response = await self._verification.call(self._issuance.FinishIssuance, request, _bearer(assertion))
        return response.blind_signature


def _bearer(token: str) -> Sequence[tuple[str, str]]:
    return (("authorization", f"Bearer {token}"),)
