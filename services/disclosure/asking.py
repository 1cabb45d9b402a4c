"""Turns what somebody asks for into the facts of a case: verified link by link, and under what governs now.

For a request without a lawful basis nothing is looked up: not the post, not the alias, not whether they exist.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Any, Final

import grpc

from services.chassis.rpc_errors import RpcError
from services.disclosure.domain.case_events import CaseDeclined, CaseOpened
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.evidence import check_post, credential_of
from services.disclosure.governance import LogGovernance
from services.disclosure.shelf import Held, Shelf
from services.seal.authorization import Demand, Scope, bundle_hash, gag_end
from services.seal.authorship import SignedPost
from services.seal.requests import Basis, Wants, may_ask
from services.seal.statements import NO_WAIVER
from vouchsafe.forum.v1 import evidence_service_pb2 as forum_pb

AskForum = Callable[[forum_pb.GetPostEvidenceRequest], Awaitable[forum_pb.GetPostEvidenceResponse]]

SALT_SIZE: Final = 32
HOUR: Final = 3600
DUE: Final = 10 * 24 * HOUR
DUE_IN_EMERGENCY: Final = 8 * HOUR

_NO_POST: Final = SignedPost("", "", "", "", b"", b"", b"")


@dataclass(frozen=True)
class Asking:
    """A request as it arrived; words are as leaves write them. Either a post is told or an alias (its key)."""

    requester: str
    basis: str
    organisation: str
    instrument: str
    ground: str
    document_hash: bytes
    post_id: str
    alias: bytes
    fields: tuple[str, ...]
    recipient_key: bytes
    due_seconds: int
    waiver: bytes
    gag_seconds: int

    def check(self) -> None:
        """Return when it is well-formed; DomainError SCOPE_INVALID, WAIVER_INVALID."""
        if (len(self.post_id), len(self.alias)) not in ((36, 0), (0, 32)) or len(set(self.fields)) < len(self.fields):
            raise DomainError(Reason.SCOPE_INVALID)
        if len(self.waiver) not in (0, 32) or (self.gag_seconds and not any(self.waiver)):
            raise DomainError(Reason.WAIVER_INVALID)


class Facts:
    """Establishes the facts of cases."""

    def __init__(self, *, shelf: Shelf, forum: AskForum, governance: LogGovernance) -> None:
        self._shelf = shelf
        self._forum = forum
        self._governance = governance

    async def of(self, case_id: str, asking: Asking, now: int) -> CaseOpened | CaseDeclined:
        """The facts of a new case; DomainError POST_UNKNOWN, EVIDENCE_INVALID."""
        salt = secrets.token_bytes(SALT_SIZE)
        if not may_ask(asking.requester, asking.basis):
            told = _told(asking, CaseDeclined)
            return CaseDeclined(case_id=case_id, declined_at=now, wants=Wants.NAME.value, case_salt=salt, **told)
        post, held = await self._evidence(asking)
        governance = await self._governance.present()
        policy = governance.policy
        due = DUE_IN_EMERGENCY if asking.basis == Basis.EMERGENCY else DUE
        return CaseOpened(
            case_id=case_id,
            alias_key=held.deposit.alias_key,
            bundle_hash=_bundle_hash(asking, held),
            policy_hash=governance.hash(),
            opened_at=now,
            expires_at=now + policy.case_ttl_seconds,
            thread_id=post.thread_id,
            title=post.title,
            body=post.body,
            thread_key=post.thread_key,
            thread_certificate=post.certificate,
            post_signature=post.signature,
            due_at=now + (asking.due_seconds or due),
            delay_seconds=max(policy.veto_delay_seconds, 0 if any(asking.waiver) else policy.notice_seconds),
            gag_until=gag_end(now, now + asking.gag_seconds) if asking.gag_seconds else 0,
            waiver_hash=asking.waiver or NO_WAIVER,
            case_salt=salt,
            **_told(asking, CaseOpened),
        )

    async def _evidence(self, asking: Asking) -> tuple[SignedPost, Held]:
        """A post and what the vault holds for its author, once every link between the two has been verified."""
        if not asking.post_id:
            return _NO_POST, await self._shelf.of(asking.alias)
        try:
            answer = await self._forum(forum_pb.GetPostEvidenceRequest(post_id=asking.post_id))
        except RpcError as error:
            if error.code is grpc.StatusCode.NOT_FOUND:
                raise DomainError(Reason.POST_UNKNOWN) from None
            raise
        held = await self._shelf.of(answer.proof.alias_key)
        return check_post(asking.post_id, answer, held), held


def _bundle_hash(asking: Asking, held: Held) -> bytes:
    demand = Demand(asking.requester, asking.basis, asking.organisation, asking.instrument, asking.document_hash)
    scope = Scope(asking.post_id, asking.fields)
    return bundle_hash(credential_of(held.deposit), demand, scope, asking.recipient_key)


def _told(asking: Asking, event: type) -> dict[str, Any]:
    """What of the request is recorded as it was told: the fields that both have."""
    return {each.name: getattr(asking, each.name) for each in fields(event) if hasattr(asking, each.name)}
