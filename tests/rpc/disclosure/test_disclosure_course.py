"""What becomes of a case besides being opened, over the wire: each end of it, and what the log and the forum learn."""

import math
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from services.chassis.clock import FixedClock, SystemClock
from services.chassis.log.eventstore import Commit, CommitMeta, Write
from services.chassis.rpc_errors import Failure, RpcError
from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.adapters.peers import Peers
from services.disclosure.curation import CURATION
from services.disclosure.vault import AskTrustee
from services.seal import hpke
from services.seal.authorization import approval_hash, gag_end
from services.seal.leaves import (
    ApprovalWithdrawnLeaf,
    CaseDeclinedLeaf,
    GagExtendedLeaf,
    HoldLeaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
    case_reference,
    kind_of,
)
from services.seal.statements import Veto, Withdrawal
from services.seal.subject import subject_mark, subject_tag
from services.tlog.log import TransparencyLog
from tests.rpc.disclosure.authors import Author
from tests.rpc.disclosure.world import (
    RECIPIENT_PRIVATE,
    Platform,
    Served,
    delay_over,
    eventually,
    open_request,
    statement_of,
)
from vouchsafe.disclosure.events.v1 import alias_events_pb2 as public_pb
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.identity.v1 import release_service_pb2 as release_pb
from vouchsafe.trustee.v1 import trustee_service_pb2 as trustee_pb

DAY = 24 * 3600
HOLD = 60 * DAY
QUORUM = ("ann", "bob", "cyd")
WAIVER = b"w" * 32


async def deposited(platform: Platform, **options: Any) -> tuple[Served, Author]:
    """A disclosure process that holds an author's envelope."""
    disclosure = await platform.disclosure(**options)
    await disclosure.publish_label()
    author = platform.author()
    await disclosure.deposit(author)
    return disclosure, author


async def about(platform: Platform, disclosure: Served, author: Author, **changes: Any) -> pb.Case:
    """An approved case."""
    return await disclosure.approve(platform.ceremony, await disclosure.open_case(author, **changes), *QUORUM)


def known(case: pb.Case) -> dict[str, str]:
    """A command about a case."""
    return {"request_id": str(uuid.uuid4()), "case_id": case.case_id}


async def leaves(disclosure: Served, kind: Any) -> list[Any]:
    """The log's leaves of a kind, in order."""
    return [kind.parse(leaf) for leaf in await disclosure.leaves() if kind_of(leaf) == kind.KIND]


def published(platform: Platform) -> list[Any]:
    """What others may see of the store's events, decoded; what was appended just now and has no position comes last."""
    commits: list[Commit] = sorted(platform.store._commits.values(), key=lambda commit: commit.position or math.inf)
    messages = [getattr(public_pb, event.type.rpartition(".")[2]) for event in CURATION.public_events(commits)]
    return [
        message.FromString(event.data) for message, event in zip(messages, CURATION.public_events(commits), strict=True)
    ]


def veto(platform: Platform, case: pb.Case, officer: str, by: str = "", ceremony: bytes = b"") -> pb.VetoCaseRequest:
    """An officer's veto, signed by him unless `by` somebody else, after the platform's ceremony unless another."""
    statement = Veto(ceremony or platform.trust.hash(), case.intent.commitment, officer)
    signature = platform.ceremony.officers[by or officer].sign(statement.signed_bytes())
    return pb.VetoCaseRequest(**known(case), officer=officer, signature=signature)


@pytest.mark.parametrize(
    ("requester", "basis"),
    [
        (pb.REQUESTER_CLASS_COMPANY, pb.LEGAL_BASIS_COURT_ORDER),
        (pb.REQUESTER_CLASS_EMPLOYER, pb.LEGAL_BASIS_NONE),
        (pb.REQUESTER_CLASS_COURT, pb.LEGAL_BASIS_EMERGENCY),
        (pb.REQUESTER_CLASS_POLICE, pb.LEGAL_BASIS_NONE),
    ],
)
async def test_who_asks_without_a_lawful_basis_is_declined_in_public(platform: Platform, requester: int, basis: int):
    disclosure, author = await deposited(platform)
    platform.forum.answers.clear()
    request = open_request(author, requester=requester, basis=basis)
    for _ in range(2):
        with pytest.raises(RpcError) as refused:
            await disclosure.case("OpenCase", request)
        assert (refused.value.code.name, refused.value.reason) == ("PERMISSION_DENIED", "REQUESTER_DECLINED")
    (leaf,) = await leaves(disclosure, CaseDeclinedLeaf)
    assert leaf.wants == "name"
    (listed,) = (await eventually(disclosure.listed, lambda page: page.cases)).cases
    assert (listed.state, listed.requester, listed.basis) == (pb.CASE_STATE_DECLINED, requester, basis)
    told = await disclosure.case("GetCase", pb.GetCaseRequest(case_id=listed.case_id))
    assert (told.state, told.organisation, told.HasField("credential")) == (
        pb.CASE_STATE_DECLINED,
        "District Court",
        False,
    )
    with pytest.raises(RpcError, match="CASE_UNKNOWN"):
        await disclosure.execute(told)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alias_key": b"a" * 32}, "SCOPE_INVALID"),
        ({"post_id": ""}, "SCOPE_INVALID"),
        ({"post_id": "", "alias_key": b"a"}, "SCOPE_INVALID"),
        ({"fields": [pb.PERSON_FIELD_NAME] * 2}, "SCOPE_INVALID"),
        ({"gag_seconds": 5}, "WAIVER_INVALID"),
        ({"gag_seconds": 5, "waiver_document_hash": bytes(32)}, "WAIVER_INVALID"),
        ({"waiver_document_hash": b"w"}, "WAIVER_INVALID"),
    ],
)
async def test_a_request_that_does_not_say_what_it_wants_is_refused(
    platform: Platform, changes: dict[str, Any], reason: str
):
    disclosure, author = await deposited(platform)
    with pytest.raises(RpcError, match=reason):
        await disclosure.open_case(author, **changes)


async def test_an_alias_is_opened_without_a_post(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await about(platform, disclosure, author, post_id="", alias_key=author.alias.public_key)
    assert (case.post_id, case.HasField("post")) == ("", False)
    opened = await disclosure.carry_through(case)
    assert hpke.open_sealed(RECIPIENT_PRIVATE, await disclosure.collect(opened), b"release") == b"Wei Chen"


async def test_an_emergency_is_due_within_hours(platform: Platform):
    disclosure, author = await deposited(platform)
    police = {"requester": pb.REQUESTER_CLASS_POLICE, "basis": pb.LEGAL_BASIS_EMERGENCY}
    urgent, ordered = await disclosure.open_case(author, **police), await disclosure.open_case(author)
    chosen = await disclosure.open_case(author, due_seconds=77)
    due = [each.due_at - each.opened_at for each in (urgent, ordered, chosen)]
    assert due == [8 * 3600, 10 * DAY, 77]


async def test_the_subject_finds_himself_in_the_log_and_the_forum_hears_of_an_alias_only(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await disclosure.carry_through(await about(platform, disclosure, author))
    (intent,), (notice,) = await leaves(disclosure, OpenIntentLeaf), await leaves(disclosure, SubjectNoticeLeaf)
    assert notice.intent == intent.commitment == case.intent.commitment
    assert subject_mark(notice.blind, author.envelope) == notice.mark
    assert subject_tag(notice.blind, notice.mark) == intent.subject == case.intent.subject
    assert intent.case == case_reference(case.case_salt, case.case_id)
    alias = author.alias.public_key
    assert published(platform) == [
        public_pb.SubjectNotified(alias_key=alias, intent=intent.commitment, opens_at=case.intent.opens_at),
        public_pb.AliasOpened(alias_key=alias, intent=intent.commitment),
    ]


async def test_the_answer_is_collected_once(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await disclosure.intend(await about(platform, disclosure, author))
    with pytest.raises(RpcError, match="CASE_INTENDED"):
        await disclosure.collect(case)
    await delay_over(case)
    case = await disclosure.execute(case)
    request_id = str(uuid.uuid4())
    first = await disclosure.collect(case, request_id)
    assert await disclosure.collect(case, request_id) == first
    with pytest.raises(RpcError, match="ANSWER_COLLECTED"):
        await disclosure.collect(case)
    assert (await disclosure.get(case)).state == pb.CASE_STATE_COLLECTED


async def test_before_its_delay_is_over_an_execution_changes_nothing(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await disclosure.intend(await about(platform, disclosure, author))
    before = await disclosure.leaves()
    assert await disclosure.execute(case) == case
    assert (await disclosure.leaves(), platform.identity.released) == (before, [])


async def test_one_officer_vetoes_and_nobody_else_can_for_him(platform: Platform):
    disclosure, author = await deposited(platform)
    pending = await about(platform, disclosure, author)
    early = pb.VetoCaseRequest(**known(pending), officer="dan", signature=bytes(64))
    with pytest.raises(RpcError, match="CASE_NOT_INTENDED"):
        await disclosure.case("VetoCase", early)
    case = await disclosure.intend(pending)
    with pytest.raises(RpcError, match="SIGNATURE_INVALID"):
        await disclosure.case("VetoCase", veto(platform, case, "dan", by="eve"))
    with pytest.raises(RpcError, match="SIGNATURE_INVALID"):
        await disclosure.case("VetoCase", veto(platform, case, "dan", ceremony=b"o" * 32))
    request = veto(platform, case, "dan")
    vetoed = await disclosure.case("VetoCase", request)
    assert (vetoed.state, vetoed.vetoed_by) == (pb.CASE_STATE_VETOED, "dan")
    assert await disclosure.case("VetoCase", request) == vetoed
    (leaf,) = await leaves(disclosure, OpeningVetoedLeaf)
    assert (leaf.intent, leaf.officer) == (case.intent.commitment, "dan")
    await delay_over(case)
    with pytest.raises(RpcError, match="OPENING_VETOED"):
        await disclosure.execute(case)
    assert (platform.identity.released, await leaves(disclosure, OpenResultLeaf)) == ([], [])


async def test_a_veto_that_comes_while_trustees_answer_ends_what_they_opened(platform: Platform):
    vetoes: list[pb.VetoCaseRequest] = []

    def vetoing(peers: Peers) -> Peers:
        def asking(ask: AskTrustee) -> AskTrustee:
            async def answered(request: trustee_pb.DecryptShareRequest) -> trustee_pb.DecryptShareResponse:
                answer = await ask(request)
                while vetoes:
                    await disclosure.case("VetoCase", vetoes.pop())
                return answer

            return answered

        # It takes all who are there, so nothing is combined before the veto.
        return replace(peers, trustees=[asking(ask) for ask in peers.trustees])

    disclosure, author = await deposited(platform, peers=vetoing)
    case = await disclosure.intend(await about(platform, disclosure, author))
    await delay_over(case)
    vetoes.append(veto(platform, case, "dan"))
    with pytest.raises(RpcError, match="OPENING_VETOED"):
        await disclosure.execute(case)
    assert (platform.identity.released, await leaves(disclosure, OpenResultLeaf)) == ([], [])
    assert (await disclosure.get(case)).state == pb.CASE_STATE_VETOED


async def test_a_veto_after_the_envelope_was_opened_is_too_late_and_says_so(platform: Platform):
    async def away(_: object) -> release_pb.ReleasePersonResponse:
        raise RpcError(Failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", ""))

    disclosure, author = await deposited(platform, peers=lambda peers: replace(peers, identity=away))
    case = await disclosure.intend(await about(platform, disclosure, author))
    await delay_over(case)
    with pytest.raises(RpcError, match="DEPENDENCY_UNAVAILABLE"):
        await disclosure.execute(case)
    with pytest.raises(RpcError, match="ENVELOPE_OPENED"):
        await disclosure.case("VetoCase", veto(platform, case, "dan"))
    assert await leaves(disclosure, OpeningVetoedLeaf) == []
    assert [type(each) for each in published(platform)] == [public_pb.SubjectNotified]


async def test_an_approval_is_taken_back_by_its_officer(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await about(platform, disclosure, author)
    given = next(each.note for each in case.approvals if each.officer == "ann")

    def withdrawal(
        by: str, ceremony: bytes = platform.trust.hash(), about_case: str = case.case_id
    ) -> pb.WithdrawApprovalRequest:
        statement = Withdrawal(ceremony, approval_hash(about_case, "ann"), "ann")
        signature = platform.ceremony.officers[by].sign(statement.signed_bytes())
        return pb.WithdrawApprovalRequest(
            **known(case), officer="ann", signature=signature, approval_hash=statement.approval
        )

    with pytest.raises(RpcError, match="SIGNATURE_INVALID"):
        await disclosure.case("WithdrawApproval", withdrawal("bob"))
    with pytest.raises(RpcError, match="SIGNATURE_INVALID"):
        await disclosure.case("WithdrawApproval", withdrawal("ann", ceremony=b"o" * 32))
    with pytest.raises(RpcError, match="SIGNATURE_INVALID"):
        await disclosure.case("WithdrawApproval", withdrawal("ann", about_case=str(uuid.uuid4())))
    left = await disclosure.case("WithdrawApproval", withdrawal("ann"))
    assert [each.officer for each in left.approvals] == ["bob", "cyd"]
    (leaf,) = await leaves(disclosure, ApprovalWithdrawnLeaf)
    assert (leaf.approval, leaf.officer) == (approval_hash(case.case_id, "ann"), "ann")
    with pytest.raises(RpcError, match="QUORUM_MISSING"):
        await disclosure.execute(case)

    again = platform.ceremony.approve(statement_of(case), "ann", case.approvals[0].expires_at + 1)
    for approval in (given, again):
        with pytest.raises(RpcError, match="APPROVAL_WITHDRAWN"):
            await disclosure.case("ApproveCase", pb.ApproveCaseRequest(**known(case), approval=approval))


async def test_what_disclosure_counts_though_it_was_taken_back_is_opened_by_no_trustee(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await about(platform, disclosure, author)
    await delay_over(await disclosure.intend(case))
    statement = Withdrawal(platform.trust.hash(), approval_hash(case.case_id, "ann"), "ann")
    signature = platform.ceremony.officers["ann"].sign(statement.signed_bytes())
    log = TransparencyLog(platform.store, event_codec(), SystemClock())
    await log.append(ApprovalWithdrawnLeaf(statement.approval, "ann", signature), commit_id=str(uuid.uuid4()))
    with pytest.raises(RpcError, match="OPENING_REFUSED"):
        await disclosure.execute(case)
    assert (platform.identity.released, await leaves(disclosure, OpenResultLeaf)) == ([], [])


async def test_of_a_case_that_the_log_knows_nothing_of_nobody_can_sign_anything(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await disclosure.open_case(author)
    (recorded,) = (await platform.store.read_stream(f"case-{case.case_id}"))[0].events
    (opened,) = event_codec().decode(recorded.type, recorded.data)
    old = replace(opened, case_id=str(uuid.uuid4()), case_salt=b"")
    meta = CommitMeta("", 0, "", "")
    write = Write(str(uuid.uuid4()), [event_codec().encode(old)], meta)
    await platform.store.append(f"case-{old.case_id}", 0, [write])
    about_it = {"request_id": str(uuid.uuid4()), "case_id": old.case_id}
    approval = platform.ceremony.approve(statement_of(case), "ann")
    for call, request in (
        ("ApproveCase", pb.ApproveCaseRequest(**about_it, approval=approval)),
        (
            "WithdrawApproval",
            pb.WithdrawApprovalRequest(**about_it, officer="ann", signature=bytes(64), approval_hash=bytes(32)),
        ),
        ("ExecuteCase", pb.ExecuteCaseRequest(**about_it)),
    ):
        with pytest.raises(RpcError) as refused:
            await disclosure.case(call, request)
        assert (refused.value.code.name, refused.value.reason) == ("FAILED_PRECONDITION", "CASE_OUTDATED"), call


@pytest.mark.parametrize("organisation", ["PLATFORM", "Plat-form.", "\uff30latform"])
async def test_an_officer_of_the_requesters_organisation_has_no_say(platform: Platform, organisation: str):
    disclosure, author = await deposited(platform)
    assert platform.trust.officers[0].organisation == "platform"
    case = await disclosure.open_case(author, organisation=organisation)
    with pytest.raises(RpcError, match="CONFLICT_OF_INTEREST"):
        await disclosure.approve(platform.ceremony, case, platform.trust.officers[0].name)


async def test_a_case_is_withdrawn(platform: Platform):
    disclosure, author = await deposited(platform)
    case = await about(platform, disclosure, author)
    withdrawn = await disclosure.case("WithdrawCase", pb.WithdrawCaseRequest(**known(case)))
    assert withdrawn.state == pb.CASE_STATE_WITHDRAWN
    with pytest.raises(RpcError, match="CASE_WITHDRAWN"):
        await disclosure.execute(case)


async def test_a_gag_keeps_the_subject_in_the_dark_until_it_ends(platform: Platform):
    clock = FixedClock(datetime.now(UTC))
    disclosure, author = await deposited(platform, clock=clock)
    gagged = await about(platform, disclosure, author, waiver_document_hash=WAIVER, gag_seconds=60)
    case = await disclosure.intend(gagged)
    first, until = (gag_end(case.opened_at, case.opened_at + seconds) for seconds in (60, 4000))
    assert (case.intent.gagged_until, case.intent.notified) == (first, False)
    (intent,) = await leaves(disclosure, OpenIntentLeaf)
    assert (intent.gag_until, intent.gag_until % 3600) == (first, 0)
    assert await leaves(disclosure, SubjectNoticeLeaf) == published(platform) == []

    extension = pb.ExtendGagRequest(**known(case), until=case.opened_at + 4000, document_hash=b"x" * 32)
    case = await disclosure.case("ExtendGag", extension)
    assert await leaves(disclosure, GagExtendedLeaf) == [GagExtendedLeaf(case.intent.commitment, until, b"x" * 32)]
    with pytest.raises(RpcError, match="GAG_INVALID"):
        await disclosure.case("ExtendGag", pb.ExtendGagRequest(**known(case), until=until, document_hash=b"y" * 32))

    clock.advance(timedelta(hours=3))
    case = await eventually(lambda: disclosure.get(case), lambda now: now.intent.notified)
    notices = await eventually(lambda: leaves(disclosure, SubjectNoticeLeaf), bool)
    (notice,) = notices
    assert (notice.intent, notice.mark) == (case.intent.commitment, subject_mark(notice.blind, author.envelope))
    assert notice.tells(intent)
    assert [type(each) for each in published(platform)] == [public_pb.SubjectNotified]


async def test_the_longest_gag_that_is_allowed_can_be_asked_for_and_no_longer_one(platform: Platform):
    clock = FixedClock(datetime.now(UTC))
    disclosure, author = await deposited(platform, clock=clock)
    gagged = await about(platform, disclosure, author, waiver_document_hash=WAIVER, gag_seconds=3 * 3600)
    case = await disclosure.intend(gagged)
    # In the next hour, so that 180 days from then end after a full hour that those of the case do not reach.
    clock.advance(timedelta(seconds=3600 - case.opened_at % 3600))
    longest = case.opened_at + 180 * DAY

    def extension(until: int) -> pb.ExtendGagRequest:
        return pb.ExtendGagRequest(**known(case), until=until, document_hash=b"x" * 32)

    with pytest.raises(RpcError, match="GAG_INVALID"):
        await disclosure.case("ExtendGag", extension(longest + 1))
    extended = await disclosure.case("ExtendGag", extension(longest))
    assert extended.intent.gagged_until == longest - longest % 3600


async def test_a_hold_ends_by_itself_and_the_forum_is_told_of_both(platform: Platform):
    clock = FixedClock(datetime.now(UTC))
    disclosure, author = await deposited(platform, clock=clock)
    case = await disclosure.open_case(author)
    held = await disclosure.case("PlaceHold", pb.PlaceHoldRequest(**known(case)))
    longer = await disclosure.case("ExtendHold", pb.ExtendHoldRequest(**known(case)))
    assert longer.hold.until == held.hold.until + 30 * DAY
    with pytest.raises(RpcError, match="HOLD_SPENT"):
        await disclosure.case("ExtendHold", pb.ExtendHoldRequest(**known(case)))
    clock.advance(timedelta(days=91))
    await eventually(lambda: disclosure.get(case), lambda now: not now.HasField("hold"))
    with pytest.raises(RpcError, match="HOLD_MISSING"):
        await disclosure.case("ReleaseHold", pb.ReleaseHoldRequest(**known(case)))
    seen = await eventually(lambda: leaves(disclosure, HoldLeaf), lambda found: len(found) == 3)
    assert [leaf.until > 0 for leaf in seen] == [True, True, False]
    placed, again, released = published(platform)
    assert placed.hold == again.hold == released.hold
    assert (placed.alias_key, again.until) == (author.alias.public_key, longer.hold.until)


async def test_the_clock_alerts_at_half_time_and_ends_the_case(platform: Platform):
    clock = FixedClock(datetime.now(UTC))
    disclosure, author = await deposited(platform, clock=clock)
    case = await disclosure.open_case(author, due_seconds=600)
    clock.advance(timedelta(seconds=301))
    await eventually(lambda: disclosure.get(case), lambda now: now.half_time_passed)
    clock.advance(timedelta(seconds=platform.trust.policy.case_ttl_seconds))
    ended = await eventually(lambda: disclosure.get(case), lambda now: now.state == pb.CASE_STATE_EXPIRED)
    assert ended.ended_at
    kinds = await eventually(disclosure.leaves, lambda found: kind_of(found[-1]) == "case-ended")
    assert [kind_of(leaf) for leaf in kinds[-2:]] == ["case-asked", "case-ended"]


async def test_an_intent_whose_time_is_over_gets_a_result_in_the_log(platform: Platform):
    clock = FixedClock(datetime.now(UTC))
    disclosure, author = await deposited(platform, clock=clock)
    case = await disclosure.intend(await about(platform, disclosure, author))
    clock.advance(timedelta(seconds=platform.trust.policy.case_ttl_seconds + 1))
    await eventually(lambda: disclosure.get(case), lambda now: now.state == pb.CASE_STATE_EXPIRED)
    (result,) = await eventually(lambda: leaves(disclosure, OpenResultLeaf), bool)
    assert (result.intent_commitment, result.outcome) == (case.intent.commitment, "expired")


async def test_cases_are_listed_newest_first_page_by_page(platform: Platform):
    disclosure, author = await deposited(platform)
    cases = [(await disclosure.open_case(author)).case_id for _ in range(5)]
    await eventually(disclosure.listed, lambda page: len(page.cases) == 5)
    found, token = list[str](), ""
    while True:
        page = await disclosure.listed(page_size=2, page_token=token)
        found += [each.case_id for each in page.cases]
        token = page.next_page_token
        if not token:
            break
    assert found == cases[::-1]
    with pytest.raises(RpcError, match="INVALID_REQUEST"):
        await disclosure.listed(page_token="x")
