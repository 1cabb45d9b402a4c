"""Carries an authorized case through, from the logged intent to the sealed answer.

Numbered steps over three calls: `execute` takes as many as are due. Each is recorded under an id that follows from the
case, or repeats without harm, so a retry after a crash goes on where the last attempt stopped, and the log never holds
a second intent or a second result. Whether a case may be opened is decided by `domain.case_decider`, again by every
trustee and again by identity; what the envelope held stays inside `vault`.
"""

import secrets
from typing import Final

from services.chassis.clock import Clock
from services.disclosure.case_leaves import CaseLeaves, intent_leaf, leaves_of, results_of
from services.disclosure.cases import CaseHandler, asked
from services.disclosure.domain import case
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case_decider import Command, Execute
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.governance import LogGovernance
from services.disclosure.messages import authorization_message, credential_message, post_message, statement_of
from services.disclosure.request import Request, own
from services.disclosure.shelf import Held, Shelf
from services.disclosure.vault import Vault
from services.seal.checkpoint import LogPolicy
from services.seal.leaves import IssuerKeyLeaf, Leaf, OpenIntentLeaf, case_reference
from services.seal.merkle import leaf_hash
from services.seal.subject import subject_mark, subject_tag
from services.seal.tlog_proof import TlogProof, verify_proof
from services.tlog.checkpoints import Checkpoints
from services.tlog.log import TransparencyLog
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb

SALT_SIZE: Final = 32


class Opening:
    """Executes cases."""

    def __init__(
        self,
        *,
        cases: CaseHandler,
        leaves: CaseLeaves,
        shelf: Shelf,
        log: TransparencyLog,
        checkpoints: Checkpoints,
        governance: LogGovernance,
        vault: Vault,
        policy: LogPolicy,
        clock: Clock,
    ) -> None:
        self._cases = cases
        self._leaves = leaves
        self._shelf = shelf
        self._log = log
        self._checkpoints = checkpoints
        self._governance = governance
        self._vault = vault
        self._policy = policy
        self._clock = clock

    async def execute(self, request: Request, case_id: str) -> case.Asked:
        """Go as far as the case can go now: to a co-signed intent or, when its delay is over, to the sealed answer.

        A case that is open already is answered as it is. Raises DomainError: CASE_UNKNOWN, LOCKED_DOWN,
        GOVERNANCE_CHANGED, QUORUM_MISSING (nothing has changed), TRUSTEES_UNAVAILABLE, OPENING_REFUSED (by identity it
        is for good), or why the case is over; WitnessesUnavailable.
        """
        stream = case.stream(case_id)
        state = asked((await self._cases.state(stream))[0])

        # 1. Commit to the intent. Salt and blind are stored with it, so that every retry makes the same leaves.
        held = await self._shelf.of(state.facts.alias_key)
        await self._cases.handle(stream, await self._command(state, held), **request.once())

        # 2.-4. Have the world know.
        state = await self.witness(stream)
        if not isinstance(state, case.Witnessed | case.Unsealed) or self._now() < state.witnessed.opens_at:
            return state

        # 5.-8. Open the envelope, let the world know that too, and only then ask who it is.
        return await self._carry_through(state, held)

    async def witness(self, stream: str) -> case.Asked:
        """Take the steps from a recorded intent to a co-signed one, unless they are taken."""
        # 2. Log the intent and, unless the case has a gag, the notice to the subject.
        await self._leaves.settle(stream)
        state = asked((await self._cases.state(stream))[0])
        if not isinstance(state, case.Intended):
            return state

        # 3. Have both witnessed by one checkpoint. Without a quorum's co-signatures no trustee answers.
        intent = intent_leaf(state)
        for leaf in leaves_of(state.opening, state):
            await self._public(leaf)
        index = await self._index(intent)
        proof = await self._checkpoints.proof_of(index)

        # 4. Keep the first proof that there was, for ever: the delay runs from the time that is in it.
        verified = verify_proof(TlogProof.parse(proof), leaf_hash(intent.to_bytes()), self._policy)
        since = max(cosignature.timestamp for cosignature in verified.cosignatures)
        facts = state.facts
        witnessed = events.OpeningWitnessed(facts.case_id, index, proof, since, since + facts.delay_seconds)
        await self._cases.handle(stream, witnessed, **own(stream, "witnessed"))
        await self._leaves.settle(stream)
        return asked((await self._cases.state(stream))[0])

    async def collect(self, request: Request, case_id: str) -> tuple[case.Asked, bytes]:
        """The case and its sealed answer, to this one request alone, once its result is in the log and co-signed.

        Raises DomainError: ANSWER_COLLECTED, or why there is no answer; WitnessesUnavailable.
        """
        stream = case.stream(case_id)
        state = asked((await self._cases.state(stream))[0])
        if isinstance(state, case.Opened | case.Collected):
            await self._leaves.settle(stream)
            for leaf in results_of(state):
                await self._public(leaf)
        command = events.AnswerCollected(case_id, self._now())
        state = asked((await self._cases.handle(stream, command, **request.once())).state)
        assert isinstance(state, case.Collected)  # noqa: S101  (the decider lets nothing else collect)
        return state, state.end.sealed_identity

    async def result_index(self, state: case.Asked) -> int:
        """Where the result of an intended case stands in the log, or its veto; 0 as long as there is none."""
        results = results_of(state) if isinstance(state, case.Aimed) else ()
        return (await self._log.find(leaf_hash(results[-1].to_bytes())) or 0) if results else 0

    async def _carry_through(self, state: case.Witnessed | case.Unsealed, held: Held) -> case.Asked:
        case_id = state.facts.case_id
        stream = case.stream(case_id)

        # 5. Ask the trustees for their parts, and combine them. What comes out stays inside the vault.
        authorization = authorization_message(state)
        escrow = await self._vault.open(
            pb.DecryptShareRequest(
                authorization=authorization,
                credential=credential_message(held.deposit),
                envelope=held.deposit.envelope,
                issuer_key=held.issuer_key,
                issuer_key_proof=await self._issuer_key_proof(held),
                post=post_message(state.facts),
                subject_blind=state.opening.blind,
            )
        )

        # 6. Tell the world that the envelope is open, and have witnesses sign for it. Where an officer's veto was
        #    recorded before, this is refused, and what the vault holds is gone.
        await self._cases.handle(stream, events.EnvelopeOpened(case_id, self._now()), **own(stream, "unsealed"))
        await self._leaves.settle(stream)
        unsealed = (await self._cases.state(stream))[0]
        assert isinstance(unsealed, case.Aimed)  # noqa: S101  (there is no way back)
        log_size = await self._public(results_of(unsealed)[0])

        # 7. Have identity release the person, sealed: it looks for that leaf in its own view of the log. What it is
        #    asked is the same at every attempt, and so is the id.
        end: Command
        try:
            sealed = await escrow.release(own(stream, "release")["commit_id"], log_size)
            end = events.CaseExecuted(case_id, state.witnessed.intent_index, 0, sealed, self._now())
        except DomainError:
            # Identity refuses: it knows no such person, or not by that key, or an officer has stopped it. That is an
            # answer; whatever else goes wrong there leaves the case as it is, to be executed again.
            end = events.OpeningRefused(case_id, self._now())

        # 8. Record how it ended. The log has its last word: that nobody was released would be disclosure's own.
        await self._cases.handle(stream, end, **own(stream, "result"))
        await self._leaves.settle(stream)
        if isinstance(end, events.OpeningRefused):
            raise DomainError(Reason.OPENING_REFUSED)
        return asked((await self._cases.state(stream))[0])

    async def _public(self, leaf: Leaf) -> int:
        """Return once witnesses have co-signed a tree that holds the leaf: the size of the smallest that does."""
        size = await self._index(leaf) + 1
        await self._checkpoints.covering(size)
        return size

    async def _command(self, state: case.Asked, held: Held) -> Execute:
        governance = await self._governance.present()
        facts, blind, salt = state.facts, secrets.token_bytes(SALT_SIZE), secrets.token_bytes(SALT_SIZE)
        mark = subject_mark(blind, held.deposit.envelope)
        subject = subject_tag(blind, mark)
        leaf = OpenIntentLeaf.of(
            statement_of(facts), salt=salt, case=case_reference(facts.case_salt, facts.case_id), subject=subject
        )
        return Execute(
            now=self._now(),
            approvals=governance.policy.approvals,
            distinct_roles=governance.policy.distinct_roles,
            policy_hash=governance.hash(),
            locked=governance.locked,
            intent=events.OpeningIntended(facts.case_id, salt, (), leaf.commitment, subject, blind, mark),
        )

    async def _issuer_key_proof(self, held: Held) -> str:
        """The tlog-proof that the issuer key of what is held stands in the log."""
        leaf = IssuerKeyLeaf.of(held.deposit.label, held.deposit.epoch, held.issuer_key)
        return await self._checkpoints.proof_of(await self._index(leaf))

    async def _index(self, leaf: Leaf) -> int:
        """Where a leaf stands that was appended before."""
        index = await self._log.find(leaf_hash(leaf.to_bytes()))
        if index is None:
            raise DomainError(Reason.LEAF_UNKNOWN)
        return index

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
