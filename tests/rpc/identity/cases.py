"""An authorised case as disclosure would bring it to identity: trust material, officers, a log with two witnesses."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from services.seal.authorization import SignedCredential
from services.seal.ed25519 import SigningKey
from services.seal.note import SignatureType, VerifierKey
from services.seal.statements import Context, CredentialMessage, Ownership
from services.seal.trust import Officer, Policy, Trust
from tests.support.openings import Opening, Signers
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.identity.v1.release_service_pb2 import ReleasePersonRequest

ORIGIN = "log.test/identity"
LOG_KEY = SigningKey.generate()
WITNESSES = {f"witness.test/{i}": SigningKey.generate() for i in (1, 2)}
OFFICERS = {role: SigningKey.generate() for role in ("legal", "privacy", "council")}
CREDENTIAL = SignedCredential(
    CredentialMessage(b"p" * 32, Context("harbour-games", 203001), b"c" * 32, b"h" * 32), b"x" * 384
)


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
        policy=Policy(3, 3, 3600, 5, 5, 9000),
    )


@dataclass(frozen=True)
class Case:
    """One case about one alias; `ownership_key` has signed the alias."""

    opening: Opening
    escrow_reference: bytes
    ownership_key: SigningKey

    @classmethod
    def of(cls, trust: Trust, now: int, recipient: bytes, escrow_reference: bytes, ownership_key: SigningKey) -> "Case":
        """A lawful one."""
        signers = Signers(trust, LOG_KEY, WITNESSES, OFFICERS)
        return cls(Opening(signers, CREDENTIAL, b"e" * 128, now, recipient), escrow_reference, ownership_key)

    def but(self, **changes: Any) -> "Case":
        """This case with another opening."""
        return replace(self, opening=replace(self.opening, **changes))

    def request(self, *, log_size: int) -> ReleasePersonRequest:
        """The whole request, fresh; the log of that size tells that the envelope was opened."""
        message = CREDENTIAL.message
        signature = self.ownership_key.sign(Ownership(message.context, message.cpk).signed_bytes())
        return ReleasePersonRequest(
            request_id=str(uuid.uuid4()),
            authorization=self.opening.message(),
            credential=credential_pb2.Credential(
                label=message.context.label,
                epoch=message.context.epoch,
                alias_key=message.cpk,
                envelope_hash=message.envelope_hash,
                prefix=message.prefix,
                signature=CREDENTIAL.signature,
            ),
            escrow_reference=self.escrow_reference,
            ownership_signature=signature,
            log_size=log_size,
        )
