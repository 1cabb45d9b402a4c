"""A new case from the form: what was typed, checked for what can be checked here, and the leaf it would leave.

Whether the requester may ask at all is a rule that needs nobody (`services.seal.requests`), so the officer is told
beforehand whether the case will be taken up or declined. A declined one is recorded and logged all the same.
"""

import time
import uuid
from typing import TypeVar

from services.seal.leaves import CaseAskedLeaf, CaseDeclinedLeaf
from services.seal.requests import Basis, Field, Requester, Wants, may_ask
from vouchsafe.desk.desk import Desk
from vouchsafe.desk.drafts import Draft, Text
from vouchsafe.desk.forms import Form, FormInvalid
from vouchsafe.desk.statements import leaf_text
from vouchsafe.desk.words import rounded
from vouchsafe.sdk.errors import VouchsafeError
from vouchsafe.sdk.officer_side import Ask

W = TypeVar("W", Requester, Basis)

_HOUR, _DAY = 3600, 86_400
_DUE = {Basis.EMERGENCY: 8 * _HOUR}
_MADE_THERE = "(salted by disclosure, so that it tells nobody which case)"


def ask_of(form: Form) -> Ask:
    """What the form asks; FormInvalid when something is missing or does not go together."""
    document = form.file_hash("document")
    if document is None:
        raise FormInvalid("the instrument itself is missing")
    post_id, alias = form.text("post_id"), form.text("alias_key")
    if bool(post_id) == bool(alias):
        raise FormInvalid("a case is about a post or about an alias: give one of them")
    waiver = form.file_hash("waiver") or b""
    gag_days = form.number("gag_days", "the number of gag days", high=180)
    if gag_days and not waiver:
        raise FormInvalid("a gag needs the document that forbids to tell the subject")
    fields = tuple(field for field in Field if form.text(f"field_{field}"))
    if not fields:
        raise FormInvalid("what is asked for is missing")
    return Ask(
        requester=_word(Requester, form.required("requester", "the kind of requester")),
        basis=_word(Basis, form.required("basis", "what it stands on")),
        organisation=form.required("organisation", "the organisation"),
        instrument=form.required("instrument", "the reference of the instrument"),
        ground=form.required("ground", "the legal ground"),
        document_hash=document,
        post_id=_post(post_id),
        alias_key=form.hexadecimal("alias_key", "the alias key") if alias else b"",
        fields=fields,
        recipient_key=form.hexadecimal("recipient", "the recipient’s public key"),
        due_seconds=form.number("due_hours", "the number of hours", high=8760) * _HOUR,
        waiver_hash=waiver,
        gag_seconds=gag_days * _DAY,
    )


def open_draft(desk: Desk, form: Form, back: str) -> Draft:
    """The case as it would be recorded."""
    asked = ask_of(form)

    async def carry_out() -> str:
        try:
            case = await desk.side.open_case(asked)
        except VouchsafeError as error:
            if error.reason != "REQUESTER_DECLINED":
                raise
            return "Declined by rule, recorded, and logged in the pressure ledger. Nothing was looked up."
        return f"The case is open: {case.case_id}. It stands in the list of cases."

    taken_up = may_ask(asked.requester, asked.basis)
    if taken_up:
        question = "It will wait for approvals. Nothing is opened by this."
    else:
        question = "The rule declines this: nobody may ask for a name so. It is recorded and counted all the same."
    return Draft(
        title="Record this request?" if taken_up else "Record a request that is declined?",
        question=question,
        button="Record it",
        back=back,
        carry_out=carry_out,
        facts=_facts(asked),
        logs=(_leaf(asked),),
    )


def _leaf(asked: Ask) -> Text:
    now = int(time.time())
    title = "At once; times are rounded down to the hour"
    said = {"case": _MADE_THERE, "requester": asked.requester, "basis": asked.basis}
    if may_ask(asked.requester, asked.basis):
        due = now + (asked.due_seconds or _DUE.get(asked.basis, 10 * _DAY))
        return leaf_text(title, CaseAskedLeaf.KIND, **said, at=rounded(now), due=rounded(due))
    return leaf_text(title, CaseDeclinedLeaf.KIND, **said, wants=Wants.NAME, at=rounded(now))


def _facts(asked: Ask) -> tuple[tuple[str, str], ...]:
    about = f"post {asked.post_id}" if asked.post_id else f"alias {asked.alias_key.hex()}"
    notice = "told as soon as the intent is logged"
    if asked.waiver_hash:
        notice = (
            f"not told for {asked.gag_seconds // _DAY} days" if asked.gag_seconds else "told, without waiting for him"
        )
    return (
        ("Who asks", f"{asked.requester.replace('-', ' ')}, {asked.organisation}"),
        ("Stands on", asked.basis.replace("-", " ")),
        ("Instrument", f"{asked.instrument}; {asked.ground}"),
        ("Document, SHA-256", asked.document_hash.hex()),
        ("About", about),
        ("Asks for", ", ".join(asked.fields)),
        ("Answer goes to key", asked.recipient_key.hex()),
        ("The subject", notice),
        ("Document that waives the notice", asked.waiver_hash.hex() or "none"),
    )


def _post(text: str) -> str:
    if not text:
        return ""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise FormInvalid("the post’s identifier is not one") from error


def _word(words: type[W], text: str) -> W:
    try:
        return words(text)
    except ValueError as error:
        raise FormInvalid("one of the choices is none that the form offers") from error
