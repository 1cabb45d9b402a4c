"""Every value that the worked example of docs/protocol.md shows, in the page's order, from its inputs.

What they are made of is `protocol_story`'s work; reading and writing the page is `protocol_document`'s.
"""

import json
from collections.abc import Iterator, Mapping

from services.seal import dleq, envelope, kdf, merkle
from services.seal.authorization import Authorization, check_credential, verify_authorization
from services.seal.canonical import sha256, signed_bytes, to_base64
from services.seal.governance import begin, fold
from services.seal.leaves import CeremonyLeaf, IssuerKeyLeaf, OpenIntentLeaf
from services.seal.share_file import open_share, passphrase_of
from services.seal.statements import Assertion, CredentialMessage, encode_token
from tests.unit.seal.protocol_issued import OFFICERS, Value
from tests.unit.seal.protocol_story import NOTICED, SIGNED_BY, Story

Found = Iterator[tuple[str, bytes | str]]


def outputs(given: Mapping[str, Value]) -> dict[str, str]:
    """Every value that the page shows, as text: bytes in hex."""
    story = Story(given)
    found: dict[str, bytes | str] = {}
    for part in (_keys, _issuance, _statements, _opening, _leaves, _written, _files):
        found |= dict(part(story))
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in found.items()}


def _keys(story: Story) -> Found:
    for name in ("ownership", "alias", "thread", "receipt", "assertion", "log", "witness", *OFFICERS):
        yield f"{name}.public", story.keys[name].public_key
    yield "issuer.spki-sha256", sha256(story.issuer.public_key.to_spki())
    yield "opening.public", story.dealing.public_key
    yield "opening.commitment-1", story.dealing.commitments[1]
    for share in story.dealing.shares:
        yield f"share-{share.index}", share.encode().reveal()
    purpose = f"share 1 of {story.dealing.public_key.hex()}"
    argon2id = {"memory_kib": 8, "passes": 1, "lanes": 1, "salt": to_base64(story.octets("share_salt"))}
    sealed = to_base64(story.octets("share_sealed"))
    file = {"format": "vouchsafe/share/1", "purpose": purpose, "argon2id": argon2id, "sealed": sealed}
    passphrase = passphrase_of(story.text("share_passphrase"))
    opened = open_share(json.dumps(file).encode(), story.dealing.public_key, passphrase)
    yield "share-file.content", opened.encode().reveal()


def _issuance(story: Story) -> Found:
    terms, chosen, survivor = story.offer.terms, story.number("chosen"), story.survivor
    yield "terms.digest", terms.digest
    seed = kdf.derive(story.secret("master"), "candidate-seed", terms.digest, chosen)
    yield "candidate.seed", seed.reveal()
    stream = kdf.derive(seed, "candidate", terms.digest, chosen, size=544).reveal()
    yield "candidate.stream-sha256", sha256(stream)
    yield "candidate.alias-secret", survivor.alias_secret.reveal()
    yield "candidate.envelope", survivor.envelope
    yield "candidate.envelope-hash", survivor.message.envelope_hash
    yield "candidate.blinded-sha256", sha256(survivor.blinding.blinded_message)
    yield "offer.commitment", story.offer.commitment
    yield "offer.openings-sha256", sha256(story.offer.openings(chosen))
    yield "issuer.blind-signature-sha256", sha256(story.blind_signature)


def _statements(story: Story) -> Found:
    yield "context.bytes", story.context.to_bytes()
    yield "cred.sha256", story.statement(CredentialMessage).hash()
    yield "cred.signature-sha256", sha256(story.credential.signature)
    yield "credential.hash", story.credential.hash()
    for kind in SIGNED_BY:
        yield f"{kind.TAG}.sha256", story.statement(kind).hash()
        yield f"{kind.TAG}.signature-sha256", sha256(story.signature(kind))
    yield "assertion.token", encode_token(story.statement(Assertion), story.signature(Assertion))


def _opening(story: Story) -> Found:
    sealed, dealing = story.survivor.envelope, story.dealing
    yield "demand.hash", story.demand.hash()
    yield "scope.hash", story.scope.hash()
    yield "bundle.hash", story.bundle
    yield "policy.hash", story.policy.hash()
    yield "governance.hash", begin(story.trust).hash()
    yield "case.hash", story.case.hash()
    yield "approval.signature", story.approval("officer").split()[-1]
    yield "case.reference", story.reference
    yield "case.mark", story.mark
    yield "case.subject", story.subject
    share, nonce = dealing.shares[0], story.secret("dleq_nonce")
    partial = envelope.partial_decrypt(share, sealed)
    yield "partial-1.point", partial.point
    proof = dleq.prove(share.value, share.public_key, [sealed[:32]], [partial.point], nonce=nonce)
    envelope.verify_partial(share.public_key, sealed, envelope.Partial(1, partial.point, proof))
    yield "partial-1.proof", proof
    partials = [partial, envelope.partial_decrypt(dealing.shares[2], sealed)]
    aad = envelope.associated_data(story.context, story.keys["alias"].public_key)
    yield "envelope.opened", envelope.combine(dealing.public_key, dealing.threshold, partials, sealed, aad)
    yield "release.info", signed_bytes("release", story.text("case_id"), story.bundle)
    _check_lawful(story)


def _check_lawful(story: Story) -> None:
    """What a trustee checks of the authorization and of the credential."""
    authorization = Authorization(
        statement=story.case,
        demand=story.demand,
        scope=story.scope,
        recipient_key=story.octets("recipient_key"),
        approvals=(story.approval("officer"), story.approval("second_officer")),
        case_salt=story.octets("case_salt"),
        intent_salt=story.octets("intent_salt"),
        subject=story.subject,
        intent_proof=story.proof(OpenIntentLeaf, NOTICED),
    )
    leaves = [leaf.to_bytes() for leaf in story.leaves.values()]
    noticed, whole = fold(story.trust, leaves[:NOTICED]), fold(story.trust, leaves)
    opens = story.number("witnessed_unix") + story.number("delay_seconds")
    verify_authorization(authorization, story.credential, governance=noticed, trust=story.trust, now=opens)
    # No log would hold that the case was declined beside that it was asked.
    assert (whole.locked, whole.void, len(whole.pending)) == (True, 1, 4)
    spki = story.issuer.public_key.to_spki()
    check_credential(story.credential, spki, story.proof(IssuerKeyLeaf), story.trust)


def _leaves(story: Story) -> Found:
    for kind, leaf in story.leaves.items():
        yield f"leaf.{kind.KIND}", merkle.leaf_hash(leaf.to_bytes())
    ceremony = story.leaves[CeremonyLeaf]
    assert isinstance(ceremony, CeremonyLeaf)
    yield "trust.hash", ceremony.trust_sha256
    yield "log.vkey", story.trust.log
    yield "witness.vkey", story.trust.witnesses[0]
    yield "log.root", story.tree.root()
    yield "log.signature", story.checkpoint.split()[-4]
    yield "witness.cosignature", story.checkpoint.split()[-1]
    yield "log.consistency-3-9-sha256", sha256(*story.tree.consistency(3, 9))
    yield "log.proof-of-intent-sha256", sha256(story.proof(OpenIntentLeaf, NOTICED).encode())


def _written(story: Story) -> Found:
    for index, passage in enumerate(story.cut):
        yield f"passage-{index}", passage
    yield "text.statement-salt", story.salts.statement
    yield "passage-0.salt", story.salts.passages[0]
    yield "passage-0.hash", story.passage_hashes[0]
    yield "text.passages-root", story.text_commitment.passages_root
    yield "text.statement-commitment", story.text_commitment.statement
    yield "text.commitment-sha256", sha256(story.text_commitment.to_bytes())
    yield "day.root", story.day_tree.leaf().root
    yield "day.index", str(story.day_tree.place(story.text_commitment.to_bytes()).index)


def _files(story: Story) -> Found:
    yield "provenance.sha256", sha256(story.provenance.to_bytes())
    yield "quotation.sha256", sha256(story.quotation.to_bytes())
