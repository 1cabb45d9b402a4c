"""A case under any commands at any times: no answer without approvals, intent, delay and leaf, nor after a veto."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.disclosure.case_leaves import leaves_of
from services.disclosure.domain import case, case_decider
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case_decider import Approve, Command, ExtendHold, PlaceHold, ReleaseHold, Tick
from services.disclosure.domain.errors import DomainError
from services.seal.leaves import OpeningVetoedLeaf, OpenIntentLeaf, OpenResultLeaf
from tests.unit.disclosure.case_story import (
    COLLECTED,
    DAY,
    EXECUTE,
    EXECUTED,
    NOW,
    OPENED,
    REFUSED,
    VETOED,
    WITHDRAWN,
    WITHDRAWN_APPROVAL,
    approval,
)

OFFICERS = {"ann": "legal", "bob": "legal", "cyd": "privacy", "dan": "ombuds"}
INSIDERS = {"ida": "privacy", "joe": "ombuds"}


class Case(RuleBasedStateMachine):
    """Whatever anybody asks, in any order. The clock only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state: case.State = case.initial
        self.told: list[events.Event] = []
        self.leaves: list[Any] = []
        self.changed_while_locked = False

    def give(self, command: Command) -> tuple[events.Event, ...]:
        """Decide and fold; nothing when refused."""
        try:
            told = case_decider.decide(command, self.state)
        except DomainError:
            return ()
        for event in told:
            self.state = case_decider.evolve(self.state, event)
            self.leaves += leaves_of(event, self.state)
        self.told += told
        return told

    def happened(self, kind: type) -> list[Any]:
        """The events of a kind, in order."""
        return [event for event in self.told if isinstance(event, kind)]

    @initialize(gag=st.sampled_from([0, 20, 100]))
    def ask(self, gag: int) -> None:
        """A court asks."""
        self.give(replace(OPENED, gag_until=NOW + gag * DAY if gag else 0))

    @rule(seconds=st.sampled_from([1, 3600, DAY, 7 * DAY, 30 * DAY]))
    def wait(self, seconds: int) -> None:
        """Time passes, and the clock strikes."""
        self.now += seconds
        self.give(Tick(self.now))

    @rule(officer=st.sampled_from(sorted(OFFICERS | INSIDERS)))
    def approve(self, officer: str) -> None:
        """An officer approves; two answer to the court."""
        note = approval(officer, (OFFICERS | INSIDERS)[officer], until=self.now + 4 * 3600)
        self.give(Approve(note, officer not in INSIDERS, self.now))

    @rule(locked=st.booleans(), policy=st.sampled_from([EXECUTE.policy_hash] * 3 + [b"o" * 32]))
    def execute(self, locked: bool, policy: bytes) -> None:
        """Somebody wants to go on."""
        told = self.give(replace(EXECUTE, now=self.now, locked=locked, policy_hash=policy))
        self.changed_while_locked |= bool(told) and (locked or policy != EXECUTE.policy_hash)

    @rule()
    def witness(self) -> None:
        """Witnesses have signed."""
        self.give(events.OpeningWitnessed("c", 40, "proof", self.now, self.now + OPENED.delay_seconds))

    @rule(
        command=st.sampled_from(
            [VETOED, REFUSED, COLLECTED, WITHDRAWN, WITHDRAWN_APPROVAL, ExtendHold(), ReleaseHold()]
        )
    )
    def do(self, command: Command) -> None:
        """Anything else."""
        self.give(command)

    @rule()
    def hold(self) -> None:
        """A hold."""
        self.give(PlaceHold(b"o" * 16, self.now))

    @rule(days=st.integers(1, 200))
    def extend_gag(self, days: int) -> None:
        """A further instrument."""
        self.give(events.GagExtended("c", self.now + days * DAY, b"x" * 32, self.now))

    @rule()
    def unseal(self) -> None:
        """Trustees have answered, which they do only after the delay; again after a crash."""
        if isinstance(self.state, case.Aimed) and 0 < self.state.witnessed.opens_at <= self.now:
            self.give(events.EnvelopeOpened("c", self.now))

    @rule()
    def carry_through(self) -> None:
        """Identity has answered."""
        self.give(replace(EXECUTED, executed_at=self.now))

    @invariant()
    def an_answer_stands_on_an_intent_and_its_delay(self) -> None:
        if not isinstance(self.state, case.Opened | case.Collected):
            return
        (witnessed,) = self.happened(events.OpeningWitnessed)
        (unsealed,) = self.happened(events.EnvelopeOpened)
        (executed,) = self.happened(events.CaseExecuted)
        course = (*self.happened(events.OpeningIntended), witnessed, unsealed, executed)
        order = [self.told.index(event) for event in course]
        assert order == sorted(order)
        assert witnessed.intended_at + OPENED.delay_seconds <= unsealed.opened_at < OPENED.expires_at

    @invariant()
    def an_intent_stands_on_a_quorum_that_is_nobodys_own(self) -> None:
        for intended in self.happened(events.OpeningIntended):
            names = {note.removeprefix("note of ") for note in intended.approvals}
            assert len(names) >= EXECUTE.approvals
            assert len({OFFICERS[name] for name in names}) >= EXECUTE.distinct_roles  # KeyError for an insider

    @invariant()
    def a_veto_is_the_end(self) -> None:
        for veto in self.happened(events.OpeningVetoed):
            assert isinstance(self.state, case.Vetoed)
            after = self.told[self.told.index(veto) + 1 :]
            assert not any(isinstance(event, events.EnvelopeOpened | events.CaseExecuted) for event in after)

    @invariant()
    def nothing_goes_on_while_locked(self) -> None:
        assert not self.changed_while_locked

    @invariant()
    def the_log_has_one_intent_and_one_end_of_it(self) -> None:
        intents = [leaf for leaf in self.leaves if isinstance(leaf, OpenIntentLeaf)]
        ends = [leaf for leaf in self.leaves if isinstance(leaf, OpenResultLeaf | OpeningVetoedLeaf)]
        assert len(intents) == isinstance(self.state, case.Aimed)
        assert len(ends) == isinstance(self.state, case.Over | case.Unsealed)
        if isinstance(self.state, case.Unsealed | case.Opened | case.Collected | case.Refused):
            assert [end.outcome for end in ends] == ["opened"]

    @invariant()
    def a_gagged_subject_is_told_after_the_gag_and_everybody_once(self) -> None:
        told = self.happened(events.SubjectNotified)
        assert len(told) <= 1
        if told and isinstance(self.state, case.Aimed) and self.state.facts.gag_until:
            assert self.now >= self.state.gagged_until
        for opened in self.happened(events.AliasOpened):
            assert self.told.index(told[0]) < self.told.index(opened)


Case.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCase = Case.TestCase
