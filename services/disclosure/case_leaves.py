"""What every event of a case leaves in the transparency log, and that nothing is left out.

`leaves_of` is pure; an event without a leaf brings nobody nearer to a name or further from one, or is covered by the
leaf of a later one (`docs/adr/0020`). Events come first and leaves after, so `CaseLeaves.settle` is called after every
command, and by `clockwork` for whatever a crash has left: under ids that follow from the event, so that a leaf is there
once however often and by whomever it is added. Times are rounded down to the hour: the log is public.
"""

import uuid
from typing import Final

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import EventStore
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case import Aimed, Over, State, Unasked, evolve, initial
from services.disclosure.messages import statement_of
from services.seal import leaves as seal
from services.seal.leaves import Leaf, OpenIntentLeaf, case_reference
from services.tlog.log import TransparencyLog

_HOUR: Final = 3600
_IDS: Final = uuid.UUID("0d9f3b1c-8f5e-5a2b-9a43-6c7e6f1d2b90")


class CaseLeaves:
    """Adds the leaves of cases."""

    def __init__(self, *, store: EventStore, codec: EventCodec, log: TransparencyLog) -> None:
        self._store = store
        self._codec = codec
        self._log = log

    async def settle(self, stream: str) -> None:
        """Have every event of a case's stream leave what it has to; durable on return."""
        due = await self._due(stream)
        for commit in await self._store.commits_by_ids(list(due)):
            for commit_id in commit.ids:
                due.pop(commit_id, None)
        for commit_id, leaf in due.items():
            await self._log.append(leaf, commit_id=commit_id)

    async def _due(self, stream: str) -> dict[str, Leaf]:
        due: dict[str, Leaf] = {}
        state: State = initial
        for commit in await self._store.read_stream(stream):
            for recorded in commit.events:
                for event in self._codec.decode(recorded.type, recorded.data):
                    state = evolve(state, event)
                    for place, leaf in enumerate(leaves_of(event, state)):
                        due[str(uuid.uuid5(_IDS, f"{stream} {recorded.version} {place}"))] = leaf
        return due


def leaves_of(event: events.Event, state: State) -> tuple[Leaf, ...]:
    """The leaves of an event, in order; `state` is the case's at or after it. None of a case without a salt."""
    if isinstance(state, Unasked) or not state.facts.case_salt:
        return ()
    case = case_reference(state.facts.case_salt, state.facts.case_id)
    match event:
        case events.CaseOpened(requester=requester, basis=basis, opened_at=at, due_at=due):
            return (seal.CaseAskedLeaf(case, requester, basis, _hour(at), _hour(due)),)
        case events.CaseDeclined(requester=requester, basis=basis, wants=wants, declined_at=at):
            return (seal.CaseDeclinedLeaf(case, requester, basis, wants, _hour(at)),)
        # By a hash, so that who does not know the case's identifier is not told which case it is.
        case events.ApprovalWithdrawn(approval_hash=approval) if approval:
            return (seal.ApprovalWithdrawnLeaf(approval, event.officer, event.signature),)
        case events.CaseWithdrawn(withdrawn_at=at):
            return (seal.CaseEndedLeaf(case, "withdrawn", _hour(at)),)
        case events.CaseExpired(expired_at=at):
            return (seal.CaseEndedLeaf(case, "expired", _hour(at)),)
        case events.HoldPlaced(until=until):
            return (seal.HoldLeaf(case, _hour(until)),)
        case events.HoldReleased():
            return (seal.HoldLeaf(case, 0),)
    return _leaves_of_opening(event, state) if isinstance(state, Aimed) else ()


def intent_leaf(state: Aimed) -> OpenIntentLeaf:
    """The leaf of a case's intent."""
    facts, opening = state.facts, state.opening
    case = case_reference(facts.case_salt, facts.case_id)
    return OpenIntentLeaf.of(statement_of(facts), salt=opening.intent_salt, case=case, subject=opening.subject)


def results_of(state: Aimed) -> tuple[Leaf, ...]:
    """What the log is told of how an opening went: nothing yet, or one leaf."""
    told = (state.unsealed, state.end if isinstance(state, Over) else None)
    return tuple(leaf for event in told if event for leaf in leaves_of(event, state))


def _leaves_of_opening(event: events.Event, state: Aimed) -> tuple[Leaf, ...]:
    intent = state.opening.commitment
    match event:
        case events.OpeningIntended():
            # Without a gag the notice stands beside the intent, and under the same checkpoint.
            return (intent_leaf(state), *(() if state.facts.gag_until else _notice(state)))
        case events.SubjectNotified() if state.facts.gag_until:
            return _notice(state)
        case events.GagExtended(until=until, document_hash=instrument):
            return (seal.GagExtendedLeaf(intent, until, instrument),)
        case events.OpeningVetoed(officer=officer, signature=signature):
            return (seal.OpeningVetoedLeaf(intent, officer, signature),)
        case events.EnvelopeOpened(opened_at=at):
            return (seal.OpenResultLeaf(intent, "opened", _hour(at)),)
        # How identity answered, of the time when the log was told only then. Since then `opened` is the last word.
        case events.CaseExecuted(executed_at=at) if not state.unsealed:
            return (seal.OpenResultLeaf(intent, "opened", _hour(at)),)
        case events.OpeningRefused(refused_at=at) if not state.unsealed:
            return (seal.OpenResultLeaf(intent, "refused", _hour(at)),)
        case events.OpeningLapsed(lapsed_at=at):
            return (seal.OpenResultLeaf(intent, "expired", _hour(at)),)
    return ()


def _notice(state: Aimed) -> tuple[Leaf, ...]:
    """What tells the subject. None without a mark: nobody could check it, and no trustee opens such an intent."""
    opening = state.opening
    return (seal.SubjectNoticeLeaf(opening.commitment, opening.blind, opening.mark),) if opening.mark else ()


def _hour(at: int) -> int:
    return at - at % _HOUR
