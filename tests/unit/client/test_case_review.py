"""An officer's machine signs nothing that disclosure made up: each part of a case, told otherwise than it is."""

import uuid
from collections.abc import Callable

import pytest

from services.seal.authorization import LONGEST_GAG
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.leaves import LockDownLeaf, OfficerRemovedLeaf
from services.seal.statements import LockDown
from tests.rpc.disclosure.authors import Author, credential_message
from tests.unit.client.officers import KEYS, NOW, POLICY, Shown, log_of, trust
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.case_review import ReviewedCase, check_approvable, review
from vouchsafe.sdk.checked_log import CheckedLog

Lie = Callable[[pb.Case], None]


def reviewed(shown: Shown, log: CheckedLog | None = None) -> ReviewedCase:
    return review(shown.case, case_id=shown.case.case_id, trust=trust(), log=log or shown.log())


def refused(shown: Shown, sentence: str, log: CheckedLog | None = None) -> None:
    with pytest.raises(VouchsafeError) as caught:
        check_approvable(reviewed(shown, log), now=NOW)
    assert caught.value.reason == "PROOF_INVALID"
    assert sentence in caught.value.message


def test_an_honest_case_holds_and_may_be_approved() -> None:
    shown = Shown()
    shown.approve("ann")
    made = reviewed(shown)
    check_approvable(made, now=NOW)
    assert (made.statement, made.case) == (shown.statement, shown.case)


def test_another_case_than_the_one_asked_for() -> None:
    shown = Shown()
    with pytest.raises(VouchsafeError, match="another case"):
        review(shown.case, case_id=str(uuid.uuid4()), trust=trust(), log=shown.log())


def set_to(name: str, value: object) -> Lie:
    def lie(case: pb.Case) -> None:
        setattr(case, name, value)

    return lie


def cleared(name: str) -> Lie:
    def lie(case: pb.Case) -> None:
        case.ClearField(name)

    return lie


def other_words(case: pb.Case) -> None:
    case.post.body = "other words"


def another_title(case: pb.Case) -> None:
    case.post.title = "another title"


def another_field(case: pb.Case) -> None:
    case.fields.append(pb.PERSON_FIELD_LOGIN)


def an_unknown_field(case: pb.Case) -> None:
    case.fields[0] = 99  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "lie",
    [
        set_to("requester", pb.REQUESTER_CLASS_POLICE),
        set_to("requester", 99),
        set_to("basis", pb.LEGAL_BASIS_EMERGENCY),
        set_to("organisation", "Another Court"),
        set_to("instrument", "another docket"),
        set_to("document_hash", b"x" * 32),
        set_to("recipient_key", b"x" * 32),
        set_to("bundle_hash", b"x" * 32),
        set_to("bundle_hash", b"short"),
        set_to("post_id", str(uuid.uuid4())),
        set_to("post_id", ""),
        set_to("issuer_key", b"no key"),
        set_to("case_salt", b"x" * 32),
        set_to("case_salt", b""),
        set_to("due_at", NOW + 2 * 86_400),
        set_to("due_at", NOW),
        set_to("waiver_hash", b""),
        set_to("expires_at", -1),
        cleared("post"),
        cleared("credential"),
        cleared("fields"),
        other_words,
        another_title,
        another_field,
        an_unknown_field,
    ],
)
def test_one_part_told_otherwise(lie: Lie) -> None:
    shown = Shown()
    log = shown.log()
    lie(shown.case)
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        reviewed(shown, log)


@pytest.mark.parametrize(
    ("lie", "sentence"),
    [
        (set_to("policy_hash", b"x" * 32), "not those in force"),
        (set_to("opened_at", NOW + 600), "not open at this time"),
        (set_to("expires_at", NOW - 1), "not open at this time"),
        (set_to("expires_at", NOW + POLICY.case_ttl_seconds), "longer than the policy allows"),
        (set_to("delay_seconds", POLICY.veto_delay_seconds - 1), "less time for a veto"),
        (set_to("delay_seconds", POLICY.notice_seconds - 1), "leaves out the notice"),
        (set_to("gag_until", NOW + 60), "leaves out the notice"),
    ],
)
def test_a_consistent_case_that_the_rules_forbid(lie: Lie, sentence: str) -> None:
    shown = Shown()
    lie(shown.case)
    refused(shown, sentence)


def test_a_waived_notice_leaves_the_time_for_a_veto_and_a_gag_that_ends() -> None:
    shown = Shown()
    shown.case.waiver_hash = b"w" * 32
    shown.case.delay_seconds = POLICY.veto_delay_seconds
    shown.case.gag_until = shown.case.opened_at + LONGEST_GAG
    check_approvable(reviewed(shown), now=NOW)
    shown.case.gag_until += 1
    refused(shown, "longer than the rules allow")
    shown.case.gag_until = 0
    shown.case.delay_seconds = POLICY.veto_delay_seconds - 1
    refused(shown, "less time for a veto")


def test_one_authors_post_shown_over_anothers_envelope() -> None:
    """The lie is consistent: its hash covers the victim's credential, and only the author's signatures are missing."""
    shown, victim = Shown(), Author(trust().opening_key)
    shown.case.credential.CopyFrom(credential_message(victim.credential))
    post = shown.author.post_evidence()
    shown.author = victim
    shown.case.post.CopyFrom(post)
    shown.bind()
    refused(shown, "")


def test_a_credential_under_a_key_that_nobody_can_see() -> None:
    """All signatures fit each other, but the issuer's key is in no log: disclosure made it."""
    shown, secret = Shown(), BlindSigner.generate()
    forged = shown.author.credential_for(shown.author.envelope, by=secret)
    object.__setattr__(shown.author, "credential", forged)
    shown.case.credential.CopyFrom(credential_message(forged))
    shown.case.issuer_key = secret.public_key.to_spki()
    shown.bind()
    refused(shown, "not in the log")


def test_a_demand_that_the_public_ledger_does_not_tell_of() -> None:
    refused(Shown(), "does not tell of this demand", log_of())


def test_an_approval_that_was_not_given() -> None:
    shown = Shown()
    shown.case.approved_by.append("ann")
    refused(shown, "no approval is shown")
    shown = Shown()
    shown.approve("ann")
    shown.case.approvals[0].officer = shown.case.approved_by[0] = "cyd"
    refused(shown, "not the one that is shown")
    shown = Shown()
    shown.approve("ann")
    shown.case.ground = "another ground"
    refused(shown, "another case")


def test_nothing_may_be_approved_while_everything_is_locked_or_after_the_officers_have_changed() -> None:
    shown = Shown()
    lock = LockDownLeaf(1, "ann", KEYS["ann"].sign(LockDown(trust().hash(), 1, "ann").signed_bytes()))
    refused(shown, "locked everything down", shown.log(lock))
    proposed = OfficerRemovedLeaf(1, "dan")
    check_approvable(reviewed(shown, shown.log(proposed)), now=NOW)


def test_an_intent_is_rebuilt_and_its_proof_verified() -> None:
    shown = Shown()
    shown.intend()
    made = reviewed(shown)
    assert made.case.intent.opens_at == NOW - 10 + POLICY.notice_seconds


def another_commitment(case: pb.Case) -> None:
    case.intent.commitment = b"x" * 32


def another_salt(case: pb.Case) -> None:
    case.intent.salt = b"x" * 32


def another_subject(case: pb.Case) -> None:
    case.intent.subject = b"x" * 32


def earlier_end(case: pb.Case) -> None:
    case.intent.opens_at -= 1


def another_start(case: pb.Case) -> None:
    case.intent.intended_at -= 1


def another_delay(case: pb.Case) -> None:
    case.delay_seconds += 1


def no_proof_of_it(case: pb.Case) -> None:
    case.intent.proof = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    "lie",
    [another_commitment, another_salt, another_subject, earlier_end, another_start, another_delay, no_proof_of_it],
)
def test_an_intent_told_otherwise(lie: Lie) -> None:
    shown = Shown()
    shown.intend()
    lie(shown.case)
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        reviewed(shown)


def test_a_case_about_the_alias_itself_shows_no_post_and_still_a_genuine_credential() -> None:
    shown = Shown()
    shown.case.post_id = ""
    shown.case.ClearField("post")
    shown.bind()
    check_approvable(reviewed(shown), now=NOW)
    shown.case.credential.signature = bytes(384)
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        reviewed(shown)
