"""The draft of each action in a case: what it is about, what will be signed, what will be logged, and the sending.

A draft is made of a case that was checked just now, and keeps what was checked: the yes signs that, and not what the
platform tells later. Which actions make sense is `case_offers`'s; the signatures are `sdk.officer_signatures`'s.
"""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from services.seal.authorization import APPROVAL_HEADER, gag_end
from services.seal.leaves import (
    ApprovalWithdrawnLeaf,
    CaseEndedLeaf,
    GagExtendedLeaf,
    HoldLeaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
    case_reference,
)
from services.seal.statements import Veto
from vouchsafe.desk import case_words
from vouchsafe.desk.case_checks import CheckedCase
from vouchsafe.desk.case_offers import HOLD_DAYS, MORE_HOLD_DAYS, MOST_GAG_DAYS
from vouchsafe.desk.desk import Desk
from vouchsafe.desk.drafts import Draft, Text
from vouchsafe.desk.forms import Form, FormInvalid
from vouchsafe.desk.statements import YET_TO_COME, leaf_text, signed_text
from vouchsafe.desk.words import moment, rounded, span
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.case_review import ReviewedCase, check_approvable
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.governance_side import Reached
from vouchsafe.sdk.officer_signatures import approval_of, check_voice, listed, veto_of, withdrawable, withdrawal_of

Prepare = Callable[[Desk, CheckedCase, Form, str], Draft]

_DAY = 86_400
_LATER = "(made when the case is executed)"


def approve(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """The approval: what is signed names the case, the hash of its statement, and when the approval ends."""
    reviewed = _reviewed(checked)
    now = int(time.time())
    check_approvable(reviewed, now=now)
    for line in checked.lines:
        if line.result == "failed":
            raise VouchsafeError(Reason.PROOF_INVALID, f"{line.text}; {line.detail}")
    check_voice(reviewed, desk.officer, desk.key)
    text = approval_text(reviewed, now)

    async def carry_out() -> str:
        note = approval_of(reviewed, desk.officer, desk.key, now=now)
        if not note.startswith(f"{text}\n"):
            raise VouchsafeError(Reason.PROOF_INVALID, "what would be sent is not what was shown")
        case = await desk.side.approve(checked.case.case_id, note)
        return f"Your approval was taken. Approved by: {', '.join(case.approved_by)}."

    return Draft(
        title="Approve this case?",
        question="That the person behind this alias is named to this recipient. Compare the paper in your hands.",
        button="Sign and send the approval",
        back=back,
        carry_out=carry_out,
        facts=(
            *_facts(reviewed),
            ("Your approval ends", moment(now + reviewed.governance.policy.approval_ttl_seconds)),
        ),
        signs=(Text("A signed note, good for this case alone and until it ends", text), _statement(reviewed)),
        logs_nothing="An approval is not logged by itself. When there are enough and the case is executed, this is "
        "logged, and cosigned by the witnesses, before anything is opened:",
        logs=_intent_leaves(reviewed),
    )


def withdraw_approval(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """Nothing that the officer approved in this case counts any longer."""
    reviewed = _reviewed(checked)
    statement = withdrawable(reviewed, desk.officer, desk.key)
    leaf = leaf_text(
        "At once", ApprovalWithdrawnLeaf.KIND, approval=statement.approval, officer=desk.officer, signature=YET_TO_COME
    )

    async def carry_out() -> str:
        withdrawn = withdrawal_of(reviewed, desk.officer, desk.key)
        case = await desk.side.withdraw_approval(checked.case.case_id, withdrawn)
        return f"Your approval was taken back. Approved by: {', '.join(case.approved_by) or 'nobody'}."

    return Draft(
        title="Take your approval back, for good?",
        question="Nothing that you approved in it, shown here or not, counts any more. You cannot approve it again.",
        button="Sign and send the withdrawal",
        back=back,
        carry_out=carry_out,
        facts=_facts(reviewed),
        signs=(signed_text("A withdrawal", statement),),
        logs=(leaf,),
    )


def veto(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """One officer's no, for good."""
    reviewed = _reviewed(checked)
    listed(reviewed.governance, desk.officer, desk.key)
    statement = Veto(reviewed.governance.ceremony, checked.case.intent.commitment, desk.officer)
    leaf = leaf_text(
        "At once", OpeningVetoedLeaf.KIND, intent=statement.intent, officer=desk.officer, signature=YET_TO_COME
    )

    async def carry_out() -> str:
        leaf = veto_of(reviewed, desk.officer, desk.key)
        reached = await desk.governance_side.veto(leaf, checked.case.case_id)
        told = "; ".join(f"{each.party}: {each.refusal or 'vetoed'}" for each in reached)
        if all(each.refusal for each in reached):
            raise VouchsafeError(Reason.NOT_VETOED, f"nobody took it. {told}")
        logged = Reached("disclosure") in reached
        return f"{'The opening is vetoed.' if logged else 'Disclosure did not take the veto.'} {told}."

    return Draft(
        title="Veto this opening?",
        question="It ends here, for good, whatever the others have signed. To ask again takes a new case. "
        "It is sent to disclosure, identity and every trustee.",
        button="Sign and send the veto",
        back=back,
        carry_out=carry_out,
        facts=_facts(reviewed),
        signs=(signed_text("A veto of this intent", statement),),
        logs=(leaf,),
        grave=True,
    )


def execute(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """Log the intent or, once the delay is over, carry the opening through."""
    reviewed = _reviewed(checked)
    opening = checked.case.state in (pb.CASE_STATE_WITNESSED, pb.CASE_STATE_UNSEALED)

    async def carry_out() -> str:
        case = await desk.side.execute(checked.case.case_id)
        return f"The case stands so now: {case_words.state_of(case, int(time.time())).text}."

    if opening:
        title, question = (
            "Open this alias?",
            "The trustees check everything again, each for itself; then identity seals the name.",
        )
        logs: tuple[Text, ...] = (_result_leaf(checked.case),)
    else:
        title = "Log the intent to open?"
        question = (
            f"From the witnesses’ cosignatures on, {span(checked.case.delay_seconds)} pass before anything opens."
        )
        logs = _intent_leaves(reviewed)
    return Draft(
        title=title,
        question=question,
        button="Open" if opening else "Log the intent",
        back=back,
        carry_out=carry_out,
        facts=_facts(reviewed),
        logs=logs,
        grave=opening,
    )


def withdraw(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """The requester no longer asks."""
    reviewed = _reviewed(checked)

    async def carry_out() -> str:
        await desk.side.withdraw_case(checked.case.case_id)
        return "The case has ended, and the log says so."

    leaf = leaf_text(
        "At once", CaseEndedLeaf.KIND, case=_reference(checked.case), outcome="withdrawn", at=rounded(int(time.time()))
    )
    return Draft(
        title="End this case?",
        question="Because its requester no longer asks. Nothing is opened.",
        button="End the case",
        back=back,
        carry_out=carry_out,
        facts=_facts(reviewed),
        logs=(leaf,),
    )


def extend_gag(desk: Desk, checked: CheckedCase, form: Form, back: str) -> Draft:
    """The subject is told later, on a further instrument."""
    reviewed = _reviewed(checked)
    days = form.number("days", "the number of days", low=1, high=MOST_GAG_DAYS)
    document = form.file_hash("document")
    if document is None:
        raise FormInvalid("the instrument is missing")
    now = int(time.time())
    until = gag_end(now, now + days * _DAY)

    async def carry_out() -> str:
        await desk.side.extend_gag(checked.case.case_id, until=until, document_hash=document)
        return f"The subject is not told before {moment(until)}; the log says so."

    intent = checked.case.intent.commitment
    return Draft(
        title="Extend the gag?",
        question=f"The subject is told on {moment(until)} instead of {moment(checked.case.intent.gagged_until)}.",
        button="Extend the gag",
        back=back,
        carry_out=carry_out,
        facts=_facts(reviewed),
        logs=(leaf_text("At once", GagExtendedLeaf.KIND, intent=intent, until=until, instrument=document),),
    )


def place_hold(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """What the alias wrote is kept."""
    until = rounded(int(time.time()) + HOLD_DAYS * _DAY)
    return _hold(desk, checked, back, "place_hold", "Place a hold?", until)


def extend_hold(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """The hold lasts longer, once."""
    until = rounded(checked.case.hold.until + MORE_HOLD_DAYS * _DAY)
    return _hold(desk, checked, back, "extend_hold", "Extend the hold?", until)


def release_hold(desk: Desk, checked: CheckedCase, _form: Form, back: str) -> Draft:
    """The hold ends before its time."""
    return _hold(desk, checked, back, "release_hold", "Release the hold?", 0)


PREPARE: Mapping[str, Prepare] = MappingProxyType(
    {
        "approve": approve,
        "withdraw-approval": withdraw_approval,
        "veto": veto,
        "execute": execute,
        "withdraw": withdraw,
        "extend-gag": extend_gag,
        "place-hold": place_hold,
        "extend-hold": extend_hold,
        "release-hold": release_hold,
    }
)
"""What prepares each action, by its name in an address."""


def approval_text(reviewed: ReviewedCase, now: int) -> str:
    """The text of the note that an approval at `now` is (`services.seal.authorization`)."""
    expires = now + reviewed.governance.policy.approval_ttl_seconds
    statement = reviewed.statement
    return f"{APPROVAL_HEADER}\ncase {statement.case_id}\nstatement {statement.hash().hex()}\nexpires {expires}\n"


def _hold(desk: Desk, checked: CheckedCase, back: str, name: str, title: str, until: int) -> Draft:
    reviewed = _reviewed(checked)
    send = {
        "place_hold": desk.side.place_hold,
        "extend_hold": desk.side.extend_hold,
        "release_hold": desk.side.release_hold,
    }

    async def carry_out() -> str:
        case = await send[name](checked.case.case_id)
        return f"On hold until {moment(case.hold.until)}." if case.hold.until else "There is no hold any more."

    return Draft(
        title=title,
        question="A hold keeps what the alias wrote from being deleted. It says nothing about the person.",
        button=title.removesuffix("?"),
        back=back,
        carry_out=carry_out,
        facts=_facts(reviewed),
        logs=(leaf_text("At once", HoldLeaf.KIND, case=_reference(checked.case), until=until),),
    )


def _reviewed(checked: CheckedCase) -> ReviewedCase:
    """The reviewed case, or the reason why there is none."""
    if checked.reviewed is None:
        raise checked.why or VouchsafeError(
            Reason.PROOF_INVALID, "this case was declined: there is nothing to do in it"
        )
    return checked.reviewed


def _facts(reviewed: ReviewedCase) -> tuple[tuple[str, str], ...]:
    """What an officer must have before him when he says yes."""
    case = reviewed.case
    about = f"“{case.post.title or case.post.body[:200]}” (post {case.post_id})" if case.post_id else "the alias itself"
    return (
        ("Who asks", f"{case_words.requester_of(case)}, {case.organisation}"),
        ("On what", f"{case_words.basis_of(case)}: {case.instrument}; {case.ground}"),
        ("Document, SHA-256", case.document_hash.hex()),
        ("About", f"{about}, by a holder of {case.credential.label}"),
        ("Asks for", case_words.fields_of(case)),
        ("Answer goes to key", case.recipient_key.hex()),
        ("Time before an opening", span(case.delay_seconds)),
        ("The subject", case_words.notice_of(case)),
    )


def _statement(reviewed: ReviewedCase) -> Text:
    return signed_text("The statement that its hash stands for", reviewed.statement)


def _intent_leaves(reviewed: ReviewedCase) -> tuple[Text, ...]:
    """The leaves of an execution as they would stand. Its salts are made then, so some values are not known yet."""
    case = reviewed.case
    intent = leaf_text(
        "When the case is executed",
        OpenIntentLeaf.KIND,
        commitment=_LATER,
        case=_reference(case),
        subject=_LATER,
        delay=case.delay_seconds,
        gag_until=case.gag_until,
        waived=int(any(case.waiver_hash)),
    )
    told = "Right after it" if not case.gag_until else f"When the gag ends, {moment(case.gag_until)}"
    return intent, leaf_text(told, SubjectNoticeLeaf.KIND, intent=_LATER, blind=_LATER, mark=_LATER)


def _result_leaf(case: pb.Case) -> Text:
    title = "Before identity is asked"
    return leaf_text(
        title, OpenResultLeaf.KIND, intent_commitment=case.intent.commitment, outcome="opened", at="(then)"
    )


def _reference(case: pb.Case) -> bytes:
    return case_reference(case.case_salt, case.case_id)
