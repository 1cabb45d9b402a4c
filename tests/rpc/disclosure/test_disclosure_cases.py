"""A case stands on evidence whose every link was verified, and on approvals that officers signed for it."""

import time
import uuid
from typing import Any

import pytest

from services.chassis.rpc_errors import RpcError
from services.disclosure.domain.case_events import CaseDeclined
from services.seal.authorization import Demand, Scope, bundle_hash
from services.seal.ed25519 import SigningKey
from services.seal.governance import begin
from tests.rpc.disclosure.authors import Author
from tests.rpc.disclosure.world import RECIPIENT, Platform, Served, open_request, statement_of
from vouchsafe.disclosure.v1 import case_service_pb2 as pb


async def deposited(platform: Platform) -> tuple[Served, Author]:
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    author = platform.author()
    await disclosure.deposit(author)
    return disclosure, author


async def test_a_court_opens_a_case_that_binds_post_credential_and_recipient(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await disclosure.open_case(author)
    assert case.state == pb.CASE_STATE_PENDING
    demand = Demand("court", "court-order", case.organisation, case.instrument, case.document_hash)
    scope = Scope(author.post_id, ("name", "login"))
    assert case.bundle_hash == bundle_hash(author.credential, demand, scope, RECIPIENT)
    assert case.policy_hash == begin(platform.trust).hash()
    assert case.expires_at == case.opened_at + platform.trust.policy.case_ttl_seconds
    assert not case.sealed_identity
    assert await disclosure.case("GetCase", pb.GetCaseRequest(case_id=case.case_id)) == case


async def test_a_repeat_gets_the_same_case_and_another_content_is_refused(platform: Platform):
    disclosure, author = await deposited(platform)
    request = open_request(author)
    first = await disclosure.case("OpenCase", request)
    assert await disclosure.case("OpenCase", request) == first
    request.ground = "another ground"
    with pytest.raises(RpcError, match="REQUEST_ID_REUSED"):
        await disclosure.case("OpenCase", request)


async def test_a_company_is_declined_on_record_and_nothing_is_looked_up(platform: Platform):
    disclosure, author = await deposited(platform)
    platform.forum.answers.clear()
    request = open_request(author, requester=pb.REQUESTER_CLASS_COMPANY)
    for _ in range(2):
        with pytest.raises(RpcError, match="REQUESTER_DECLINED"):
            await disclosure.case("OpenCase", request)
    kinds = [event.type for commit in platform.store._commits.values() for event in commit.events]
    assert kinds.count(f"vouchsafe.disclosure.events.v1.{CaseDeclined.__name__}") == 1


async def test_an_unknown_post_is_told(platform: Platform):
    disclosure, author = await deposited(platform)
    platform.forum.answers.clear()
    with pytest.raises(RpcError, match="POST_UNKNOWN"):
        await disclosure.open_case(author)


def tampered(field: str, value: Any) -> Any:
    def change(answer: Any) -> None:
        *path, last = field.split(".")
        for name in path:
            answer = getattr(answer, name)
        setattr(answer, last, value)

    return change


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", "other words"),
        ("title", "other title"),
        ("thread_id", str(uuid.UUID(int=4))),
        ("proof.thread_key", SigningKey.generate().public_key),
        ("proof.alias_key", SigningKey.generate().public_key),
        ("proof.signature", bytes(64)),
        ("proof.certificate", bytes(64)),
        ("credential.label", "other"),
        ("credential.prefix", b"x" * 32),
        ("credential.signature", bytes(384)),
        ("credential.alias_key", b""),
    ],
)
async def test_a_broken_link_in_the_evidence_is_refused(platform: Platform, field: str, value: Any):
    disclosure, author = await deposited(platform)
    tampered(field, value)(platform.forum.answers[author.post_id])
    with pytest.raises(RpcError, match="EVIDENCE_INVALID"):
        await disclosure.open_case(author)


async def test_a_post_whose_envelope_was_never_deposited_is_refused(platform: Platform):
    disclosure, _ = await deposited(platform)
    with pytest.raises(RpcError, match="EVIDENCE_INVALID"):
        await disclosure.open_case(platform.author())


async def approve(disclosure: Served, case: pb.Case, approval: str) -> pb.Case:
    return await disclosure.case(
        "ApproveCase",
        pb.ApproveCaseRequest(request_id=str(uuid.uuid4()), case_id=case.case_id, approval=approval),
    )


async def test_an_approval_counts_once(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await disclosure.open_case(author)
    statement = statement_of(case)
    for _ in range(2):
        case = await approve(disclosure, case, platform.ceremony.approve(statement, "ann"))
        assert list(case.approved_by) == ["ann"]
    with pytest.raises(RpcError, match="ALREADY_APPROVED"):
        await approve(disclosure, case, platform.ceremony.approve(statement, "ann", case.opened_at + 100))


async def test_approvals_that_do_not_verify_get_one_constant_answer(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await disclosure.open_case(author)
    other = await disclosure.open_case(author)
    ceremony = platform.ceremony
    now = int(time.time())
    wrong = [
        "nonsense",
        ceremony.approve(statement_of(other), "ann"),
        ceremony.approve(statement_of(case), "ann", now - 1),
        ceremony.approve(statement_of(case), "ann", now + 100_000),
        ceremony.approve(statement_of(case), "ann").replace("— ann ", "— bob "),
        type(ceremony)().approve(statement_of(case), "ann"),
    ]
    for approval in wrong:
        with pytest.raises(RpcError) as caught:
            await approve(disclosure, case, approval)
        assert (caught.value.code.name, caught.value.reason) == ("INVALID_ARGUMENT", "APPROVAL_INVALID")
    case = await disclosure.case("GetCase", pb.GetCaseRequest(case_id=case.case_id))
    assert not case.approved_by


@pytest.mark.parametrize("method", ["GetCase", "ApproveCase", "ExecuteCase"])
async def test_an_unknown_case_is_told(platform: Platform, method: str):
    disclosure = await platform.disclosure()
    known = {"case_id": str(uuid.uuid4())}
    request = {
        "GetCase": lambda: pb.GetCaseRequest(**known),
        "ApproveCase": lambda: pb.ApproveCaseRequest(**known, request_id=str(uuid.uuid4()), approval="x"),
        "ExecuteCase": lambda: pb.ExecuteCaseRequest(**known, request_id=str(uuid.uuid4())),
    }[method]()
    with pytest.raises(RpcError, match="CASE_UNKNOWN"):
        await disclosure.case(method, request)


@pytest.mark.parametrize(
    "changes",
    [{"instrument": "a\nb"}, {"ground": ""}, {"post_id": "x"}, {"recipient_key": b"short"}, {"requester": 9}],
    ids=["control character", "no ground", "no uuid", "short key", "unknown class"],
)
async def test_malformed_requests_are_refused(platform: Platform, changes: dict[str, Any]):
    disclosure = await platform.disclosure()
    request = open_request(platform.author())
    for name, value in changes.items():
        setattr(request, name, value)
    with pytest.raises(RpcError, match="INVALID_REQUEST"):
        await disclosure.case("OpenCase", request)
