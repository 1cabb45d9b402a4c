"""An opening is authorised by the right approvals, for the right bundle, with its intent logged first; else refused."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.seal import note
from services.seal.authorization import (
    Authorization,
    Demand,
    SignedCredential,
    bundle_hash,
    check_quorum,
    sign_approval,
    verify_approval,
    verify_authorization,
    verify_credential,
)
from services.seal.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.leaves import OpenIntentLeaf
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType
from services.seal.statements import CaseStatement, Context, CredentialMessage
from services.seal.tlog_proof import TlogProof
from services.seal.trust import Officer, Policy, Trust

NOW = 1_800_000_000
ORIGIN = "log.example/test"
SALT = b"s" * 32
RECIPIENT = b"r" * 32
LOG_KEY = SigningKey.generate()
WITNESSES = {f"witness.example/{i}": SigningKey.generate() for i in (1, 2)}
OFFICERS = {name: SigningKey.generate() for name in ("ann", "bob", "cyd", "dan")}
ROLES = {"ann": "legal", "bob": "legal", "cyd": "legal", "dan": "privacy"}
CREDENTIAL = SignedCredential(CredentialMessage(b"p" * 32, Context("acme", 7), b"c" * 32, b"h" * 32), b"x" * 384)


def make_trust() -> Trust:
    return Trust(
        origin=ORIGIN,
        log=note.VerifierKey(ORIGIN, SignatureType.ED25519, LOG_KEY.public_key).encode(),
        witnesses=tuple(
            note.VerifierKey(name, SignatureType.COSIGNATURE, key.public_key).encode()
            for name, key in WITNESSES.items()
        ),
        witness_quorum=2,
        receipt_public=b"1" * 32,
        assertion_public=b"2" * 32,
        opening_key=b"3" * 32,
        share_public_keys=(b"4" * 32,),
        share_commitments=(b"5" * 32,),
        threshold=1,
        officers=tuple(Officer(name, ROLES[name], "platform", key.public_key) for name, key in OFFICERS.items()),
        policy=Policy(3, 2, 3600, 60, 60, 9000),
    )


TRUST = make_trust()
DEMAND = Demand("REQUESTER_CLASS_COURT", "7 O 113/26", b"d" * 32)
STATEMENT = CaseStatement(
    "case-1",
    bundle_hash(CREDENTIAL, DEMAND, "post-1", RECIPIENT),
    "court order 7",
    TRUST.policy.hash(),
    NOW - 10,
    NOW + 9000,
)


def approval(name: str, statement: CaseStatement = STATEMENT, expires: int = NOW + 100) -> str:
    return sign_approval(statement, name, OFFICERS[name], expires)


def logged(statement: CaseStatement, witnesses: int = 2) -> str:
    leaves = [leaf_hash(b"other"), leaf_hash(OpenIntentLeaf.of(SALT, statement.hash()).to_bytes())]
    tree = Tree(leaves)
    signed = sign_checkpoint(Checkpoint(ORIGIN, 2, tree.root()), NoteSigner(ORIGIN, LOG_KEY))
    lines = [
        note.cosign(signed.text, NoteSigner(name, key, SignatureType.COSIGNATURE), NOW).line()
        for name, key in list(WITNESSES.items())[:witnesses]
    ]
    return TlogProof(1, tree.inclusion(1, 2), add_cosignatures(signed.format(), tuple(lines))).format()


def authorization(**changes: object) -> Authorization:
    whole = Authorization(
        STATEMENT,
        DEMAND,
        "post-1",
        RECIPIENT,
        (approval("ann"), approval("bob"), approval("dan")),
        SALT,
        logged(STATEMENT),
    )
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


def test_a_whole_authorization_holds() -> None:
    approvals = verify_authorization(authorization(), CREDENTIAL, TRUST, NOW)
    assert [a.officer.name for a in approvals] == ["ann", "bob", "dan"]


OTHER_CASE = dataclasses.replace(STATEMENT, case_id="case-2")
OTHER_POLICY = dataclasses.replace(STATEMENT, policy_hash=b"q" * 32)


@pytest.mark.parametrize(
    "changes",
    [
        {"approvals": (approval("ann"), approval("dan"))},
        {"approvals": (approval("ann"), approval("ann"), approval("dan"))},
        {"approvals": (approval("ann"), approval("bob"), approval("cyd"))},
        {"approvals": (approval("ann"), approval("bob"), approval("dan", OTHER_CASE))},
        {"approvals": (approval("ann"), approval("bob"), approval("dan", expires=NOW))},
        {"approvals": (approval("ann"), approval("bob"), approval("dan", expires=NOW + 90_000))},
        {"approvals": (approval("ann"), approval("bob"), sign_approval(STATEMENT, "dan", OFFICERS["ann"], NOW + 9))},
        {"demand": dataclasses.replace(DEMAND, requester="REQUESTER_CLASS_POLICE")},
        {"demand": dataclasses.replace(DEMAND, instrument="8 O 1/26")},
        {"demand": dataclasses.replace(DEMAND, document_hash=b"e" * 32)},
        {"post_id": "post-2"},
        {"recipient_key": b"e" * 32},
        {"intent_salt": b"t" * 32},
        {"intent_proof": logged(OTHER_CASE)},
        {"intent_proof": logged(STATEMENT, witnesses=1)},
        {"statement": OTHER_POLICY},
        {"statement": dataclasses.replace(STATEMENT, expires_unix=NOW)},
        {"statement": dataclasses.replace(STATEMENT, opened_unix=NOW + 1000)},
    ],
    ids=[
        "two approvals", "one officer twice", "one role", "another case", "expired", "beyond the policy's time",
        "signed by another officer", "another requester",
        "another instrument", "another document", "another post", "another recipient", "another salt",
        "intent of another case",
        "one witness", "another policy", "case ended", "case of tomorrow",
    ],
)  # fmt: skip
def test_anything_less_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SealError):
        verify_authorization(authorization(**changes), CREDENTIAL, TRUST, NOW)


def test_a_company_is_refused_whoever_approved() -> None:
    demand = dataclasses.replace(DEMAND, requester="REQUESTER_CLASS_COMPANY")
    statement = dataclasses.replace(STATEMENT, bundle_hash=bundle_hash(CREDENTIAL, demand, "post-1", RECIPIENT))
    approvals = tuple(approval(name, statement) for name in ("ann", "bob", "dan"))
    changes = {"statement": statement, "approvals": approvals, "intent_proof": logged(statement), "demand": demand}
    with pytest.raises(SealError, match="class"):
        verify_authorization(authorization(**changes), CREDENTIAL, TRUST, NOW)


def test_another_credential_is_refused() -> None:
    other = dataclasses.replace(CREDENTIAL, signature=b"y" * 384)
    with pytest.raises(SealError):
        verify_authorization(authorization(), other, TRUST, NOW)


def test_every_flipped_character_of_an_approval_is_refused() -> None:
    whole = approval("ann")
    for at in range(0, len(whole), 3):
        broken = whole[:at] + ("A" if whole[at] != "A" else "B") + whole[at + 1 :]
        with pytest.raises(SealError):
            verify_approval(broken, STATEMENT, TRUST, NOW)


def test_quorum_counts_officers_not_approvals() -> None:
    one = verify_approval(approval("ann"), STATEMENT, TRUST, NOW)
    with pytest.raises(SealError):
        check_quorum([one, one, one], TRUST)


def test_trust_hash_covers_every_part() -> None:
    base = TRUST.hash()
    changed = [
        dataclasses.replace(TRUST, witness_quorum=1),
        dataclasses.replace(TRUST, receipt_public=b"9" * 32),
        dataclasses.replace(TRUST, opening_key=b"9" * 32),
        dataclasses.replace(TRUST, officers=TRUST.officers[1:]),
        dataclasses.replace(TRUST, policy=Policy(2, 2, 3600, 60, 60, 9000)),
        dataclasses.replace(TRUST, share_commitments=()),
    ]
    assert len({base, *(trust.hash() for trust in changed)}) == len(changed) + 1


def test_a_credential_verifies_only_under_its_own_key() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=3072).public_key()
    with pytest.raises(SealError):
        verify_credential(CREDENTIAL, other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
