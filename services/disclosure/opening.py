"""Carries an authorized case through, from the logged intent to the sealed answer.

One function, in numbered steps. Each is recorded under an id that follows from the case, or repeats without harm, so a
retry after a crash goes on where the last attempt stopped and the log never holds a second result. Whether a case may
be opened is decided by `domain.case_decider`, again by every trustee and again by identity; what the envelope held
stays inside `vault`.
"""

import asyncio
import secrets
import uuid

from services.chassis.clock import Clock
from services.disclosure.cases import CaseHandler, asked, statement_of
from services.disclosure.domain import case
from services.disclosure.domain.case_decider import Execute, Finish
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.messages import authorization_message, credential_message, post_message
from services.disclosure.request import Request
from services.disclosure.shelf import Held, Shelf
from services.disclosure.vault import Vault
from services.seal.canonical import sha256
from services.seal.leaves import (
    IssuerKeyLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
    case_reference,
    subject_tag,
)
from services.seal.merkle import leaf_hash
from services.seal.trust import Policy
from services.tlog.checkpoints import Checkpoints
from services.tlog.log import TransparencyLog
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb

SALT_SIZE = 32


class Opening:
    """Executes cases."""

    def __init__(
        self,
        *,
        cases: CaseHandler,
        shelf: Shelf,
        log: TransparencyLog,
        checkpoints: Checkpoints,
        vault: Vault,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._cases = cases
        self._shelf = shelf
        self._log = log
        self._checkpoints = checkpoints
        self._vault = vault
        self._policy = policy
        self._clock = clock

    async def execute(self, request: Request, case_id: str) -> case.Asked:
        """Open the case, or go on opening it; a case that is open already is answered as it is.

        Raises DomainError: CASE_UNKNOWN, CASE_EXPIRED, QUORUM_MISSING (nothing has changed), TRUSTEES_UNAVAILABLE,
        OPENING_REFUSED, and WitnessesUnavailable (the intent stands in the log; the result may).
        """
        stream = case.stream(case_id)
        now = int(self._clock.now().timestamp())

        # 1. Commit to the intent. The salt is stored with it, so that every retry makes the same leaf.
        command = Execute(now, self._policy.approvals, self._policy.distinct_roles, secrets.token_bytes(SALT_SIZE))
        await self._cases.handle(stream, command, **request.once())
        state, _ = await self._cases.state(stream)
        if not isinstance(state, case.Intended):
            return asked(state)

        # 2. Log the intent. From here on the world can know that somebody is about to be opened.
        held = await self._shelf.of(state.facts.alias_key)
        blind = sha256(b"blind", state.salt)
        subject = subject_tag(blind, held.deposit.envelope)
        reference = case_reference(state.facts.case_salt, case_id)
        intent = OpenIntentLeaf.of(statement_of(state.facts), salt=state.salt, case=reference, subject=subject)
        intent_index = await self._log.append(intent, commit_id=_step(case_id, "intent"))

        notice = SubjectNoticeLeaf(intent.commitment, blind)
        notice_index = await self._log.append(notice, commit_id=_step(case_id, "notice"))

        # 3. Have it witnessed. Without a quorum's co-signatures no trustee answers.
        await self._checkpoints.proof_of(notice_index)
        intent_proof = await self._checkpoints.proof_of(intent_index)
        await asyncio.sleep(state.facts.delay_seconds + 1)
        issuer_key_proof = await self._issuer_key_proof(held)

        # 4. Ask the trustees for their parts, and 5. combine them. What comes out stays inside the vault.
        authorization = authorization_message(state, intent_proof, subject, now)
        escrow = await self._vault.open(
            pb.DecryptShareRequest(
                authorization=authorization,
                credential=credential_message(held.deposit),
                envelope=held.deposit.envelope,
                issuer_key=held.issuer_key,
                issuer_key_proof=issuer_key_proof,
                post=post_message(state.facts),
                subject_blind=blind,
            )
        )

        # 6. Log the result before anybody learns a name, so that no release can go unlogged.
        result = OpenResultLeaf(intent.commitment, "opened", state.facts.opened_at)
        result_index = await self._log.append(result, commit_id=_step(case_id, "result"))

        # 7. Have identity release the person. A newer proof is another request to identity, hence another id.
        release_id = _step(case_id, f"release {sha256(authorization.SerializeToString(deterministic=True)).hex()}")
        try:
            sealed = await escrow.release(release_id)
        except DomainError:
            # Identity knows no such person, or not by that key. The log must not go on saying less than that.
            refused = OpenResultLeaf(intent.commitment, "refused", state.facts.opened_at)
            await self._log.append(refused, commit_id=_step(case_id, "refused"))
            raise

        # 8. Record the end, and the answer that only the recipient can read.
        finished = await self._cases.handle(
            stream, Finish(intent_index, result_index, sealed), **request.once("executed")
        )
        return asked(finished.state)

    async def _issuer_key_proof(self, held: Held) -> str:
        """The tlog-proof that the issuer key of what is held stands in the log."""
        leaf = IssuerKeyLeaf.of(held.deposit.label, held.deposit.epoch, held.issuer_key)
        index = await self._log.find(leaf_hash(leaf.to_bytes()))
        if index is None:
            raise DomainError(Reason.UNKNOWN_KEY)
        return await self._checkpoints.proof_of(index)


def _step(case_id: str, step: str) -> str:
    """The id of a step that a case takes once, whoever asks and however often."""
    return str(uuid.uuid5(uuid.UUID(case_id), step))
