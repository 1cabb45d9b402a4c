"""Governance: officers, policy and lock-down as this desk folds them from the log, and what an officer can do about it.

A lock-down is one officer's; everything else is a proposal, which takes effect by endorsements of a quorum. What an
officer endorses is read in the log, never taken from an answer.
"""

from dataclasses import dataclass

from aiohttp import web

from services.seal.canonical import HASH_SIZE
from services.seal.governance import Pending, Proposal, check_proposal
from services.seal.leaves import (
    EndorsementLeaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OfficerRemovedLeaf,
    PolicySetLeaf,
    UnlockLeaf,
)
from services.seal.statements import Endorsement, LockDown
from vouchsafe.desk.confirm_pages import ask
from vouchsafe.desk.desk import DESK, Desk
from vouchsafe.desk.drafts import Draft, Text
from vouchsafe.desk.forms import SESSION, Form, FormInvalid, read_form
from vouchsafe.desk.rendering import page
from vouchsafe.desk.statements import YET_TO_COME, leaf_text, signed_text
from vouchsafe.desk.words import leaf_in_words
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.officer_signatures import endorsement_of, listed, lock_down_of

_POLICY = (
    ("approvals", "Approvals"),
    ("distinct_roles", "Of how many roles"),
    ("approval_ttl_seconds", "Seconds that an approval is good for"),
    ("veto_delay_seconds", "Veto window, in seconds"),
    ("notice_seconds", "Notice to the subject, in seconds"),
    ("case_ttl_seconds", "Seconds that a case lasts"),
)


@dataclass(frozen=True)
class ProposalRow:
    """A proposal that waits: its hash, what it says, and who has endorsed it."""

    hash: str
    sentence: str
    endorsed: tuple[str, ...]


def add_routes(router: web.UrlDispatcher, room: str) -> None:
    """The page and its actions."""
    router.add_get(f"{room}/governance", show)
    router.add_post(f"{room}/governance/lock-down", lock_down)
    router.add_post(f"{room}/governance/endorse/{{proposal:[0-9a-f]{{64}}}}", endorse)
    router.add_post(f"{room}/governance/{{proposed}}", propose)


async def show(request: web.Request) -> web.Response:
    """What stands in force, and what waits for endorsements."""
    desk = request.app[DESK]
    await desk.log.refresh()
    pending = desk.governance.pending
    return page(
        request,
        "governance.html",
        desk=desk,
        proposals=[_row(key, each) for key, each in pending.items()],
        unlock_pending=any(isinstance(each.proposal, UnlockLeaf) for each in pending.values()),
        policy_fields=_POLICY,
    )


async def lock_down(request: web.Request) -> web.Response:
    """Prepare a lock-down. It needs no log that holds, and no service but one: to stop must always be possible."""
    desk = request.app[DESK]
    await read_form(request)
    await desk.log.refresh()
    number = desk.governance.lockdowns + 1
    statement = LockDown(desk.governance.ceremony, number, desk.officer)

    async def carry_out() -> str:
        leaf = lock_down_of(statement.ceremony, number, desk.officer, desk.key)
        reached = await desk.governance_side.lock_down(leaf)
        told = [f"{each.party}: {each.refusal or 'locked'}" for each in reached]
        if all(each.refusal for each in reached):
            raise VouchsafeError(Reason.NOT_LOCKED, f"nobody took it. {'; '.join(told)}")
        return f"{'; '.join(told)}."

    leaf = leaf_text("At once", LockDownLeaf.KIND, number=number, officer=desk.officer, signature=YET_TO_COME)
    raise ask(
        request,
        Draft(
            title="Lock everything down?",
            question="Nothing at all is opened from then on, until a quorum of officers has ended it. "
            "It is sent to disclosure, identity and every trustee.",
            button="Sign, and lock everything down",
            back=_back(request),
            carry_out=carry_out,
            signs=(signed_text("A lock-down, good for this number alone", statement),),
            logs=(leaf,),
            grave=True,
        ),
    )


async def propose(request: web.Request) -> web.Response:
    """Prepare a proposal from one of the forms."""
    desk = request.app[DESK]
    form = await read_form(request)
    await desk.log.refresh()
    make = {"unlock": _unlock, "add-officer": _add, "remove-officer": _remove, "policy": _set_policy}.get(
        request.match_info["proposed"]
    )
    if make is None:
        raise web.HTTPNotFound(text="There is no such action.")
    with translated():
        leaf = make(desk, form)
        check_proposal(desk.governance, leaf)

    async def carry_out() -> str:
        await desk.governance_side.propose(leaf)
        return "The proposal is in the log. It changes nothing until a quorum has endorsed it, you among them."

    raise ask(
        request,
        Draft(
            title="Propose this?",
            question=leaf_in_words(leaf.to_bytes()).sentence,
            button="Propose it",
            back=_back(request),
            carry_out=carry_out,
            logs=(Text("At once", leaf.to_bytes().decode("utf-8")),),
        ),
    )


async def endorse(request: web.Request) -> web.Response:
    """Prepare an endorsement of a proposal that the log shows."""
    desk = request.app[DESK]
    await read_form(request)
    await desk.log.refresh()
    hashed = bytes.fromhex(request.match_info["proposal"])
    pending = desk.governance.pending.get(hashed)
    if pending is None or len(hashed) != HASH_SIZE:
        raise web.HTTPNotFound(text="The log shows no such proposal that could still take effect.")
    proposal = pending.proposal
    listed(desk.governance, desk.officer, desk.key)

    async def carry_out() -> str:
        endorsement = endorsement_of(desk.governance, proposal, desk.officer, desk.key)
        await desk.governance_side.endorse(endorsement)
        return "Your endorsement is in the log."

    leaf = leaf_text("At once", EndorsementLeaf.KIND, proposal=hashed, officer=desk.officer, signature=YET_TO_COME)
    raise ask(
        request,
        Draft(
            title="Endorse this proposal?",
            question=leaf_in_words(proposal.to_bytes()).sentence,
            button="Sign and send the endorsement",
            back=_back(request),
            carry_out=carry_out,
            signs=(
                signed_text("An endorsement of this proposal", Endorsement(desk.governance.ceremony, hashed)),
                Text("The proposal, as it stands in the log", proposal.to_bytes().decode("utf-8")),
            ),
            logs=(leaf,),
            grave=True,
        ),
    )


def _unlock(desk: Desk, _form: Form) -> Proposal:
    return UnlockLeaf(desk.governance.lockdowns)


def _add(desk: Desk, form: Form) -> Proposal:
    return OfficerAddedLeaf(
        desk.governance.amended + 1,
        form.required("name", "the name"),
        form.required("role", "the role"),
        form.required("organisation", "the organisation"),
        form.hexadecimal("public", "the public key"),
    )


def _remove(desk: Desk, form: Form) -> Proposal:
    return OfficerRemovedLeaf(desk.governance.amended + 1, form.required("name", "the officer"))


def _set_policy(desk: Desk, form: Form) -> Proposal:
    numbers = [form.number(name, title.lower(), low=1, high=10**9) for name, title in _POLICY]
    if not all(numbers):
        raise FormInvalid("each number of the policy is needed")
    return PolicySetLeaf(desk.governance.amended + 1, *numbers)


def _row(key: bytes, pending: Pending) -> ProposalRow:
    endorsed = tuple(sorted(officer.name for officer in pending.endorsed))
    return ProposalRow(key.hex(), leaf_in_words(pending.proposal.to_bytes()).sentence, endorsed)


def _back(request: web.Request) -> str:
    return f"/{request.app[SESSION].room}/governance"
