"""Commands of an officer about all cases: officer lock-down, unlock, propose-…, endorse, proposals.

One officer stops everything; a quorum alone goes on. What is endorsed is read from the public log on this machine and
shown before; the key never leaves its file. What the rules are is `services.seal.governance`'s.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import typer

from services.seal.ed25519 import SigningKey
from services.seal.governance import Governance, Proposal
from services.seal.leaves import OfficerAddedLeaf, OfficerRemovedLeaf, PolicySetLeaf, UnlockLeaf
from vouchsafe.cli import output
from vouchsafe.cli.case_facts import Facts
from vouchsafe.cli.durations import duration
from vouchsafe.cli.governance_facts import governance_facts, in_words
from vouchsafe.cli.officer_options import KeyFile, OfficerName, Yes, confirmed
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk.governance_side import GovernanceSide
from vouchsafe.sdk.key_file import KEY_SIZE, read_key
from vouchsafe.sdk.officer_signatures import endorsement_of, listed, lock_down_of

T = TypeVar("T")

_URGENT: Final = 5.0
_SHORTEST_HASH: Final = 8


def add_to(app: typer.Typer) -> None:
    """Add these commands to the group `officer`."""
    for name, command in _COMMANDS.items():
        app.command(name)(command)


def lock_down(
    context: typer.Context,
    officer: OfficerName,
    key: KeyFile,
    number: Annotated[
        int, typer.Option(help="Number of the lock-down; the log's next if not given, which needs the log.", min=0)
    ] = 0,
    yes: Yes = False,
) -> None:
    """Stop every opening at once, by one officer. Disclosure, identity and each trustee are told.

    Only a quorum unlocks.
    """
    setup, signing_key = Setup.of(context), SigningKey(read_key(key))
    urgent = min(setup.patience, _URGENT)
    if number == 0:
        governance = governance_to_stop(setup, "--number", patience=urgent)
        listed(governance, officer, signing_key)
        number = governance.lockdowns + 1
    confirmed(yes, f"Stop all openings (lock-down {number}), in the public log and under your name? Type yes")
    leaf = lock_down_of(setup.profile().read_trust().hash(), number, officer, signing_key)
    reached = at_governance_desk(setup, lambda desk: desk.lock_down(leaf), patience=urgent)
    output.facts((each.party, each.refusal or "locked") for each in reached)
    if not any(each.refusal == "" for each in reached):
        raise VouchsafeError(Reason.NOT_LOCKED, "nobody took the lock-down; nothing is stopped by it")


def unlock(context: typer.Context, officer: OfficerName, key: KeyFile, yes: Yes = False) -> None:
    """Propose to end the lock-down in force, or endorse that if it was proposed. It ends once a quorum has."""
    setup, signing_key = Setup.of(context), SigningKey(read_key(key))
    governance = _governance(setup)
    listed(governance, officer, signing_key)
    if not governance.locked:
        raise VouchsafeError(Reason.NOT_LOCKED, "no lock-down is in force")
    proposal = UnlockLeaf(governance.lockdowns)
    confirmed(yes, f"Let openings go on again ({in_words(proposal, governance)})? Type yes")
    at_governance_desk(setup, lambda desk: desk.propose(proposal))
    _endorse(setup, proposal, officer, signing_key)


def propose_officer(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the new officer.")],
    role: Annotated[str, typer.Option(help="His role, such as legal.")],
    organisation: Annotated[str, typer.Option(help="The organisation that he answers to.")],
    public: Annotated[str, typer.Option(help="His public key in hex, as `officer key` shows it on his machine.")],
) -> None:
    """Propose another officer. Nothing changes before a quorum has endorsed it."""
    public_key = _key(public)
    _propose(context, lambda number: OfficerAddedLeaf(number, name, role, organisation, public_key))


def propose_removal(context: typer.Context, name: Annotated[str, typer.Argument(help="Name of the officer.")]) -> None:
    """Propose that an officer is none any more. Nothing changes before a quorum has endorsed it."""
    _propose(context, lambda number: OfficerRemovedLeaf(number, name))


def propose_policy(
    context: typer.Context,
    approvals: Annotated[int, typer.Option(help="Officers who must approve.", min=1)],
    roles: Annotated[int, typer.Option(help="Roles that they must come from.", min=2)],
    approval_lasts: Annotated[int, duration("How long one is good.")],
    veto: Annotated[int, duration("Time for a veto, in any case.")],
    notice: Annotated[int, duration("Time that the subject knows before.")],
    case_lasts: Annotated[int, duration("When a case ends unopened.")],
) -> None:
    """Propose another policy, whole. Nothing changes before a quorum has endorsed it; open cases end by it."""
    numbers = (approvals, roles, approval_lasts, veto, notice, case_lasts)
    _propose(context, lambda number: PolicySetLeaf(number, *numbers))


def endorse(
    context: typer.Context,
    proposal: Annotated[str, typer.Argument(help="Hash of the proposal in hex, or its beginning.")],
    officer: OfficerName,
    key: KeyFile,
    yes: Yes = False,
) -> None:
    """Show a proposal as the public log has it, and after a yes sign an endorsement here and send it."""
    setup, signing_key = Setup.of(context), SigningKey(read_key(key))
    governance = _governance(setup)
    listed(governance, officer, signing_key)
    found = _pending(governance, proposal)
    output.facts([("proposal", in_words(found, governance))])
    confirmed(yes, "Endorse this? Type yes")
    _endorse(setup, found, officer, signing_key)


def proposals(context: typer.Context) -> None:
    """Show what governs, by the public log: officers, policy, lock-down, and what is proposed."""
    governance = _governance(Setup.of(context))
    output.facts(governance_facts(governance))
    for hashed, pending in governance.pending.items():
        names = ", ".join(sorted(each.name for each in pending.endorsed)) or "nobody"
        facts: Facts = [("proposal", hashed.hex()), ("proposes", in_words(pending.proposal, governance))]
        output.facts([*facts, ("endorsed by", names)])


_COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "lock-down": lock_down,
    "unlock": unlock,
    "propose-officer": propose_officer,
    "propose-removal": propose_removal,
    "propose-policy": propose_policy,
    "endorse": endorse,
    "proposals": proposals,
}


def _propose(context: typer.Context, proposal_of: Callable[[int], Proposal]) -> None:
    setup = Setup.of(context)
    governance = _governance(setup)
    proposal = proposal_of(governance.amended + 1)
    hashed = at_governance_desk(setup, lambda desk: desk.propose(proposal))
    output.facts([("proposes", in_words(proposal, governance)), ("proposal", hashed.hex())])
    output.done("it takes effect once enough officers have endorsed it: officer endorse")


def _endorse(setup: Setup, proposal: Proposal, officer: str, key: SigningKey) -> None:
    """Sign over the proposal as the log has it now, send it, and tell what the log says after."""

    async def work(desk: GovernanceSide) -> Governance:
        governance = (await desk.read_log()).governance
        await desk.endorse(endorsement_of(governance, proposal, officer, key))
        return (await desk.read_log()).governance

    after = at_governance_desk(setup, work)
    output.facts(governance_facts(after))


def _pending(governance: Governance, beginning: str) -> Proposal:
    found = [each.proposal for hashed, each in governance.pending.items() if hashed.hex().startswith(beginning.lower())]
    if len(beginning) < _SHORTEST_HASH or len(found) != 1:
        raise VouchsafeError(Reason.NOT_PENDING, "the log shows no such proposal that could still take effect")
    return found[0]


def _governance(setup: Setup) -> Governance:
    return at_governance_desk(setup, lambda desk: desk.read_log()).governance


def governance_to_stop(setup: Setup, option: str, *, patience: float | None = None) -> Governance:
    """What governs, for a command that stops openings; a refusal names the option by which it works without the log."""

    async def work(desk: GovernanceSide) -> Governance:
        try:
            return (await desk.read_log_to_stop()).governance
        except VouchsafeError as error:
            what = f"{error.message}; {option} stops openings without the log"
            raise VouchsafeError(error.reason, what) from error

    return at_governance_desk(setup, work, patience=patience)


def at_governance_desk(
    setup: Setup, work: Callable[[GovernanceSide], Awaitable[T]], *, patience: float | None = None
) -> T:
    """Run some work with the officers' connections to those who can be stopped, and close them."""
    profile = setup.profile()

    async def connected() -> T:
        trust = profile.read_trust()
        edge, memory = profile.officer_edge(), setup.log_memory(trust)
        async with GovernanceSide(edge, trust, patience=patience or setup.patience, memory=memory) as desk:
            return await work(desk)

    return setup.run(connected())


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise typer.BadParameter(f"a public key is {KEY_SIZE} bytes in hex; `officer key` shows one")
    return key
