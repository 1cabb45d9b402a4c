"""An opening is authorised by the right approvals, for the right bundle, logged first and not stopped; else refused.

Each refusal is matched by its words, so that no check stands in for another that was left out.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.seal import note
from services.seal.authorization import (
    LONGEST_GAG,
    ApprovalWithdrawn,
    Authorization,
    Demand,
    Scope,
    SignedCredential,
    VerifiedAuthorization,
    approval_hash,
    check_quorum,
    gag_end,
    sign_approval,
    verify_approval,
    verify_authorization,
    verify_credential,
)
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.governance import Proposal, begin, fold, proposal_hash
from services.seal.leaves import (
    ApprovalWithdrawnLeaf,
    EndorsementLeaf,
    Leaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OfficerRemovedLeaf,
    OpeningVetoedLeaf,
)
from services.seal.note import SignatureType
from services.seal.statements import Context, CredentialMessage, Endorsement, LockDown, Veto, Withdrawal
from services.seal.trust import Officer, Policy, Trust
from tests.support.openings import COURT, Opening, Signers

NOW = 1_800_000_000
ORIGIN = "log.example/test"
LOG_KEY = SigningKey.generate()
WITNESSES = {f"witness.example/{i}": SigningKey.generate() for i in (1, 2)}
OFFICERS = {name: SigningKey.generate() for name in ("ann", "bob", "cyd", "dan", "eve")}
ROLES = {"ann": "legal", "bob": "legal", "cyd": "legal", "dan": "privacy", "eve": "privacy"}
CREDENTIAL = SignedCredential(CredentialMessage(b"p" * 32, Context("acme", 7), b"c" * 32, b"h" * 32), b"x" * 384)
APPROVED = ("ann", "bob", "dan")


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
        officers=tuple(
            Officer(name, ROLES[name], "Elsewhere" if name == "eve" else "platform", key.public_key)
            for name, key in OFFICERS.items()
        ),
        policy=Policy(3, 2, 3600, veto_delay_seconds=60, notice_seconds=600, case_ttl_seconds=9000),
    )


TRUST = make_trust()
LAWFUL = Opening(
    Signers(TRUST, LOG_KEY, WITNESSES, OFFICERS),
    CREDENTIAL,
    b"e" * 128,
    NOW,
    b"r" * 32,
    scope=Scope("post-1", ("name",)),
    approved_by=APPROVED,
    intended=600,
    opened=1000,
    lasts=5000,
    case_id="case-1",
)
WAIVED = replace(LAWFUL, waiver_hash=b"w" * 32, delay=60, intended=60)


def verified(
    opening: Opening, since: Sequence[Leaf] = (), credential: SignedCredential = CREDENTIAL, **told: object
) -> VerifiedAuthorization:
    """What comes of an opening when these leaves came after its own, and something else is told of it."""
    authorization = replace(opening.authorization(), **told)  # type: ignore[arg-type]
    governance = fold(TRUST, [*opening.logged, *(leaf.to_bytes() for leaf in since)])
    return verify_authorization(authorization, credential, governance=governance, trust=TRUST, now=opening.now)


def test_a_whole_authorization_holds() -> None:
    found = verified(LAWFUL)
    assert [each.officer.name for each in found.approvals] == list(APPROVED)
    assert found.intended_at == NOW - 600
    verified(WAIVED)
    verified(replace(WAIVED, gag_until=NOW - 1000 + LONGEST_GAG, noticed=False))


def test_a_gag_ends_at_a_full_hour_and_is_never_too_long() -> None:
    hour = NOW - NOW % 3600
    assert [gag_end(NOW, hour + seconds) for seconds in (3599, 3600, 3601)] == [hour + 3600, hour + 3600, hour + 7200]
    longest = gag_end(hour + 1, hour + 1 + LONGEST_GAG)
    assert longest == hour + LONGEST_GAG
    assert gag_end(hour, hour + LONGEST_GAG) == longest
    assert gag_end(hour + 1, hour + 2 + LONGEST_GAG) > hour + 1 + LONGEST_GAG


# 1. What governs.


def test_a_case_under_another_policy_is_refused() -> None:
    with pytest.raises(SealError, match="other officers or another policy"):
        verified(replace(LAWFUL, policy_hash=b"q" * 32))


def test_a_case_under_officers_who_have_changed_is_refused() -> None:
    added = OfficerAddedLeaf(1, "fay", "legal", "platform", SigningKey.generate().public_key)
    endorsement = Endorsement(TRUST.hash(), proposal_hash(added)).signed_bytes()
    endorsed = [EndorsementLeaf(proposal_hash(added), each, OFFICERS[each].sign(endorsement)) for each in APPROVED]
    verified(LAWFUL, [added, *endorsed[:2]])
    with pytest.raises(SealError, match="other officers or another policy"):
        verified(LAWFUL, [added, *endorsed])


def test_officers_who_were_removed_and_added_again_do_not_revive_a_case() -> None:
    def done(proposal: Proposal) -> list[Leaf]:
        hashed = proposal_hash(proposal)
        signed = Endorsement(TRUST.hash(), hashed).signed_bytes()
        return [proposal, *(EndorsementLeaf(hashed, each, OFFICERS[each].sign(signed)) for each in APPROVED)]

    cyd = next(officer for officer in TRUST.officers if officer.name == "cyd")
    away = done(OfficerRemovedLeaf(1, "cyd"))
    back = done(OfficerAddedLeaf(2, cyd.name, cyd.role, cyd.organisation, cyd.public))
    before, after = (fold(TRUST, [leaf.to_bytes() for leaf in told]) for told in ((), (*away, *back)))
    assert (set(after.officers), after.policy, after.amended) == (set(before.officers), before.policy, 2)
    with pytest.raises(SealError, match="other officers or another policy"):
        verified(LAWFUL, [*away, *back])


def test_a_lock_down_stops_it() -> None:
    with pytest.raises(SealError, match="stopped"):
        verified(
            LAWFUL, [LockDownLeaf(1, "ann", OFFICERS["ann"].sign(LockDown(TRUST.hash(), 1, "ann").signed_bytes()))]
        )


def test_a_veto_stops_it_and_no_other() -> None:
    verified(LAWFUL, [veto(b"i" * 32)])
    with pytest.raises(SealError, match="stopped"):
        verified(LAWFUL, [veto(LAWFUL.intent.commitment)])


# 2. Who may ask.


@pytest.mark.parametrize(
    ("requester", "basis"),
    [("company", "court-order"), ("employer", "none"), ("regulator", "court-order"), ("court", "none"), ("x", "y")],
)
def test_who_has_no_right_is_refused_whoever_approved(requester: str, basis: str) -> None:
    with pytest.raises(SealError, match="no right"):
        verified(replace(LAWFUL, demand=replace(COURT, requester=requester, basis=basis)))


@pytest.mark.parametrize("basis", ["production-order", "emergency"])
def test_police_may_ask_on_either_basis(basis: str) -> None:
    verified(replace(LAWFUL, demand=replace(COURT, requester="police", basis=basis)))


# 3. When.


def test_a_case_of_another_time_is_refused() -> None:
    verified(replace(LAWFUL, lasts=1))
    with pytest.raises(SealError, match="not open"):
        verified(replace(LAWFUL, lasts=0))
    with pytest.raises(SealError, match="not open"):
        verified(replace(LAWFUL, opened=-61))


def test_a_case_that_would_be_open_for_longer_than_the_policy_allows_is_refused() -> None:
    verified(replace(LAWFUL, lasts=8000))
    with pytest.raises(SealError, match="longer than the policy"):
        verified(replace(LAWFUL, lasts=8001))


# 4. What about.


@pytest.mark.parametrize(
    "told",
    [
        {"demand": replace(COURT, requester="police", basis="emergency")},
        {"demand": replace(COURT, organisation="Landgericht Nordstadt")},
        {"demand": replace(COURT, instrument="8 O 1/26")},
        {"demand": replace(COURT, document_hash=b"e" * 32)},
        {"scope": Scope("post-2", ("name",))},
        {"scope": Scope("", ("name",))},
        {"scope": Scope("post-1", ("name", "login"))},
        {"recipient_key": b"e" * 32},
        {"credential": replace(CREDENTIAL, signature=b"y" * 384)},
    ],
    ids=lambda told: f"another {next(iter(told))}",
)
def test_a_case_about_something_else_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(SealError, match="about another"):
        verified(LAWFUL, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("fields", [(), ("name", "name"), ("address",)])
def test_a_scope_is_made_of_known_fields_each_once(fields: tuple[str, ...]) -> None:
    with pytest.raises(SealError):
        Scope("post-1", fields)


# 5. Who can know.


OTHER_CASE = replace(LAWFUL, case_id="case-2")


@pytest.mark.parametrize(
    "told",
    [
        {"intent_salt": b"t" * 32},
        {"subject": b"t" * 32},
        {"intent_proof": OTHER_CASE.proof_of(OTHER_CASE.intent)},
        {"intent_proof": LAWFUL.proof_of(LAWFUL.notice)},
    ],
    ids=["another salt", "another subject", "another intent", "another leaf"],
)
def test_an_intent_that_is_not_in_the_log_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(SealError, match=r"leaf|root|inclusion"):
        verified(LAWFUL, **told)


def veto(intent: bytes) -> Leaf:
    signed = Veto(TRUST.hash(), intent, "cyd").signed_bytes()
    return OpeningVetoedLeaf(intent, "cyd", OFFICERS["cyd"].sign(signed))


def test_what_was_approved_under_one_case_is_not_opened_under_another() -> None:
    with pytest.raises(SealError, match="another case"):
        verified(LAWFUL, case_salt=b"t" * 32)
    for shown in (LAWFUL, replace(WAIVED, gag_until=NOW + 5000, noticed=False)):
        twin = shown.twin(case_salt=b"t" * 32)
        assert twin.approvals == shown.approvals
        for since in ((), (veto(shown.intent.commitment),)):
            with pytest.raises(SealError, match="another case"):
                verified(twin, since)


def test_one_case_has_one_intent_and_its_veto_stops_it() -> None:
    twin = LAWFUL.twin()
    assert twin.statement == LAWFUL.statement
    for since in ((), (veto(LAWFUL.intent.commitment),)):
        with pytest.raises(SealError, match="another intent"):
            verified(twin, since)


def test_too_few_witnesses_are_refused() -> None:
    with pytest.raises(SealError, match="fewer witnesses"):
        verified(replace(LAWFUL, quorum=1))


def test_a_view_of_the_log_from_before_the_intent_is_refused() -> None:
    governance = fold(TRUST, LAWFUL.logged[:-1])
    with pytest.raises(SealError, match="before the intent"):
        verify_authorization(LAWFUL.authorization(), CREDENTIAL, governance=governance, trust=TRUST, now=NOW)


# 6. Who wanted it.


def approvals(*officers: str, until: int = NOW, opening: Opening = LAWFUL) -> tuple[str, ...]:
    return tuple(sign_approval(opening.statement, each, OFFICERS[each], until) for each in officers)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (approvals("ann", "dan"), "too few"),
        (approvals("ann", "ann", "dan"), "too few"),
        (approvals("ann", "bob", "cyd"), "too few"),
        (approvals("ann", "bob") + approvals("dan", opening=OTHER_CASE), "another case"),
        (approvals("ann", "bob") + approvals("dan", until=NOW - 600), "expired"),
        (approvals("ann", "bob") + approvals("dan", until=NOW - 600 + 3600 + 61), "longer than"),
        ((*approvals("ann", "bob"), sign_approval(LAWFUL.statement, "dan", OFFICERS["ann"], NOW)), "no known key"),
        ((*approvals("ann", "bob"), sign_approval(LAWFUL.statement, "fay", OFFICERS["ann"], NOW)), "no known key"),
    ],
    ids=[
        "two officers", "one twice", "one role", "of another case", "expired when it was intended", "good for too long",
        "by another's key", "by nobody",
    ],
)  # fmt: skip
def test_approvals_that_do_not_count_are_refused(told: tuple[str, ...], why: str) -> None:
    with pytest.raises(SealError, match=why):
        verified(LAWFUL, approvals=told)


def test_approvals_that_were_in_force_when_it_was_intended_may_have_expired_since() -> None:
    verified(LAWFUL, approvals=approvals(*APPROVED, until=NOW - 599))


def withdrawal(officer: str, opening: Opening = LAWFUL) -> Leaf:
    statement = Withdrawal(TRUST.hash(), approval_hash(opening.statement.case_id, officer), officer)
    return ApprovalWithdrawnLeaf(statement.approval, officer, OFFICERS[officer].sign(statement.signed_bytes()))


def test_an_approval_that_was_taken_back_does_not_count_nor_any_other_of_the_officer() -> None:
    told = approvals(*APPROVED)
    kept_from_him = approvals("ann", until=NOW + 1)
    verified(LAWFUL, approvals=(*kept_from_him, *told[1:]))
    for first in (told[:1], kept_from_him):
        with pytest.raises(ApprovalWithdrawn, match="taken back"):
            verified(LAWFUL, (withdrawal("ann"),), approvals=(*first, *told[1:]))
    with pytest.raises(SealError, match="too few"):
        verified(LAWFUL, (withdrawal("ann"),), approvals=told[1:])


def test_what_was_taken_back_of_one_case_counts_in_another() -> None:
    verified(LAWFUL, (withdrawal("ann", OTHER_CASE),), approvals=approvals(*APPROVED))


def test_nobody_takes_anothers_approval_back() -> None:
    statement = Withdrawal(TRUST.hash(), approval_hash(LAWFUL.statement.case_id, "ann"), "cyd")
    by_another = ApprovalWithdrawnLeaf(statement.approval, "cyd", OFFICERS["cyd"].sign(statement.signed_bytes()))
    verified(LAWFUL, (by_another,), approvals=approvals(*APPROVED))


@pytest.mark.parametrize(
    "line",
    ["\u2014 fay AAAAAAAAAAA=\n", approvals("ann")[0].splitlines(keepends=True)[-1]],
    ids=["somebody's", "the officer's own"],
)
def test_an_approval_has_one_signature_and_one_spelling(line: str) -> None:
    first, *others = approvals(*APPROVED)
    for since in ((), (withdrawal("ann"),)):
        with pytest.raises(SealError, match="one signature"):
            verified(LAWFUL, since, approvals=(first + line, *others))


def test_nobody_approves_what_his_own_organisation_asks_for() -> None:
    asked = replace(LAWFUL, approved_by=("ann", "bob", "eve"))
    verified(asked)
    with pytest.raises(SealError, match="own organisation"):
        verified(replace(asked, demand=replace(COURT, organisation="ELSEWHERE")))


@pytest.mark.parametrize(
    "written",
    ["Else where", " Elsewhere\t", "Else\u200bwhere", "Else\u00adwhere", "\uff25lsewhere", "Elsewhere."],
)
def test_an_organisation_is_the_same_however_it_is_written(written: str) -> None:
    asked = replace(LAWFUL, approved_by=("ann", "bob", "eve"), demand=replace(COURT, organisation=written))
    with pytest.raises(SealError, match="own organisation"):
        verified(asked)


@pytest.mark.parametrize("written", ["", " ", "\u200b", "-", "\u00a0."])
def test_somebody_of_no_organisation_gets_nothing(written: str) -> None:
    with pytest.raises(SealError, match="has a name"):
        verified(replace(LAWFUL, demand=replace(COURT, organisation=written)))


# 7. Who was told.


def test_a_subject_who_was_not_told_is_not_opened() -> None:
    with pytest.raises(SealError, match="was not told"):
        verified(replace(LAWFUL, noticed=False))


def test_a_subject_who_was_told_after_the_intent_was_witnessed_is_not_opened() -> None:
    late = replace(LAWFUL, noticed=False)
    with pytest.raises(SealError, match="was not told"):
        verified(late, [late.notice])


def test_without_a_document_there_is_neither_gag_nor_a_shorter_notice() -> None:
    with pytest.raises(SealError, match="notice away"):
        verified(replace(LAWFUL, gag_until=NOW))
    with pytest.raises(SealError, match="notice away"):
        verified(replace(LAWFUL, delay=599))


def test_a_document_without_a_gag_shortens_the_notice_and_does_not_take_it_away() -> None:
    with pytest.raises(SealError, match="was not told"):
        verified(replace(WAIVED, noticed=False))


def test_no_document_takes_the_officers_days_away() -> None:
    with pytest.raises(SealError, match="too little time"):
        verified(replace(WAIVED, delay=59))


def test_a_gag_ends() -> None:
    with pytest.raises(SealError, match="too long"):
        verified(replace(WAIVED, gag_until=NOW - 1000 + LONGEST_GAG + 1))


# 8. When they had had their time.


def test_before_the_delay_is_over_nothing_is_opened() -> None:
    with pytest.raises(SealError, match="delay is not over"):
        verified(replace(LAWFUL, intended=599))
    with pytest.raises(SealError, match="delay is not over"):
        verified(replace(LAWFUL, delay=601))


def test_the_delay_runs_from_the_last_witness() -> None:
    """A witness whose clock is slow, or lies, shortens nothing as long as one other does not."""
    made = LAWFUL.authorization()
    late = note.NoteSigner("witness.example/2", WITNESSES["witness.example/2"], SignatureType.COSIGNATURE)
    parsed = note.Note.parse(made.intent_proof.partition("\n\n")[2])
    lines = (*parsed.signatures[:-1], note.cosign(parsed.text, late, NOW - 599))
    proof = made.intent_proof.partition("\n\n")[0] + "\n\n" + note.Note(parsed.text, lines).format()
    with pytest.raises(SealError, match="delay is not over"):
        verified(LAWFUL, intent_proof=proof)


def test_every_flipped_character_of_an_approval_is_refused() -> None:
    whole = LAWFUL.approvals[0]
    for at in range(0, len(whole), 3):
        broken = whole[:at] + ("A" if whole[at] != "A" else "B") + whole[at + 1 :]
        with pytest.raises(SealError):
            verify_approval(broken, LAWFUL.statement, begin(TRUST), NOW)


def test_quorum_counts_officers_not_approvals() -> None:
    one = verify_approval(LAWFUL.approvals[0], LAWFUL.statement, begin(TRUST), NOW)
    with pytest.raises(SealError):
        check_quorum([one, one, one], begin(TRUST))


def test_a_demand_and_a_scope_hash_every_part() -> None:
    other = Demand("police", "emergency", "Polizei", "9", b"x" * 32)
    demands = [COURT, *(replace(COURT, **{name: getattr(other, name)}) for name in COURT.__dataclass_fields__)]
    assert len({each.hash() for each in demands}) == len(demands)
    scopes = [Scope("", ("name",)), Scope("p", ("name",)), Scope("p", ("login",)), Scope("p", ("name", "login"))]
    assert len({each.hash() for each in scopes}) == len(scopes)


def test_trust_hash_covers_every_part() -> None:
    base = TRUST.hash()
    moved = replace(TRUST.officers[0], organisation="another")
    changed = [
        replace(TRUST, witness_quorum=1),
        replace(TRUST, receipt_public=b"9" * 32),
        replace(TRUST, opening_key=b"9" * 32),
        replace(TRUST, officers=TRUST.officers[1:]),
        replace(TRUST, officers=(moved, *TRUST.officers[1:])),
        *(replace(TRUST, policy=replace(TRUST.policy, **{name: 77})) for name in TRUST.policy.__dataclass_fields__),
        replace(TRUST, share_commitments=()),
    ]
    assert len({base, *(trust.hash() for trust in changed)}) == len(changed) + 1


def test_a_credential_verifies_only_under_its_own_key() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=3072).public_key()
    with pytest.raises(SealError):
        verify_credential(CREDENTIAL, other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def test_an_authorization_says_which_leaf_must_stand_in_the_log() -> None:
    made: Authorization = LAWFUL.authorization()
    assert made.intent == LAWFUL.intent
    assert (made.intent.delay, made.intent.gag_until, made.intent.waived) == (600, 0, 0)
    assert WAIVED.authorization().intent.waived == 1
