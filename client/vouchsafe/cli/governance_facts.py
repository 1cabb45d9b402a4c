"""Officers, policy, lock-downs and proposals in words. What they are is folded from the log by `seal.governance`."""

from dataclasses import astuple

from services.seal.governance import Governance, Proposal
from services.seal.leaves import OfficerAddedLeaf, OfficerRemovedLeaf, PolicySetLeaf, UnlockLeaf
from services.seal.trust import Policy
from vouchsafe.cli.case_facts import Facts
from vouchsafe.cli.durations import span


def governance_facts(governance: Governance) -> Facts:
    """Who the officers are, under what policy, and whether anything may be opened at all."""
    locked = f"yes, by lock-down {governance.lockdowns}" if governance.locked else "no"
    officers: Facts = [("officer", f"{each.name}, {each.role}, {each.organisation}") for each in governance.officers]
    return [*officers, ("policy", policy_in_words(governance.policy)), ("locked", locked)]


def policy_in_words(policy: Policy) -> str:
    """What it takes to open a case; a policy that leaves people no time is said to be shortened."""
    shortened = " (SHORTENED: fit for trying things out only)" if policy.shortened else ""
    return (
        f"{policy.approvals} approvals from {policy.distinct_roles} roles, each good for "
        f"{span(policy.approval_ttl_seconds)}; {span(policy.veto_delay_seconds)} for a veto, "
        f"{span(policy.notice_seconds)} notice, a case ends after {span(policy.case_ttl_seconds)}{shortened}"
    )


def in_words(proposal: Proposal, governance: Governance) -> str:
    """What a proposal would change."""
    match proposal:
        case UnlockLeaf(number):
            return f"end lock-down {number}"
        case OfficerAddedLeaf(_, name, role, organisation, public):
            return f"add the officer {name}, {role}, {organisation}, key {public.hex()}"
        case OfficerRemovedLeaf(_, name):
            return f"remove the officer {name}"
        case PolicySetLeaf():
            _, *numbers = astuple(proposal)
            after, before = policy_in_words(Policy(*numbers)), policy_in_words(governance.policy)
            return f"change the policy to: {after}; it is now: {before}"
