"""An authorised case as disclosure would bring it: trust material, officers, a log with two witnesses."""

import dataclasses
import uuid

from services.seal import note
from services.seal.authorization import Demand, SignedCredential, bundle_hash, sign_approval
from services.seal.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.leaves import OpenIntentLeaf
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType, VerifierKey
from services.seal.statements import CaseStatement, Context, CredentialMessage, Ownership
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Officer, Policy, Trust
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.identity.v1 import release_service_pb2
from vouchsafe.trustee.v1 import authorization_pb2

ORIGIN = "log.test/identity"
SALT = b"s" * 32
POST_ID = str(uuid.UUID(int=7))
DEMAND = Demand("REQUESTER_CLASS_COURT", "7 O 113/26", b"d" * 32)
LOG_KEY = SigningKey.generate()
WITNESSES = {f"witness.test/{i}": SigningKey.generate() for i in (1, 2)}
OFFICERS = {role: SigningKey.generate() for role in ("legal", "privacy", "council")}


def make_trust(assertion_public: bytes) -> Trust:
    """Trust material with three officers of three roles, all of whom must approve."""
    cosigners = (VerifierKey(n, SignatureType.COSIGNATURE, k.public_key).encode() for n, k in WITNESSES.items())
    return Trust(
        origin=ORIGIN,
        log=VerifierKey(ORIGIN, SignatureType.ED25519, LOG_KEY.public_key).encode(),
        witnesses=tuple(cosigners),
        witness_quorum=2,
        receipt_public=b"1" * 32,
        assertion_public=assertion_public,
        opening_key=b"3" * 32,
        share_public_keys=(b"4" * 32,),
        share_commitments=(b"5" * 32,),
        threshold=1,
        officers=tuple(Officer(role, role, "platform", key.public_key) for role, key in OFFICERS.items()),
        policy=Policy(3, 3, 3600, 60, 60, 9000),
    )


@dataclasses.dataclass(frozen=True)
class Case:
    """One case about one alias; `ownership_key` has signed the alias."""

    trust: Trust
    now: int
    recipient: bytes
    escrow_reference: bytes
    ownership_key: SigningKey
    officers: tuple[str, ...] = tuple(OFFICERS)
    witnesses: int = 2
    case_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def credential(self) -> SignedCredential:
        message = CredentialMessage(b"p" * 32, Context("harbour-games", 203001), b"c" * 32, b"h" * 32)
        return SignedCredential(message, b"x" * 384)

    @property
    def statement(self) -> CaseStatement:
        bundle = bundle_hash(self.credential, DEMAND, POST_ID, self.recipient)
        return CaseStatement(self.case_id, bundle, "order 7", self.trust.policy.hash(), self.now - 10, self.now + 900)

    def request(self) -> release_service_pb2.ReleasePersonRequest:
        """The whole request, fresh."""
        message = self.credential.message
        signature = self.ownership_key.sign(Ownership(message.context, message.cpk).signed_bytes())
        return release_service_pb2.ReleasePersonRequest(
            request_id=str(uuid.uuid4()),
            authorization=self._authorization(),
            credential=credential_pb2.Credential(
                label=message.context.label,
                epoch=message.context.epoch,
                alias_key=message.cpk,
                envelope_hash=message.envelope_hash,
                prefix=message.prefix,
                signature=self.credential.signature,
            ),
            escrow_reference=self.escrow_reference,
            ownership_signature=signature,
        )

    def _authorization(self) -> authorization_pb2.Authorization:
        statement = self.statement
        expires = self.now + 600
        return authorization_pb2.Authorization(
            case_id=statement.case_id,
            bundle_hash=statement.bundle_hash,
            ground=statement.ground,
            policy_hash=statement.policy_hash,
            opened_at=statement.opened_unix,
            expires_at=statement.expires_unix,
            requester=DEMAND.requester,
            instrument=DEMAND.instrument,
            document_hash=DEMAND.document_hash,
            post_id=POST_ID,
            recipient_key=self.recipient,
            approvals=[sign_approval(statement, name, OFFICERS[name], expires) for name in self.officers],
            intent_salt=SALT,
            intent_proof=self._proof(),
        )

    def _proof(self) -> str:
        leaf = OpenIntentLeaf.of(SALT, self.statement.hash()).to_bytes()
        tree = Tree([leaf_hash(b"other"), leaf_hash(leaf)])
        signed = sign_checkpoint(Checkpoint(ORIGIN, 2, tree.root()), NoteSigner(ORIGIN, LOG_KEY))
        lines = [
            note.cosign(signed.text, NoteSigner(name, key, SignatureType.COSIGNATURE), self.now).line()
            for name, key in list(WITNESSES.items())[: self.witnesses]
        ]
        return TlogProof(1, tree.inclusion(1, 2), add_cosignatures(signed.format(), tuple(lines))).format()
