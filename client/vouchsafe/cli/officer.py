"""Commands of an officer about one case, on his own machine: officer approve, withdraw, veto, key.

The key never leaves its file. What is signed was checked on this machine and shown before; locking down, and changing
officers or policy, is `officer_governance`'s.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

from services.seal.ed25519 import SigningKey
from services.seal.leaves import OPENED
from vouchsafe.cli import officer_governance, output
from vouchsafe.cli.case import CaseId, at_desk
from vouchsafe.cli.case_facts import Facts, evidence_of, facts_of
from vouchsafe.cli.durations import span
from vouchsafe.cli.officer_options import KeyFile, OfficerName, Yes, confirmed
from vouchsafe.cli.setup import Setup
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk.case_review import ReviewedCase, check_approvable
from vouchsafe.sdk.governance_side import Reached
from vouchsafe.sdk.key_file import read_key, write_key
from vouchsafe.sdk.officer_signatures import approval_of, check_voice, veto_of, veto_of_intent, withdrawal_of
from vouchsafe.sdk.standing_intents import standing_intents

app = typer.Typer(no_args_is_help=True, help="What an officer does on his own machine.")
officer_governance.add_to(app)


@app.command()
def approve(context: typer.Context, case_id: CaseId, officer: OfficerName, key: KeyFile, yes: Yes = False) -> None:
    """Check a case, show it, and after a yes sign an approval here and send it."""
    setup, signing_key = Setup.of(context), SigningKey(read_key(key))
    # Each step is a connection of its own: nobody should have to decide within the life of one.
    reviewed = at_desk(setup, lambda desk: desk.review(case_id))
    check_approvable(reviewed, now=_now())
    check_voice(reviewed, officer, signing_key)
    _show(reviewed)
    confirmed(yes, "Approve that the author is named to this recipient? Type yes")
    approval = approval_of(reviewed, officer, signing_key, now=_now())
    _approved_by(at_desk(setup, lambda desk: desk.approve(case_id, approval)))


@app.command()
def withdraw(context: typer.Context, case_id: CaseId, officer: OfficerName, key: KeyFile, yes: Yes = False) -> None:
    """Take back, for good, whatever you approved in a case, as long as nothing is intended."""
    setup, signing_key = Setup.of(context), SigningKey(read_key(key))
    reviewed = at_desk(setup, lambda desk: desk.review(case_id))
    withdrawn = withdrawal_of(reviewed, officer, signing_key)
    _show(reviewed)
    confirmed(yes, "Withdraw your approval of this case for good? You cannot approve it again. Type yes")
    _approved_by(at_desk(setup, lambda desk: desk.withdraw_approval(case_id, withdrawn)))


@app.command()
def veto(
    context: typer.Context,
    officer: OfficerName,
    key: KeyFile,
    case_id: Annotated[str, typer.Argument(help="Identifier of the case.", show_default=False)] = "",
    intent: Annotated[
        str, typer.Option(help="Commitment of the intent in hex, as the log has it: in place of the case.")
    ] = "",
    yes: Yes = False,
) -> None:
    """Stop an intended opening, for good, by one officer: at disclosure, which logs it, at identity and each trustee.

    While disclosure is away, or shows no such case, --intent tells the others alone. With neither case nor intent it is
    the only intent that stands in the log, which is read from a mirror if need be.
    """
    setup, signing_key = Setup.of(context), SigningKey(read_key(key))
    if case_id and intent:
        raise typer.BadParameter("give either the case or --intent")
    if case_id:
        reviewed = at_desk(setup, lambda desk: desk.review(case_id))
        leaf = veto_of(reviewed, officer, signing_key)
        _show(reviewed)
    else:
        commitment = _commitment(intent) if intent else _only_intent(setup)
        leaf = veto_of_intent(setup.profile().read_trust().hash(), commitment, officer, signing_key)
    confirmed(yes, f"Stop the opening of intent {leaf.intent.hex()} for good, under your name? Type yes")
    reached = officer_governance.at_governance_desk(setup, lambda desk: desk.veto(leaf, case_id))
    output.facts((each.party, each.refusal or "vetoed") for each in reached)
    if all(each.refusal for each in reached):
        raise VouchsafeError(Reason.NOT_VETOED, "nobody took the veto; nothing is stopped by it")
    if Reached("disclosure") in reached:
        output.facts(facts_of(at_desk(setup, lambda desk: desk.case(case_id)), now=_now()))
    else:
        _check_in_time(setup, leaf.intent)


@app.command("key")
def show_key(
    file: Annotated[Path, typer.Argument(help="File with the officer's private key.")],
    new: Annotated[bool, typer.Option("--new", help="Make the file, with a fresh key.")] = False,
) -> None:
    """Show an officer's public key, for the trust material or `officer propose-officer`."""
    if new:
        write_key(file, SigningKey.generate().seed())
    output.facts([("public key", SigningKey(read_key(file)).public_key.hex())])


def _show(reviewed: ReviewedCase) -> None:
    facts: Facts = facts_of(reviewed.case, now=_now()) + evidence_of(reviewed)
    output.facts(facts)


def _approved_by(case: pb.Case) -> None:
    output.facts([("approved by", ", ".join(case.approved_by) or "nobody")])


def _check_in_time(setup: Setup, intent: bytes) -> None:
    """ENVELOPE_OPENED where the log, if it can be read, shows that the envelope was open before the veto was told."""
    try:
        log = officer_governance.at_governance_desk(setup, lambda desk: desk.read_log())
    except VouchsafeError:
        return
    if log.governance.announced.results.get(intent) == OPENED:
        raise VouchsafeError(
            Reason.ENVELOPE_OPENED,
            "by the log the envelope was opened before: whoever took the veto names nobody from now on, but may have",
        )


def _only_intent(setup: Setup) -> bytes:
    """The one intent that stands in the log, shown; several are shown too, and the officer has to name one."""
    standing = standing_intents(officer_governance.governance_to_stop(setup, "--intent"))
    for each in standing:
        asked = f"{each.requester} / {each.basis}"
        output.facts([("intent", each.leaf.commitment.hex()), ("asks", asked), ("delay", span(each.leaf.delay))])
    if not standing:
        raise VouchsafeError(Reason.NOTHING_INTENDED, "the log shows no intent that stands")
    if len(standing) > 1:
        raise typer.BadParameter("the log shows several intents that stand: name one by --intent")
    return standing[0].leaf.commitment


def _commitment(text: str) -> bytes:
    try:
        commitment = bytes.fromhex(text)
    except ValueError:
        commitment = b""
    if len(commitment) != 32:
        raise typer.BadParameter("the commitment of an intent is 32 bytes in hex")
    return commitment


def _now() -> int:
    return int(time.time())
