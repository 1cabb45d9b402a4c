"""The worked example of docs/protocol.md made a second time, from the page's words and standard parts alone.

What agrees here is told on the page as it is done, so that somebody else's implementation can agree as well. The proofs
of equal logarithms, and HPKE to a recipient, are the cited standards to the letter and held to their published vectors.
"""

import re
import struct
import unicodedata
from base64 import b64decode, b64encode, urlsafe_b64encode

import pysodium
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tests.unit.seal.protocol_document import page, shown
from tests.unit.seal.second_implementation import (
    COEFFICIENT,
    CONTEXT,
    DER,
    DIGEST,
    IPK,
    ISSUER,
    OPENING_KEY,
    SHARES,
    L,
    candidates,
    canonical,
    closed,
    credential_signature,
    hashed,
    hkdf,
    key,
    message_key,
    number,
    octets,
    point,
    public,
    sha256,
    text,
)

SHOWN = shown(page())


def agree(**values: bytes | str) -> None:
    """Each value is the one that the page shows under its name; `__` stands for a dot, `_` for a hyphen."""
    for name, value in values.items():
        told = name.replace("__", ".").replace("_", "-")
        assert SHOWN[told] == (value.hex() if isinstance(value, bytes) else value), told


def test_keys_and_shares() -> None:
    for name in ("ownership", "receipt", "assertion", "log", "witness", *OFFICERS):
        assert SHOWN[f"{name}.public"] == public(key(name)).hex()
    agree(opening__public=OPENING_KEY, opening__commitment_1=point(COEFFICIENT), issuer__spki_sha256=sha256(DER))
    for index, share in SHARES.items():
        assert SHOWN[f"share-{index}"] == (struct.pack(">H", index) + share.to_bytes(32, "little")).hex()


def test_a_share_file() -> None:
    salt, sealed = octets("share_salt"), octets("share_sealed")
    header = canonical("share-file", f"share 1 of {OPENING_KEY.hex()}", 8, 1, 1, salt)
    derived = Argon2id(salt=salt, length=32, iterations=1, lanes=1, memory_cost=8)
    opened = AESGCM(derived.derive(text("share_passphrase").encode())).decrypt(
        sealed[1:13], sealed[13:], canonical("field", header)
    )
    assert sealed[0] == 1
    agree(share_file__content=opened, share_1=opened)


def test_an_issuance() -> None:
    one, chosen = closed(), number("chosen")
    blinded = [each.blinded.to_bytes(384, "big") for each in candidates()]
    rest = (each for index, each in enumerate(candidates()) if index != chosen)
    agree(
        terms__digest=DIGEST,
        candidate__seed=one.seed,
        candidate__stream_sha256=sha256(one.stream),
        candidate__alias_secret=one.alias_secret,
        candidate__envelope=one.envelope,
        candidate__envelope_hash=sha256(one.envelope),
        candidate__blinded_sha256=sha256(blinded[chosen]),
        offer__commitment=hashed("candidates", DIGEST, *map(sha256, blinded)),
        offer__openings_sha256=sha256(b"".join(each.seed + each.cpk + each.isig for each in rest)),
        issuer__blind_signature_sha256=sha256(credential_signature()[0]),
        alias__public=one.cpk,
    )


def test_a_credential() -> None:
    _, signature = credential_signature()
    ISSUER.verify(signature, closed().message, padding.PSS(padding.MGF1(hashes.SHA384()), 48), hashes.SHA384())
    agree(
        context__bytes=CONTEXT,
        cred__sha256=sha256(closed().message),
        cred__signature_sha256=sha256(signature),
        credential__hash=hashed("credential", closed().message, signature),
    )


def test_an_assertion_as_a_token() -> None:
    data = canonical("assertion", octets("eref"), IPK, text("audience"), number("expires_unix"))
    parts = (urlsafe_b64encode(part).rstrip(b"=").decode() for part in (data, key("assertion").sign(data)))
    agree(assertion__token=".".join(parts))


def test_a_thread_key_and_a_post() -> None:
    seed = hkdf(closed().alias_secret, "thread-key", text("thread_id"))
    thread = Ed25519PrivateKey.from_private_bytes(seed)
    certificate = canonical("thread", closed().cpk, public(thread), text("thread_id"))
    post = canonical("post", *map(text, ("thread_id", "post_id", "title", "body")))
    agree(thread__public=public(thread), thread__sha256=sha256(certificate), post__sha256=sha256(post))
    agree(thread__signature_sha256=sha256(closed().alias.sign(certificate)))
    agree(post__signature_sha256=sha256(thread.sign(post)))


OFFICERS = {"officer": "role", "second_officer": "second_role", "third_officer": "role"}
"""The role of each, by the inputs' names."""
POLICY = (
    "approvals", "distinct_roles", "approval_ttl_seconds", "veto_delay_seconds", "notice_seconds", "case_ttl_seconds",
)  # fmt: skip


def officers() -> bytes:
    told = (
        (text(name), text(role), text("officers_organisation"), public(key(name))) for name, role in OFFICERS.items()
    )
    return canonical("officers", *(part for each in told for part in each))


def policy_hash() -> bytes:
    return hashed("policy", *map(number, POLICY))


def case_hash() -> bytes:
    demand = hashed("demand", *map(text, ("requester", "basis", "organisation", "instrument")), octets("document_hash"))
    credential = hashed("credential", closed().message, credential_signature()[1])
    scope = hashed("scope", text("post_id"), canonical("fields", text("field")))
    bundle = hashed("bundle", credential, demand, scope, octets("recipient_key"))
    # By name: anna, bo, cy are in that order already.
    governance = hashed("governance", 0, officers(), policy_hash())
    times = map(number, ("opened_unix", "expires_unix", "delay_seconds", "gag_until_unix"))
    agree(demand__hash=demand, scope__hash=scope, bundle__hash=bundle)
    agree(policy__hash=policy_hash(), governance__hash=governance)
    agree(release__info=canonical("release", text("case_id"), bundle))
    return hashed(
        "case", text("case_id"), reference(), bundle, text("ground"), governance, *times, octets("waiver_hash")
    )


def approval() -> tuple[str, str]:
    """The text of the first officer's approval, and what stands behind his name in its signature line."""
    told = f"case {text('case_id')}\nstatement {case_hash().hex()}\nexpires {number('approved_until_unix')}\n"
    note = f"vouchsafe/v1/approval\n{told}"
    signature = b64encode(key_id(text("officer"), 1, "officer") + key("officer").sign(note.encode()))
    return note, signature.decode()


def test_a_case_and_its_approval() -> None:
    agree(case__hash=case_hash(), approval__signature=approval()[1])
    agree(case__reference=reference(), case__mark=mark(), case__subject=subject())


def reference() -> bytes:
    return hashed("case-leaf", octets("case_salt"), text("case_id"))


def subject() -> bytes:
    return hashed("subject", octets("blind"), mark())


def mark() -> bytes:
    return hashed("subject-mark", octets("blind"), closed().envelope)


def intent() -> bytes:
    return hashed("open-intent", octets("intent_salt"), case_hash())


def signed(tag: str, *fields: bytes | str | int) -> str:
    """What the first officer signs, as the page shows it, and his signature for a leaf."""
    data = canonical(tag, *fields)
    assert SHOWN[f"{tag}.sha256"] == sha256(data).hex()
    signature = key("officer").sign(data)
    assert SHOWN[f"{tag}.signature-sha256"] == sha256(signature).hex()
    return signature.hex()


def test_an_opening_by_the_first_and_the_third_trustee() -> None:
    envelope, points = closed().envelope, {}
    for index, other in ((1, 3), (3, 1)):
        part = point(SHARES[index], envelope[:32])
        points[index] = point(other * pow(other - index, -1, L) % L, part)
    agree(partial_1__point=point(SHARES[1], envelope[:32]))
    dh = bytes(pysodium.crypto_core_ristretto255_add(points[1], points[3]))
    secret, nonce = message_key(dh, envelope[:32])
    agree(envelope__opened=ChaCha20Poly1305(secret).decrypt(nonce, envelope[32:], closed().aad))


# Section 5.


def key_id(name: str, kind: int, signer: str) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public(key(signer)))[:4]


def vkey(name: str, kind: int, signer: str) -> str:
    encoded = b64encode(bytes([kind]) + public(key(signer))).decode()
    return f"{name}+{key_id(name, kind, signer).hex()}+{encoded}"


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962's tree hash over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + root(leaves[:split]) + root(leaves[split:]))


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data)


def trust_hash() -> bytes:
    public_keys = [point(share) for share in SHARES.values()]
    return hashed(
        "trust",
        text("origin"),
        vkey(text("origin"), 1, "log"),
        1,
        canonical("witnesses", vkey(text("witness"), 4, "witness")),
        public(key("receipt")),
        public(key("assertion")),
        OPENING_KEY,
        2,
        canonical("shares", *public_keys),
        canonical("commitments", OPENING_KEY, point(COEFFICIENT)),
        officers(),
        policy_hash(),
    )


def test_leaves() -> None:
    place = f"label {text('label')}\nepoch {number('epoch')}\n"
    trust = trust_hash().hex()
    ownership = hashed("ownership-leaf", octets("commitment_salt"), octets("eref"), IPK)
    told = {
        "ceremony": f"trust-sha256 {trust}\nopening-key {OPENING_KEY.hex()}\npolicy-sha256 {policy_hash().hex()}\n",
        "ownership": f"commitment {ownership.hex()}\n",
        "label-defined": f"{place}label-name {text('label_name')}\nparent {text('parent')}\n",
        "issuer-key": f"{place}public-key-sha256 {sha256(DER).hex()}\n",
        "label-activated": f"{place}crowd-at-least {number('crowd_at_least')}\n",
        "label-revoked": f"{place}reason {text('reason')}\n",
        "post-root": f"day {text('day')}\nsize 64\nroot {day_root().hex()}\n",
    }
    are_shown(told)


def test_leaves_of_cases() -> None:
    case, opened, until = reference().hex(), number("opened_unix"), number("until_unix")
    delay, blind = number("delay_seconds"), octets("blind").hex()
    asked = f"case {case}\nrequester {text('requester')}\nbasis {text('basis')}\n"
    declined = f"case {case}\nrequester {text('declined_requester')}\nbasis {text('declined_basis')}\n"
    are_shown(
        {
            "case-asked": f"{asked}at {opened}\ndue {number('due_unix')}\n",
            "case-declined": f"{declined}wants {text('wants')}\nat {opened}\n",
            "open-intent": f"commitment {intent().hex()}\ncase {case}\nsubject {subject().hex()}\n"
            f"delay {delay}\ngag-until 0\nwaived 0\n",
            "subject-notice": f"intent {intent().hex()}\nblind {blind}\nmark {mark().hex()}\n",
            "gag-extended": f"intent {intent().hex()}\nuntil {until}\ninstrument {octets('document_hash').hex()}\n",
            "open-result": f"intent-commitment {intent().hex()}\noutcome {text('outcome')}\nat {opened + delay}\n",
            "case-ended": f"case {case}\noutcome {text('ended')}\nat {opened}\n",
            "legal-hold": f"case {case}\nuntil {until}\n",
        }
    )


def test_leaves_of_governance() -> None:
    officer, number_ = text("officer"), number("number")
    approved = hashed("approvals", text("case_id"), officer)
    withdrawn = signed("withdrawal", trust_hash(), approved, officer)
    new = f"officer {text('fourth_officer')}\nrole {text('role')}\norganisation {text('officers_organisation')}\n"
    added = f"number {number_}\n{new}public {public(key('fourth_officer')).hex()}\n"
    proposal = leaf_hash(f"vouchsafe/v1/leaf/officer-added\n{added}".encode())
    numbers = "".join(f"{name.replace('_', '-')} {number(name)}\n" for name in POLICY)
    vetoed, locked = (
        signed("veto", trust_hash(), intent(), officer),
        signed("lock-down", trust_hash(), number_, officer),
    )
    are_shown(
        {
            "approval-withdrawn": f"approval {approved.hex()}\nofficer {officer}\nsignature {withdrawn}\n",
            "opening-vetoed": f"intent {intent().hex()}\nofficer {officer}\nsignature {vetoed}\n",
            "lock-down": f"number {number_}\nofficer {officer}\nsignature {locked}\n",
            "unlock": f"number {number_}\n",
            "officer-added": added,
            "officer-removed": f"number {number_}\nofficer {text('third_officer')}\n",
            "policy-set": f"number {number_}\n{numbers}",
            "endorsement": f"proposal {proposal.hex()}\nofficer {officer}\n"
            f"signature {signed('endorsement', trust_hash(), proposal)}\n",
        }
    )


def are_shown(told: dict[str, str]) -> None:
    for kind, lines in told.items():
        assert SHOWN[f"leaf.{kind}"] == leaf_hash(f"vouchsafe/v1/leaf/{kind}\n{lines}".encode()).hex(), kind


def test_the_checkpoint() -> None:
    leaves = [bytes.fromhex(value) for name, value in SHOWN.items() if name.startswith("leaf.")]
    head = f"{text('origin')}\n{len(leaves)}\n{b64encode(root(leaves)).decode()}\n".encode()
    agree(log__root=root(leaves), trust__hash=trust_hash())
    agree(log__vkey=vkey(text("origin"), 1, "log"), witness__vkey=vkey(text("witness"), 4, "witness"))
    line = b64encode(key_id(text("origin"), 1, "log") + key("log").sign(head)).decode()
    agree(log__signature=line)
    data = b64decode(SHOWN["witness.cosignature"])
    assert data[:4] == key_id(text("witness"), 4, "witness")
    assert data[4:12] == struct.pack(">Q", number("witnessed_unix"))
    signed = f"cosignature/v1\ntime {number('witnessed_unix')}\n".encode() + head
    Ed25519PublicKey.from_public_bytes(public(key("witness"))).verify(data[12:], signed)


# Section 7.8.


def passages() -> list[str]:
    lines = unicodedata.normalize("NFC", f"{text('title')}\n{text('body')}").split("\n")
    ends = r"""[.!?…]+["'”’»)\]]*(?= )|[。！？]+["'”’»」』）)\]]*"""
    tidy = (" ".join(line.split()) for line in lines)
    pieces = (re.sub(ends, lambda end: end[0] + "\n", line).split("\n") for line in tidy)
    return [piece.strip() for line in pieces for piece in line if piece.strip()]


def text_salts() -> list[bytes]:
    names = (text("thread_id"), text("post_id"), "")
    stream = hkdf(octets("commitment_secret"), "text-salts", *names, size=32 * (1 + len(passages())))
    return [stream[at : at + 32] for at in range(0, len(stream), 32)]


def passage_hashes() -> list[bytes]:
    salted = zip(text_salts()[1:], passages(), strict=True)
    return [leaf_hash(canonical("passage", salt, passage)) for salt, passage in salted]


def text_commitment() -> bytes:
    post = hashed("post", *map(text, ("thread_id", "post_id", "title", "body")))
    statement = hashed("statement-commitment", text_salts()[0], post)
    agree(text__statement_commitment=statement)
    names = (text("thread_id"), text("post_id"), "")
    return canonical("text-commitment", *names, statement, len(passages()), root(passage_hashes()))


def day_leaves() -> list[bytes]:
    fillers = (hkdf(octets("commitment_secret"), "post-root-filler", text("day"), i) for i in range(63))
    return sorted([leaf_hash(text_commitment()), *fillers])


def day_root() -> bytes:
    return root(day_leaves())


def test_what_is_committed_to_of_a_text() -> None:
    for index, passage in enumerate(passages()):
        assert SHOWN[f"passage-{index}"] == passage
    agree(text__statement_salt=text_salts()[0], passage_0__salt=text_salts()[1], passage_0__hash=passage_hashes()[0])
    agree(text__passages_root=root(passage_hashes()), text__commitment_sha256=sha256(text_commitment()))
    agree(day__root=day_root(), day__index=str(day_leaves().index(leaf_hash(text_commitment()))))
